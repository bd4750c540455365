import { isIP } from 'node:net'
import { actionOf, detailsText, epochMs, severityOf } from './item-text.ts'
import {
  cutCharacters,
  cutJsonToBytes,
  cutToBytes,
  escapeJsonLine,
  fitsBytes,
  stringifyLine,
  toPlainLine,
} from './line-text.ts'
import type { ForwardedEntry, ForwardedNotice, LogItem } from './log-item.ts'
import type { ProductNames } from './product.ts'

// Log Event Extended Format 2.0, IBM's "LEEF version 2" guide:
//
//   LEEF:2.0|Vendor|Product|Version|EventID|x09|key=value<TAB>key=value
//
// LEEF has no escapes, so what would break the line or a field is replaced. Nothing is lost by that: a field whose value
// is not exactly the entry's stands in `exact` once more, as JSON.

const delimiter = '\t'
/** IBM's limit for `usrName` and the EventID, in characters. */
const longestName = 255
/** What a name is cut to when the event does not fit otherwise, in bytes. */
const squeezedName = 128
/** The least room for an event in which its identity always fits, in bytes. */
export const leastLeefBytes = 2048

type Attributes = [key: string, value: string][]

/**
 * An item as one line of LEEF 2.0 without a line end.
 *
 * When it would be longer than `maximumBytes`, `details` is cut first (`detailsTruncated=true`, `detailsBytes=` its whole
 * size), then names to 128 bytes each (`namesTruncated=true`); times, identity and hashes are never cut.
 *
 * @param maximumBytes at least 2,048
 */
export function encodeLeef(item: LogItem, names: ProductNames, maximumBytes: number): string {
  const header = `LEEF:2.0|${headerText(names.vendor)}|${headerText(names.product)}|${headerText(names.version)}|${headerText(actionOf(item)).slice(0, longestName)}|x09|`
  const details = escapeJsonLine(detailsText(item))
  const attributes = item.kind === 'entry' ? entryAttributes(item) : noticeAttributes(item)
  const text = `${header}${format(attributes)}${delimiter}details=${details}`
  if (fitsBytes(text, maximumBytes)) return text
  return cut(item, header, attributes, details, maximumBytes)
}

function entryAttributes(item: ForwardedEntry, longestBytes = Infinity): Attributes {
  const { entry } = item
  const attributes: Attributes = [
    ['devTime', String(epochMs(entry.timestamp))],
    ['cat', entry.outcome],
    ['sev', String(severityOf(item))],
    ['auditLeaf', String(item.leafIndex)],
    ['auditSeq', String(entry.seq)],
    ['auditId', entry.id],
    ['entryHash', entry.entry_hash],
    ['auditTime', entry.timestamp],
  ]
  if (item.previousEntryHash !== null) attributes.push(['previousEntryHash', item.previousEntryHash])
  if (entry.source_ip !== null) attributes.push([isAddress(entry.source_ip) ? 'src' : 'auditSource', entry.source_ip])
  const exact: Record<string, string> = {}
  const add = (key: string, field: 'user_id' | 'tenant_id' | 'target' | 'recorded_by', longest = Infinity): void => {
    const value = entry[field]
    if (value === null) return
    const plain = cutToBytes(toPlainLine(cutCharacters(value, longest)), longestBytes)
    if (plain !== '') attributes.push([key, plain])
    if (plain !== value) exact[field] = value
  }
  add('usrName', 'user_id', longestName)
  add('auditTenant', 'tenant_id')
  add('auditTarget', 'target')
  add('auditRecordedBy', 'recorded_by')
  if (Object.keys(exact).length > 0) attributes.push(['exact', stringifyLine(exact)])
  return attributes
}

function noticeAttributes(item: ForwardedNotice): Attributes {
  return [
    ['devTime', String(epochMs(item.timestamp))],
    ['cat', item.kind],
    ['sev', String(severityOf(item))],
    ['auditId', item.id],
    ['auditTime', item.timestamp],
  ]
}

function cut(item: LogItem, header: string, whole: Attributes, details: string, maximumBytes: number): string {
  const mark: Attributes = [
    ['detailsTruncated', 'true'],
    ['detailsBytes', String(Buffer.byteLength(details))],
  ]
  const start = `${header}${format([...whole, ...mark])}${delimiter}details=`
  const room = maximumBytes - Buffer.byteLength(start)
  if (room >= 0 || item.kind !== 'entry') return start + cutJsonToBytes(details, room)
  const squeezed = entryAttributes(item, squeezedName).filter(([key]) => key !== 'exact')
  const short = `${header}${format([...squeezed, ['namesTruncated', 'true'], ...mark])}${delimiter}details=`
  return short + cutJsonToBytes(details, maximumBytes - Buffer.byteLength(short))
}

function format(attributes: Attributes): string {
  return attributes.map(([key, value]) => `${key}=${value}`).join(delimiter)
}

function headerText(text: string): string {
  return text.replace(/[^A-Za-z0-9 ._:/-]/g, '_')
}

function isAddress(text: string): boolean {
  return isIP(text) !== 0 && !text.includes('%')
}
