import { AuditLogError } from '../errors.ts'
import { isHash } from './merkle-hash.ts'
import { decodeBase64, encodeBase64, hasControlCharacters, parseDecimal } from './strict-text.ts'
import { isTreeSize, type TreeHead } from './tree-head.ts'

/** A tree head that names its log: the text of a note (c2sp.org/tlog-checkpoint). */
export interface Checkpoint extends TreeHead {
  /** Identifies the log; not empty. The key names of the log's keys are the same. */
  readonly origin: string
  /** Extension lines, without their newlines; none of them empty. Usually there are none. */
  readonly extensions: readonly string[]
}

/**
 * The text of a checkpoint, to be signed as a note.
 *
 * @throws AuditLogError `checkpoint_malformed` when a member cannot be written
 * @example
 * const note = await signNote(formatCheckpoint({ origin, size, rootHash, extensions: [] }), [signer])
 */
export function formatCheckpoint({ origin, size, rootHash, extensions }: Checkpoint): string {
  for (const line of [origin, ...extensions]) {
    if (line === '' || line.includes('\n') || !line.isWellFormed() || hasControlCharacters(line)) {
      throw malformed('expected an origin and extension lines that are not empty and one line each')
    }
  }
  if (!isTreeSize(size)) throw malformed('expected a tree size from 0 to 2^53-1')
  if (!isHash(rootHash)) throw malformed('expected a root hash of 32 bytes')
  return [origin, String(size), encodeBase64(rootHash), ...extensions, ''].join('\n')
}

/**
 * Reads the text of a checkpoint. Says nothing about who wrote it: `openCheckpoint` does.
 *
 * @param text the text of a note, which ends in a newline
 * @throws AuditLogError `checkpoint_malformed` when it is not in the one form that such a checkpoint has, or its tree
 * is larger than 2^53-1
 */
export function parseCheckpoint(text: string): Checkpoint {
  const [origin = '', size = '', root = '', ...rest] = text.split('\n')
  const checkpoint = {
    origin,
    size: parseDecimal(size) ?? Number.NaN,
    rootHash: decodeBase64(root) ?? new Uint8Array(0),
    extensions: rest.slice(0, -1),
  }
  if (formatCheckpoint(checkpoint) !== text) throw malformed('expected a text that ends in a newline')
  return checkpoint
}

function malformed(reason: string): AuditLogError {
  return new AuditLogError('checkpoint_malformed', reason)
}
