import type { AliasedRawBuilder } from 'kysely'
import type { Entry } from '../canonical/entry.ts'
import type { Row } from '../database/database.ts'
import { quoteLiteral } from '../schema/names.ts'
import type { Position } from './cursor.ts'
import { type EntryText, jsonRecord } from './entry-text.ts'

/** Some entries as JSON text, and where to go on. */
export interface LinePage {
  /**
   * The canonical JSON (RFC 8785) of each entry with `entry_hash`, and between them a comma and U+000A: the inside of an array.
   * Without the member `entry_hash` such a line is the hash preimage, and it has no U+000A in it. Not verified.
   */
  readonly lines: string
  /** How many entries that are. */
  readonly entries: number
  /** Opaque; null when there is nothing more. */
  readonly nextCursor: string | null
  /** The further columns that were asked for. */
  readonly further: Row
}

/** Some entries as text in any form, and where to go on. */
export interface TextPage {
  readonly text: string
  /** How many entries that are. */
  readonly entries: number
  /** Opaque; null when there is nothing more. There may be nothing more after a full page, too: the next one is empty then. */
  readonly nextCursor: string | null
}

/** The form of {@link LinePage}. */
export const jsonLines: EntryText = { record: jsonRecord, separator: ',\n' }

/** The columns that the statements below want. */
export function columnsOf({ record }: EntryText): ['entry.seq', 'entry.timestamp', AliasedRawBuilder<string, 'line'>] {
  return ['entry.seq', 'entry.timestamp', record.as('line')]
}

/**
 * The statement that makes one row of a page.
 *
 * @param select an ordered SELECT of {@link columnsOf}
 * @param further more columns, over `page`
 */
export function pageOfLines(select: string, further: readonly string[]): string {
  return `select ${['page.lines', 'page.entries', ...further].join(', ')} from (
    select string_agg(line, ${quoteLiteral(jsonLines.separator)}) as lines, count(*)::integer as entries${
      further.length === 0 ? '' : ', pg_catalog.array_agg(seq) as seqs'
    } from (${select}) as entry
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
  const lines = text.slice(0, text.lastIndexOf(jsonLines.separator))
  const last = JSON.parse(lines.slice(lines.lastIndexOf('\n') + 1)) as Entry
  return { lines, entries: limit, further, last }
}

/** Like {@link pageOfLines}, in any form, with the place of the last entry. */
export function pageOfText(select: string, { separator }: EntryText, order: 'newest' | 'oldest'): string {
  const last = order === 'newest' ? 'min' : 'max'
  return `select string_agg(line, ${quoteLiteral(separator)}) as text, count(*)::integer as entries,
    (pg_catalog.array_agg(seq))[count(*)]::text as seq, to_char(${last}(timestamp) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as timestamp
    from (${select}) as entry`
}

/** Takes the row of {@link pageOfText} apart. */
export function readText(row: Row | undefined): Omit<TextPage, 'nextCursor'> & { readonly last: Position } {
  const { text, entries, seq, timestamp } = row ?? {}
  return {
    text: typeof text === 'string' ? text : '',
    entries: Number(entries ?? 0),
    last: { timestamp: String(timestamp), seq: Number(seq) },
  }
}
