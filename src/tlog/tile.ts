import { AuditLogError } from '../errors.ts'
import { hashBytes } from './merkle-hash.ts'
import { type HashReader, readAll } from './prove.ts'
import { tileHeight, tileWidth } from './tile-nodes.ts'
import { requireTreeSize } from './tree-head.ts'

/**
 * A tile: hash `i` of the tile is the Merkle tree hash over the `256^level` leaves from `(index * 256 + i) * 256^level`
 * (c2sp.org/tlog-tiles, "Merkle Tree").
 */
export interface Tile {
  /** 0 for leaf hashes. */
  readonly level: number
  /** 0-based position within the level. */
  readonly index: number
  /** Number of hashes: 256 for a full tile, 1 .. 255 for the partial one at the right edge of the tree. */
  readonly width: number
}

/** A tile with its contents. */
export interface TileData extends Tile {
  /** The hashes side by side: `width * 32` bytes. */
  readonly data: Uint8Array
}

/**
 * The tiles of a tree that a smaller tree did not have, or had only in part: what there is to publish. From size 0
 * these are all tiles of the tree. Lowest level first, in each level from left to right.
 *
 * @throws AuditLogError `option_invalid` when the sizes are not in order or beyond 2^53-1
 * @example
 * for (const tile of newTiles(lastPublished.size, checkpoint.size)) formatTilePath(tile)
 */
export function* newTiles(olderSize: number, newerSize: number): Generator<Tile, void, undefined> {
  if (olderSize > newerSize) throw new AuditLogError('option_invalid', 'the older tree is the larger one')
  for (let level = 0; hashCount(newerSize, level) > 0; level += 1) {
    const newer = hashCount(newerSize, level)
    if (hashCount(olderSize, level) === newer) continue
    let index = Math.floor(hashCount(olderSize, level) / tileWidth)
    for (; (index + 1) * tileWidth <= newer; index += 1) yield { level, index, width: tileWidth }
    if (newer % tileWidth > 0) yield { level, index, width: newer % tileWidth }
  }
}

/**
 * The partial tiles of a tree, lowest level first. They are enough to append to the tree and to tell its root.
 *
 * @throws AuditLogError `option_invalid` when this is no tree size
 */
export function partialTiles(treeSize: number): Tile[] {
  const tiles: Tile[] = []
  for (let level = 0; hashCount(treeSize, level) > 0; level += 1) {
    const count = hashCount(treeSize, level)
    if (count % tileWidth > 0) tiles.push({ level, index: Math.floor(count / tileWidth), width: count % tileWidth })
  }
  return tiles
}

/**
 * How wide a tile is in a tree: 256 when it is full, 0 when the tree has no such tile.
 *
 * @throws AuditLogError `option_invalid` when this is no tree size
 */
export function tileWidthIn(treeSize: number, level: number, index: number): number {
  return Math.max(0, Math.min(tileWidth, hashCount(treeSize, level) - index * tileWidth))
}

/**
 * The contents of a tile, hash by hash from a reader.
 *
 * @returns `width * 32` bytes
 */
export async function readTile(tile: Tile, reader: HashReader): Promise<Uint8Array> {
  const subtrees = Array.from({ length: tile.width }, (_, offset) => ({
    level: tile.level * tileHeight,
    index: tile.index * tileWidth + offset,
  }))
  const hashes = await readAll(subtrees, reader)
  const data = new Uint8Array(tile.width * hashBytes)
  for (const [index, hash] of hashes.entries()) data.set(hash, index * hashBytes)
  return data
}

/** How many hashes all tiles of a level hold together: `floor(treeSize / 256^level)`. */
function hashCount(treeSize: number, level: number): number {
  requireTreeSize(treeSize)
  return Math.floor(treeSize / tileWidth ** level)
}
