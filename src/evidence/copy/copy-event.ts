import { canonicalize } from '../../canonical/canonicalize.ts'
import { entryFields } from '../../canonical/entry.ts'
import { sha256Hex } from '../../canonical/sha256.ts'

/** What a record of a copy says about one leaf. */
export interface CopyLeaf {
  readonly kind: 'leaf'
  readonly leafIndex: number
  /** The hash that it carries: 64 hexadecimal digits. */
  readonly entryHash: string | undefined
  /** The hash of its content; undefined when it does not have all of it. */
  readonly contentHash: string | undefined
  readonly previousEntryHash: string | undefined
}

/** A checkpoint in a copy. Not verified. */
export interface CopyCheckpoint {
  readonly kind: 'checkpoint'
  readonly note: string
  /** As in `CheckpointDetails`; undefined when it is not there. */
  readonly edge: Uint8Array | undefined
}

interface Facts {
  leafIndex?: number | undefined
  entryHash?: string | undefined
  previousEntryHash?: string | undefined
  contentHash?: string | undefined
}

/**
 * What a record says, whatever the sink that made the event and the query that returned it have made of its shape: the names
 * `leaf_index`, `entry_hash` and `previous_entry_hash` (in any spelling of their words, as columns, members or `key=value`), and
 * the entry itself, as an object or as text.
 *
 * What a user of the application chose (details, names, targets) is never looked into, so that nobody can forge a place in the
 * log by what he does there.
 *
 * @returns undefined when it says nothing about the log
 */
export function readCopyRecord(record: unknown): CopyLeaf | CopyCheckpoint | undefined {
  const facts: Facts = {}
  look(typeof record === 'string' ? nested(record, facts) : record, facts, '', 0)
  const { leafIndex, entryHash, previousEntryHash, contentHash } = facts
  if (leafIndex !== undefined && (entryHash !== undefined || contentHash !== undefined)) {
    return { kind: 'leaf', leafIndex, entryHash, contentHash, previousEntryHash }
  }
  return leafIndex === undefined ? findCheckpoint(record, 0) : undefined
}

/**
 * Whether a record is the event of `audit-log sink test`, which is no part of the log: its action says so. What a user chose, who
 * could say so too, is not looked into.
 */
export function isTestEvent(record: unknown, depth: number = 0): boolean {
  if (typeof record === 'string') return testAction.test(record) || isTestEvent(nested(record, {}), depth + 1)
  if (typeof record !== 'object' || record === null || depth > deepest) return false
  return Object.entries(record).some(([name, member]) => !closed.has(plain(name)) && isTestEvent(member, depth + 1))
}

/** Alone, behind the prefix of a CloudEvents type, in the header of LEEF and CEF, or as structured data. */
const testAction = /^([\w.-]+\.)?audit_log\.sink_test$|\|audit_log\.sink_test\|| action="audit_log\.sink_test"/

const deepest = 6
/** Members that hold another event as text. */
const textual = new Set([
  'raw',
  'original',
  'rawdata',
  'additionalfields',
  'message',
  'payload',
  'utf8payload',
  'data',
  'line',
  'event',
])
/** Whether a column of this name holds whole events as text. */
export const holdsEvents = (name: string): boolean => textual.has(plain(name))
const closed = new Set(['details', 'note', 'target', 'userid', 'tenantid'])

function look(value: unknown, facts: Facts, path: string, depth: number): void {
  if (typeof value !== 'object' || value === null || depth > deepest) return
  if (Array.isArray(value)) {
    for (const element of value) look(element, facts, path, depth + 1)
    return
  }
  const members = value as Record<string, unknown>
  readContent(members, facts)
  const open: [string, unknown][] = []
  for (const [name, member] of Object.entries(members)) {
    const words = `${path}.${name}`.split('.').map(plain)
    if (words.some((word) => closed.has(word))) continue
    const last = words.at(-1) ?? ''
    if (last === 'leafindex') facts.leafIndex ??= indexOf(member)
    else if (last === 'entryhash' || (last === 'hash' && words.at(-2) === 'event')) facts.entryHash ??= hashOf(member)
    else if (last === 'previousentryhash') facts.previousEntryHash ??= hashOf(member)
    else if (typeof member === 'object') open.push([name, member])
    else if (typeof member === 'string' && textual.has(last)) open.push([name, nested(member, facts)])
  }
  for (const [name, member] of open) look(member, facts, `${path}.${name}`, depth + 1)
}

