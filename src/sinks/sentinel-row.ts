import { isIP } from 'node:net'
import { type ActionVerb, splitTarget, verbOf } from './action-verb.ts'
import { detailsText, evidenceOf, timestampOf } from './item-text.ts'
import { cutJsonToBytes } from './line-text.ts'
import type { ForwardedEntry, LogItem } from './log-item.ts'
import type { ProductNames } from './product.ts'

/** Types of columns in a stream of a data collection rule. */
export type ColumnType = 'string' | 'int' | 'long' | 'real' | 'boolean' | 'datetime' | 'dynamic'

/** Columns by name. */
export type Columns = Readonly<Record<string, ColumnType>>

/** A row for a table; columns that are null are left out. */
export type Row = Readonly<Record<string, unknown>>

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

/** An item as a row of the log's own table. */
export function logRow(item: LogItem): Row {
  const timestamp = timestampOf(item)
  const details = pieces(detailsText(item))
  const common = { TimeGenerated: timestamp, EventTime: timestamp, Kind: item.kind }
  const tail = { Details: details[0], Details2: details[1], Details3: details[2] }
  if (item.kind !== 'entry') return { ...common, EntryId: item.id, Action: item.action, ...tail }
  const { entry } = item
  return {
    ...common,
    LeafIndex: item.leafIndex,
    Seq: entry.seq,
    EntryId: entry.id,
    EntryHash: entry.entry_hash,
    PreviousEntryHash: item.previousEntryHash ?? undefined,
    EntryVersion: entry.version,
    EntryTenant: entry.tenant_id ?? undefined,
    UserId: entry.user_id ?? undefined,
    Action: entry.action,
    Target: entry.target ?? undefined,
    SourceIp: entry.source_ip ?? undefined,
    Outcome: entry.outcome,
    RecordedBy: entry.recorded_by,
    ...tail,
  }
}

/** An item as a row of `ASimAuditEventLogs`: Sentinel's own rules and queries find it there without a parser. */
export function asimRow(item: LogItem, names: ProductNames, hostname: string | undefined): Row {
  const timestamp = timestampOf(item)
  const common = {
    TimeGenerated: timestamp,
    // A second time, because TimeGenerated is overwritten when it is older than two days.
    EventStartTime: timestamp,
    EventEndTime: timestamp,
    EventCount: 1,
    EventVendor: names.vendor,
    EventProduct: names.product,
    EventProductVersion: names.version,
    EventSchemaVersion: '0.1',
    DvcHostname: hostname,
    TargetAppName: names.product,
  }
  if (item.kind === 'entry') return { ...common, ...asimEntry(item) }
  return {
    ...common,
    EventType: 'Other',
    EventOriginalType: item.action,
    EventResult: 'NA',
    EventSeverity: 'Informational',
    EventOriginalUid: item.id,
    Operation: item.action,
    Object: 'audit log',
    ObjectType: 'Other',
    AdditionalFields: { kind: item.kind, details: item.details },
  }
}

function asimEntry(item: ForwardedEntry): Row {
  const { entry } = item
  const target = entry.target === null ? undefined : splitTarget(entry.target)
  return {
    EventType: eventTypes[verbOf(entry.action)],
    EventOriginalType: entry.action,
    EventResult: entry.outcome === 'success' ? 'Success' : 'Failure',
    EventOriginalResultDetails: entry.outcome === 'denied' ? 'denied' : undefined,
    EventSeverity: severities[entry.outcome],
    EventOriginalUid: entry.id,
    Operation: entry.action,
    Object: entry.target ?? undefined,
    ObjectId: target?.id,
    ObjectType: target === undefined ? undefined : 'Other',
    OriginalObjectType: target?.type ?? undefined,
    ActorUserId: entry.user_id ?? undefined,
    ActorUserIdType: entry.user_id === null ? undefined : 'Other',
    ActorScope: entry.tenant_id ?? undefined,
    SrcIpAddr: entry.source_ip !== null && isIP(entry.source_ip) !== 0 ? entry.source_ip : undefined,
    AdditionalFields: additionalFields(item),
  }
}

function additionalFields(item: ForwardedEntry): object {
  const fields = { ...evidenceOf(item), tenant_id: item.entry.tenant_id, recorded_by: item.entry.recorded_by }
  const text = detailsText(item)
  const bytes = Buffer.byteLength(text)
  // With room for the other fields.
  if (bytes <= longestValueBytes - 8000 && text.length <= longestValueUnits - 4000) {
    return { ...fields, details: item.entry.details }
  }
  return { ...fields, details_truncated: true, details_bytes: bytes, details_start: cutJsonToBytes(text, 16_000) }
}

/** EventType of the ASIM Audit Event schema. */
const eventTypes: Readonly<Record<ActionVerb, string>> = {
  create: 'Create',
  read: 'Read',
  update: 'Set',
  delete: 'Delete',
  enable: 'Enable',
  disable: 'Disable',
  lock: 'Disable',
  unlock: 'Enable',
  grant: 'Set',
  revoke: 'Set',
  login: 'Other',
  logout: 'Other',
  execute: 'Execute',
  install: 'Install',
  clear: 'Clear',
  other: 'Other',
}
const severities = { success: 'Informational', failure: 'Low', denied: 'Medium' } as const

/**
 * Why a data collection rule with these columns would not store a row as it is: it drops what it has no column for, and what
 * has another type, and says nothing. Names the first such column; undefined when there is none.
 */
export function findColumnFault(row: Row, columns: Columns): string | undefined {
  return Object.entries(row).find(([name, value]) => {
    const type = columns[name]
    return value !== undefined && (type === undefined || !isOfType(value, type))
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
