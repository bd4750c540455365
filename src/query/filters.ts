import { type Expression, type ExpressionBuilder, sql, type SqlBool } from 'kysely'
import { canonicalize } from '../canonical/canonicalize.ts'
import type { Outcome } from '../canonical/entry.ts'
import { formatAddress } from '../database/address.ts'
import { AuditLogError } from '../errors.ts'
import type { AuditLogTables } from './tables.ts'

/** What a query looks for, checked and in the form in which it is sent. All of it must hold. */
export interface Filters {
  readonly since?: string
  readonly until?: string
  readonly action?: readonly string[]
  readonly user?: readonly (string | null)[]
  readonly tenant?: readonly (string | null)[]
  readonly target?: readonly (string | null)[]
  readonly sourceIp?: string
  readonly outcome?: Outcome
  /** Canonical JSON. */
  readonly details?: string
  readonly seqFrom?: number
  readonly seqTo?: number
}

type Builder = ExpressionBuilder<AuditLogTables, 'entry'>

/** The SQL conditions of some filters. */
export function conditionsOf(filters: Filters, is: Builder): Expression<SqlBool>[] {
  const conditions: Expression<SqlBool>[] = []
  if (filters.since !== undefined)
    conditions.push(sql<boolean>`${is.ref('entry.timestamp')} >= ${filters.since}::timestamptz`)
  if (filters.until !== undefined)
    conditions.push(sql<boolean>`${is.ref('entry.timestamp')} < ${filters.until}::timestamptz`)
  if (filters.action !== undefined) conditions.push(actionIn(filters.action, is))
  for (const [column, names] of [
    ['entry.user_id', filters.user],
    ['entry.tenant_id', filters.tenant],
    ['entry.target', filters.target],
  ] as const) {
    if (names !== undefined) conditions.push(nameIn(column, names, is))
  }
  if (filters.sourceIp !== undefined) {
    conditions.push(
      filters.sourceIp.includes('/')
        ? sql<boolean>`${is.ref('entry.source_ip')} <<= ${filters.sourceIp}::inet`
        : sql<boolean>`${is.ref('entry.source_ip')} = ${filters.sourceIp}::inet`,
    )
  }
  if (filters.outcome !== undefined) conditions.push(is('entry.outcome', '=', filters.outcome))
  if (filters.details !== undefined)
    conditions.push(sql<boolean>`${is.ref('entry.details')}::jsonb @> ${filters.details}::jsonb`)
  if (filters.seqFrom !== undefined) conditions.push(is('entry.seq', '>=', String(filters.seqFrom)))
  if (filters.seqTo !== undefined) conditions.push(is('entry.seq', '<=', String(filters.seqTo)))
  return conditions
}

function actionIn(patterns: readonly string[], is: Builder): Expression<SqlBool> {
  const exact = patterns.filter((pattern) => !pattern.endsWith('*'))
  const prefixes = patterns.filter((pattern) => pattern.endsWith('*')).map((pattern) => pattern.slice(0, -1))
  return is.or([
    ...(exact.length === 0
      ? []
      : [exact.length === 1 ? is('entry.action', '=', exact[0] as string) : is('entry.action', 'in', exact)]),
    // The column is ordered by bytes, so a prefix is a range: "scan." up to "scan/", the next character after the dot.
    ...prefixes.map((prefix) =>
      is.and([is('entry.action', '>=', prefix), is('entry.action', '<', `${prefix.slice(0, -1)}/`)]),
    ),
  ])
}

function nameIn(
  column: 'entry.user_id' | 'entry.tenant_id' | 'entry.target',
  names: readonly (string | null)[],
  is: Builder,
): Expression<SqlBool> {
  const known = names.filter((name) => name !== null)
  return is.or([
    ...(known.length === 0 ? [] : [known.length === 1 ? is(column, '=', known[0] as string) : is(column, 'in', known)]),
    ...(names.includes(null) ? [is(column, 'is', null)] : []),
  ])
}

