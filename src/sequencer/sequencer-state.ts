import type { Executor } from '../database/database.ts'
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

const farthestLease = `clock_timestamp() + interval '1 minute'`
/** Whether somebody is at it. A lease that ends later than any can was given by a clock that was ahead, and says nothing. */
export const leaseCounts: string = `lease_until between clock_timestamp() and ${farthestLease}`

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
    `select tree_size::text, leader is distinct from $1 and ${leaseCounts} as leased_to_other,
       lease_until is null or leader is distinct from $1
         or lease_until not between clock_timestamp() + interval '3 seconds' and ${farthestLease} as lease_ends_soon,
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

/** Whether another process is at it, without locking anything. */
export async function isLeasedToOther(executor: Executor, schema: string, leader: string): Promise<boolean> {
  const [row] = await executor.run(
    `select leader is distinct from $1 and ${leaseCounts} as leased from ${quoteIdentifier(schema)}.sequencer_state`,
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

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null)
