import { AuditLogError } from '../errors.ts'
import type { Checkpoints, StoredCheckpoint } from '../sequencer/checkpoints.ts'
import { openCheckpoint, type Policy } from '../tlog/index.ts'

/** The newest checkpoint; with a policy the newest that it trusts: one that witnesses have not cosigned yet is passed over. */
export async function newestTrusted(
  checkpoints: Checkpoints,
  policy: Policy | undefined,
): Promise<StoredCheckpoint | undefined> {
  let found = await checkpoints.latest()
  if (policy === undefined) return found
  while (found !== undefined) {
    try {
      await openCheckpoint(found.note, policy)
      return found
    } catch (error) {
      if (!(error instanceof AuditLogError) || error.code !== 'quorum_missing') throw error
      found = await checkpoints.cosignedBefore(found.size)
    }
  }
  return undefined
}
