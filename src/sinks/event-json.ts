import { detailsText, hasControls } from './item-text.ts'
import type { ForwardedNotice, LogItem } from './log-item.ts'

/**
 * An item as JSON that begins with what identifies the entry, because receivers extract fields from the beginning of a long
 * event only: the entry's own members and its place in the log. `audit-log verify-copy` reads it.
 */
export function formatEvent(item: LogItem): string {
  if (item.kind !== 'entry') return formatNotice(item)
  const { entry, leafIndex, previousEntryHash } = item
  return (
    `{"leaf_index":${leafIndex},"id":"${entry.id}","seq":${entry.seq},"entry_hash":"${entry.entry_hash}"` +
    `,"previous_entry_hash":${JSON.stringify(previousEntryHash)},"timestamp":"${entry.timestamp}"` +
    `,"version":${entry.version},"tenant_id":${JSON.stringify(entry.tenant_id)}` +
    `,"user_id":${JSON.stringify(entry.user_id)},"action":${JSON.stringify(entry.action)}` +
    `,"target":${JSON.stringify(entry.target)},"source_ip":${JSON.stringify(entry.source_ip)}` +
    `,"outcome":${JSON.stringify(entry.outcome)},"recorded_by":${JSON.stringify(entry.recorded_by)}` +
    `,"details":${detailsText(item)}}`
  )
}

/**
 * An item as JSON in the log's own form: the members of the entry as they were hashed, and `leaf_index`, `entry_hash` and
 * `previous_entry_hash` in front of them.
 */
export function formatItem(item: LogItem): string {
  if (item.kind !== 'entry') return formatNotice(item)
  const { leafIndex, line, entry, previousEntryHash } = item
  // Only an altered row has them, between its values; there they would break the receiver's line.
  const plain = hasControls(line) ? JSON.stringify(JSON.parse(line)) : line
  return `{"leaf_index":${leafIndex},"entry_hash":"${entry.entry_hash}","previous_entry_hash":${JSON.stringify(previousEntryHash)},${plain.slice(1)}`
}

function formatNotice({ id, timestamp, action, details }: ForwardedNotice): string {
  return JSON.stringify({ id, timestamp, action, details })
}
