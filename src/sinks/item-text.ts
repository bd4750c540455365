import type { ForwardedEntry, LogItem } from './log-item.ts'

/**
 * The canonical JSON text of an entry's details, taken from the hash preimage. Where the preimage has not the form that the
 * log gives it, the details are written anew.
 */
export function detailsText(item: LogItem): string {
  if (item.kind !== 'entry') return JSON.stringify(item.details)
  const { line, entry } = item
  // Members stand in canonical order: action, which has no quotes in it, then details, then id. Behind details there are
  // scalars only, and in a string `"` is escaped, so the last `,"id":"` is the member itself.
  const start = line.indexOf('","details":{')
  const end = line.lastIndexOf(',"id":"')
  return start < 0 || end <= start ? JSON.stringify(entry.details) : line.slice(start + 12, end)
}

/** Milliseconds since the epoch of a time in the log's form; what is below the millisecond is dropped. */
export function epochMs(timestamp: string): number {
  return Date.parse(`${timestamp.slice(0, 23)}Z`)
}

/** Who or what an event is about, in the words that encoders share. */
export function idOf(item: LogItem): string {
  return item.kind === 'entry' ? item.entry.id : item.id
}

/** The time of an event: RFC 3339, UTC, six decimals. */
export function timestampOf(item: LogItem): string {
  return item.kind === 'entry' ? item.entry.timestamp : item.timestamp
}

/** What was done, or which notice it is. */
export function actionOf(item: LogItem): string {
  return item.kind === 'entry' ? item.entry.action : item.action
}

/** The log's own evidence about an entry, which every encoder carries so that a copy can be proven complete. */
export function evidenceOf(item: ForwardedEntry): {
  readonly leaf_index: number
  readonly seq: number
  readonly entry_hash: string
  readonly previous_entry_hash: string | null
} {
  return {
    leaf_index: item.leafIndex,
    seq: item.entry.seq,
    entry_hash: item.entry.entry_hash,
    previous_entry_hash: item.previousEntryHash,
  }
}
