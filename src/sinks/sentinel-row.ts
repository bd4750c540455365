import { isIP } from 'node:net'
import { actionCategory, splitTarget } from './action-category.ts'
import { detailsText, formatEvidence, timestampOf } from './item-text.ts'
import { member } from './json-text.ts'
import { cutJsonToBytes, fitsBytes } from './line-text.ts'
import type { ForwardedEntry, ForwardedNotice, LogItem } from './log-item.ts'
import type { ProductNames } from './product.ts'

/** Types of columns in a stream of a data collection rule. */
export type ColumnType = 'string' | 'int' | 'long' | 'real' | 'boolean' | 'datetime' | 'dynamic'

/** Columns by name. */
export type Columns = Readonly<Record<string, ColumnType>>

/**
 * The log's own table: everything exactly as it was hashed, so that the copy can be verified. `Details` to `Details3` are the
 * canonical JSON text of the details, one behind the other.
 */
export const logColumns: Columns = {
  TimeGenerated: 'datetime',
  EventTime: 'datetime',
  Kind: 'string',
  LeafIndex: 'long',
  Seq: 'long',
  EntryId: 'string',
  EntryHash: 'string',
  PreviousEntryHash: 'string',
  EntryVersion: 'int',
  EntryTenant: 'string',
  UserId: 'string',
  Action: 'string',
  Target: 'string',
  SourceIp: 'string',
  Outcome: 'string',
  RecordedBy: 'string',
  Details: 'string',
  Details2: 'string',
  Details3: 'string',
}

/** Those columns of Sentinel's table `ASimAuditEventLogs` that are filled. */
export const asimColumns: Columns = {
  TimeGenerated: 'datetime',
  EventStartTime: 'datetime',
  EventEndTime: 'datetime',
  EventCount: 'int',
  EventVendor: 'string',
  EventProduct: 'string',
  EventProductVersion: 'string',
  EventSchemaVersion: 'string',
  EventType: 'string',
  EventOriginalType: 'string',
  EventResult: 'string',
  EventOriginalResultDetails: 'string',
  EventSeverity: 'string',
  EventOriginalUid: 'string',
  Operation: 'string',
  Object: 'string',
  ObjectId: 'string',
  ObjectType: 'string',
  OriginalObjectType: 'string',
  ActorUserId: 'string',
  ActorUserIdType: 'string',
  ActorScope: 'string',
  SrcIpAddr: 'string',
  DvcHostname: 'string',
  TargetAppName: 'string',
  AdditionalFields: 'dynamic',
}

/** Log Analytics cuts longer values silently at 64 KB; it is not said whether of UTF-8 or of UTF-16, so neither reaches it. */
const longestValueBytes = 60_000
const longestValueUnits = 30_000

/** An item as a row of the log's own table, as JSON. Columns that are null are left out. */
export function formatLogRow(item: LogItem): string {
  const timestamp = timestampOf(item)
  const [details, details2, details3] = pieces(detailsText(item))
  const start = `{"TimeGenerated":"${timestamp}","EventTime":"${timestamp}","Kind":"${item.kind}"`
  const end = `${member('Details', details)}${member('Details2', details2)}${member('Details3', details3)}}`
  if (item.kind !== 'entry') return `${start}${member('EntryId', item.id)}${member('Action', item.action)}${end}`
  const { entry } = item
  return (
    `${start},"LeafIndex":${item.leafIndex},"Seq":${entry.seq},"EntryId":"${entry.id}","EntryHash":"${entry.entry_hash}"` +
    `${member('PreviousEntryHash', item.previousEntryHash)},"EntryVersion":${entry.version}` +
    `${member('EntryTenant', entry.tenant_id)}${member('UserId', entry.user_id)}${member('Action', entry.action)}` +
    `${member('Target', entry.target)}${member('SourceIp', entry.source_ip)}${member('Outcome', entry.outcome)}` +
    `${member('RecordedBy', entry.recorded_by)}${end}`
  )
}

/** An item as a row of `ASimAuditEventLogs`, as JSON: Sentinel's own rules and queries find it there without a parser. */
export function formatAsimRow(item: LogItem, names: ProductNames, hostname: string | undefined): string {
  const timestamp = timestampOf(item)
  return (
    // A second time, because TimeGenerated is overwritten when it is older than two days.
    `{"TimeGenerated":"${timestamp}","EventStartTime":"${timestamp}","EventEndTime":"${timestamp}","EventCount":1` +
    `${member('EventVendor', names.vendor)}${member('EventProduct', names.product)}` +
    `${member('EventProductVersion', names.version)},"EventSchemaVersion":"0.1"${member('DvcHostname', hostname)}` +
    `${member('TargetAppName', names.product)}${item.kind === 'entry' ? asimEntry(item) : asimNotice(item)}}`
  )
}

