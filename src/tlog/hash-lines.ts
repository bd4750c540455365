import { isHash } from './merkle-hash.ts'
import { decodeBase64, encodeBase64 } from './strict-text.ts'

/**
 * The hashes of a proof, one to a line up to an empty line, as tlog-proof and tlog-witness write them; and what
 * follows.
 *
 * @param start where the first of these lines begins, behind a newline
 * @returns null when a line is no hash, there are more than 63, or no empty line comes
 */
export function parseHashLines(text: string, start: number): { hashes: Uint8Array[]; rest: string } | null {
  // Without hashes the empty line comes at once, and its newline follows that of the line before.
  const end = text.indexOf('\n\n', start - 1)
  const lines = end < start ? [] : text.slice(start, end).split('\n')
  if (end === -1 || lines.length > maximumHashLines) return null
  const hashes = lines.map(decodeBase64)
  return hashes.every(isHash) ? { hashes, rest: text.slice(end + 2) } : null
}

/** The lines for {@link parseHashLines}, each with its newline, and the empty one. */
export function formatHashLines(hashes: readonly Uint8Array[]): string {
  return `${hashes.map((hash) => `${encodeBase64(hash)}\n`).join('')}\n`
}

// What c2sp.org/tlog-witness lets a client send; no proof of 2^53 leaves has as many.
const maximumHashLines = 63
