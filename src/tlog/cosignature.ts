import { AuditLogError } from '../errors.ts'
import { parseCheckpoint } from './checkpoint.ts'
import { signatureBytes, type SigningKey, type VerifySignature } from './ed25519-key.ts'
import {
  formatNote,
  keyOf,
  type NoteSignature,
  parseNote,
  parseSignatureLines,
  type Verifier,
  verifyNote,
} from './note.ts'
import { decodeUtf8, encodeUtf8 } from './strict-text.ts'

const timestampBytes = 8
/** ECMAScript: 8.64e15 milliseconds. */
const latestSeconds = 8.64e12

/**
 * How a witness signs a checkpoint (c2sp.org/tlog-cosignature, "Format"): with the time in front, which is signed too.
 *
 * @param nowMs the time in milliseconds since 1970
 * @returns 72 bytes
 * @throws AuditLogError `checkpoint_malformed` when the text is no checkpoint
 */
export async function cosign(text: Uint8Array, key: SigningKey, nowMs: number): Promise<Uint8Array> {
  // A witness states something about a tree head; it must not put its name under any other text.
  parseCheckpoint(decodeUtf8(text) ?? '')
  const timestamp = Math.floor(nowMs / 1000)
  if (!(timestamp >= 1 && timestamp <= latestSeconds)) {
    throw new AuditLogError('option_invalid', 'expected a time after 1970, in milliseconds')
  }
  const signature = new Uint8Array(timestampBytes + signatureBytes)
  new DataView(signature.buffer).setBigUint64(0, BigInt(timestamp))
  signature.set(await key.sign(signedMessage(timestamp, text)), timestampBytes)
  return signature
}

/** Turns a check of plain signatures into one of cosignatures. */
export function cosignatureVerifier(verify: VerifySignature): VerifySignature {
  return (text, signature) => {
    const timestamp = signature.length === timestampBytes + signatureBytes ? readTimestamp(signature) : null
    return timestamp !== null && verify(signedMessage(timestamp, text), signature.subarray(timestampBytes))
  }
}

/**
 * When a witness cosigned, in seconds since 1970 by its own clock. True only of a signature that was verified.
 *
 * @throws AuditLogError `note_malformed` when this is no cosignature
 */
export function cosignatureTimeSeconds({ signature }: NoteSignature): number {
  const timestamp = signature.length > timestampBytes ? readTimestamp(signature) : null
  if (timestamp === null) throw new AuditLogError('note_malformed', 'the signature is no cosignature')
  return timestamp
}

/**
 * Adds what witnesses answered to a checkpoint (c2sp.org/tlog-witness, "add-checkpoint"): their cosignatures after they
 * were verified, in place of older ones by the same keys. Signatures of other keys are dropped.
 *
 * @param note the checkpoint as it was sent to the witness
 * @param lines the body of the witness's answer; may come from an attacker
 * @param witnesses the keys of which cosignatures are wanted
 * @returns the checkpoint with the cosignatures
 * @throws AuditLogError `note_malformed`; `signature_invalid` when one of the witnesses' cosignatures does not verify;
 * `note_unverified` when none of them cosigned
 */
export async function addCosignatures(
  note: string | Uint8Array,
  lines: string | Uint8Array,
  witnesses: readonly Verifier[],
): Promise<string> {
  const { text, signatures } = parseNote(note)
  const answer = await verifyNote({ text, signatures: parseSignatureLines(lines) }, witnesses)
  const answered = new Set(answer.signatures.map(keyOf))
  const kept = signatures.filter((signature) => !answered.has(keyOf(signature)))
  return formatNote({ text, signatures: [...kept, ...answer.signatures] })
}

// c2sp.org/tlog-cosignature, "Ed25519 signed message": two lines, then the whole text, extension lines too.
function signedMessage(timestamp: number, text: Uint8Array): Uint8Array {
  const header = encodeUtf8(`cosignature/v1\ntime ${timestamp}\n`)
  const message = new Uint8Array(header.length + text.length)
  message.set(header)
  message.set(text, header.length)
  return message
}

// Null for times that no Date holds: who shows them would fail.
function readTimestamp(signature: Uint8Array): number | null {
  const timestamp = Number(new DataView(signature.buffer, signature.byteOffset).getBigUint64(0))
  return timestamp <= latestSeconds ? timestamp : null
}
