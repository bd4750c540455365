import type { Executor, Row } from '../database/database.ts'
import { quoteIdentifier } from '../schema/names.ts'

/** The sequencer's position, as the table `sequencer_state` holds it while its row is locked. */
export interface SequencerState {
  /** Leaves that have been given out. */
  readonly treeSize: number
  /** The entry hash of the last leaf: 64 hexadecimal digits; null when there is none. */
  readonly lastEntryHash: string | null
  /** Whether another process holds an unexpired lease. */
  readonly leasedToOther: boolean
  readonly leaseEndsSoon: boolean
  /** Whether a sequencer has halted and none has been at work since. */
  readonly halted: boolean
  /** The database that the snapshots belong to. */
  readonly cluster: string | null
  /** Everything that this snapshot sees has its leaf; null when every entry without a leaf is to be taken. */
  readonly done: string | null
  /** The snapshot to work off, after this entry. */
  readonly working: string
  /** Whether a part of it is worked off already. */
  readonly inRound: boolean
  readonly afterXid: string
  readonly afterSeq: string
}

/** An entry that got its leaf. */
export interface TakenLeaf {
  readonly leafIndex: number
  readonly seq: string
  /** As stored: 64 hexadecimal digits. */
  readonly entryHash: string
  /** The hash preimage, made from what is stored. */
  readonly line: string
}

/**
 * Locks the sequencer's row for the transaction that is open.
 *
 * @param leader identifies this process
 * @returns undefined when another process has the row locked: it is at work
 */
export async function lockState(
  executor: Executor,
  schema: string,
  leader: string,
): Promise<SequencerState | undefined> {
  const quoted = quoteIdentifier(schema)
  const [row] = await executor.run(
    `select tree_size::text, leader is distinct from $1 and lease_until > clock_timestamp() as leased_to_other,
       lease_until is null or leader is distinct from $1 or lease_until < clock_timestamp() + interval '3 seconds' as lease_ends_soon,
       halted is not null as halted, done::text, working::text, after_xid::text, after_seq::text, cluster,
       (select encode(entry_hash, 'hex') from ${quoted}.leaf where leaf_index = tree_size - 1) as last_entry_hash
     from ${quoted}.sequencer_state for update skip locked`,
    [leader],
  )
  if (row === undefined) return undefined
  const [allowed] = await executor.run(`select has_function_privilege('pg_control_system()', 'execute') as allowed`)
  const system = allowed?.['allowed'] === true ? '(select system_identifier from pg_control_system())' : "''"
  const [now] = await executor.run(
    `select pg_catalog.concat_ws('/', ${system},
       (select oid from pg_database where datname = current_database()), $1::regclass::oid) as cluster,
       coalesce(pg_snapshot_xmax($2::pg_snapshot) <= pg_snapshot_xmax(pg_current_snapshot()), true) as goes_on,
       coalesce($3, pg_current_snapshot()::text) as working, pg_current_snapshot()::text as current`,
    [`${quoted}.entry`, row['done'], row['working']],
  )
  // In another database than before, or in one whose transaction ids have gone back, stored snapshots mean nothing.
  const valid = row['cluster'] === now?.['cluster'] && now?.['goes_on'] === true
  return {
    treeSize: Number(row['tree_size']),
    lastEntryHash: textOf(row['last_entry_hash']),
    leasedToOther: row['leased_to_other'] === true,
    leaseEndsSoon: row['lease_ends_soon'] === true,
    halted: row['halted'] === true,
    cluster: textOf(now?.['cluster']),
    done: valid ? textOf(row['done']) : null,
    working: String(valid ? now['working'] : now?.['current']),
    inRound: valid && row['working'] !== null,
    afterXid: (valid ? textOf(row['after_xid']) : null) ?? '0',
    afterSeq: (valid ? textOf(row['after_seq']) : null) ?? '0',
  }
}

/**
 * Gives the next entries their leaves.
 *
 * Takes what one snapshot of the database sees and the last one did not, in the order (transaction, seq): an entry that was
 * inserted early and committed late is new when it commits, whatever its number, and an open transaction elsewhere holds
 * nothing back. What already has a leaf is left out by its seq and timestamp as well. The row must be locked, and this must be a later
 * statement than the one that locked it, so that its snapshot sees everything that the last holder of the lock committed.
 *
 * If the process dies before the transaction commits, nothing has happened. If it dies after, the leaves are there and the
 * position with them: the next process signs the tree that they make.
 *
 * @param limit how many entries at most
 * @returns none when there is nothing new
 */