/** A point in time: a Date, or RFC 3339 text with a zone and up to microseconds. */
export function readTime(time: string | Date, path: string): string {
  const text = time instanceof Date && !Number.isNaN(time.getTime()) ? time.toISOString() : time
  if (typeof text !== 'string' || !rfc3339.test(text) || !isTime(text)) {
    throw invalid(path, 'a valid Date or RFC 3339 text with a zone, such as 2026-11-23T09:00:00Z')
  }
  return text
}

// Date takes February 30 and hour 24, which PostgreSQL does not, or not in the same way; no zone is 16 hours away.
function isTime(text: string): boolean {
  const local = Date.parse(`${text.slice(0, 19)}Z`)
  const zoneMinutes = text.endsWith('Z') ? 0 : Number(text.slice(-5, -3)) * 60 + Number(text.slice(-2))
  return (
    !Number.isNaN(Date.parse(text)) && new Date(local).toISOString().startsWith(text.slice(0, 19)) && zoneMinutes < 960
  )
}
const rfc3339 =
  /^(?!0000)[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})$/

/** Actions: exact, or with a last component `*` that stands for everything below. */
export function readActions(patterns: unknown): readonly string[] {
  const list = listOf(patterns)
  if (list.length === 0 || list.length > 100) throw invalid('$.action', '1 to 100 actions')
  for (const pattern of list) {
    if (typeof pattern !== 'string' || pattern.length > 255 || !/^[a-z0-9]+([._-][a-z0-9]+)*(\.\*)?$/.test(pattern)) {
      throw invalid('$.action', 'an action such as scan.completed, or everything below one, such as scan.*')
    }
  }
  return Object.freeze(list as string[])
}

/** One name, null for entries without one, or a list of these. */
export function readNames(names: unknown, path: string, maximum = 100): readonly (string | null)[] {
  const list = listOf(names)
  if (list.length === 0 || list.length > maximum) throw invalid(path, `1 to ${maximum} names`)
  for (const name of list) {
    if (
      name !== null &&
      (typeof name !== 'string' || !name.isWellFormed() || name.includes('\0') || name.length > 1024)
    ) {
      throw invalid(path, 'a string of at most 1,024 characters, or null')
    }
  }
  return Object.freeze(list as (string | null)[])
}

/** An address, or a network in CIDR notation. */
export function readNetwork(network: string): string {
  const [address, bits, more] = typeof network === 'string' ? network.split('/') : []
  const ip = address === undefined ? null : formatAddress(address)
  const maximum = ip?.includes(':') ? 128 : 32
  if (
    ip === null ||
    more !== undefined ||
    // Of an IPv4-mapped address, the bits would be counted from elsewhere.
    (bits !== undefined && address?.includes(':') !== ip.includes(':')) ||
    (bits !== undefined && !(/^[0-9]{1,3}$/.test(bits) && Number(bits) <= maximum))
  ) {
    throw invalid('$.sourceIp', 'an IPv4 or IPv6 address, or a network such as 203.0.113.0/24')
  }
  return bits === undefined ? ip : `${ip}/${Number(bits)}`
}

export function readOutcome(outcome: unknown): Outcome {
  if (outcome !== 'success' && outcome !== 'failure' && outcome !== 'denied')
    throw invalid('$.outcome', 'success, failure or denied')
  return outcome
}

export function readOrder(order: unknown): 'newest' | 'oldest' {
  if (order !== 'newest' && order !== 'oldest') throw invalid('$.order', 'newest or oldest')
  return order
}

/** What details must contain, in the sense of PostgreSQL's `@>`. */
export function readDetails(details: unknown): string {
  if (typeof details !== 'object' || details === null || Array.isArray(details))
    throw invalid('$.details', 'a plain object')
  const text = canonicalize(details)
  if (text.includes('\\u0000') || text.length > 65_536)
    throw invalid('$.details', 'at most 64 KiB of JSON without U+0000')
  return text
}

export function readSeq(seq: number | undefined, path: string): number | undefined {
  if (seq !== undefined && !(Number.isSafeInteger(seq) && seq >= 0))
    throw invalid(path, 'a whole number from 0 to 2^53-1')
  return seq
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? [...(value as unknown[])] : [value])

export function invalid(path: string, expected: string): AuditLogError {
  return new AuditLogError('query_invalid', `expected ${expected} at ${path}`, { path })
}
