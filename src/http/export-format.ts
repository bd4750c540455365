import { entryFields } from '../canonical/entry.ts'
import { csvRecord, type EntryText, jsonRecord } from '../query/entry-text.ts'

/** How an export is written: what comes before the first entry, the entries, and what comes after the last. */
export interface ExportFormat extends EntryText {
  readonly mediaType: string
  readonly extension: string
  readonly begin: string
  /** @param any whether there was an entry at all */
  end(any: boolean): string
}

/** A value of the parameter `format`. */
export type ExportFormatName = 'ndjson' | 'json' | 'csv'

/** The formats by the value of the parameter `format`. */
export const exportFormats: Readonly<Record<ExportFormatName, ExportFormat>> = {
  ndjson: {
    mediaType: 'application/x-ndjson',
    extension: 'ndjson',
    begin: '',
    record: jsonRecord,
    separator: '\n',
    end: (any) => (any ? '\n' : ''),
  },
  json: {
    mediaType: 'application/json',
    extension: 'json',
    begin: '{"entries":[\n',
    record: jsonRecord,
    separator: ',\n',
    end: () => '\n]}\n',
  },
  csv: {
    mediaType: 'text/csv; charset=utf-8; header=present',
    extension: 'csv',
    begin: `${entryFields.join(',')}\r\n`,
    record: csvRecord,
    separator: '\r\n',
    end: (any) => (any ? '\r\n' : ''),
  },
}
