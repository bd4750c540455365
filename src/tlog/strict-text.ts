import { AuditLogError, type AuditLogErrorCode } from '../errors.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The UTF-8 bytes of a text. */
export function encodeUtf8(text: string): Uint8Array {
  return encoder.encode(text)
}

/**
 * A text that came from outside, as a string. Bytes must be UTF-8 (a byte order mark is kept, as a character), a string
 * must be well-formed Unicode; either way no two inputs give the same text.
 *
 * @param maximumLength in bytes, or in UTF-16 code units of a string
 * @throws AuditLogError with `code`
 */
export function decodeText(input: string | Uint8Array, maximumLength: number, code: AuditLogErrorCode): string {
  if (typeof input !== 'string' && !(input instanceof Uint8Array)) {
    throw new AuditLogError(code, 'expected a string or bytes')
  }
  if (input.length > maximumLength) {
    throw new AuditLogError(code, `expected a length of at most ${maximumLength}, found ${input.length}`)
  }
  const text = typeof input === 'string' ? input : decodeUtf8(input)
  if (text?.isWellFormed() !== true) throw new AuditLogError(code, 'the text is not Unicode')
  return text
}

/** The text of UTF-8 bytes, or null when they are none. */
export function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return decoder.decode(bytes)
  } catch {
    return null
  }
}

/** Whether there is an ASCII control character other than a newline, which signed notes must not contain. */
export function hasControlCharacters(text: string): boolean {
  return /[^\n\u{20}-\u{10ffff}]/u.test(text)
}

/** A number without sign and leading zeroes, at most 2^53-1; null for every other text. */
export function parseDecimal(text: string): number | null {
  const number = /^(?:0|[1-9][0-9]{0,15})$/.test(text) ? Number(text) : Number.NaN
  return Number.isSafeInteger(number) ? number : null
}

/** Base 64 (RFC 4648 section 4), padded. */
export function encodeBase64(bytes: Uint8Array): string {
  let characters = ''
  for (const byte of bytes) characters += String.fromCharCode(byte)
  return btoa(characters)
}

/** The bytes that have exactly this text as their Base 64; null when there are none. */
export function decodeBase64(text: string): Uint8Array | null {
  try {
    const characters = atob(text)
    // atob takes white space, missing padding and stray bits, which the one right text has not.
    return btoa(characters) === text ? Uint8Array.from(characters, (character) => character.charCodeAt(0)) : null
  } catch {
    return null
  }
}
