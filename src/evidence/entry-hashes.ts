import { hash } from 'node:crypto'
import { hashBytes, leafPrefix } from '../tlog/merkle-hash.ts'
import { sha256 } from '../tlog/sha256.ts'
import { leavesPerFile, leavesPerTile } from './archive-layout.ts'

/** The length in front of each hash of a bundle: two bytes, big-endian (c2sp.org/tlog-tiles, "Log entries"). */
const length = '\0\u{20}'
const bundledBytes = length.length + hashBytes

/**
 * The entry hashes of one file of entries, each a string with one character per byte. Those of a tile are put side by side as
 * its bundle has them. The last byte of a length is just where the prefix of a leaf belongs, so leaf hashes are made from that
 * without copying anything.
 */
export class EntryHashes {
  readonly #hashes = Array.from<string>({ length: leavesPerFile }).fill(none)
  readonly #tile = Buffer.alloc(leavesPerTile * bundledBytes)
  readonly #preimages = Array.from({ length: leavesPerTile }, (_, place) =>
    this.#tile.subarray(place * bundledBytes + length.length - 1, (place + 1) * bundledBytes),
  )
  readonly #leafHashes = Buffer.alloc(leavesPerTile * hashBytes)

  /** Takes the hash of some bytes as that of an entry. */
  hashEntry(leaf: number, preimage: Uint8Array): void {
    this.#hashes[leaf] = hash('sha256', preimage, 'binary')
  }

  /** Takes what a bundle says: the one of the tile that begins at `tileBegin`. */
  takeFrom(bundle: Buffer, tileBegin: number, leaf: number): void {
    const at = (leaf - tileBegin) * bundledBytes + length.length
    this.#hashes[leaf] = bundle.toString('latin1', at, at + hashBytes)
  }

  /** Forgets an entry of which nothing is there. */
  clear(leaf: number): void {
    this.#hashes[leaf] = none
  }

  /** The bundle (c2sp.org/tlog-tiles, "Log entries") of the hashes from `begin` on, at most 256. Valid until the next call. */
  bundle(begin: number, width: number): Buffer {
    const text = length + this.#hashes.slice(begin, begin + width).join(length)
    return this.#tile.subarray(0, this.#tile.write(text, 'latin1'))
  }

  /** The leaf hashes of what was bundled last, which is no bundle any more then. Valid until the next call. */
  leafHashes(width: number): Buffer {
    sha256.rowInto(leafPrefix, this.#preimages, width, this.#leafHashes, 0)
    return this.#leafHashes.subarray(0, width * hashBytes)
  }
}

const none = '\0'.repeat(hashBytes)