/** Whether the members are those of an entry: then their hash can be compared. */
function readContent(members: Record<string, unknown>, facts: Facts): void {
  if (facts.contentHash !== undefined) return
  if (!entryFields.every((field) => field === 'entry_hash' || Object.hasOwn(members, field))) return
  try {
    const content = Object.fromEntries(
      entryFields.filter((field) => field !== 'entry_hash').map((field) => [field, typed(field, members[field])]),
    )
    facts.contentHash = sha256Hex(canonicalize(content))
  } catch {
    // Not JSON, or not I-JSON: no entry of the log has such content, so no hash of the log fits.
    facts.contentHash = 'f'.repeat(64)
  }
}

/** In a table everything is text: numbers and details are written out, and what is absent is empty. */
function typed(field: string, value: unknown): unknown {
  if (typeof value !== 'string') return value
  if (field === 'seq' || field === 'version') return /^\d{1,16}$/.test(value) ? Number(value) : value
  if (field === 'details') return JSON.parse(value) as unknown
  return value === '' ? null : value
}

function nested(text: string, facts: Facts): unknown {
  // JSON, or a header of syslog and JSON: the other forms have one of these characters before the first brace.
  const start = /^[^{[|="]*(?=\{)/.exec(text)?.[0].length
  if (start === undefined) {
    readText(text, facts)
    return undefined
  }
  try {
    return JSON.parse(text.slice(start))
  } catch {
    return undefined
  }
}

/**
 * A line of LEEF with tabs, of RFC 5424 structured data, or of CEF. A value cannot pass for a key there: none holds a tab, `"`
 * and `=` are escaped.
 */
function readText(text: string, facts: Facts): void {
  const value = (...patterns: readonly RegExp[]): string | undefined =>
    patterns.map((pattern) => pattern.exec(text)?.[1]).find((found) => found !== undefined)
  const cef = text.includes('cn1Label=leafIndex')
  facts.leafIndex ??= indexOf(
    value(
      /[\t|](?:auditLeaf|leafIndex)=(\d{1,16})(?=\t|$)/,
      / leafIndex="(\d{1,16})"/,
      cef ? /[| ]cn1=(\d{1,16})(?= |$)/ : never,
    ),
  )
  facts.entryHash ??= hashOf(
    value(
      /[\t|]entryHash=([0-9a-f]{64})(?=\t|$)/,
      / (?:entryHash|hash)="([0-9a-f]{64})"/,
      cef ? /[| ]cs1=([0-9a-f]{64})(?= |$)/ : never,
    ),
  )
  facts.previousEntryHash ??= hashOf(
    value(/[\t| ]previousEntryHash=([0-9a-f]{64})(?=[\t ]|$)/, / previousEntryHash="([0-9a-f]{64})"/),
  )
}

const never = /(?!)/

/** A checkpoint stands among the details of an event that is no entry. Its signature decides what it is worth. */
function findCheckpoint(value: unknown, depth: number): CopyCheckpoint | undefined {
  if (typeof value === 'string') return findCheckpointText(value, depth)
  if (typeof value !== 'object' || value === null || depth > deepest) return undefined
  const members = new Map(
    Object.entries(value).map(([name, member]) => [plain(name.split('.').at(-1) ?? ''), member as unknown]),
  )
  const note = members.get('note')
  if (members.has('treesize') && members.has('roothash') && typeof note === 'string') {
    const edge = members.get('edge')
    return { kind: 'checkpoint', note, edge: typeof edge === 'string' ? Buffer.from(edge, 'base64') : undefined }
  }
  for (const member of members.values()) {
    const found = findCheckpoint(member, depth + 1)
    if (found !== undefined) return found
  }
  return undefined
}

function findCheckpointText(text: string, depth: number): CopyCheckpoint | undefined {
  if (!text.includes('tree_size')) return undefined
  const json = text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1)
  // Structured data (RFC 5424) escapes quotes, backslashes and brackets once more.
  for (const candidate of [json, json.replaceAll(/\\(["\\\]=|])/g, '$1')]) {
    try {
      return findCheckpoint(JSON.parse(candidate), depth + 1)
    } catch {
      // The other form, or no checkpoint.
    }
  }
  return undefined
}

const plain = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '')

/** A cell may hold a value twice, when the SIEM extracted it in two ways. */
function single(value: unknown): unknown {
  if (Array.isArray(value)) return value.every((element) => element === value[0]) ? value[0] : undefined
  if (typeof value !== 'string' || !value.includes('\n')) return value
  const parts = new Set(value.split('\n'))
  return parts.size === 1 ? [...parts][0] : undefined
}

function indexOf(value: unknown): number | undefined {
  const one = single(value)
  const index = typeof one === 'string' && /^\d{1,16}$/.test(one) ? Number(one) : one
  return Number.isSafeInteger(index) && (index as number) >= 0 ? (index as number) : undefined
}

function hashOf(value: unknown): string | undefined {
  const one = single(value)
  return typeof one === 'string' && /^[0-9a-f]{64}$/.test(one) ? one : undefined
}
