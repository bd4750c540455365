import { type RawBuilder, sql } from 'kysely'
import { entryFields } from '../canonical/entry.ts'
import { quoteLiteral } from '../schema/names.ts'

/**
 * How entries are written as text, in the database: that takes less time in all than sending the columns and writing them
 * here (docs/performance.md).
 */
export interface EntryText {
  /** One entry, as SQL over the row `entry`. */
  readonly record: RawBuilder<string>
  /** What stands between two. */
  readonly separator: string
}

/**
 * Canonical JSON (RFC 8785) with `entry_hash`. PostgreSQL escapes strings exactly as RFC 8785 section 3.2.2.2 wants. What stands
 * behind the details is joined first, so that these, the longest part, are copied only once.
 */
export const jsonRecord: RawBuilder<string> = sql`'{"action":"' || entry.action || '","details":' || (entry.details::text || (
    ',"entry_hash":"' || encode(entry.entry_hash, 'hex') || '","id":"' || entry.id::text || '","outcome":"' || entry.outcome
    || '","recorded_by":' || pg_catalog.to_json(entry.recorded_by)::text || ',"seq":' || entry.seq::text
    || ',"source_ip":' || coalesce('"' || host(entry.source_ip) || '"', 'null')
    || ',"target":' || coalesce(pg_catalog.to_json(entry.target)::text, 'null')
    || ',"tenant_id":' || coalesce(pg_catalog.to_json(entry.tenant_id)::text, 'null')
    || ',"timestamp":"' || to_char(entry.timestamp at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
    || '","user_id":' || coalesce(pg_catalog.to_json(entry.user_id)::text, 'null')
    || ',"version":' || entry.version::text || '}'))`

/** Also behind white space, which spreadsheets drop, and in the full-width forms that some of them take. */
const startsFormula = String.raw`^[\t-\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]*[=+@\uff1d\uff0b\uff0d\uff20-]|^[\t\r\n]`

/**
 * A record of CSV (RFC 4180) without its line end. For people with a spreadsheet: a value that a spreadsheet would take for a
 * formula gets an apostrophe in front, so CSV is no evidence, while JSON verifies.
 */
export const csvRecord: RawBuilder<string> = sql.raw(entryFields.map(csvField).join(` || ',' || `))

function csvField(field: (typeof entryFields)[number]): string {
  const column = `entry.${field}`
  switch (field) {
    case 'timestamp':
      return `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`
    case 'entry_hash':
      return `encode(${column}, 'hex')`
    case 'source_ip':
      return `coalesce(host(${column}), '')`
    case 'details':
      // An object: it starts no formula, and has a quote unless it is empty.
      return `case ${column}::text when '{}' then '{}' else ${quoted(`${column}::text`)} end`
    case 'tenant_id':
    case 'user_id':
    case 'target':
    case 'recorded_by':
      return csvText(column)
    default:
      return `${column}::text`
  }
}

function csvText(column: string): string {
  // Ordered by bytes. Most values begin with a letter or a digit, and need no regular expression, which costs ten times as much.
  const harmless = `case when ${column} >= 'A' and ${column} < '{' or ${column} >= '0' and ${column} < ':' then ${column}
    when ${column} ~ ${quoteLiteral(startsFormula)} then '''' || ${column} else ${column} end`
  const needsQuotes = ['"', ',', '\r', '\n'].map((sign) => `strpos(${column}, ${quoteLiteral(sign)}) > 0`).join(' or ')
  return `coalesce(case when ${needsQuotes} then ${quoted(harmless)} else ${harmless} end, '')`
}

function quoted(text: string): string {
  return `'"' || replace(${text}, '"', '""') || '"'`
}
