import { sql } from 'kysely'
import { type Database, type Executor, executorOf, type Row } from '../database/database.ts'
import { AuditLogError } from '../errors.ts'
import { EntryQuery } from '../query/entry-query.ts'
import { explainRead } from '../query/explain-read.ts'
import { readTime } from '../query/filters.ts'
import { type LegalHold, readLegalHolds } from '../retention/legal-hold.ts'
import { readRetention, type RetentionPolicy } from '../retention/policy.ts'
import { quoteIdentifier } from '../schema/names.ts'
import { inspect, type PostureReport } from '../schema/posture/inspect.ts'

/** A period: from its first moment up to the last one, which is not in it. RFC 3339. */
export interface Period {
  readonly from: string
  readonly to: string
}

/** How often an action was recorded in the period. */
export interface ActionCount {
  readonly action: string
  readonly success: number
  readonly failure: number
  readonly denied: number
  /** Of the first and the last such entry: RFC 3339, UTC. */
  readonly first: string
  readonly last: string
}

/** The checkpoints that were signed in the period. */
export interface CheckpointHistory {
  readonly count: number
  /** How many of them carry a cosignature at least. */
  readonly cosigned: number
  readonly first: SignedAt | undefined
  readonly last: SignedAt | undefined
  /** The longest time between two of them, in seconds. A log in which nothing happens signs nothing. */
  readonly longestGapSeconds: number | undefined
  /** The longest time between an entry and the checkpoint that first covered it, in seconds. */
  readonly longestDelaySeconds: number | undefined
}

/** When a tree of a size was signed, by the clock of the database. */
export interface SignedAt {
  readonly treeSize: number
  readonly signedAt: string
}

/** A month that was purged in the period. */
export interface PurgedInPeriod {
  readonly partition: string
  readonly entries: number
  readonly treeSize: number
  readonly purgedAt: string
  readonly purgedBy: string
}

/** A forwarder as it is now. */
export interface ForwarderState {
  readonly name: string
  /** Leaves that are not delivered yet. */
  readonly behind: number
  readonly delivered: number
  readonly deadLettered: number
  readonly problem: string | undefined
}

/** What the log says of a period. */
export interface Collected {
  readonly entries: number
  readonly actions: readonly ActionCount[]
  readonly checkpoints: CheckpointHistory
  readonly posture: PostureReport
  readonly policy: RetentionPolicy
  readonly holds: readonly LegalHold[]
  readonly purged: readonly PurgedInPeriod[]
  readonly forwarders: readonly ForwarderState[]
}

