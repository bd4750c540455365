import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Database } from '../database/database.ts'
import { AuditLogError } from '../errors.ts'
import { verifyArchive, type VerifyArchiveOptions } from '../evidence/verify-archive.ts'
import { quoteIdentifier } from '../schema/names.ts'
import { openCheckpoint, type TreeHead } from '../tlog/index.ts'
import { runRetention } from './run-retention.ts'

/**
 * Verifies an archive completely and makes sure that it lacks no entry but those of months that were purged before: what a
 * purge demands of it.
 *
 * @param db a login in the archivist role
 * @param directory made by `writeArchive`, from the first leaf on
 * @returns its tree head
 * @throws AuditLogError `archive_unverified` with the verdict; `file_unreadable`
 */
export async function requireVerifiedArchive(
  db: Database,
  schema: string,
  directory: string,
  options: Pick<VerifyArchiveOptions, 'policy' | 'workers' | 'onProgress'>,
): Promise<TreeHead> {
  const report = await verifyArchive(directory, options)
  if (!report.ok) throw unverified(`its verdict is ${report.verdict}`)
  if (report.begin > 0) throw unverified(`it begins at leaf ${report.begin}, not at the first`)
  const [row] = await runRetention(
    db,
    `select coalesce(sum(entries), 0)::text as purged from ${quoteIdentifier(schema)}.purge`,
  )
  if (report.purged > Number(row?.['purged'])) throw unverified('it lacks entries of months that were not purged here')
  return openCheckpoint(await readFile(join(directory, 'checkpoint')), options.policy)
}

function unverified(why: string): AuditLogError {
  return new AuditLogError('archive_unverified', `the archive does not do for a purge: ${why}`)
}
