import type { JsonObject, JsonValue } from '../canonical/canonicalize.ts'
import type { Entry } from '../canonical/entry.ts'
import { ecsCategory } from './ecs-category.ts'
import { detailsText } from './item-text.ts'
import { member, objectMember } from './json-text.ts'
import type { ForwardedEntry, ForwardedNotice } from './log-item.ts'

/** `data_stream.*` of a document, which Elasticsearch compares with the name of the data stream. */
export interface DataStreamName {
  readonly type: 'logs'
  readonly dataset: string
  readonly namespace: string
}

/** A document of the Elastic Common Schema for an entry, as JSON. Absent values are left out, as ECS wants. */
export function formatEntryDocument(item: ForwardedEntry, stream: DataStreamName): string {
  const { entry, leafIndex, previousEntryHash } = item
  const affected = entry.target?.startsWith('user:') === true ? entry.target.slice(5) : ''
  const target = affected === '' ? null : affected
  const user = member('id', entry.user_id) + objectMember('target', member('id', target))
  return (
    `{"@timestamp":"${entry.timestamp}","ecs":{"version":"8.17.0"},"data_stream":${JSON.stringify(stream)}` +
    `,"event":${eventFields(item, stream)}${objectMember('user', user)}` +
    (entry.source_ip === null ? '' : sourceField(entry.source_ip)) +
    objectMember('organization', member('id', entry.tenant_id)) +
    `,"related":${relatedFields(entry, target)},"audit_log":{"leaf_index":${leafIndex}` +
    `${member('previous_entry_hash', previousEntryHash)}${member('outcome', entry.outcome)}` +
    `${member('target', entry.target)}${member('recorded_by', entry.recorded_by)}` +
    // Names that Elasticsearch has no fields for; event.original has all of it.
    `${hasFieldNames(entry.details) ? `,"details":${detailsText(item)}` : ''}}}`
  )
}

function eventFields({ entry, line }: ForwardedEntry, { dataset }: DataStreamName): string {
  const { category, type } = ecsCategory(entry.action, entry.outcome)
  // ECS knows success, failure and unknown; that it was denied says event.type.
  const outcome = entry.outcome === 'success' ? 'success' : 'failure'
  return (
    `{"kind":"event","category":${JSON.stringify(category)},"type":${JSON.stringify(type)}` +
    `,"action":${JSON.stringify(entry.action)},"outcome":"${outcome}","id":"${entry.id}","sequence":${entry.seq}` +
    `,"hash":"${entry.entry_hash}","dataset":"${dataset}","module":"entraguard"` +
    // The hash preimage, so that the copy can be verified whatever the mapping makes of the rest.
    `,"original":${JSON.stringify(line)}}`
  )
}

function relatedFields(
  { user_id: user, source_ip: address, entry_hash: hash }: Entry,
  affected: string | null,
): string {
  const users = [user, affected].filter((name) => name !== null)
  const userField = users.length === 0 ? '' : `"user":${JSON.stringify(users)},`
  const addressField = address !== null && isAddress(address) ? `"ip":["${address}"],` : ''
  return `{${userField}${addressField}"hash":["${hash}"]}`
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
const sourceField = (address: string): string =>
  `,"source":{${isAddress(address) ? `"ip":"${address}",` : ''}"address":${JSON.stringify(address)}}`

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
