import { type AliasedRawBuilder, sql } from 'kysely'
import type { Entry } from '../canonical/entry.ts'
import type { Row } from '../database/database.ts'
import type { Position } from './cursor.ts'

/** Some entries as JSON text, and where to go on. */
export interface LinePage {
  /**
   * For each entry a line, its canonical JSON (RFC 8785) with `entry_hash`, and U+000A between them; JSON has none within a
   * line. Without the member `entry_hash` a line is the hash preimage. Not verified.
   */
  readonly lines: string
  /** How many lines that are. */
  readonly entries: number
  /** Opaque; null when there is nothing more. */
  readonly nextCursor: string | null
  /** The further columns that were asked for. */
  readonly further: Row
}

/**
 * An entry as its line, written in the database: that takes less time in all than sending the columns and writing it here
 * (docs/performance.md). PostgreSQL escapes strings exactly as RFC 8785 section 3.2.2.2 wants. What stands behind the details
 * is joined first, so that these, the longest part, are copied only once.
 */
export const lineColumns: readonly ['entry.seq', AliasedRawBuilder<string, 'line'>] = [
  'entry.seq',
  sql<string>`'{"action":"' || entry.action || '","details":' || (entry.details::text || (
    ',"entry_hash":"' || encode(entry.entry_hash, 'hex') || '","id":"' || entry.id::text || '","outcome":"' || entry.outcome
    || '","recorded_by":' || to_json(entry.recorded_by)::text || ',"seq":' || entry.seq::text
    || ',"source_ip":' || coalesce('"' || host(entry.source_ip) || '"', 'null')
    || ',"target":' || coalesce(to_json(entry.target)::text, 'null')
    || ',"tenant_id":' || coalesce(to_json(entry.tenant_id)::text, 'null')
    || ',"timestamp":"' || to_char(entry.timestamp at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
    || '","user_id":' || coalesce(to_json(entry.user_id)::text, 'null')
    || ',"version":' || entry.version::text || '}'))`.as('line'),
]

/**
 * The statement that makes one row of a page.
 *
 * @param select an ordered SELECT of {@link lineColumns}
 * @param further more columns, over `page`
 */
export function pageOfLines(select: string, further: readonly string[]): string {
  return `select ${['page.lines', 'page.entries', ...further].join(', ')} from (
    select string_agg(line, chr(10)) as lines, count(*)::integer as entries, array_agg(seq) as seqs from (${select}) as entry
  ) as page`
}

/**
 * Takes the row of {@link pageOfLines} apart.
 *
 * @param limit how many entries the page has at most; one more says that it is not the last one
 * @returns `last`, when there is more: where the page ends
 */
export function readLines(
  row: Row | undefined,
  limit: number,
): Omit<LinePage, 'nextCursor'> & { readonly last: Position | undefined } {
  const { lines: all, entries: found, ...further } = row ?? {}
  const text = typeof all === 'string' ? all : ''
  const entries = Number(found ?? 0)
  if (entries <= limit) return { lines: text, entries, further, last: undefined }
  const lines = text.slice(0, text.lastIndexOf('\n'))
  const last = JSON.parse(lines.slice(lines.lastIndexOf('\n') + 1)) as Entry
  return { lines, entries: limit, further, last }
}
