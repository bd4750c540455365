import { TextDecoder } from 'node:util'
import { AuditLogError } from '../errors.ts'
import type { ByteSource } from './entry-source.ts'

/**
 * The lines of a text, without their newlines. Memory is bounded by the longest line that is allowed, so garbage without
 * newlines is refused soon, however much of it there is.
 *
 * @throws AuditLogError `bundle_malformed` when a line is longer or not UTF-8
 */
export async function* boundedLines(source: ByteSource, longest: number): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  let kept: Buffer[] = []
  let length = 0
  for await (const piece of source) {
    let rest =
      typeof piece === 'string' ? Buffer.from(piece) : Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength)
    for (let end = rest.indexOf(0x0a); end >= 0; end = rest.indexOf(0x0a)) {
      yield decode(decoder, Buffer.concat([...kept, rest.subarray(0, end)]))
      rest = rest.subarray(end + 1)
      kept = []
      length = 0
    }
    if (rest.length === 0) continue
    kept.push(Buffer.from(rest))
    length += rest.length
    if (length > longest) throw new AuditLogError('bundle_malformed', `a line is longer than ${longest} bytes`)
  }
  if (length > 0) yield decode(decoder, Buffer.concat(kept))
}

function decode(decoder: TextDecoder, bytes: Buffer): string {
  try {
    return decoder.decode(bytes)
  } catch {
    throw new AuditLogError('bundle_malformed', 'a line is not UTF-8')
  }
}
