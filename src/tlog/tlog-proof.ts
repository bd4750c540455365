import { AuditLogError } from '../errors.ts'
import { parseCheckpoint } from './checkpoint.ts'
import { formatHashLines, parseHashLines } from './hash-lines.ts'
import { hashLeaf } from './merkle-hash.ts'
import { parseNote } from './note.ts'
import { openCheckpoint, type OpenedCheckpoint } from './open-checkpoint.ts'
import type { Policy } from './policy.ts'
import { decodeBase64, decodeText, encodeBase64, parseDecimal } from './strict-text.ts'
import { verifyInclusion } from './verify.ts'

/** The parts of a `.tlog-proof` file (c2sp.org/tlog-proof), **not verified**. */
export interface TlogProof {
  /** Index of the leaf in the log, 0 .. 2^53-1. */
  readonly index: number
  /** The inclusion proof, from the leaf's sibling up to the root's child. */
  readonly hashes: readonly Uint8Array[]
  /** The checkpoint, a signed note. */
  readonly checkpoint: string
  /**
   * Data for the application, not empty. Nothing protects it: it stays **unverified** also in a proof that verifies.
   */
  readonly extra?: Uint8Array
}

/** What a proof shows. */
export interface VerifiedTlogProof {
  /** Index of the leaf in the log. */
  readonly index: number
  /** The checkpoint of the tree that contains it. */
  readonly checkpoint: OpenedCheckpoint
}

/**
 * Verifies that a log contains some data, offline: the checkpoint under the policy, and that its tree contains the
 * leaf.
 *
 * @param proof the contents of a `.tlog-proof` file; may come from an attacker
 * @param data the leaf's data, from the caller's own hands and not from the proof. In this library's logs the 32 bytes
 * of the `entry_hash` that the caller has computed from the entry.
 * @param policy from `parsePolicy`, or from `trustLogs` where no witness is asked for
 * @throws AuditLogError `proof_malformed`; `proof_invalid` when the tree does not contain the data at that index; for
 * the checkpoint those of `openCheckpoint`
 * @example
 * const { index, checkpoint } = await verifyTlogProof(file, entryHash, parsePolicy(policyFile))
 */
export async function verifyTlogProof(
  proof: string | Uint8Array,
  data: Uint8Array,
  policy: Policy,
): Promise<VerifiedTlogProof> {
  const { index, hashes, checkpoint: note } = parseTlogProof(proof)
  const checkpoint = await openCheckpoint(note, policy)
  verifyInclusion(checkpoint, index, hashLeaf(data), hashes)
  return { index, checkpoint }
}

/**
 * The contents of a `.tlog-proof` file.
 *
 * @throws AuditLogError `proof_malformed` when a member cannot be written
 */
export function formatTlogProof({ index, hashes, checkpoint, extra }: TlogProof): string {
  const extraLine = extra === undefined ? '' : `extra ${encodeBase64(extra)}\n`
  const file = `${header}\n${extraLine}index ${index}\n${formatHashLines(hashes)}${checkpoint}`
  parseTlogProof(file)
  return file
}

/**
 * Takes a proof apart **without verifying it**: {@link verifyTlogProof} does.
 *
 * @param file at most 2,000,000 bytes
 * @throws AuditLogError `proof_malformed` when it is not in the one form that such a proof has; for what should be a
 * checkpoint `note_malformed` or `checkpoint_malformed`
 */
export function parseTlogProof(file: string | Uint8Array): TlogProof {
  const text = decodeText(file, 2_000_000, 'proof_malformed')
  const start = /^c2sp\.org\/tlog-proof@v1\n(?:extra ([^\n]+)\n)?index ([^\n]+)\n/.exec(text)
  if (start === null) throw malformed(`expected ${header}, perhaps a line with "extra", and one with "index"`)
  const index = parseDecimal(start[2] ?? '')
  if (index === null) throw malformed('expected an index from 0 to 2^53-1')
  const extra = start[1] === undefined ? undefined : decodeBase64(start[1])
  if (extra === null) throw malformed('expected the extra data in base64')
  const proof = parseHashLines(text, start[0].length)
  if (proof === null) throw malformed('expected at most 63 lines with a hash of 32 bytes in base64, and an empty line')
  parseCheckpoint(parseNote(proof.rest).text)
  return { index, hashes: proof.hashes, checkpoint: proof.rest, ...(extra === undefined ? {} : { extra }) }
}

const header = 'c2sp.org/tlog-proof@v1'

function malformed(reason: string): AuditLogError {
  return new AuditLogError('proof_malformed', reason)
}
