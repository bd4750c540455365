import { setTimeout as sleep } from 'node:timers/promises'
import { type Database, type Executor, withConnection, withTransaction } from '../database/database.ts'
import { AuditLogError, type AuditLogErrorCode } from '../errors.ts'
import { optionInvalid, wholeNumber } from '../option.ts'
import { quoteIdentifier } from '../schema/names.ts'
import type { TreeHead } from '../tlog/index.ts'
import { type LogMonth, readMonths } from './months.ts'
import { runOn } from './run-retention.ts'

/** Options of a purge. */
export interface PurgeOptions {
  /** Schema of the log. Default is `audit_log`. */
  readonly schema?: string | undefined
  /** The tree head of an archive that `requireVerifiedArchive` has verified just now. */
  readonly archive: TreeHead
  /** The months to purge, such as `2024-11`. Default is all that have expired. */
  readonly months?: readonly string[] | undefined
  /** Says what would happen and drops nothing. Default is false. */
  readonly dryRun?: boolean | undefined
  /** Who is acting, for the entries. Default is none. */
  readonly actingUser?: string | undefined
  /** How often to try again while a month is in use, 1 to 100. Each try holds up writers for 200 ms at most. Default is 5. */
  readonly attempts?: number | undefined
  /** Called after each month. */
  readonly onMonth?: ((result: PurgedMonth) => void) | undefined
}

/** What became of a month. */
export interface PurgedMonth {
  /** UTC, such as `2024-11`. */
  readonly month: string
  /** `purged`, `purgeable` in a dry run, or `refused`. */
  readonly outcome: 'purged' | 'purgeable' | 'refused'
  /** How many entries it had. Undefined when it was refused. */
  readonly entries: number | undefined
  /**
   * Why it was refused: `retention_too_young`, `legal_hold`, `month_uncovered` (an entry is not in the archive's checkpoint),
   * `month_unknown`, `purge_busy`.
   */
  readonly reason: { readonly code: AuditLogErrorCode; readonly message: string } | undefined
}

/**
 * Drops the partitions of months that have expired. Each month for itself: one that is refused does not stop the others, and
 * the refusal has a reason. What remains of the log still verifies, and the purge of each month is an entry.
 *
 * Looks at every entry of a month first, which locks nothing. Dropping it then takes milliseconds whatever its size, for
 * which writers wait; a lock that is not to be had within 200 ms is given up.
 *
 * Dies between the two: nothing was dropped, and the next run looks again. Dies after a month: that month is gone with its
 * entry of the log, the next one is not begun.
 *
 * @param db a login in the archivist role
 * @throws AuditLogError `privilege_missing`, `schema_missing`, `option_invalid`
 */
export async function purge(db: Database, options: PurgeOptions): Promise<PurgedMonth[]> {
  const schema = options.schema ?? 'audit_log'
  const attempts = wholeNumber(options.attempts ?? 5, 1, 100, '$.attempts')
  const months = options.months ?? expiredOf(await readMonths(db, schema))
  const results: PurgedMonth[] = []
  for (const month of months) {
    if (!/^[0-9]{4}-(0[1-9]|1[0-2])$/.test(month)) {
      throw optionInvalid('months such as 2024-11', '$.months')
    }
    const result = await purgeMonth(db, schema, month, options, attempts)
    results.push(result)
    options.onMonth?.(result)
  }
  return results
}

const fatal: ReadonlySet<AuditLogErrorCode> = new Set(['privilege_missing', 'schema_missing', 'retention_failed'])

async function purgeMonth(
  db: Database,
  schema: string,
  month: string,
  options: PurgeOptions,
  attempts: number,
): Promise<PurgedMonth> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      if (options.dryRun === true)
        return { month, outcome: 'purgeable', entries: await tryOut(db, schema, month, options), reason: undefined }
      const entries = await withConnection(db, async (executor) => {
        await clear(executor, schema, month, options)
        const [row] = await runOn(
          executor,
          `select ${quoteIdentifier(schema)}.purge_month($1::date, $2)::text as entries`,
          [`${month}-01`, options.actingUser ?? null],
        )
        return Number(row?.['entries'])
      })
      return { month, outcome: 'purged', entries, reason: undefined }
    } catch (error) {
      if (!(error instanceof AuditLogError) || fatal.has(error.code)) throw error
      if (error.code === 'purge_busy' && attempt < attempts) {
        // Whoever waited behind us gets through first.
        await sleep(100 + Math.random() * 400)
        continue
      }
      return { month, outcome: 'refused', entries: undefined, reason: { code: error.code, message: error.message } }
    }
  }
}

async function clear(executor: Executor, schema: string, month: string, { archive }: PurgeOptions): Promise<number> {
  const [row] = await runOn(
    executor,
    `select ${quoteIdentifier(schema)}.clear_month($1::date, $2, $3)::text as entries`,
    [`${month}-01`, archive.size, Buffer.from(archive.rootHash).toString('hex')],
  )
  return Number(row?.['entries'])
}

/** The same checks in a transaction that is rolled back. */
async function tryOut(db: Database, schema: string, month: string, options: PurgeOptions): Promise<number> {
  const rolledBack = new Error('dry run')
  let entries = 0
  try {
    await withTransaction(db, async (executor) => {
      entries = await clear(executor, schema, month, options)
      throw rolledBack
    })
  } catch (error) {
    if (error !== rolledBack) throw error
  }
  return entries
}

const expiredOf = (months: readonly LogMonth[]): string[] =>
  months.filter(({ expired }) => expired).map(({ month }) => month)
