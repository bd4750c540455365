import { hasControls } from '../canonical/has-controls.ts'
import { type EntryText, textOf } from './entry-text.ts'
import type { ForwardedEntry, ForwardedNotice, LogItem } from './log-item.ts'

/**
 * An item as JSON that begins with what identifies the entry, because receivers extract fields from the beginning of a long
 * event only: the entry's own members and its place in the log. `audit-log verify-copy` reads it.
 */
export function formatEvent(item: LogItem): string {
  if (item.kind !== 'entry') return formatNotice(item)
  return formatEntry(item, textOf(item))
}

/** The same for an entry whose members are cut out already. */
export function formatEntry({ leafIndex, entryHash, previousEntryHash }: ForwardedEntry, text: EntryText): string {
  return (
    `{"leaf_index":${leafIndex},"id":${text.id},"seq":${text.seq},"entry_hash":"${entryHash}"` +
    `,"previous_entry_hash":${hashText(previousEntryHash)},"timestamp":${text.timestamp},"version":${text.version}` +
    `,"tenant_id":${text.tenant_id},"user_id":${text.user_id},"action":${text.action},"target":${text.target}` +
    `,"source_ip":${text.source_ip},"outcome":${text.outcome},"recorded_by":${text.recorded_by},"details":${text.details}}`
  )
}

/**
 * An item as JSON in the log's own form: the members of the entry as they were hashed, and `leaf_index`, `entry_hash` and
 * `previous_entry_hash` in front of them.
 */
export function formatItem(item: LogItem): string {
  if (item.kind !== 'entry') return formatNotice(item)
  const { leafIndex, line, entryHash, previousEntryHash } = item
  // Only an altered row has them, between its values; there they would break the receiver's line.
  const plain = hasControls(line) ? JSON.stringify(JSON.parse(line)) : line
  return `{"leaf_index":${leafIndex},"entry_hash":"${entryHash}","previous_entry_hash":${hashText(previousEntryHash)},${plain.slice(1)}`
}

const hashText = (hash: string | null): string => (hash === null ? 'null' : `"${hash}"`)

function formatNotice({ id, timestamp, action, details }: ForwardedNotice): string {
  return JSON.stringify({ id, timestamp, action, details })
}
