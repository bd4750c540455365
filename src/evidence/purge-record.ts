import type { EntryContent } from '../canonical/entry.ts'
import { isTreeSize } from '../tlog/tree-head.ts'
import { countLeaves, type LeafSpan, uncovered } from './leaf-span.ts'

/**
 * The action of the entry that records a purge. Its details tell how many `entries` were removed, and `tree_size`, the size of
 * the log that was archived before. They may also hold `leaves`, the ranges of leaf indexes, each `[begin, end]` with the end
 * exclusive. Entries that are not there and that such an entry accounts for are purged; all others are missing.
 */
export const purgeAction = 'audit_log.purged'

/**
 * The option `purgedBy` of those who verify. The database takes such an entry from a purge alone, but the owner of the schema or a
 * superuser can forge one.
 */
export interface PurgedByOption {
  /**
   * Logins whose records of purges count, e.g. the archivist's: entries of which only other logins say that they were purged are
   * missing. Default is all logins.
   */
  readonly purgedBy?: readonly string[] | undefined
}

/** What an entry says of a purge. */
export interface PurgeRecord {
  readonly seq: number
  /** The login that wrote it. */
  readonly recordedBy: string
  /** How many entries were removed. */
  readonly entries: number
  /** Only leaves before this one can have been. */
  readonly before: number
  /** Which ones, when the entry tells. */
  readonly leaves: readonly LeafSpan[] | undefined
}

/**
 * Reads the entry of a leaf; undefined where that is no JSON. An entry can only speak of leaves before its own.
 *
 * @returns undefined when it records no purge, or was written by a login whose word does not count
 */
export function readPurge(
  content: EntryContent | undefined,
  leafIndex: number,
  { purgedBy }: PurgedByOption,
): PurgeRecord | undefined {
  const { action, seq, details, recorded_by: recordedBy } = content ?? {}
  // Somebody who switched the guards off may have put in details that are no object.
  const { entries, tree_size: treeSize, leaves } = (details as EntryContent['details'] | null | undefined) ?? {}
  if (seq === undefined || recordedBy === undefined) return undefined
  if (action !== purgeAction || !isTreeSize(entries) || !isTreeSize(treeSize)) return undefined
  if (purgedBy?.includes(recordedBy) === false) return undefined
  const before = Math.min(treeSize, leafIndex)
  const spans = Array.isArray(leaves) ? leaves.filter(isSpan).filter(([, end]) => end <= before) : undefined
  return { seq, recordedBy, entries, before, leaves: spans }
}

/** Those of the absent leaves that no purge accounts for. */
export function unexplained(absent: readonly LeafSpan[], purges: readonly PurgeRecord[]): LeafSpan[] {
  const left = uncovered(
    absent,
    purges.flatMap(({ leaves }) => leaves ?? []),
  )
  // Where an entry does not tell which leaves they were, their number must do.
  const counted = purges.filter(({ leaves }) => leaves === undefined)
  const allowed = counted.reduce((count, { entries }) => count + entries, 0)
  const before = Math.max(0, ...counted.map((purge) => purge.before))
  return countLeaves(left) <= allowed && left.every(([, end]) => end <= before) ? [] : left
}

/** Which entries say so, and who wrote them. */
export function describePurges(purges: readonly PurgeRecord[]): string {
  const records = purges.map(({ seq, recordedBy }) => `${seq} by ${JSON.stringify(recordedBy)}`)
  const more = records.length > mostNamed ? ` and ${records.length - mostNamed} more` : ''
  return `the entries with seq ${records.slice(0, mostNamed).join(', ')}${more} record`
}
const mostNamed = 10

function isSpan(value: unknown): value is LeafSpan {
  if (!Array.isArray(value) || value.length !== 2) return false
  const [begin, end] = value as unknown[]
  return isTreeSize(begin) && isTreeSize(end) && begin < end
}