const time = (column: string): string => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`

/** @throws AuditLogError `query_invalid` when the times are no times or the period is empty */
export function readPeriod(from: string | Date, to: string | Date): Period {
  const period = { from: readTime(from, '$.from'), to: readTime(to, '$.to') }
  if (Date.parse(period.from) < Date.parse(period.to)) return period
  throw new AuditLogError('query_invalid', 'expected a period that begins before it ends', { path: '$.to' })
}

/** Collects what an evidence pack tells. @param db a login in the reader role */
export async function collect(db: Database, schema: string, period: Period): Promise<Collected> {
  const executor = executorOf(db)
  const quoted = quoteIdentifier(schema)
  try {
    const actions = await countActions(db, schema, period)
    return {
      entries: actions.reduce((count, { success, failure, denied }) => count + success + failure + denied, 0),
      actions,
      checkpoints: await readCheckpoints(executor, quoted, period),
      posture: await inspect(db, { schema, login: null }),
      policy: await readRetention(db, schema),
      holds: await readLegalHolds(db, schema),
      purged: await readPurged(executor, quoted, period),
      forwarders: await readForwarders(executor, quoted),
    }
  } catch (error) {
    throw explainRead(error)
  }
}

async function countActions(db: Database, schema: string, period: Period): Promise<ActionCount[]> {
  const count = (outcome: string) => sql<string>`count(*) filter (where entry.outcome = ${outcome})`
  const rows = await EntryQuery.over(db, schema)
    .since(period.from)
    .until(period.to)
    .toKysely()
    .select([
      'entry.action',
      count('success').as('success'),
      count('failure').as('failure'),
      count('denied').as('denied'),
      sql<string>`to_char(min(entry.timestamp) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`.as('first'),
      sql<string>`to_char(max(entry.timestamp) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`.as('last'),
    ])
    .groupBy('entry.action')
    .orderBy('entry.action')
    .execute()
  return rows.map(({ action, success, failure, denied, first, last }) => ({
    action,
    success: Number(success),
    failure: Number(failure),
    denied: Number(denied),
    first,
    last,
  }))
}

async function readCheckpoints(executor: Executor, quoted: string, period: Period): Promise<CheckpointHistory> {
  const values = [period.from, period.to]
  const [row] = await executor.run(
    `with signed as (
       select tree_size, signed_at, signed_at - pg_catalog.lag(signed_at) over (order by tree_size) as gap,
         coalesce((select max(tree_size) from ${quoted}.checkpoint as before where before.tree_size < checkpoint.tree_size), 0) as after
       from ${quoted}.checkpoint where signed_at >= $1::timestamptz and signed_at < $2::timestamptz
     )
     select count(*)::text as count, extract(epoch from max(gap))::text as gap,
       count(*) filter (where exists (select from ${quoted}.cosignature where cosignature.tree_size = signed.tree_size))::text as cosigned,
       (pg_catalog.array_agg(tree_size order by tree_size))[1]::text as first_size, (pg_catalog.array_agg(tree_size order by tree_size desc))[1]::text as last_size,
       ${time('min(signed_at)')} as first_at, ${time('max(signed_at)')} as last_at,
       extract(epoch from max(signed_at - (select timestamp from ${quoted}.leaf where leaf_index = signed.after)))::text as delay
     from signed`,
    values,
  )
  const signed = (size: unknown, at: unknown): SignedAt | undefined =>
    typeof size === 'string' ? { treeSize: Number(size), signedAt: String(at) } : undefined
  const seconds = (text: unknown): number | undefined => (typeof text === 'string' ? Number(text) : undefined)
  return {
    count: Number(row?.['count']),
    cosigned: Number(row?.['cosigned']),
    first: signed(row?.['first_size'], row?.['first_at']),
    last: signed(row?.['last_size'], row?.['last_at']),
    longestGapSeconds: seconds(row?.['gap']),
    longestDelaySeconds: seconds(row?.['delay']),
  }
}

async function readPurged(executor: Executor, quoted: string, period: Period): Promise<PurgedInPeriod[]> {
  const rows = await executor.run(
    `select partition, entries::text, tree_size::text, ${time('purged_at')} as purged_at, purged_by
     from ${quoted}.purge where purged_at >= $1::timestamptz and purged_at < $2::timestamptz order by partition`,
    [period.from, period.to],
  )
  return rows.map((row: Row) => ({
    partition: String(row['partition']),
    entries: Number(row['entries']),
    treeSize: Number(row['tree_size']),
    purgedAt: String(row['purged_at']),
    purgedBy: String(row['purged_by']),
  }))
}

async function readForwarders(executor: Executor, quoted: string): Promise<ForwarderState[]> {
  const rows = await executor.run(
    `select name, greatest(0, (select coalesce(max(leaf_index) + 1, 0) from ${quoted}.leaf) - next_leaf_index)::text as behind,
       delivered::text, dead_lettered::text, problem from ${quoted}.forwarder order by name`,
  )
  return rows.map((row: Row) => ({
    name: String(row['name']),
    behind: Number(row['behind']),
    delivered: Number(row['delivered']),
    deadLettered: Number(row['dead_lettered']),
    problem: typeof row['problem'] === 'string' ? row['problem'] : undefined,
  }))
}
