import type { JsonObject, JsonValue } from '../canonical/canonicalize.ts'
import { ecsCategory } from './ecs-category.ts'
import type { ForwardedEntry, ForwardedNotice } from './log-item.ts'

/** `data_stream.*` of a document, which Elasticsearch compares with the name of the data stream. */
export interface DataStreamName {
  readonly type: 'logs'
  readonly dataset: string
  readonly namespace: string
}

/** A document of the Elastic Common Schema for an entry. Absent values are left out, as ECS wants. */
export function entryDocument(item: ForwardedEntry, stream: DataStreamName): object {
  const { entry, leafIndex, line, previousEntryHash } = item
  const { category, type } = ecsCategory(entry.action, entry.outcome)
  const affected = /^user:(.+)$/s.exec(entry.target ?? '')?.[1]
  const users = [entry.user_id, affected].filter((user) => typeof user === 'string')
  return {
    '@timestamp': entry.timestamp,
    ecs: { version: '8.17.0' },
    data_stream: stream,
    event: {
      kind: 'event',
      category,
      type,
      action: entry.action,
      // ECS knows success, failure and unknown; that it was denied says event.type.
      outcome: entry.outcome === 'success' ? 'success' : 'failure',
      id: entry.id,
      sequence: entry.seq,
      hash: entry.entry_hash,
      dataset: stream.dataset,
      module: 'entraguard',
      // The hash preimage, so that the copy can be verified whatever the mapping makes of the rest.
      original: line,
    },
    user:
      entry.user_id === null && affected === undefined
        ? undefined
        : { id: entry.user_id ?? undefined, target: affected === undefined ? undefined : { id: affected } },
    source: entry.source_ip === null ? undefined : sourceOf(entry.source_ip),
    organization: entry.tenant_id === null ? undefined : { id: entry.tenant_id },
    related: {
      user: users.length === 0 ? undefined : users,
      ip: entry.source_ip !== null && isAddress(entry.source_ip) ? [entry.source_ip] : undefined,
      hash: [entry.entry_hash],
    },
    audit_log: {
      leaf_index: leafIndex,
      previous_entry_hash: previousEntryHash ?? undefined,
      outcome: entry.outcome,
      target: entry.target ?? undefined,
      recorded_by: entry.recorded_by,
      // Names that Elasticsearch has no fields for; event.original has all of it.
      details: hasFieldNames(entry.details) ? entry.details : undefined,
    },
  }
}

/** A document for a checkpoint or a test. */
export function noticeDocument(
  { id, timestamp, action, details, kind }: ForwardedNotice,
  stream: DataStreamName,
): object {
  return {
    '@timestamp': timestamp,
    ecs: { version: '8.17.0' },
    data_stream: stream,
    event: {
      kind: 'event',
      category: ['configuration'],
      type: ['info'],
      action,
      outcome: 'success',
      id,
      dataset: stream.dataset,
      module: 'entraguard',
    },
    audit_log: kind === 'checkpoint' ? { checkpoint: details } : { details },
  }
}

// A value that Elasticsearch cannot parse as an address would cost the whole document.
const sourceOf = (address: string): object => (isAddress(address) ? { ip: address, address } : { address })

const isAddress = (text: string): boolean =>
  /^(\d{1,3}\.){3}\d{1,3}$/.test(text) || (/^[0-9a-f:.]+$/.test(text) && text.includes(':'))

/** Whether all member names can be names in a flattened field: not empty, without NUL. */
function hasFieldNames(value: JsonValue): boolean {
  if (typeof value !== 'object' || value === null) return true
  if (Array.isArray(value)) return value.every(hasFieldNames)
  return Object.entries(value as JsonObject).every(
    ([name, member]) => name.trim() !== '' && !name.includes('\0') && hasFieldNames(member),
  )
}
