import { readFileSync, statSync } from 'node:fs'
import { AuditLogError, codeOf } from '../errors.ts'

/**
 * Reads a file that the command line names: a key, a policy, a checkpoint, a configuration. Links are followed, because a
 * mounted secret is often one.
 *
 * @throws AuditLogError `file_unreadable`, also when it has more bytes
 */
export function readSmallFile(path: string, mostBytes = 1_000_000): Buffer {
  try {
    if (statSync(path).size <= mostBytes) return readFileSync(path)
  } catch (error) {
    throw new AuditLogError('file_unreadable', `${path} cannot be read: ${codeOf(error)}`, { cause: error })
  }
  throw new AuditLogError('file_unreadable', `${path} has more than ${mostBytes} bytes`)
}
