import { readAtMost } from '../evidence/archive-files.ts'
import { AuditLogError } from '../errors.ts'
import { parsePolicy, type Policy, trustLogs } from '../tlog/index.ts'

/** The options that say whose checkpoints are trusted. */
export interface TrustOptions {
  readonly key?: readonly string[]
  readonly policy?: string
}

const largestFileBytes = 1_000_000

/**
 * The policy that the options ask for.
 *
 * @returns undefined when there are none
 * @throws AuditLogError `option_invalid` when both are given; `policy_malformed`, `key_malformed`, `key_unsupported`
 */
export async function readPolicy({ key, policy }: TrustOptions): Promise<Policy | undefined> {
  if (key !== undefined && policy !== undefined) {
    throw new AuditLogError('option_invalid', 'give --key or --policy, not both: a policy file names the keys')
  }
  if (policy !== undefined) return parsePolicy(readSmallFile(policy))
  return key === undefined ? undefined : trustLogs(key)
}

/** A key, a policy, a checkpoint: at most 1 MB. @throws AuditLogError `file_unreadable` */
export function readSmallFile(path: string): Buffer {
  const contents = readAtMost(path, largestFileBytes)
  if (typeof contents !== 'string') return contents
  throw new AuditLogError('file_unreadable', `${path} cannot be read: ${contents}`)
}
