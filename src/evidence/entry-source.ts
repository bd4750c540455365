import { AuditLogError } from '../errors.ts'

/** The bytes of one entry, still JSON text. Valid until the next one is asked for, and may be overwritten by its reader. */
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

/**
 * Finds the entries in newline-delimited JSON, in a JSON array, or in a JSON object with the member `entries`, as the
 * REST API answers. Memory is bounded by the largest entry.
 *
 * @throws AuditLogError `file_unreadable` when the text is none of these, is cut off, or goes on after its end
 */
export async function* entriesOf(source: ByteSource): AsyncGenerator<RawEntry, void, undefined> {
  const input = new Input(source)
  const first = await input.firstByte()
  if (first === undefined) throw unreadable('the file is empty')
  if (first === openBrace && (await startsWithEntry(input))) yield* linesOf(input)
  else if (first === openBrace || first === openBracket) yield* elementsOf(input)
  else throw unreadable('expected JSON or newline-delimited JSON')
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
    if (this.buffer.length - this.position > largestEntryBytes) throw unreadable('no entry is that long')
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

  async firstByte(): Promise<number | undefined> {
    for (;;) {
      while (this.position < this.buffer.length && isSpace(this.buffer[this.position])) this.position += 1
      if (this.position < this.buffer.length) return this.buffer[this.position]
      if (!(await this.more())) return undefined
    }
  }
}

/** Whether the first line is one entry, perhaps a damaged one: then every line is. */
async function startsWithEntry(input: Input): Promise<boolean> {
  let end = input.buffer.indexOf(newline, input.position)
  while (end < 0 && (await input.more())) end = input.buffer.indexOf(newline, input.position)
  const line = input.buffer.toString('utf8', input.position, end < 0 ? undefined : end)
  try {
    return !('entries' in (JSON.parse(line) as object))
  } catch {
    return line.includes('"entry_hash"') && !/^\{\s*"entries"/.test(line)
  }
}

async function* linesOf(input: Input): AsyncGenerator<RawEntry, void, undefined> {
  do {
    for (;;) {
      const end = input.buffer.indexOf(newline, input.position)
      if (end < 0) break
      const start = input.position
      input.position = end + 1
      if (end > start) yield { buffer: input.buffer, start, end }
    }
  } while (await input.more())
  if (input.position < input.buffer.length)
    yield { buffer: input.buffer, start: input.position, end: input.buffer.length }
}

/**
 * The elements of a JSON array that is the whole text or the member `entries` of the object that is. Looks only at quotes
 * and brackets: each element is parsed by whoever verifies it.
 */
async function* elementsOf(input: Input): AsyncGenerator<RawEntry, void, undefined> {
  const wrapped = input.buffer[input.position] === openBrace
  const listDepth = wrapped ? 2 : 1
  let at = input.position
  let depth = 0
  let begun = false
  let inList = !wrapped
  let member = ''
  // Where the string or the element begins that is open; -1 when none is.
  let string = -1
  let element = -1
  do {
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
        if (wrapped && depth === listDepth && member === 'entries' && byte === openBracket) inList = true
      } else if (byte === colon) {
        if (wrapped && depth === 1 && member === 'entry_hash') throw unreadable('an entry that has a member "entries"')
      } else if (byte === comma || byte === closeBrace || byte === closeBracket) {
        if (byte !== comma) depth -= 1
        if (inList && element >= 0 && depth === (byte === comma ? listDepth : listDepth - 1)) {
          yield { buffer: input.buffer, start: element, end: at }
          element = -1
        }
        if (wrapped && depth < listDepth) inList = false
      }
    }
    // Everything before what is still open has been dealt with.
    const kept = Math.min(element >= 0 ? element : string >= 0 ? string : at, input.buffer.length)
    input.position = kept
    at -= kept
    if (string >= 0) string -= kept
    if (element >= 0) element -= kept
  } while (await input.more())
  if (depth > 0) throw unreadable('the JSON document is cut off')
}

const isSpace = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09

function unreadable(why: string): AuditLogError {
  return new AuditLogError('file_unreadable', `these are no entries: ${why}`)
}
