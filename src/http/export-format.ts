import { entryFields, type Entry } from '../canonical/entry.ts'

/** How an export is written: what comes before the first entry, each page of them, and what comes after the last. */
export interface ExportFormat {
  readonly mediaType: string
  readonly extension: string
  readonly begin: string
  /**
   * @param lines the canonical JSON of at least one entry, with U+000A between entries
   * @param first whether no entry was written before
   */
  page(lines: string, first: boolean): string
  readonly end: string
}

/** A value of the parameter `format`. */
export type ExportFormatName = 'ndjson' | 'json' | 'csv'

/** The formats by the value of the parameter `format`. */
export const exportFormats: Readonly<Record<ExportFormatName, ExportFormat>> = {
  ndjson: {
    mediaType: 'application/x-ndjson',
    extension: 'ndjson',
    begin: '',
    page: (lines) => `${lines}\n`,
    end: '',
  },
  json: {
    mediaType: 'application/json',
    extension: 'json',
    begin: '{"entries":[\n',
    page: (lines, first) => `${first ? '' : ',\n'}${lines.replaceAll('\n', ',\n')}`,
    end: '\n]}\n',
  },
  csv: {
    mediaType: 'text/csv; charset=utf-8; header=present',
    extension: 'csv',
    begin: `${entryFields.join(',')}\r\n`,
    page: (lines) => lines.split('\n').map(csvRecord).join(''),
    end: '',
  },
}

/**
 * The record (RFC 4180) of an entry. For people with a spreadsheet: a value that a spreadsheet would take for a formula gets an
 * apostrophe in front, so a CSV export is no evidence, while the other formats verify.
 *
 * @param line the canonical JSON of the entry
 */
export function csvRecord(line: string): string {
  // In canonical order details is between action and entry_hash; in every string after it quotes are escaped.
  const begin = line.indexOf(',"details":')
  const end = line.lastIndexOf(',"entry_hash":"')
  const entry = JSON.parse(line.slice(0, begin) + line.slice(end)) as Omit<Entry, 'details'>
  const fields = { ...entry, details: line.slice(begin + '"details":'.length + 1, end) }
  return `${entryFields.map((field) => csvField(fields[field])).join(',')}\r\n`
}

function csvField(value: string | number | null): string {
  if (value === null) return ''
  if (typeof value === 'number') return String(value)
  const harmless = startsFormula.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}

/** Also behind white space, which spreadsheets drop, and in the full-width forms that some of them take. */
const startsFormula = /^[\s\uFEFF]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|^[\t\r\n]/
