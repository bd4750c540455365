import type { Database } from '../database/database.ts'
import { quoteIdentifier } from '../schema/names.ts'
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

/**
 * The months that have a partition, oldest first. Entries of the default partition are not among them: they never expire.
 *
 * @param db a login in the reader role
 */
export async function readMonths(db: Database, schema: string): Promise<LogMonth[]> {
  const quoted = quoteIdentifier(schema)
  const rows = await runRetention(
    db,
    `select substr(relname::text, 7) as month, reltuples::bigint::text as entries, pg_catalog.pg_total_relation_size(pg_class.oid)::text as bytes,
       extract(epoch from expires) * 1000.0 as expires, expires <= clock_timestamp() as expired
     from pg_inherits join pg_class on pg_class.oid = inhrelid,
       ${quoted}.month_expiry(to_date(substr(relname::text, 7), 'YYYY_MM'), ${quoted}.keep_days()) as expires
     where inhparent = $1::regclass::oid and relname::text ~ '^entry_[0-9]{4}_[0-9]{2}$' order by relname`,
    [`${quoted}.entry`],
  )
  return rows.map((row) => {
    const entries = Number(row['entries'])
    return {
      month: String(row['month']).replace('_', '-'),
      entries: entries < 0 ? undefined : entries,
      bytes: Number(row['bytes']),
      expiresAt: new Date(Number(row['expires'])).toISOString(),
      expired: row['expired'] === true,
    }
  })
}
