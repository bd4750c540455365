import { emptyRoot, hashBytes, hashNode, nodePrefix } from './merkle-hash.ts'
import { sha256 } from './sha256.ts'

/** Levels of the tree in one tile (c2sp.org/tlog-tiles, "Merkle Tree"). */
export const tileHeight = 8
/** Hashes in a full tile. */
export const tileWidth: number = 2 ** tileHeight
/** Length of a full tile in bytes. */
export const fullTileBytes: number = tileWidth * hashBytes

/** All complete subtrees of one tile. Between the levels that tiles store, theirs are found by hashing. */
export class TileNodes {
  readonly #width: number
  readonly #rows: readonly Uint8Array[]

  /** @param data the tile's hashes side by side: 1 to 256 of them */
  constructor(data: Uint8Array) {
    this.#width = data.length / hashBytes
    this.#rows = hashRows(data)
  }

  /** The hash over `2^height` of the tile's hashes, from `index * 2^height`. Requires that the tile is that wide. */
  hashAt(height: number, index: number): Uint8Array {
    const row = this.#rows[height] ?? new Uint8Array(0)
    return row.slice(index * hashBytes, (index + 1) * hashBytes)
  }

  /** The fewest complete subtrees that cover the tile, right to left. */
  cover(): Uint8Array[] {
    const cover: Uint8Array[] = []
    for (let height = 0; height <= tileHeight; height += 1) {
      const count = Math.floor(this.#width / 2 ** height)
      if (count % 2 === 1) cover.push(this.hashAt(height, count - 1))
    }
    return cover
  }
}

/** The root hash of a tree from its partial tiles, lowest level first. */
export function hashRightEdge(partialTiles: readonly TileNodes[]): Uint8Array {
  const [last, ...others] = partialTiles.flatMap((tile) => tile.cover())
  return last === undefined ? emptyRoot() : others.reduce((right, left) => hashNode(left, right), last)
}

/** Hashes a full tile to the one hash that stands for it in the tile above, written into `output` at `offset`. */
export function hashFullTile(data: Uint8Array, output: Uint8Array, offset: number): void {
  row.set(data, 1)
  for (let count = tileWidth / 2; count >= 1; count /= 2) hashRow(count)
  output.set(row.subarray(1, 1 + hashBytes), offset)
}

function hashRows(data: Uint8Array): Uint8Array[] {
  const rows = [data.slice()]
  row.set(data, 1)
  for (let count = Math.floor(data.length / hashBytes / 2); count >= 1; count = Math.floor(count / 2)) {
    hashRow(count)
    rows.push(row.slice(1, 1 + count * hashBytes))
  }
  return rows
}

// One row of a tile's tree, behind one spare byte. Each row is hashed into the one above where it lies, from the left:
// the hash of a pair, and the prefix byte of the next pair, only overwrite what has been hashed already.
const row = new Uint8Array(1 + fullTileBytes)
const pairs = Array.from({ length: tileWidth / 2 }, (_, index) =>
  row.subarray(index * 2 * hashBytes, (index + 1) * 2 * hashBytes + 1),
)

function hashRow(pairCount: number): void {
  sha256.rowInto(nodePrefix, pairs, pairCount, row, 1)
}
