import { AuditLogError } from '../errors.ts'
import { isKeyName } from './note-key.ts'
import { decodeBase64, decodeText, encodeBase64, encodeUtf8, hasControlCharacters } from './strict-text.ts'

/**
 * Checks signatures of one key. Match is by name and key ID, and a key is only asked about signatures that carry both.
 */
export interface Verifier {
  readonly name: string
  /** Unsigned 32-bit number. */
  readonly keyId: number
  /**
   * @param text the note's text, UTF-8
   * @param signature what follows the key ID in the signature line
   */
  verify(text: Uint8Array, signature: Uint8Array): boolean | Promise<boolean>
}

/** Signs notes with one key. */
export interface Signer {
  readonly name: string
  /** Unsigned 32-bit number. */
  readonly keyId: number
  /**
   * @param text the note's text, UTF-8
   * @returns what follows the key ID in the signature line
   */
  sign(text: Uint8Array): Uint8Array | Promise<Uint8Array>
}

/** A signature line of a note, taken apart. */
export interface NoteSignature {
  readonly name: string
  /** Unsigned 32-bit number. */
  readonly keyId: number
  /** What follows the key ID; its form depends on the type of the key. */
  readonly signature: Uint8Array
}

/** A note whose signatures nobody has checked. */
export interface UnverifiedNote {
  /** Ends in a newline. **Not verified**: anybody can write this. */
  readonly text: string
  /** **Not verified.** */
  readonly signatures: readonly NoteSignature[]
}

/** A note that at least one known key has signed, and no known key has signed wrongly. */
export interface Note {
  /** Ends in a newline. */
  readonly text: string
  /** Signatures of known keys, all of them verified, in the order of the note. At least one. */
  readonly signatures: readonly NoteSignature[]
  /** Signatures of other keys. **Not verified.** */
  readonly unknown: readonly NoteSignature[]
}

/**
 * Opens a signed note (c2sp.org/signed-note): the only way to a text that can be relied on.
 *
 * Signatures of keys that are not among `verifiers` are left aside, also when they share the name or the ID with one. A
 * signature that carries the name and the ID of a known key must verify, or the whole note is refused.
 *
 * @param note at most 1,000,000 bytes and 100 signatures; may come from an attacker
 * @param verifiers the keys that are trusted for this note
 * @throws AuditLogError `note_malformed`; `signature_invalid` when a known key's signature does not verify;
 * `note_unverified` when no known key signed; `option_invalid` when two verifiers have the same name and ID
 * @example
 * const { text } = await openNote(note, [createVerifier(verifierKey)])
 */
export async function openNote(note: string | Uint8Array, verifiers: readonly Verifier[]): Promise<Note> {
  return verifyNote(parseNote(note), verifiers)
}

/** The second half of {@link openNote}. */
export async function verifyNote({ text, signatures }: UnverifiedNote, verifiers: readonly Verifier[]): Promise<Note> {
  const known = new Map(verifiers.map((verifier) => [keyOf(verifier), verifier]))
  if (known.size < verifiers.length) {
    throw new AuditLogError('option_invalid', 'two verifiers have the same name and key ID')
  }
  const message = encodeUtf8(text)
  const verified: NoteSignature[] = []
  const unknown: NoteSignature[] = []
  for (const signature of signatures) {
    const verifier = known.get(keyOf(signature))
    if (verifier === undefined) {
      unknown.push(signature)
      continue
    }
    // Exactly true: whatever else a verifier of the host gives back is no yes.
    const verdict: unknown = await verifier.verify(message, signature.signature)
    if (verdict !== true) {
      throw new AuditLogError('signature_invalid', 'a signature of a known key does not verify')
    }
    verified.push(signature)
  }
  if (verified.length === 0) throw new AuditLogError('note_unverified', 'no known key has signed the note')
  return { text, signatures: verified, unknown }
}

/**
 * Signs a text.
 *
 * @param text ends in a newline and has no other control characters
 * @param signatures those that the note has already; they come first
 * @returns the signed note
 * @throws AuditLogError `note_malformed` when the text can be no note
 * @example
 * const note = await signNote('What was said\n', [await createSigner(signerKey)])
 */
