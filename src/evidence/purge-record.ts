import type { EntryContent } from '../canonical/entry.ts'
import { isTreeSize } from '../tlog/tree-head.ts'
import { countLeaves, type LeafSpan, uncovered } from './leaf-span.ts'

/**
 * The action of the entry that records a purge. Its details tell how many `entries` were removed, and `tree_size`, the size of
 * the log that was archived before. They may also hold `leaves`, the ranges of leaf indexes, each `[begin, end]` with the end
 * exclusive. Entries that are not there and that such an entry accounts for are purged; all others are missing.
 */
export const purgeAction = 'audit_log.purged'

/** What an entry says of a purge. */
export interface PurgeRecord {
  readonly seq: number
  /** How many entries were removed. */
  readonly entries: number
  /** Only leaves before this one can have been. */
  readonly before: number
  /** Which ones, when the entry tells. */
  readonly leaves: readonly LeafSpan[] | undefined
}

/** Reads the entry of a leaf. Undefined when it records no purge. An entry can only speak of leaves before its own. */
export function readPurge({ action, seq, details }: EntryContent, leafIndex: number): PurgeRecord | undefined {
  const { entries, tree_size: treeSize, leaves } = details
  if (action !== purgeAction || !isTreeSize(entries) || !isTreeSize(treeSize)) return undefined
  const before = Math.min(treeSize, leafIndex)
  const spans = Array.isArray(leaves) ? leaves.filter(isSpan).filter(([, end]) => end <= before) : undefined
  return { seq, entries, before, leaves: spans }
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

function isSpan(value: unknown): value is LeafSpan {
  if (!Array.isArray(value) || value.length !== 2) return false
  const [begin, end] = value as unknown[]
  return isTreeSize(begin) && isTreeSize(end) && begin < end
}
