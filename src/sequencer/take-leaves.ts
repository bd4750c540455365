import type { Executor, Row } from '../database/database.ts'
import { quoteIdentifier } from '../schema/names.ts'
import type { SequencerState } from './sequencer-state.ts'

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
