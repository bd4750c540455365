import { isIPv4, isIPv6 } from 'node:net'
import { splitTarget } from './action-category.ts'
import { remembering } from './remembering.ts'
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

// Common Event Format, version 0, ArcSight's implementation standard:
//
//   CEF:0|Vendor|Product|Version|Class|Name|Severity|key=value key=value
//
// In the header `\` and `|` are escaped, in values `\` and `=`. Line ends, which CEF would write as \n and \r, never occur:
// text is made one plain line, and what is not exactly the entry's by that, or by a limit of CEF's dictionary, stands in
// `exact` once more, as JSON.

/** Longest values by CEF's dictionary, in characters. */
const longest = { class: 1023, name: 512, act: 63, id: 1023, text: 4000, msg: 1023 } as const
/** What a name is cut to when the event does not fit otherwise, in bytes. */
const squeezedName = 128
/** The least room for an event in which its identity always fits, in bytes. */
export const leastCefBytes = 2048

/**
 * An item as one line of CEF without a line end.
 *
 * `msg` holds the details as JSON; when they are longer than the 1,023 characters that CEF allows there, `cs4`, `cs5` and
 * `cs6` hold 4,000 each. What does not fit into these, or into `maximumBytes`, is cut, and `cn2` (`cn2Label=detailsBytes`)
 * says how many bytes there were. Times, identity and hashes are never cut.
 *
 * @param maximumBytes at least 2,048; default is unlimited
 */
export function encodeCef(item: LogItem, names: ProductNames, maximumBytes: number = Infinity): string {
  const product = `${headerText(names.vendor)}|${headerText(names.product)}|${headerText(names.version)}`
  const header = `CEF:0|${product}|${classAndName(actionOf(item))}|${severityOf(item)}|`
  const start = header + (item.kind === 'entry' ? entryText(item) : noticeText(item))
  const details = escapeJsonLine(detailsText(item))
  const whole = `${start} ${detailsFields(details)}`
  if (fitsBytes(whole, maximumBytes)) return whole
  const cut = squeeze(start, details, maximumBytes)
  if (item.kind !== 'entry' || fitsBytes(cut, maximumBytes)) return cut
  return squeeze(header + entryText(item, squeezedName), details, maximumBytes)
}

function entryText(item: ForwardedEntry, squeezed?: number): string {
  const { entry } = item
  let text =
    `rt=${epochMs(entry.timestamp)} externalId=${entry.seq} act=${escapeValue(cutCharacters(entry.action, longest.act))}` +
    ` outcome=${entry.outcome} cn1=${item.leafIndex} cn1Label=leafIndex cs1=${entry.entry_hash} cs1Label=entryHash` +
    ` cs2=${entry.id} cs2Label=auditId auditTime=${entry.timestamp}`
  if (item.previousEntryHash !== null) text += ` previousEntryHash=${item.previousEntryHash}`
  if (entry.source_ip !== null) text += ` ${addressField(entry.source_ip)}`
  let exact: Record<string, string> | undefined
  const add = (key: string, field: 'user_id' | 'tenant_id' | 'target' | 'recorded_by', limit: number): void => {
    const value = entry[field]
    if (value === null) return
    const plain = cutToBytes(cutCharacters(toPlainLine(value), limit), squeezed ?? Infinity).trim()
    if (plain !== '') text += ` ${key}=${escapeValue(plain)}`
    if (plain !== value) (exact ??= {})[field] = value
  }
  add('suid', 'user_id', longest.id)
  add('auditTarget', 'target', longest.id)
  add('cs3', 'tenant_id', longest.text)
  if (entry.tenant_id !== null) text += ' cs3Label=tenant'
  add('auditRecordedBy', 'recorded_by', longest.id)
  if (squeezed !== undefined) return text
  const affected = entry.target === null ? null : splitTarget(entry.target)
  if (affected?.type === 'user') {
    text += ` duid=${escapeValue(cutCharacters(toPlainLine(affected.id), longest.id).trim())}`
  }
  return exact === undefined ? text : `${text} exact=${escapeValue(stringifyLine(exact))}`
}

function noticeText({ kind, id, timestamp, action }: ForwardedNotice): string {
  return (
    `rt=${epochMs(timestamp)} act=${escapeValue(cutCharacters(action, longest.act))} cat=${kind}` +
    ` cs2=${escapeValue(id)} cs2Label=auditId auditTime=${timestamp}`
  )
}

function addressField(text: string): string {
  if (isIPv4(text)) return `src=${text}`
  // src holds IPv4 only.
  if (isIPv6(text) && !text.includes('%')) return `c6a2=${text} c6a2Label=Source IPv6 Address`
  return `shost=${escapeValue(toPlainLine(text))}`
}

function detailsFields(details: string): string {
  if (details.length <= longest.msg) return `msg=${escapeValue(details)}`
  const fields: string[] = []
  let rest = details
  for (const key of ['cs4', 'cs5', 'cs6']) {
    if (rest === '') break
    const piece = cutCharacters(rest, longest.text)
    rest = rest.slice(piece.length)
    fields.push(`${key}=${escapeValue(piece)} ${key}Label=details`)
  }
  if (rest !== '') fields.push(sizeFields(details))
  return fields.join(' ')
}

const sizeFields = (details: string): string => `cn2=${Buffer.byteLength(details)} cn2Label=detailsBytes`

function squeeze(start: string, details: string, maximumBytes: number): string {
  const marked = `${start} ${sizeFields(details)} msg=`
  const room = Math.min(maximumBytes - Buffer.byteLength(marked), longest.msg)
  // Escaping at most doubles a text.
  return marked + escapeValue(cutJsonToBytes(details, Math.floor(room / 2)))
}

function headerText(text: string): string {
  return toPlainLine(text).replace(/[\\|]/g, '\\$&')
}

function escapeValue(text: string): string {
  return /[\\=]/.test(text) ? text.replace(/[\\=]/g, '\\$&') : text
}

/** The class and a name for people: `user.role_changed` becomes `User role changed`. */
const classAndName: (action: string) => string = remembering((action) => {
  const words = action.replace(/[._-]+/g, ' ')
  const name = cutCharacters(words.charAt(0).toUpperCase() + words.slice(1), longest.name)
  return `${headerText(cutCharacters(action, longest.class))}|${headerText(name)}`
})
