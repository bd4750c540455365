import { type Database, type Executor, executorOf, type Row } from '../database/database.ts'
import { explainRead } from '../query/explain-read.ts'
import { checkName, quoteIdentifier } from '../schema/names.ts'
import { leaseCounts } from './sequencer-state.ts'
import type { Backlog, BacklogHold, UncommittedWriter } from './status.ts'

/** An entry that is older than this while a sequencer is at work has been passed over. */
const patienceMs = 10_000

/**
 * What has been committed and has no leaf yet: how many entries, the oldest of them, and what holds it. Costs about as much
 * as a round of the sequencer, whatever the size of the log.
 *
 * @param db a login in the reader or the sequencer role; one with pg_read_all_stats sees more of `uncommitted`
 * @throws AuditLogError `read_failed`, `schema_missing`, `option_invalid`
 * @example
 * const { oldest, heldBy } = await readBacklog(pool)
 * if (oldest !== undefined && oldest.ageMs > 30_000) page(heldBy?.explanation)
 */
export async function readBacklog(db: Database, options: { readonly schema?: string } = {}): Promise<Backlog> {
  const schema = checkName(options.schema ?? 'audit_log', '$.schema')
  try {
    return await backlogOf(executorOf(db), schema)
  } catch (error) {
    throw explainRead(error)
  }
}

/** The queries of {@link readBacklog}. */
export async function backlogOf(executor: Executor, schema: string): Promise<Backlog> {
  const quoted = quoteIdentifier(schema)
  const columns = `entry.seq, entry.timestamp`
  const unseen = `not exists (select from ${quoted}.leaf where leaf.seq = entry.seq and leaf.timestamp = entry.timestamp)`
  const [row] = await executor.run(
    `with state as materialized (select * from ${quoted}.sequencer_state),
     unsequenced as (
       select ${columns} from state, ${quoted}.entry
       where entry.xid >= coalesce(pg_snapshot_xmax(state.done), '0') and ${unseen} limit 10000
     ), late as (
       select ${columns} from ${quoted}.entry
       where entry.xid = any (array(select pg_snapshot_xip(state.done) from state)) and ${unseen} limit 10000
     ), oldest as (
       select * from (select * from unsequenced union all select * from late) as both_kinds order by timestamp, seq limit 1
     )
     select least(10000, (select count(*) from unsequenced) + (select count(*) from late)) as entries,
       (select seq::text from oldest) as seq,
       (select extract(epoch from clock_timestamp() - timestamp) * 1000.0 from oldest) as age,
       state.halted, state.leader is not null as ever_led, ${leaseCounts} as led,
       extract(epoch from clock_timestamp() - state.lease_until) * 1000.0 as since
     from state`,
  )
  const oldest =
    typeof row?.['seq'] === 'string' ? { seq: Number(row['seq']), ageMs: milliseconds(row['age']) ?? 0 } : undefined
  return {
    entries: Number(row?.['entries']),
    oldest,
    heldBy: oldest === undefined || row === undefined ? undefined : await findHold(executor, quoted, row, oldest.ageMs),
    uncommitted: await readUncommitted(executor, quoted),
  }
}

async function findHold(executor: Executor, quoted: string, row: Row, ageMs: number): Promise<BacklogHold | undefined> {
  const { halted } = row
  if (typeof halted === 'string') {
    return { kind: 'halted', explanation: `the sequencer has halted: ${halted}` }
  }
  const [holder] = await executor.run(
    `select pg_locks.pid from pg_locks left join pg_stat_activity using (pid)
     where locktype = 'relation' and pg_locks.database = (select oid from pg_database where datname = current_database())
       and relation = $1::regclass::oid and granted and mode not in ('AccessShareLock')
       and pg_stat_activity.xact_start < clock_timestamp() - interval '5 seconds' limit 1`,
    [`${quoted}.sequencer_state`],
  )
  if (holder !== undefined) {
    const pid = String(holder['pid'])
    return {
      kind: 'locked',
      explanation: `session ${pid} holds a lock on the sequencer's state: pg_terminate_backend(${pid})`,
    }
  }
  if (row['led'] !== true) {
    const since = milliseconds(row['since'])
    const never = row['ever_led'] === true ? 'the last one was stopped in an orderly way' : 'none has been seen'
    const seen =
      since === undefined ? never : `the last sign of life was ${Math.max(0, Math.round(since / 1000))} s ago`
    return { kind: 'no_sequencer', explanation: `no sequencer is at work; ${seen}` }
  }
  return ageMs > patienceMs
    ? { kind: 'passed_over', explanation: 'the sequencer is at work and did not take it: see findUnsequenced()' }
    : undefined
}

async function readUncommitted(executor: Executor, quoted: string): Promise<UncommittedWriter[]> {
  // A writer holds a lock on the table until its transaction ends; a prepared one is in no session.
  const rows = await executor.run(
    `select pg_locks.pid, pg_prepared_xacts.gid,
       extract(epoch from clock_timestamp() - coalesce(pg_prepared_xacts.prepared, pg_stat_activity.xact_start)) * 1000.0 as age
     from pg_locks
     left join pg_stat_activity on pg_stat_activity.pid = pg_locks.pid
     left join pg_locks as own on pg_locks.pid is null and own.pid is null and own.locktype = 'transactionid'
       and own.virtualtransaction = pg_locks.virtualtransaction
     left join pg_prepared_xacts on pg_prepared_xacts.transaction = own.transactionid
     where pg_locks.locktype = 'relation' and pg_locks.database = (select oid from pg_database where datname = current_database())
       and pg_locks.relation = $1::regclass::oid and pg_locks.mode = 'RowExclusiveLock' and pg_locks.granted and pg_locks.pid is distinct from pg_backend_pid()
     order by age desc nulls last limit 100`,
    [`${quoted}.entry`],
  )
  return rows.map((row) => ({
    pid: row['pid'] === null ? undefined : Number(row['pid']),
    prepared: typeof row['gid'] === 'string' ? row['gid'] : undefined,
    ageMs: milliseconds(row['age']),
  }))
}

const milliseconds = (value: unknown): number | undefined => (value === null ? undefined : Math.round(Number(value)))
