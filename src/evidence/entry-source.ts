import { AuditLogError } from '../errors.ts'

/** The bytes of one entry, still JSON text. Valid until the next piece is asked for, and may be overwritten by its reader. */
export interface RawEntry {
  readonly buffer: Buffer
  readonly start: number
  readonly end: number
}

/** Bytes of a file or a response, in pieces of any size. */
export type ByteSource = AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>

const newline = 0x0a
const [quote, backslash, comma, colon, openBrace, closeBrace, openBracket, closeBracket] = [
  0x22, 0x5c, 0x2c, 0x3a, 0x7b, 0x7d, 0x5b, 0x5d,
]
/** An entry is far smaller even when every character of it is escaped and indented. */
const largestEntryBytes = 16 * 1024 * 1024
/** Bytes that tell which of the forms a file has. */
const enoughBytes = 128 * 1024
/** No text begins with this control character. */
const gzipStart = 0x1f
const bundleStart = Buffer.from('{"format":"audit-log-bundle/')
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf])

/**
 * Finds the entries in newline-delimited JSON, in a JSON array, or in a JSON object with the member `entries`, as the
 * REST API answers. Memory is bounded by the largest entry. A byte order mark, CRLF and blank lines are passed over.
 *
 * @returns the entries of one piece of the source at a time: waiting for each of them would take as long as hashing it
 * @throws AuditLogError `file_unreadable` when the text is none of these, is cut off, or goes on after its end
 */
export async function* entriesOf(source: ByteSource): AsyncGenerator<readonly RawEntry[], void, undefined> {
  const input = new Input(source)
  await input.skipByteOrderMark()
  const first = await input.firstByte()
  if (first === undefined) throw unreadable('the file is empty')
  // Each of its lines would be an entry with faults.
  while (input.buffer.length - input.position < bundleStart.length && (await input.more()));
  if (input.buffer.subarray(input.position, input.position + bundleStart.length).equals(bundleStart)) {
    throw unreadable('this is a bundle: verify it as a file, and without a byte order mark')
  }
  if (first === openBrace && (await startsWithEntry(input))) yield* linesOf(input)
  else if (first === openBrace || first === openBracket) yield* elementsOf(input)
  else if (first === gzipStart) throw unreadable('the file is compressed: decompress it first')
  else throw unreadable('expected JSON or newline-delimited JSON in UTF-8')
}

/** A window over the source: bytes from `position` on that have not been consumed yet. */
class Input {
  readonly #chunks: AsyncIterator<Uint8Array | string> | Iterator<Uint8Array | string>
  buffer: Buffer = Buffer.alloc(0)
  position = 0

  constructor(source: ByteSource) {
    this.#chunks = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]()
  }

  /** Reads another piece behind what is not consumed yet; false at the end of the source. */
  async more(): Promise<boolean> {
    if (this.buffer.length - this.position > largestEntryBytes)
      throw unreadable(`no entry is longer than ${largestEntryBytes} bytes`)
    const next = await this.#chunks.next()
    if (next.done === true) return false
    const { value } = next
    const chunk =
      typeof value === 'string' ? Buffer.from(value) : Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    // Always a copy: readers may overwrite an entry's bytes, and those of the chunk belong to the source.
    this.buffer = Buffer.concat([this.buffer.subarray(this.position), chunk])
    this.position = 0
    return true
  }

  async skipByteOrderMark(): Promise<void> {
    while (this.buffer.length < byteOrderMark.length && (await this.more()));
    if (this.buffer.subarray(0, byteOrderMark.length).equals(byteOrderMark)) this.position = byteOrderMark.length
  }

  async firstByte(): Promise<number | undefined> {
    for (;;) {
      while (this.position < this.buffer.length && isSpace(this.buffer[this.position])) this.position += 1
      if (this.position < this.buffer.length) return this.buffer[this.position]
      if (!(await this.more())) return undefined
    }
  }
}

/**
 * Whether every line is an entry: the first one is a whole object, or has a member that entries have before it has a list
 * of them. It can be damaged, and the single line of a list can be longer than an entry, so its beginning has to do.
 */
