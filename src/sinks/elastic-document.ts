import type { JsonObject, JsonValue } from '../canonical/canonicalize.ts'
import type { Entry } from '../canonical/entry.ts'
import { formatEcsCategory } from './ecs-category.ts'
import { detailsText } from './item-text.ts'
import { member, objectMember } from './json-text.ts'
import type { ForwardedEntry, ForwardedNotice, LogItem } from './log-item.ts'

/** `data_stream.*` of a document, which Elasticsearch compares with the name of the data stream. */
export interface DataStreamName {
  readonly type: 'logs'
  readonly dataset: string
  readonly namespace: string
}

/** Makes documents of the Elastic Common Schema, as JSON. Absent values are left out, as ECS wants. */
export function documentFormatter(stream: DataStreamName): (item: LogItem) => string {
  const constant: Constant = {
    start: `"ecs":{"version":"8.17.0"},"data_stream":${JSON.stringify(stream)}`,
    event: `"dataset":"${stream.dataset}","module":"entraguard"`,
  }
  return (item) => (item.kind === 'entry' ? entryDocument(item, constant) : noticeDocument(item, constant))
}

/** What all documents of a stream have in common. */
interface Constant {
  readonly start: string
  readonly event: string
}

function entryDocument(item: ForwardedEntry, constant: Constant): string {
  const { entry, leafIndex, previousEntryHash } = item
  const affected = entry.target?.startsWith('user:') === true ? entry.target.slice(5) : ''
  const target = affected === '' ? null : affected
  const user = member('id', entry.user_id) + objectMember('target', member('id', target))
  return (
    `{"@timestamp":"${entry.timestamp}",${constant.start}` +
    `,"event":${eventFields(item, constant)}${objectMember('user', user)}` +
    (entry.source_ip === null ? '' : sourceField(entry.source_ip)) +
    objectMember('organization', member('id', entry.tenant_id)) +
    `,"related":${relatedFields(entry, target)},"audit_log":{"leaf_index":${leafIndex}` +
    `${member('previous_entry_hash', previousEntryHash)}${member('outcome', entry.outcome)}` +
    `${member('target', entry.target)}${member('recorded_by', entry.recorded_by)}` +
    // Names that Elasticsearch has no fields for; event.original has all of it.
    `${hasFieldNames(entry.details) ? `,"details":${detailsText(item)}` : ''}}}`
  )
}

function eventFields({ entry, line }: ForwardedEntry, constant: Constant): string {
  // ECS knows success, failure and unknown; that it was denied says event.type.
  const outcome = entry.outcome === 'success' ? 'success' : 'failure'
  return (
    `{"kind":"event",${formatEcsCategory(entry.action, entry.outcome)}` +
    `,"action":${JSON.stringify(entry.action)},"outcome":"${outcome}","id":"${entry.id}","sequence":${entry.seq}` +
    `,"hash":"${entry.entry_hash}",${constant.event}` +
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

function noticeDocument({ id, timestamp, action, details, kind }: ForwardedNotice, constant: Constant): string {
  return (
    `{"@timestamp":"${timestamp}",${constant.start},"event":{"kind":"event","category":["configuration"],"type":["info"]` +
    `,"action":"${action}","outcome":"success","id":${JSON.stringify(id)},${constant.event}}` +
    `,"audit_log":${JSON.stringify(kind === 'checkpoint' ? { checkpoint: details } : { details })}}`
  )
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
