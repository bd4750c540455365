import { AuditLogError } from '../errors.ts'
import { tileWidth } from './tile-nodes.ts'

const maximumEntryBytes = 2 ** 16 - 1

/**
 * The entries under a tile of level 0, each with its length in front as two bytes, big-endian (c2sp.org/tlog-tiles,
 * "Log entries").
 *
 * @param entries the leaves' data, 1 to 256 times at most 65,535 bytes
 * @throws AuditLogError `tile_malformed` when there are more or longer ones
 */
export function encodeEntryBundle(entries: readonly Uint8Array[]): Uint8Array {
  if (entries.length < 1 || entries.length > tileWidth || entries.some(({ length }) => length > maximumEntryBytes)) {
    throw malformed(`expected 1 to ${tileWidth} entries of at most ${maximumEntryBytes} bytes`)
  }
  const bundle = new Uint8Array(entries.reduce((length, entry) => length + 2 + entry.length, 0))
  const view = new DataView(bundle.buffer)
  let at = 0
  for (const entry of entries) {
    view.setUint16(at, entry.length)
    bundle.set(entry, at + 2)
    at += 2 + entry.length
  }
  return bundle
}

/**
 * The entries of a bundle. They are not verified: hash each with `hashLeaf` and compare it with the tile of level 0.
 *
 * @param width how many entries the bundle must have, 1 .. 256: that of the tile
 * @throws AuditLogError `tile_malformed` when it has fewer or more, or ends inside of one
 */
export function decodeEntryBundle(bundle: Uint8Array, width: number): Uint8Array[] {
  const view = new DataView(bundle.buffer, bundle.byteOffset, bundle.byteLength)
  const entries: Uint8Array[] = []
  let at = 0
  while (at < bundle.length && entries.length < width) {
    const end = at + 2 <= bundle.length ? at + 2 + view.getUint16(at) : Infinity
    if (end > bundle.length) throw malformed('the bundle ends inside of an entry')
    entries.push(bundle.slice(at + 2, end))
    at = end
  }
  if (at !== bundle.length || entries.length !== width) throw malformed(`expected a bundle of ${width} entries`)
  return entries
}

function malformed(reason: string): AuditLogError {
  return new AuditLogError('tile_malformed', reason)
}