export async function takeLeaves(
  executor: Executor,
  schema: string,
  state: SequencerState,
  limit: number,
): Promise<TakenLeaf[]> {
  const quoted = quoteIdentifier(schema)
  // Hash joins would read all leaves to leave out a few.
  await executor.run(`select set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)`)
  // A leaf is 32 bytes. Only somebody who switched the guards off can have stored another hash, and must not stop the log.
  const columns = `xid, seq, timestamp, case when octet_length(entry_hash) = 32 then entry_hash else sha256(coalesce(entry_hash, '')) end as entry_hash, ${quoted}.entry_line(entry) as line`
  const unseen = `(xid, seq) > ($3::xid8, $4::bigint) and not exists (select from ${quoted}.leaf where leaf.seq = entry.seq and leaf.timestamp = entry.timestamp)
      order by xid, seq limit $5::integer`
  const rows = await executor.run(
    `with late as (
       select ${columns} from ${quoted}.entry
       where xid = any (array(select pg_snapshot_xip($1::pg_snapshot))) and pg_visible_in_snapshot(xid, $2::pg_snapshot) and ${unseen}
     ), fresh as (
       select ${columns} from ${quoted}.entry
       where xid >= coalesce(pg_snapshot_xmax($1::pg_snapshot), '0')
         and ($1::pg_snapshot is null or (xid < pg_snapshot_xmax($2::pg_snapshot) and pg_visible_in_snapshot(xid, $2::pg_snapshot))) and ${unseen}
     ), next as materialized (
       select *, row_number() over (order by xid, seq) as place from (select * from late union all select * from fresh) as both_kinds
       order by xid, seq limit $5::integer
     ), inserted as (
       insert into ${quoted}.leaf (leaf_index, seq, timestamp, entry_hash)
       select $6::bigint + place - 1, seq, timestamp, entry_hash from next
     )
     select xid::text, seq::text, encode(entry_hash, 'hex') as entry_hash, line from next order by place`,
    [state.done, state.working, state.afterXid, state.afterSeq, limit, state.treeSize],
  )
  const more = rows.length === limit
  // An idle log is not written to: an old `done` is as good as a new one, it only leaves more to look through.
  if (rows.length > 0 || state.inRound || state.done === null) {
    await advance(executor, quoted, state, rows.length, more ? rows.at(-1) : undefined)
  }
  return rows.map((row, index) => ({
    leafIndex: state.treeSize + index,
    seq: String(row['seq']),
    entryHash: String(row['entry_hash']),
    line: String(row['line']),
  }))
}

/** Whether another process is at it, without locking anything. */
export async function isLeasedToOther(executor: Executor, schema: string, leader: string): Promise<boolean> {
  const [row] = await executor.run(
    `select leader is distinct from $1 and lease_until > clock_timestamp() as leased from ${quoteIdentifier(schema)}.sequencer_state`,
    [leader],
  )
  return row?.['leased'] === true
}

/** Says that this process is no longer at it, so that another one need not wait. */
export async function endLease(executor: Executor, schema: string, leader: string): Promise<void> {
  await executor.run(`update ${quoteIdentifier(schema)}.sequencer_state set lease_until = null where leader = $1`, [
    leader,
  ])
}

/** Says that this process has halted, and why. The next one that is at work takes it back. */
export async function noteHalt(executor: Executor, schema: string, code: string): Promise<void> {
  await executor.run(`update ${quoteIdentifier(schema)}.sequencer_state set halted = $1`, [code])
}

/**
 * Forgets the position: the next round looks through all entries, and takes those that have no leaf. The row must be locked.
 */
export async function forgetPosition(executor: Executor, schema: string): Promise<void> {
  await executor.run(
    `update ${quoteIdentifier(schema)}.sequencer_state set done = null, working = null, after_xid = null, after_seq = null`,
  )
}

/** Says that this process is at it, for so long. */
export async function renewLease(executor: Executor, schema: string, leader: string, leaseMs: number): Promise<void> {
  await executor.run(
    `update ${quoteIdentifier(schema)}.sequencer_state set leader = $1, lease_until = clock_timestamp() + $2::double precision * interval '1 millisecond', halted = null`,
    [leader, leaseMs],
  )
}

// With `last`, the snapshot is not worked off yet and goes on after that entry.
async function advance(
  executor: Executor,
  quoted: string,
  state: SequencerState,
  taken: number,
  last: Row | undefined,
): Promise<void> {
  const { cluster, done, working, treeSize } = state
  await executor.run(
    `update ${quoted}.sequencer_state set cluster = $1, done = $2::pg_snapshot, working = $3::pg_snapshot,
       after_xid = $4::xid8, after_seq = $5::bigint, tree_size = $6::bigint`,
    last === undefined
      ? [cluster, working, null, null, null, treeSize + taken]
      : [cluster, done, working, last['xid'], last['seq'], treeSize + taken],
  )
}

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null)
