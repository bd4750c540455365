import type { Entry, EntryContent } from '../canonical/entry.ts'
import type { Executor } from '../database/database.ts'
import { quoteIdentifier } from '../schema/names.ts'

/** A leaf of the transparency log and the entry behind it. */
export interface LogLeaf {
  /** 0-based position in the tree. */
  readonly leafIndex: number
  readonly seq: number
  /** What the leaf hash is made of: 64 hexadecimal digits. */
  readonly entryHash: string
  /**
   * The hash preimage, made from the columns that are stored: its SHA-256 is `entryHash` when the entry was not altered.
   * Not verified. Null when the entry is no longer there: purged, or removed by somebody.
   */
  readonly line: string | null
}

/**
 * Reads leaves in the order of the transparency log, which is the only order that a reader who must not miss an entry can
 * follow: a late commit gets a later leaf, while by time or seq it would appear behind the reader's back.
 *
 * @param from first leaf index to read
 * @param limit how many at most
 * @returns fewer than `limit` when there are no more leaves yet
 */
export async function readLeaves(
  executor: Executor,
  schema: string,
  from: number,
  limit: number,
): Promise<readonly LogLeaf[]> {
  const found = `select * from ${quoteIdentifier(schema)}.leaf where leaf_index >= $1 order by leaf_index limit $2`
  return readFound(executor, schema, found, [from, limit])
}

/**
 * The leaves of the entries with these numbers, or the leaves at these places, in the order of the log. Those that are not there
 * are left out.
 */
export async function readLeavesOf(
  executor: Executor,
  schema: string,
  by: 'seq' | 'leaf_index',
  numbers: readonly number[],
): Promise<readonly LogLeaf[]> {
  const found = `select * from ${quoteIdentifier(schema)}.leaf where ${by} = any ($1::bigint[])`
  return readFound(executor, schema, found, [`{${numbers.join(',')}}`])
}

async function readFound(
  executor: Executor,
  schema: string,
  found: string,
  values: readonly unknown[],
): Promise<LogLeaf[]> {
  const quoted = quoteIdentifier(schema)
  // Entry by entry, because each then lies in one partition; a plan that joins them all at once reads every partition, and
  // with `limit 1`, because the plan's cost is counted for all partitions and a high one makes PostgreSQL compile it.
  const rows = await executor.run(
    `select leaf.leaf_index::text, leaf.seq::text, encode(leaf.entry_hash, 'hex') as entry_hash, entry.line
     from (${found}) as leaf
     left join lateral (
       select ${quoted}.entry_line(entry) as line from ${quoted}.entry
       where entry.timestamp = leaf.timestamp and entry.seq = leaf.seq limit 1
     ) as entry on true
     order by leaf.leaf_index`,
    values,
  )
  return rows.map(({ leaf_index: leafIndex, seq, entry_hash: entryHash, line }) => ({
    leafIndex: Number(leafIndex),
    seq: Number(seq),
    entryHash: String(entryHash),
    line: typeof line === 'string' ? line : null,
  }))
}

/** The entry that a hash preimage and its hash stand for. Not verified. */
export function entryOfLine(line: string, entryHash: string): Entry {
  // In place: a copy of it would take as long as parsing does.
  return Object.assign(JSON.parse(line) as EntryContent, { entry_hash: entryHash })
}
