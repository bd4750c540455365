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
  const start = line.indexOf('"', beginning.length)
  const end = line.lastIndexOf(',"id":"')
  const text = line.slice(start + 12, end)
  const asRecorded = line.startsWith(beginning) && line.startsWith('","details":{', start) && text.endsWith('}')
  // What is raw between values could only be put there by altering the row.
  return !asRecorded || hasControls(text) ? JSON.stringify(entry.details) : text
}

const beginning = '{"action":"'

/** Whether a JSON text has control characters, which canonical JSON has not. */
export function hasControls(json: string): boolean {
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  return /[\u0000-\u001f]/.test(json)
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
