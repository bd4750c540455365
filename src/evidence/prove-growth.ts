import { type Database, withConnection } from '../database/database.ts'
import { AuditLogError } from '../errors.ts'
import { checkName } from '../schema/names.ts'
import { Checkpoints } from '../sequencer/checkpoints.ts'
import { StoredTree } from '../sequencer/stored-tree.ts'
import {
  formatAddCheckpoint,
  openCheckpoint,
  type OpenedCheckpoint,
  parseAddCheckpoint,
  type Policy,
  proveConsistency,
  TileHashReader,
  verifyConsistency,
} from '../tlog/index.ts'
import { isTreeSize } from '../tlog/tree-head.ts'
import { explainTreeRead } from './tile-fault.ts'

/** Options of {@link proveGrowth}. */
export interface ProveGrowthOptions {
  /** Schema of the log. Default is `audit_log`. */
  readonly schema?: string | undefined
  /** Tree size of the newer checkpoint. Must be that of a stored one. Default is the newest. */
  readonly to?: number | undefined
}

/**
 * Proves that the log only grew since an earlier checkpoint: nothing before it was edited, moved or removed. The proof is a
 * consistency proof in the form that witnesses take (c2sp.org/tlog-witness, "add-checkpoint"): the older size, the hashes, and
 * the newer checkpoint. Whoever holds the older checkpoint verifies it offline with {@link verifyGrowth}.
 *
 * @param db a login in the reader role
 * @param from tree size of the older checkpoint, 0 or more; it need not be stored
 * @throws AuditLogError `option_invalid`; `checkpoint_unknown`; `tree_damaged`
 */
export async function proveGrowth(db: Database, from: number, options: ProveGrowthOptions = {}): Promise<string> {
  const schema = checkName(options.schema ?? 'audit_log', '$.schema')
  const { to } = options
  if (!isTreeSize(from) || (to !== undefined && (!isTreeSize(to) || to < from))) {
    throw new AuditLogError('option_invalid', 'expected two tree sizes from 0 to 2^53-1, the smaller one first')
  }
  try {
    return await withConnection(db, async (executor) => {
      const checkpoints = new Checkpoints(executor, schema)
      const newer = await (to === undefined ? checkpoints.latest() : checkpoints.ofSize(to))
      if (newer === undefined || newer.size < from) {
        throw new AuditLogError('checkpoint_unknown', 'the log has no checkpoint of that size')
      }
      const reader = new TileHashReader(newer, new StoredTree(executor, schema).readTiles)
      const proof = await proveConsistency(from, newer.size, reader)
      return formatAddCheckpoint({ oldSize: from, proof, checkpoint: newer.note })
    })
  } catch (error) {
    throw explainTreeRead(error)
  }
}

/**
 * Verifies offline that a log only grew between two checkpoints, both opened under the same policy.
 *
 * @param older the older checkpoint, a signed note, from the caller's own hands
 * @param proof what {@link proveGrowth} made; may come from an attacker
 * @returns the newer checkpoint
 * @throws AuditLogError `proof_invalid` when the newer tree does not continue the older one, or the logs are different ones;
 * `request_malformed`; for each checkpoint those of `openCheckpoint`
 */
export async function verifyGrowth(
  older: string | Uint8Array,
  proof: string | Uint8Array,
  policy: Policy,
): Promise<OpenedCheckpoint> {
  const before = await openCheckpoint(older, policy)
  const { oldSize, proof: hashes, checkpoint } = parseAddCheckpoint(proof)
  const after = await openCheckpoint(checkpoint, policy)
  if (before.origin !== after.origin || before.size !== oldSize) {
    throw new AuditLogError('proof_invalid', 'the proof is about another checkpoint')
  }
  verifyConsistency(before, after, hashes)
  return after
}
