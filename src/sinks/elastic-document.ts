import type { JsonObject, JsonValue } from '../canonical/canonicalize.ts'
import { actionCategory } from './action-category.ts'
import { type EntryText, lineOf } from './entry-text.ts'
import { member, objectMember, textMember } from './json-text.ts'
import { remembering } from './remembering.ts'
import type { ForwardedEntry, ForwardedNotice } from './log-item.ts'

/** `data_stream.*` of a document, which Elasticsearch compares with the name of the data stream. */
export interface DataStreamName {
  readonly type: 'logs'
  readonly dataset: string
  readonly namespace: string
}

/** What all documents of a stream have in common, as members of JSON objects. */
export interface DocumentConstants {
  readonly start: string
  readonly event: string
}

/** The constants of a stream. */
export function documentConstants(stream: DataStreamName): DocumentConstants {
  return {
    start: `"ecs":{"version":"8.17.0"},"data_stream":${JSON.stringify(stream)}`,
    event: `"dataset":"${stream.dataset}","module":"entraguard"`,
  }
}

/** An entry as a document of the Elastic Common Schema, as JSON. Absent values are left out, as ECS wants. */
export function formatEntryDocument(item: ForwardedEntry, text: EntryText, constant: DocumentConstants): string {
  const { leafIndex, previousEntryHash } = item
  const isUser = text.target.startsWith('"user:') && text.target !== '"user:"'
  const affected = isUser ? `"${text.target.slice(6)}` : 'null'
  return (
    `{"@timestamp":${text.timestamp},${constant.start},"event":${eventFields(item, text, constant)}` +
    objectMember('user', textMember('id', text.user_id) + objectMember('target', textMember('id', affected))) +
    sourceField(text.source_ip) +
    objectMember('organization', textMember('id', text.tenant_id)) +
    `,"related":${relatedFields(item, text, affected)},"audit_log":{"leaf_index":${leafIndex}` +
    `${member('previous_entry_hash', previousEntryHash)},"outcome":${text.outcome}` +
    `${textMember('target', text.target)},"recorded_by":${text.recorded_by}` +
    // Names that Elasticsearch has no fields for; event.original has all of it.
    `${hasFieldNames(text.details) ? `,"details":${text.details}` : ''}}}`
  )
}

function eventFields(item: ForwardedEntry, text: EntryText, constant: DocumentConstants): string {
  return (
    `{"kind":"event",${(text.outcome === '"denied"' ? deniedCategory : category)(text.action)},"action":${text.action}` +
    // ECS knows success, failure and unknown; that it was denied says event.type.
    `,"outcome":${text.outcome === '"success"' ? '"success"' : '"failure"'},"id":${text.id},"sequence":${text.seq}` +
    `,"hash":"${item.entryHash}",${constant.event}` +
    // The hash preimage, so that the copy can be verified whatever the mapping makes of the rest.
    `,"original":${JSON.stringify(lineOf(item, text))}}`
  )
}

/** `event.category` and `event.type`, for the JSON text of an action. */
const category = remembering((action) => formatCategory(action, []))
// Of the categories, ECS has this type in one only.
const deniedCategory = remembering((action) => formatCategory(action, ['denied']))

function formatCategory(action: string, more: readonly string[]): string {
  const { category, type } = actionCategory(JSON.parse(action) as string).ecs
  const types = category.includes('api') ? [...type, ...more] : type
  return `"category":${JSON.stringify(category)},"type":${JSON.stringify(types)}`
}

function relatedFields(
  { entryHash }: ForwardedEntry,
  { user_id: user, source_ip: address }: EntryText,
  affected: string,
): string {
  const users = user === 'null' ? affected : affected === 'null' ? user : `${user},${affected}`
  return (
    `{${users === 'null' ? '' : `"user":[${users}],`}${isAddress(address) ? `"ip":[${address}],` : ''}` +
    `"hash":["${entryHash}"]}`
  )
}

/** A notice as such a document. */
export function formatNoticeDocument(
  { id, timestamp, action, details, kind }: ForwardedNotice,
  constant: DocumentConstants,
): string {
  return (
    `{"@timestamp":"${timestamp}",${constant.start},"event":{"kind":"event","category":["configuration"],"type":["info"]` +
    `,"action":"${action}","outcome":"success","id":${JSON.stringify(id)},${constant.event}}` +
    `,"audit_log":${JSON.stringify(kind === 'checkpoint' ? { checkpoint: details } : { details })}}`
  )
}

// A value that Elasticsearch cannot parse as an address would cost the whole document.
const sourceField = (address: string): string =>
  address === 'null' ? '' : `,"source":{${isAddress(address) ? `"ip":${address},` : ''}"address":${address}}`

const isAddress = (text: string): boolean =>
  /^"(\d{1,3}\.){3}\d{1,3}"$/.test(text) || (/^"[0-9a-f:.]+"$/.test(text) && text.includes(':'))

/** Whether all member names of a JSON text can be names in a flattened field: not empty, without NUL. */
function hasFieldNames(details: string): boolean {
  // Seldom, so that it is worth finding out exactly only where it may be.
  return !/"(?:\s|\\[fnrt]|\\u000b)*":|\\u0000/.test(details) || haveFieldNames(JSON.parse(details) as JsonValue)
}

function haveFieldNames(value: JsonValue): boolean {
  if (typeof value !== 'object' || value === null) return true
  if (Array.isArray(value)) return value.every(haveFieldNames)
  return Object.entries(value as JsonObject).every(
    ([name, member]) => name.trim() !== '' && !name.includes('\0') && haveFieldNames(member),
  )
}
