import type { Entry } from '../canonical/entry.ts'
import type { ForwardedEntry, ForwardedNotice } from './log-item.ts'

/** An entry as JSON sinks send it: the entry's own members and its place in the log. `audit-log verify-copy` reads it. */
export interface EntryJson extends Entry {
  readonly leaf_index: number
  readonly previous_entry_hash: string | null
}

/** A notice as JSON sinks send it. */
export interface NoticeJson {
  readonly id: string
  readonly timestamp: string
  readonly action: string
  readonly details: ForwardedNotice['details']
}

/**
 * What identifies the entry stands in front, because receivers extract fields from the beginning of a long event only.
 */
export function entryJson({ entry, leafIndex, previousEntryHash }: ForwardedEntry): EntryJson {
  return {
    leaf_index: leafIndex,
    id: entry.id,
    seq: entry.seq,
    entry_hash: entry.entry_hash,
    previous_entry_hash: previousEntryHash,
    timestamp: entry.timestamp,
    version: entry.version,
    tenant_id: entry.tenant_id,
    user_id: entry.user_id,
    action: entry.action,
    target: entry.target,
    source_ip: entry.source_ip,
    outcome: entry.outcome,
    recorded_by: entry.recorded_by,
    details: entry.details,
  }
}

export function noticeJson({ id, timestamp, action, details }: ForwardedNotice): NoticeJson {
  return { id, timestamp, action, details }
}
