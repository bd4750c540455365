import type { Executor } from '../database/database.ts'
import { quoteIdentifier } from '../schema/names.ts'

/** Where an entry is. */
export interface EntryLocation {
  /** Its timestamp. */
  readonly since: string
  /** The microsecond after it. */
  readonly until: string
  /** Its leaf; null while it has none. */
  readonly leafIndex: number | null
}

/**
 * Finds the timestamp of an entry, with which the table is indexed, by its seq alone: by its leaf, or among the entries that
 * the sequencer has not worked off yet.
 *
 * @returns undefined when there is no such entry; a purged entry still has its leaf
 */
export async function locateEntry(executor: Executor, schema: string, seq: number): Promise<EntryLocation | undefined> {
  const quoted = quoteIdentifier(schema)
  const columns = (table: string): string =>
    `${quoted}.format_time(${table}.timestamp) as since, ${quoted}.format_time(${table}.timestamp + interval '1 microsecond') as until`
  const [leaf] = await executor.run(`select leaf_index::text, ${columns('leaf')} from ${quoted}.leaf where seq = $1`, [
    seq,
  ])
  const [row] =
    leaf === undefined
      ? await executor.run(
          `select ${columns('entry')} from ${quoted}.entry
           where xid >= (select coalesce(pg_snapshot_xmin(done), '0') from ${quoted}.sequencer_state) and seq = $1`,
          [seq],
        )
      : [leaf]
  if (row === undefined) return undefined
  return {
    since: String(row['since']),
    until: String(row['until']),
    leafIndex: leaf === undefined ? null : Number(leaf['leaf_index']),
  }
}
