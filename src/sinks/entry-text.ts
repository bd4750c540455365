import { hasControls } from '../canonical/has-controls.ts'
import { type EntryMembers as EntryText, formatMembers } from '../query/entry-columns.ts'
import { LeafEntry } from './leaf-entry.ts'
import type { ForwardedEntry, LogItem } from './log-item.ts'

export type { EntryText }

/**
 * The members of an entry's hash preimage, each as its canonical JSON text: JSON is made of JSON several times faster than by
 * parsing it and writing it anew. The forwarder reads them so; out of a preimage they are cut, and where that has not the form
 * that the log gives it, they are written anew.
 */
export function textOf(item: ForwardedEntry): EntryText {
  return (item instanceof LeafEntry ? item.members : undefined) ?? cut(item.line) ?? written(item)
}

/** The hash preimage, for little where its members have been read. */
export function lineOf(item: ForwardedEntry, text: EntryText): string {
  return item instanceof LeafEntry && item.isInMembers ? formatMembers(text) : item.line
}

/** Characters of an item, about. */
export function lengthOf(item: LogItem): number {
  if (item instanceof LeafEntry) return item.length
  return item.kind === 'entry' ? item.line.length : noticeLength
}

// Members stand in canonical order. Within a string a quote is escaped, so `,"` stands between members only, and behind the
// details there are scalars: the last `,"id":"` is the member itself.
function cut(line: string): EntryText | undefined {
  const action = line.indexOf('"', start.length)
  const id = line.lastIndexOf(',"id":"')
  const outcome = line.indexOf(',"outcome":"', id)
  const recordedBy = line.indexOf(',"recorded_by":', outcome)
  const seq = line.indexOf(',"seq":', recordedBy)
  const sourceIp = line.indexOf(',"source_ip":', seq)
  const target = line.indexOf(',"target":', sourceIp)
  const tenant = line.indexOf(',"tenant_id":', target)
  const timestamp = line.indexOf(',"timestamp":"', tenant)
  const user = line.indexOf(',"user_id":', timestamp)
  const version = line.indexOf(end, user)
  const text = {
    action: line.slice(start.length - 1, action + 1),
    details: line.slice(action + 12, id),
    id: line.slice(id + 6, outcome),
    outcome: line.slice(outcome + 11, recordedBy),
    recorded_by: line.slice(recordedBy + 15, seq),
    seq: line.slice(seq + 7, sourceIp),
    source_ip: line.slice(sourceIp + 13, target),
    target: line.slice(target + 10, tenant),
    tenant_id: line.slice(tenant + 13, timestamp),
    timestamp: line.slice(timestamp + 13, user),
    user_id: line.slice(user + 11, version),
    version: '1',
  }
  // Only an altered row has another form, or something raw between its values.
  const inOrder = action < id && id < outcome && outcome < recordedBy && recordedBy < seq && seq < sourceIp
  const toTheEnd = sourceIp < target && target < tenant && tenant < timestamp && timestamp < user && user < version
  return inOrder &&
    toTheEnd &&
    version + end.length === line.length &&
    line.startsWith(start) &&
    line.startsWith('","details":{', action) &&
    line.charCodeAt(id - 1) === closingBrace &&
    !text.action.includes('\\') &&
    outcomes.has(text.outcome) &&
    !hasControls(line)
    ? text
    : undefined
}

function written({ entry }: ForwardedEntry): EntryText {
  return Object.fromEntries(Object.entries(entry).map(([name, value]) => [name, JSON.stringify(value)])) as EntryText
}

/** More than the largest notice has. */
const noticeLength = 3072
const start = '{"action":"'
const end = ',"version":1}'
const closingBrace = 0x7d
const outcomes: ReadonlySet<string> = new Set(['"success"', '"failure"', '"denied"'])
