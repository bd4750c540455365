import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { AuditLogError } from '../errors.ts'
import { parsePolicy, type Policy, trustLogs } from '../tlog/index.ts'
import { readSmallFile } from './read-file.ts'
import { repeatable } from './repeatable.ts'

/** The options that say whose checkpoints are trusted. */
export interface TrustOptions {
  readonly key?: readonly string[]
  readonly policy?: string
}

/**
 * Adds `--key` and `--policy` to a command that takes the newest checkpoint that is trusted.
 *
 * @param what what it does with it, e.g. `prove against`
 */
export function addTrustOptions(command: Command, what: string): Command {
  return command
    .option(
      '--key <vkey>',
      `${what} the newest checkpoint that is signed with one of these verifier keys (repeatable)`,
      repeatable,
    )
    .option('--policy <file>', `${what} the newest checkpoint that this policy (c2sp.org/tlog-policy) trusts`)
}

/**
 * The policy that the options ask for.
 *
 * @returns undefined when there are none
 * @throws AuditLogError `option_invalid` when both are given; `file_unreadable`, `policy_malformed`, `key_malformed`, `key_unsupported`
 */
export async function readPolicy({ key, policy }: TrustOptions): Promise<Policy | undefined> {
  if (key !== undefined && policy !== undefined) {
    throw new AuditLogError('option_invalid', 'give --key or --policy, not both: a policy file names the keys')
  }
  if (policy !== undefined) return parsePolicy(readSmallFile(policy))
  return key === undefined ? undefined : trustLogs(key)
}

/** Where nothing can be verified without one. @throws AuditLogError like {@link readPolicy}; `option_invalid` */
export function requirePolicy(policy: Policy | undefined): Policy {
  if (policy !== undefined) return policy
  throw new AuditLogError('option_invalid', "give the log's verifier key with --key, or a policy with --policy")
}

/** A file with a checkpoint, or the archive that has it. @throws AuditLogError `file_unreadable` */
export function readCheckpoint(path: string): Buffer {
  const inside = join(path, 'checkpoint')
  return readSmallFile(existsSync(inside) ? inside : path)
}
