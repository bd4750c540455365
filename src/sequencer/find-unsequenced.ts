import { type Database, type Executor, executorOf } from '../database/database.ts'
import { wholeNumber } from '../option.ts'
import { explainRead } from '../query/explain-read.ts'
import { checkName, quoteIdentifier } from '../schema/names.ts'

/** An entry that should have a leaf and has none. */
export interface UnsequencedEntry {
  readonly seq: number
  /** RFC 3339, UTC: as it stands in the entry. */
  readonly timestamp: string
}

/** Options of {@link findUnsequenced}. */
export interface FindUnsequencedOptions {
  /** Schema of the log. Default is `audit_log`. */
  readonly schema?: string | undefined
  /** How many to find at most, 1 to 100,000. Default is 1,000. */
  readonly limit?: number | undefined
}

/**
 * Looks through the whole log for entries that the sequencer has passed over. No entry that was written through the log's
 * guards is ever among them: what is found was put in by somebody who switched them off, with a transaction id of his
 * choice. The time it takes grows with the log, about a second for each million entries; {@link readBacklog} is the quick look.
 *
 * @param db a login in the reader or the sequencer role
 * @returns in the order of their timestamps; in a log that was restored into another cluster and that no sequencer has
 * looked at yet, perhaps also entries that it will take
 * @throws AuditLogError `option_invalid`; `read_failed`, `schema_missing`
 */
export async function findUnsequenced(
  db: Database,
  options: FindUnsequencedOptions = {},
): Promise<readonly UnsequencedEntry[]> {
  const schema = checkName(options.schema ?? 'audit_log', '$.schema')
  const limit = wholeNumber(options.limit ?? 1000, 1, 100_000, '$.limit')
  try {
    return await findPassedOver(executorOf(db), schema, limit)
  } catch (error) {
    throw explainRead(error)
  }
}

/**
 * The query of {@link findUnsequenced}.
 *
 * @param withoutPosition whether entries from before the newest checkpoint are found too when the log does not say how far the
 * sequencer has come: it does not after a restore, or when somebody took that out. Default is false.
 */
export async function findPassedOver(
  executor: Executor,
  schema: string,
  limit: number,
  withoutPosition = false,
): Promise<readonly UnsequencedEntry[]> {
  const quoted = quoteIdentifier(schema)
  // What is still to come: transactions that `done` does not see, up to those that have not begun yet.
  const rows = await executor.run(
    `select entry.seq::text, ${quoted}.format_time(entry.timestamp) as "at"
     from ${quoted}.entry left join ${quoted}.sequencer_state as state on true
     where case when state.done is null then $2::boolean and entry.timestamp < (select max(signed_at) from ${quoted}.checkpoint)
         else pg_visible_in_snapshot(entry.xid, state.done) or entry.xid >= pg_snapshot_xmax(pg_current_snapshot()) end
       and not exists (select from ${quoted}.leaf where leaf.seq = entry.seq and leaf.timestamp = entry.timestamp)
     order by entry.timestamp, entry.seq limit $1::integer`,
    [limit, withoutPosition],
  )
  return rows.map((row) => ({ seq: Number(row['seq']), timestamp: String(row['at']) }))
}
