import { AuditLogError } from '../errors.ts'
import { formatHashLines, parseHashLines } from './hash-lines.ts'
import { decodeText, parseDecimal } from './strict-text.ts'

/** What a log sends to a witness with a new checkpoint (c2sp.org/tlog-witness, "add-checkpoint"). */
export interface AddCheckpointRequest {
  /** Size of the tree that the witness cosigned last, 0 when it never did. */
  readonly oldSize: number
  /** Consistency proof from the tree of that size; empty from size 0. **Not verified.** */
  readonly proof: readonly Uint8Array[]
  /** The new checkpoint, a signed note. **Not verified.** */
  readonly checkpoint: string
}

/**
 * The body of the request.
 *
 * @throws AuditLogError `request_malformed` when a member cannot be written
 */
export function formatAddCheckpoint({ oldSize, proof, checkpoint }: AddCheckpointRequest): string {
  const body = `old ${oldSize}\n${formatHashLines(proof)}${checkpoint}`
  parseAddCheckpoint(body)
  return body
}

/**
 * Takes the body of a request apart. Nothing in it is verified: open the checkpoint, compare `oldSize` with what the
 * witness knows, then verify the consistency.
 *
 * @param body at most 1,010,000 bytes; may come from an attacker
 * @throws AuditLogError `request_malformed`
 */
export function parseAddCheckpoint(body: string | Uint8Array): AddCheckpointRequest {
  const text = decodeText(body, 1_010_000, 'request_malformed')
  const start = /^old ([^\n]+)\n/.exec(text)
  const oldSize = parseDecimal(start?.[1] ?? '')
  const proof = parseHashLines(text, start?.[0].length ?? 0)
  if (oldSize === null || proof === null) {
    throw new AuditLogError('request_malformed', 'expected "old" and a size, at most 63 hashes, and an empty line')
  }
  return { oldSize, proof: proof.hashes, checkpoint: proof.rest }
}