async function startsWithEntry(input: Input): Promise<boolean> {
  let end = -1
  for (let looked = input.position; end < 0; looked = input.buffer.length) {
    end = input.buffer.indexOf(newline, looked)
    if (end < 0 && (input.buffer.length - input.position > enoughBytes || !(await input.more()))) break
  }
  const beginning = input.buffer.toString('latin1', input.position, end < 0 ? undefined : end)
  let depth = 0
  for (const [token, name] of beginning.matchAll(/"((?:[^"\\]|\\.)*)"\s*:|"(?:[^"\\]|\\.)*"?|[{}[\]]/gs)) {
    if (token === '{' || token === '[') depth += 1
    else if (token === '}' || token === ']') depth -= 1
    else if (depth === 1 && name === 'entries') return false
    else if (depth === 1 && (name === 'action' || name === 'details' || name === 'entry_hash')) return true
  }
  return depth === 0
}

async function* linesOf(input: Input): AsyncGenerator<readonly RawEntry[], void, undefined> {
  do {
    const lines: RawEntry[] = []
    for (;;) {
      const end = input.buffer.indexOf(newline, input.position)
      if (end < 0) break
      const line = trimmed(input.buffer, input.position, end)
      input.position = end + 1
      if (line.end > line.start) lines.push(line)
    }
    yield lines
  } while (await input.more())
  const last = trimmed(input.buffer, input.position, input.buffer.length)
  if (last.end > last.start) yield [last]
}

function trimmed(buffer: Buffer, from: number, to: number): RawEntry {
  let [start, end] = [from, to]
  while (start < end && isSpace(buffer[start])) start += 1
  while (start < end && isSpace(buffer[end - 1])) end -= 1
  return { buffer, start, end }
}

/**
 * The elements of a JSON array that is the whole text or the member `entries` of the object that is. Looks only at quotes
 * and brackets: each element is parsed by whoever verifies it.
 */
async function* elementsOf(input: Input): AsyncGenerator<readonly RawEntry[], void, undefined> {
  const wrapped = input.buffer[input.position] === openBrace
  const listDepth = wrapped ? 2 : 1
  let at = input.position
  let depth = 0
  let begun = false
  let inList = !wrapped
  let found = inList
  let member = ''
  // Where the string or the element begins that is open; -1 when none is.
  let string = -1
  let element = -1
  do {
    const elements: RawEntry[] = []
    for (; at < input.buffer.length; at += 1) {
      const byte = input.buffer[at]
      if (string >= 0) {
        if (byte === backslash) at += 1
        else if (byte === quote) {
          if (depth === 1 && wrapped) member = input.buffer.toString('latin1', string + 1, at)
          string = -1
        }
        continue
      }
      if (isSpace(byte)) continue
      if (depth === 0 && begun) throw unreadable('there is more after the end of the JSON document')
      if (inList && depth === listDepth && element < 0 && byte !== comma && byte !== closeBracket) element = at
      if (byte === quote) string = at
      else if (byte === openBrace || byte === openBracket) {
        depth += 1
        begun = true
        if (wrapped && depth === listDepth && member === 'entries' && byte === openBracket) inList = found = true
      } else if (byte === colon) {
        if (wrapped && depth === 1) checkMember(member)
      } else if (byte === comma || byte === closeBrace || byte === closeBracket) {
        if (byte !== comma) depth -= 1
        if (inList && element >= 0 && depth === (byte === comma ? listDepth : listDepth - 1)) {
          elements.push({ buffer: input.buffer, start: element, end: at })
          element = -1
        }
        if (wrapped && depth < listDepth) inList = false
      }
    }
    yield elements
    // Everything before what is still open has been dealt with.
    const kept = Math.min(element >= 0 ? element : string >= 0 ? string : at, input.buffer.length)
    input.position = kept
    at -= kept
    if (string >= 0) string -= kept
    if (element >= 0) element -= kept
  } while (await input.more())
  if (depth > 0) throw unreadable('the JSON document is cut off')
  if (!found) throw unreadable('the JSON object has no list "entries"')
}

function checkMember(name: string): void {
  if (name === 'entry_hash') throw unreadable('an entry that stands by itself must stand on one line')
  // Another reader would take it for the list of entries.
  if (name.includes('\\') && unescaped(name) === 'entries')
    throw unreadable('the name "entries" is written with escapes')
}

function unescaped(name: string): unknown {
  try {
    return JSON.parse(`"${name}"`)
  } catch {
    return undefined
  }
}

const isSpace = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09

function unreadable(why: string): AuditLogError {
  return new AuditLogError('file_unreadable', `these are no entries: ${why}`)
}
