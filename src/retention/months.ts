import type { Database } from '../database/database.ts'
import { quoteIdentifier } from '../schema/names.ts'
import { readRetention } from './policy.ts'
import { runRetention } from './run-retention.ts'

/** A month of entries, which is what expires and is purged as a whole. */
export interface LogMonth {
  /** UTC, such as `2026-11`. */
  readonly month: string
  /** The planner's estimate; undefined when the partition was never analysed. */
  readonly entries: number | undefined
  /** Bytes on disk, indexes included. */
  readonly bytes: number
  /** From when on it may be purged under the retention in force: RFC 3339, UTC. */
  readonly expiresAt: string
  readonly expired: boolean
}

const dayMs = 86_400_000

/**
 * The months that have a partition, oldest first. Entries of the default partition are not among them: they never expire.
 *
 * @param db a login in the reader role
 */
export async function readMonths(db: Database, schema: string): Promise<LogMonth[]> {
  const { keepDays } = await readRetention(db, schema)
  const rows = await runRetention(
    db,
    `select substr(relname, 7) as month, reltuples::bigint::text as entries, pg_total_relation_size(pg_class.oid)::text as bytes,
       extract(epoch from clock_timestamp()) * 1000 as now
     from pg_inherits join pg_class on pg_class.oid = inhrelid
     where inhparent = $1::regclass and relname ~ '^entry_[0-9]{4}_[0-9]{2}$' order by relname`,
    [`${quoteIdentifier(schema)}.entry`],
  )
  return rows.map((row) => {
    const month = String(row['month']).replace('_', '-')
    const expires = expiryOf(month, keepDays)
    const entries = Number(row['entries'])
    return {
      month,
      entries: entries < 0 ? undefined : entries,
      bytes: Number(row['bytes']),
      expiresAt: new Date(expires).toISOString(),
      expired: expires <= Number(row['now']),
    }
  })
}

/** From when on a month may be purged, in milliseconds since 1970: a year with a 29 February is a day longer than 365 days. */
export function expiryOf(month: string, keepDays: number): number {
  const [year = 0, number = 0] = month.split('-').map(Number)
  return Math.max(Date.UTC(year, number, 1) + keepDays * dayMs, Date.UTC(year + 1, number, 1))
}
