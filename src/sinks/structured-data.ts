import { detailsText } from './item-text.ts'
import { cutJsonToBytes, cutToBytes, escapeJsonLine, stringifyLine, toPlainLine } from './line-text.ts'
import type { ForwardedEntry, LogItem } from './log-item.ts'
import { formatStructuredData, type SyslogParameters } from './syslog-message.ts'

/** What a name is cut to when the event does not fit otherwise, in bytes. */
const squeezedName = 128

/** The structured data of an item (RFC 5424 section 6.3), and a sentence for people. */
export interface StructuredMessage {
  readonly data: string
  readonly text: string
}

/**
 * An item as a structured data element. What is not exactly the entry's, because one line has no room for it, stands in the
 * parameter `exact` once more, as JSON.
 *
 * When both together would be longer than `maximumBytes`, `details` is cut first (`detailsTruncated`, `detailsBytes`), then
 * names to 128 bytes each (`namesTruncated`); times, identity and hashes are never cut.
 *
 * @param maximumBytes at least 2,048
 */
export function encodeStructured(item: LogItem, id: string, maximumBytes: number): StructuredMessage {
  const details = escapeJsonLine(detailsText(item))
  const text = item.kind === 'entry' ? sentence(item) : item.action
  const parameters = item.kind === 'entry' ? entryParameters(item) : noticeParameters(item)
  const whole = formatStructuredData(id, [...parameters, ['details', details]])
  const rest = maximumBytes - Buffer.byteLength(text)
  if (Buffer.byteLength(whole) <= rest) return { data: whole, text }
  const mark: SyslogParameters = [
    ['detailsTruncated', 'true'],
    ['detailsBytes', String(Buffer.byteLength(details))],
  ]
  const cut = (kept: SyslogParameters): string => {
    const room = rest - Buffer.byteLength(formatStructuredData(id, [...kept, ...mark, ['details', '']]))
    // Escaping at most doubles a text.
    return formatStructuredData(id, [...kept, ...mark, ['details', cutJsonToBytes(details, Math.floor(room / 2))]])
  }
  const data = cut(parameters)
  if (item.kind !== 'entry' || Buffer.byteLength(data) <= rest) return { data, text }
  return { data: cut([...entryParameters(item, squeezedName), ['namesTruncated', 'true']]), text }
}

function entryParameters(item: ForwardedEntry, squeezed?: number): SyslogParameters {
  const { entry } = item
  const parameters: [string, string][] = [
    ['leafIndex', String(item.leafIndex)],
    ['seq', String(entry.seq)],
    ['id', entry.id],
    ['entryHash', entry.entry_hash],
  ]
  if (item.previousEntryHash !== null) parameters.push(['previousEntryHash', item.previousEntryHash])
  parameters.push(['time', entry.timestamp], ['action', entry.action], ['outcome', entry.outcome])
  if (entry.source_ip !== null) parameters.push(['src', toPlainLine(entry.source_ip)])
  const exact: Record<string, string> = {}
  for (const [name, field] of names) {
    const value = entry[field]
    if (value === null) continue
    const plain = cutToBytes(toPlainLine(value), squeezed ?? Infinity)
    parameters.push([name, plain])
    if (plain !== value) exact[field] = value
  }
  if (squeezed === undefined && Object.keys(exact).length > 0) parameters.push(['exact', stringifyLine(exact)])
  return parameters
}

const names = [
  ['user', 'user_id'],
  ['target', 'target'],
  ['tenant', 'tenant_id'],
  ['recordedBy', 'recorded_by'],
] as const

function noticeParameters(item: Exclude<LogItem, ForwardedEntry>): SyslogParameters {
  return [
    ['id', item.id],
    ['time', item.timestamp],
    ['action', item.action],
  ]
}

function sentence({ entry }: ForwardedEntry): string {
  const user = entry.user_id === null ? '' : ` by ${cutToBytes(toPlainLine(entry.user_id), squeezedName)}`
  return `${entry.action}${user}: ${entry.outcome}`
}
