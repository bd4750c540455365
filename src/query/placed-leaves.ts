import type { Executor } from '../database/database.ts'
import { quoteIdentifier } from '../schema/names.ts'
import { isOrdinaryTime, joinTimes, timeAt } from './binary-time.ts'
import { EntryColumns, type EntryRange, type PlacedEntry } from './entry-columns.ts'
import { readLeavesOf } from './leaf-order.ts'

/** A leaf of the transparency log and where its entry is. */
export interface PlacedLeaf {
  /** 0-based position in the tree. */
  readonly leafIndex: number
  /** What the leaf hash is made of: 64 hexadecimal digits. */
  readonly entryHash: string
  /**
   * The entry; or its hash preimage as PostgreSQL makes it, where it was read on its own. Not verified. Null when the entry is no
   * longer there.
   */
  readonly content: PlacedEntry | string | null
}

/**
 * What `readLeaves` reads, for a third of the work (docs/performance.md). Entries of neighbouring leaves were written at about
 * the same time, so one range of an index has nearly all of them; the others, and those of an unusual form, are read one by one.
 *
 * @param from first leaf index to read
 * @param limit how many at most
 * @returns fewer than `limit` when there are no more leaves yet
 */
export async function readPlacedLeaves(
  executor: Executor,
  schema: string,
  from: number,
  limit: number,
): Promise<readonly PlacedLeaf[]> {
  const leaves = await readPlaces(executor, schema, from, limit)
  const range = rangeOf(leaves)
  const entries =
    range === undefined ? undefined : await EntryColumns.read(executor, schema, range, leaves.length * spare)
  const others: number[] = []
  const found = leaves.map(({ leafIndex, entryHash, seq, time }) => {
    const content = entries?.find(seq, time) ?? null
    if (content === null) others.push(leafIndex)
    return { leafIndex, entryHash, content }
  })
  if (others.length === 0) return found
  const alone = await readLeavesOf(executor, schema, 'leaf_index', others)
  const lines = new Map(alone.map(({ leafIndex, line }) => [leafIndex, line]))
  return found.map((leaf) => ({ ...leaf, content: leaf.content ?? lines.get(leaf.leafIndex) ?? null }))
}

/** Where a leaf's entry is. */
interface Place {
  readonly leafIndex: number
  readonly entryHash: string
  readonly seq: string
  /** As {@link joinTimes} has it. */
  readonly time: string
}

async function readPlaces(executor: Executor, schema: string, from: number, limit: number): Promise<Place[]> {
  const [row = {}] = await executor.run(
    `select string_agg(leaf_index::text, ',') as leaf_index, string_agg(seq::text, ',') as seq,
       ${joinTimes('timestamp')} as time, encode(pg_catalog.string_agg(entry_hash, ''), 'hex') as entry_hash
     from (select * from ${quoteIdentifier(schema)}.leaf where leaf_index >= $1 order by leaf_index limit $2) as leaf`,
    [from, limit],
  )
  if (typeof row['leaf_index'] !== 'string') return []
  const [seqs, times, hashes] = [String(row['seq']).split(','), String(row['time']), String(row['entry_hash'])]
  return row['leaf_index'].split(',').map((leafIndex, index) => ({
    leafIndex: Number(leafIndex),
    entryHash: hashes.slice(index * 64, index * 64 + 64),
    seq: seqs[index] ?? '',
    time: timeAt(times, index),
  }))
}

/** Rows that a range may have for each leaf. */
const spare = 2

/**
 * Where the entries of most of the leaves are. What committed late would make the range long, so it is left out: entries are
 * numbered when they are dated, and there are few between two whose numbers are close.
 */
function rangeOf(places: readonly Place[]): EntryRange | undefined {
  const ordered = places.filter(({ time }) => isOrdinaryTime(time)).toSorted((a, b) => Number(a.seq) - Number(b.seq))
  let [begin, end] = [0, 0]
  let first = 0
  for (const [last, { seq }] of ordered.entries()) {
    while (Number(seq) - Number(ordered[first]?.seq) >= places.length * spare) first += 1
    if (last + 1 - first > end - begin) [begin, end] = [first, last + 1]
  }
  const found = ordered.slice(begin, end)
  const [lowest, highest] = [found[0], found.at(-1)]
  if (lowest === undefined || highest === undefined) return undefined
  let [firstTime, lastTime] = [lowest.time, lowest.time]
  for (const { time } of found) {
    if (time < firstTime) firstTime = time
    if (time > lastTime) lastTime = time
  }
  return { firstTime, lastTime, firstSeq: lowest.seq, lastSeq: highest.seq }
}
