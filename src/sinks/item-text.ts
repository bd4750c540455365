import { textOf } from './entry-text.ts'
import type { ForwardedEntry, LogItem } from './log-item.ts'

/** The canonical JSON text of an item's details. */
export function detailsText(item: LogItem): string {
  return item.kind === 'entry' ? textOf(item).details : JSON.stringify(item.details)
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

/**
 * The log's own evidence about an entry, which every encoder carries so that a copy can be proven complete: members of a JSON
 * object.
 */
export function formatEvidence({ leafIndex, entry, previousEntryHash }: ForwardedEntry): string {
  return (
    `"leaf_index":${leafIndex},"seq":${entry.seq},"entry_hash":"${entry.entry_hash}"` +
    `,"previous_entry_hash":${JSON.stringify(previousEntryHash)}`
  )
}

const severities = { success: 3, failure: 6, denied: 7 } as const

/** How much an item matters, from 0 to 10, as CEF and LEEF count. */
export function severityOf(item: LogItem): number {
  return item.kind === 'entry' ? severities[item.entry.outcome] : 1
}
