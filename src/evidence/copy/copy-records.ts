import type { ByteSource } from '../entry-source.ts'
import { AuditLogError } from '../../errors.ts'
import { holdsEvents } from './copy-event.ts'

/** A whole JSON document is read at once; more than this is for newline-delimited JSON or CSV. */
const largestDocument = 256 * 1024 * 1024
/** One line of anything. */
const largestLine = 64 * 1024 * 1024

/**
 * The records in what a query in a SIEM returned: newline-delimited JSON, CSV with a header, a JSON document (an array, or what
 * a search API answers), or lines of text such as syslog messages.
 *
 * @returns objects for JSON and CSV, strings for lines of text; undefined for a line that is neither
 * @throws AuditLogError `file_unreadable`
 */
export async function* recordsOf(source: ByteSource): AsyncGenerator<unknown, void, undefined> {
  const lines = linesOf(source)
  const first = await nextLine(lines)
  if (first === undefined) throw unreadable('the file is empty')
  const start = first.trimStart()[0]
  if (start === '[' || (start === '{' && parse(first) === undefined)) {
    yield* elementsOf(parse(await restOf(first, lines)))
    return
  }
  if (start === '{') {
    yield* elementsOf(parse(first))
    for await (const line of lines) {
      if (line.trim() === '') continue
      const document = parse(line)
      // Each line may be a page of what a search API answered.
      if (document === undefined) yield undefined
      else yield* elementsOf(document)
    }
    return
  }
  if (isText.test(first)) {
    yield first
    for await (const line of lines) if (line.trim() !== '') yield line
    return
  }
  yield* rowsOf(first, lines)
}

/** Syslog as it is sent, or as a receiver stores it: behind a time of RFC 3339 or RFC 3164. A header of CSV has neither. */
const isText = /^<\d|LEEF:|CEF:|^\d{4}-\d\d-\d\dT|^[A-Z][a-z]{2} [ \d]\d \d\d:/

/** The records of a document: its elements, or those of the longest array that a search API put into it. */
function* elementsOf(document: unknown): Generator<unknown, void, undefined> {
  if (document === undefined) throw unreadable('expected JSON, newline-delimited JSON, CSV or lines of text')
  if (Array.isArray(document)) {
    yield* document
    return
  }
  const members = document as Record<string, unknown>
  const { tables, hits, results, events, entries } = members
  if (Array.isArray(tables)) {
    for (const table of tables as { columns: { name: string }[]; rows: unknown[][] }[]) {
      const names = table.columns.map(({ name }) => name)
      for (const row of table.rows) yield Object.fromEntries(names.map((name, index) => [name, row[index]]))
    }
    return
  }
  const inner = typeof hits === 'object' && hits !== null ? (hits as { hits?: unknown }).hits : undefined
  for (const list of [inner, results, events, entries]) {
    if (!Array.isArray(list)) continue
    yield* list
    return
  }
  yield document
}

async function* rowsOf(header: string, lines: AsyncGenerator<string>): AsyncGenerator<unknown, void, undefined> {
  const names = await fieldsOf(header, lines)
  if (names.length < 2 && !holdsEvents(names[0] ?? ''))
    throw unreadable('expected JSON, newline-delimited JSON, CSV or lines of text')
  for await (const line of lines) {
    if (line.trim() === '') continue
    const values = await fieldsOf(line, lines)
    yield values.length === names.length
      ? Object.fromEntries(names.map((name, index) => [name, values[index]]))
      : undefined
  }
}

/** The fields of one row (RFC 4180). A quoted field may go on over lines. */
async function fieldsOf(line: string, lines: AsyncGenerator<string>): Promise<string[]> {
  const fields: string[] = []
  let text = line
  let at = 0
  while (at <= text.length) {
    if (text[at] === '"') {
      let end = closingQuote(text, at + 1)
      while (end < 0) {
        const more = await nextLine(lines)
        if (more === undefined) throw unreadable('a quoted field of the CSV has no end')
        text += `\n${more}`
        if (text.length > largestLine) throw unreadable('a row of the CSV is too long')
        end = closingQuote(text, at + 1)
      }
      fields.push(text.slice(at + 1, end).replaceAll('""', '"'))
      at = end + 2
    } else {
      const comma = text.indexOf(',', at)
      const end = comma < 0 ? text.length : comma
      fields.push(text.slice(at, end))
      at = end + 1
    }
  }
  return fields
}

function closingQuote(text: string, from: number): number {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 2)) if (text[at + 1] !== '"') return at
  return -1
}

async function* linesOf(source: ByteSource): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let rest = ''
  const decode = (bytes?: Uint8Array): string => {
    try {
      return decoder.decode(bytes, { stream: bytes !== undefined })
    } catch (error) {
      throw unreadable('expected UTF-8', error)
    }
  }
  for await (const chunk of source) {
    rest += typeof chunk === 'string' ? chunk : decode(chunk)
    const lines = rest.split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > largestDocument) throw unreadable(`no line is longer than ${largestDocument} characters`)
    for (const line of lines) yield line.endsWith('\r') ? line.slice(0, -1) : line
  }
  rest += decode()
  if (rest !== '') yield rest
}

async function nextLine(lines: AsyncGenerator<string>): Promise<string | undefined> {
  for (;;) {
    const next = await lines.next()
    if (next.done === true) return undefined
    if (next.value.trim() !== '') return next.value
  }
}

async function restOf(first: string, lines: AsyncGenerator<string>): Promise<string> {
  const parts = [first]
  let length = first.length
  for await (const line of lines) {
    parts.push(line)
    length += line.length
    if (length > largestDocument) throw unreadable('the document is too large: use newline-delimited JSON')
  }
  return parts.join('\n')
}

function parse(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

const unreadable = (message: string, cause?: unknown): AuditLogError =>
  new AuditLogError('file_unreadable', message, { cause })
