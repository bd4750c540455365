import { sha256Into } from '../tlog/sha256.ts'
import { leavesPerFile, leavesPerTile } from './archive-layout.ts'

const hashBytes = 32
/** The length in front of each hash of a bundle: two bytes, big-endian (c2sp.org/tlog-tiles, "Log entries"). */
const lengthBytes = 2
const bundledBytes = lengthBytes + hashBytes
/** In front of a leaf's data in the preimage of the leaf hash (RFC 6962 section 2.1). */
const leafPrefix = 0

/**
 * The entry hashes of one file of entries, side by side as its bundles have them, so that a bundle is compared as it lies. The
 * last byte of a length is just where the prefix of a leaf belongs: leaf hashes are made without copying anything, too.
 */
export class EntryHashes {
  readonly #data = Buffer.alloc(leavesPerFile * bundledBytes, Buffer.of(0, hashBytes, ...new Uint8Array(hashBytes)))
  readonly #preimages: Buffer[] = []
  readonly #leafHashes = Buffer.alloc(leavesPerTile * hashBytes)

  /** Takes the hash of some bytes as that of an entry. */
  hashEntry(leaf: number, preimage: Uint8Array): void {
    sha256Into(preimage, this.#data, leaf * bundledBytes + lengthBytes)
  }

  /** Takes what a bundle says: the one of the tile that begins at `tileBegin`. */
  takeFrom(bundle: Buffer, tileBegin: number, leaf: number): void {
    const at = leaf * bundledBytes + lengthBytes
    bundle.copy(this.#data, at, (leaf - tileBegin) * bundledBytes + lengthBytes, (leaf - tileBegin + 1) * bundledBytes)
  }

  /** Forgets an entry of which nothing is there. */
  clear(leaf: number): void {
    this.#data.fill(0, leaf * bundledBytes + lengthBytes, (leaf + 1) * bundledBytes)
  }

  /** Whether a bundle (c2sp.org/tlog-tiles, "Log entries") holds the hashes from `begin` on. */
  isBundle(bundle: Buffer, begin: number, width: number): boolean {
    return bundle.equals(this.#data.subarray(begin * bundledBytes, (begin + width) * bundledBytes))
  }

  /** The leaf hashes from `begin` on, at most 256 of them. Valid until the next are asked for. */
  leafHashes(begin: number, width: number): Buffer {
    for (let place = 0; place < width; place += 1) {
      const at = (begin + place) * bundledBytes + lengthBytes
      const preimage = (this.#preimages[begin + place] ??= this.#data.subarray(at - 1, at + hashBytes))
      preimage[0] = leafPrefix
      sha256Into(preimage, this.#leafHashes, place * hashBytes)
      preimage[0] = hashBytes
    }
    return this.#leafHashes.subarray(0, width * hashBytes)
  }
}
