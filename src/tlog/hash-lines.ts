import { isHash } from './merkle-hash.ts'
import { decodeBase64, encodeBase64 } from './strict-text.ts'

/** The hashes of a proof as lines, as tlog-proof and tlog-witness write them; null when one is no hash. */
export function parseHashLines(lines: readonly string[]): Uint8Array[] | null {
  const hashes = lines.length <= maximumHashLines ? lines.map(decodeBase64) : [null]
  return hashes.every(isHash) ? hashes : null
}

export function formatHashLines(hashes: readonly Uint8Array[]): string {
  return hashes.map((hash) => `${encodeBase64(hash)}\n`).join('')
}

// c2sp.org/tlog-witness: "The client MUST NOT send more than 63 consistency proof lines."
const maximumHashLines = 63