export async function signNote(
  text: string,
  signers: readonly Signer[],
  signatures: readonly NoteSignature[] = [],
): Promise<string> {
  const added: NoteSignature[] = []
  for (const signer of signers) added.push(await signText(text, signer))
  return formatNote({ text, signatures: [...signatures, ...added] })
}

/**
 * One signature of a text, without the note around it: what a witness answers with.
 *
 * @throws AuditLogError `note_malformed` when the text can be no note
 */
export async function signText(text: string, signer: Signer): Promise<NoteSignature> {
  requireText(text)
  return { name: signer.name, keyId: signer.keyId, signature: await signer.sign(encodeUtf8(text)) }
}

/**
 * Takes a note apart **without verifying it**. Use {@link openNote} unless it is to learn which keys to ask for.
 *
 * @throws AuditLogError `note_malformed` when it is not UTF-8, too long, or not in the one form that such a note has
 */
export function parseNote(note: string | Uint8Array): UnverifiedNote {
  const content = decodeText(note, maximumNoteLength, 'note_malformed')
  if (hasControlCharacters(content)) throw malformed('the note contains a control character')
  // The text may have empty lines too: the last one counts (c2sp.org/signed-note, "Format").
  const end = content.lastIndexOf('\n\n') + 1
  if (end === 0) throw malformed('no empty line stands between text and signatures')
  return { text: content.slice(0, end), signatures: parseLines(content.slice(end + 1)) }
}

/**
 * Puts a note together.
 *
 * @throws AuditLogError `note_malformed` when the result could not be parsed
 */
export function formatNote({ text, signatures }: UnverifiedNote): string {
  requireText(text)
  const note = `${text}\n${formatSignatureLines(signatures)}`
  parseNote(note)
  return note
}

/**
 * Signature lines without a note, as a witness sends them (c2sp.org/tlog-witness, "add-checkpoint"). **Not verified.**
 *
 * @throws AuditLogError `note_malformed` when these are not 1 to 100 signature lines
 */
export function parseSignatureLines(lines: string | Uint8Array): NoteSignature[] {
  return parseLines(decodeText(lines, maximumNoteLength, 'note_malformed'))
}

/** Signature lines, each with its newline (c2sp.org/signed-note, "Signatures"). */
export function formatSignatureLines(signatures: readonly NoteSignature[]): string {
  return signatures.map(formatLine).join('')
}

/** What tells a key from others: its name and its ID. */
export function keyOf({ name, keyId }: Verifier | NoteSignature): string {
  return `${keyId} ${name}`
}

const linePrefix = '\u{2014} '
const keyIdBytes = 4
const maximumNoteLength = 1_000_000
const maximumSignatures = 100

function parseLines(lines: string): NoteSignature[] {
  if (!lines.endsWith('\n')) throw malformed('expected signature lines that end in a newline')
  const split = lines.slice(0, -1).split('\n')
  if (split.length > maximumSignatures) throw malformed(`expected at most ${maximumSignatures} signatures`)
  return split.map(parseLine)
}

function parseLine(line: string): NoteSignature {
  const [name = '', encoded = '', ...rest] = line.slice(linePrefix.length).split(' ')
  const bytes = decodeBase64(encoded) ?? new Uint8Array(0)
  if (!line.startsWith(linePrefix) || !isKeyName(name) || bytes.length <= keyIdBytes || rest.length > 0) {
    throw malformed('expected signature lines of an em dash, a key name and a signature in base64')
  }
  return { name, keyId: new DataView(bytes.buffer).getUint32(0), signature: bytes.slice(keyIdBytes) }
}

function formatLine({ name, keyId, signature }: NoteSignature): string {
  if (keyId >>> 0 !== keyId) throw malformed('expected a key ID of 32 bits, without sign')
  const bytes = new Uint8Array(keyIdBytes + signature.length)
  new DataView(bytes.buffer).setUint32(0, keyId)
  bytes.set(signature, keyIdBytes)
  return `${linePrefix}${name} ${encodeBase64(bytes)}\n`
}

function requireText(text: string): void {
  if (!text.endsWith('\n') || !text.isWellFormed() || hasControlCharacters(text)) {
    throw malformed('expected a text that ends in a newline and has no other control characters')
  }
}

function malformed(reason: string): AuditLogError {
  return new AuditLogError('note_malformed', reason)
}