function asimEntry(item: ForwardedEntry): string {
  const { entry } = item
  const target = entry.target === null ? undefined : splitTarget(entry.target)
  const address = entry.source_ip !== null && isIP(entry.source_ip) !== 0 ? entry.source_ip : undefined
  return (
    `,"EventType":"${actionCategory(entry.action).asim.EventType}"${member('EventOriginalType', entry.action)}` +
    `,"EventResult":"${entry.outcome === 'success' ? 'Success' : 'Failure'}"` +
    member('EventOriginalResultDetails', entry.outcome === 'denied' ? 'denied' : undefined) +
    `${member('EventSeverity', severities[entry.outcome])},"EventOriginalUid":"${entry.id}"` +
    `${member('Operation', entry.action)}${member('Object', entry.target)}${member('ObjectId', target?.id)}` +
    `${member('ObjectType', target === undefined ? undefined : 'Other')}${member('OriginalObjectType', target?.type)}` +
    `${member('ActorUserId', entry.user_id)}${member('ActorUserIdType', entry.user_id === null ? undefined : 'Other')}` +
    `${member('ActorScope', entry.tenant_id)}${member('SrcIpAddr', address)}` +
    `,"AdditionalFields":${additionalFields(item)}`
  )
}

function asimNotice({ action, id, kind, details }: ForwardedNotice): string {
  const row = {
    EventType: 'Other',
    EventOriginalType: action,
    EventResult: 'NA',
    EventSeverity: 'Informational',
    EventOriginalUid: id,
    Operation: action,
    Object: 'audit log',
    ObjectType: 'Other',
    AdditionalFields: { kind, details },
  }
  return `,${JSON.stringify(row).slice(1, -1)}`
}

function additionalFields(item: ForwardedEntry): string {
  const { tenant_id: tenant, recorded_by: recordedBy } = item.entry
  const fields = `{${formatEvidence(item)},"tenant_id":${JSON.stringify(tenant)},"recorded_by":${JSON.stringify(recordedBy)}`
  const text = detailsText(item)
  // With room for the other fields.
  if (text.length <= longestValueUnits - 4000 && fitsBytes(text, longestValueBytes - 8000)) {
    return `${fields},"details":${text}}`
  }
  const cut = {
    details_truncated: true,
    details_bytes: Buffer.byteLength(text),
    details_start: cutJsonToBytes(text, 16_000),
  }
  return `${fields},${JSON.stringify(cut).slice(1)}`
}

const severities = { success: 'Informational', failure: 'Low', denied: 'Medium' } as const

/**
 * Why a data collection rule with these columns would not store a row as it is: it drops what it has no column for, and what
 * has another type, and says nothing. Names the first such column; undefined when there is none.
 */
export function findColumnFault(row: string, columns: Columns): string | undefined {
  return Object.entries(JSON.parse(row) as Readonly<Record<string, unknown>>).find(([name, value]) => {
    const type = columns[name]
    return type === undefined || !isOfType(value, type)
  })?.[0]
}

const isOfType = (value: unknown, type: ColumnType): boolean => checks[type](value)

const checks: Readonly<Record<ColumnType, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  datetime: (value) => typeof value === 'string',
  int: (value) => Number.isInteger(value) && Math.abs(value as number) < 2 ** 31,
  long: (value) => Number.isSafeInteger(value),
  real: (value) => typeof value === 'number',
  boolean: (value) => typeof value === 'boolean',
  dynamic: () => true,
}

/** A text in pieces that no column cuts, each ending with a whole character. */
function pieces(text: string): readonly string[] {
  if (text.length <= longestValueUnits && fitsBytes(text, longestValueBytes)) return [text]
  const result: string[] = []
  for (let start = 0; start < text.length;) {
    let end = Math.min(text.length, start + longestValueUnits)
    while (Buffer.byteLength(text.slice(start, end)) > longestValueBytes) end -= 4096
    if (end < text.length && /[\ud800-\udbff]/.test(text.charAt(end - 1))) end -= 1
    result.push(text.slice(start, end))
    start = end
  }
  return result
}
