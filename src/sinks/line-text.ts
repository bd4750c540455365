/**
 * Characters that a receiver, a terminal or a viewer could take for the end of a line, of a field, or for a change of the
 * reading direction: C0 and C1 controls, DEL, NEL, the line and paragraph separators, bidirectional controls and marks, and
 * the byte order mark. Lone surrogates are among them, because they have no UTF-8.
 */
const unsafe =
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/
const everyUnsafe = new RegExp(unsafe.source, 'g')
// What nearly all texts are is found out faster than what they are not.
const isUnsafe = (text: string): boolean => !/^[\x20-\x7e]*$/.test(text) && unsafe.test(text)

/** A text with a space in place of each character that is unsafe in one line. Not reversible. */
export function toPlainLine(text: string): string {
  return isUnsafe(text) ? text.replace(everyUnsafe, ' ') : text
}

/**
 * JSON text of a value on one plain line: what is unsafe there becomes a `\uXXXX` escape, which every JSON parser turns
 * back.
 */
export function stringifyLine(value: unknown): string {
  return escapeJsonLine(JSON.stringify(value))
}

/** {@link stringifyLine} for what is JSON text already. */
export function escapeJsonLine(json: string): string {
  return isUnsafe(json) ? json.replace(everyUnsafe, escapeUnit) : json
}

/** The first characters (UTF-16 code units) of a text, not ending within a surrogate pair. */
export function cutCharacters(text: string, maximum: number): string {
  return text.length <= maximum ? text : text.slice(0, maximum).replace(/[\ud800-\udbff]$/, '')
}

/** Whether a text takes at most so many bytes of UTF-8. */
export function fitsBytes(text: string, maximumBytes: number): boolean {
  return text.length * 3 <= maximumBytes || Buffer.byteLength(text) <= maximumBytes
}

/** The longest beginning of a text that takes at most so many bytes of UTF-8 and does not end within a character. */
export function cutToBytes(text: string, maximumBytes: number): string {
  if (maximumBytes <= 0) return ''
  if (fitsBytes(text, maximumBytes)) return text
  const bytes = Buffer.from(text.slice(0, maximumBytes))
  let end = Math.min(maximumBytes, bytes.length)
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1
  return bytes.toString('utf8', 0, end)
}

/** {@link cutToBytes} for JSON text: does not end within an escape either, so that the rest can still be read. */
export function cutJsonToBytes(json: string, maximumBytes: number): string {
  const cut = cutToBytes(json, maximumBytes)
  return cut === json ? json : cut.replace(/(?<!\\)((?:\\\\)*)\\(?:u[0-9a-fA-F]{0,3})?$/, '$1')
}

function escapeUnit(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
