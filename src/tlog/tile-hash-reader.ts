import { AuditLogError } from '../errors.ts'
import { hashBytes, sameHash } from './merkle-hash.ts'
import type { HashReader } from './prove.ts'
import type { Subtree } from './subtree.ts'
import { partialTiles, type Tile, tileWidthIn } from './tile.ts'
import { hashRightEdge, tileHeight, TileNodes, tileWidth } from './tile-nodes.ts'
import { isTreeSize, requireTreeSize, type TreeHead } from './tree-head.ts'

/**
 * Fetches tiles, from wherever they are kept.
 *
 * @param tiles each with the width that it has in the tree that is read; a wider version of it may be cut to that
 * @returns the contents of each, in the same order, exactly `width * 32` bytes
 */
export type ReadTiles = (tiles: readonly Tile[]) => Promise<readonly Uint8Array[]> | readonly Uint8Array[]

/**
 * Reads hashes of a tree from its tiles and trusts nobody but the tree head: the partial tiles at the right edge must
 * hash to the root, and every other tile to what the tile above it says. Proofs made from it therefore verify.
 *
 * One call of {@link readHashes} is at most one call of `readTiles`, for at most 7 tiles per subtree asked for. Tiles
 * are kept, at 16 KiB each, as long as the reader: make one reader for a task, e.g. for all proofs of a page.
 *
 * @example
 * const reader = new TileHashReader(checkpoint, (tiles) => Promise.all(tiles.map((tile) => get(formatTilePath(tile)))))
 */
export class TileHashReader implements HashReader {
  readonly #head: TreeHead
  readonly #readTiles: ReadTiles
  readonly #verified = new Map<string, TileNodes>()

  /**
   * @param head the tree, e.g. a checkpoint that was opened
   * @throws AuditLogError `option_invalid` when its size is no tree size
   */
  constructor({ size, rootHash }: TreeHead, readTiles: ReadTiles) {
    requireTreeSize(size)
    this.#head = { size, rootHash: rootHash.slice() }
    this.#readTiles = readTiles
  }

  /**
   * @throws AuditLogError `option_invalid` when the tree has no such complete subtree; `tile_malformed` when a tile has
   * not its length; `tile_invalid` when the tiles do not hash to the root, in which case it is not known which is wrong
   */
  async readHashes(subtrees: readonly Subtree[]): Promise<Uint8Array[]> {
    const places = subtrees.map((subtree) => this.#locate(subtree))
    await this.#load(places.map(({ tile }) => tile))
    return places.map(({ tile, height, index }) => nodesOf(tile, this.#verified).hashAt(height, index))
  }

  // The tile whose hashes are the subtree's leaves or lie between them and its root, and the place therein.
  #locate({ level, index }: Subtree): { tile: Tile; height: number; index: number } {
    if (!isTreeSize(level) || !isTreeSize(index) || (index + 1) * 2 ** level > this.#head.size) {
      throw new AuditLogError('option_invalid', 'the tree has no such complete subtree')
    }
    const height = level % tileHeight
    const perTile = tileWidth / 2 ** height
    const tile = this.#tile((level - height) / tileHeight, Math.floor(index / perTile))
    return { tile, height, index: index % perTile }
  }

  #tile(level: number, index: number): Tile {
    return { level, index, width: tileWidthIn(this.#head.size, level, index) }
  }

  #parent({ level, index }: Tile): Tile {
    return this.#tile(level + 1, Math.floor(index / tileWidth))
  }

  async #load(tiles: readonly Tile[]): Promise<void> {
    const missing = new Map<string, Tile>()
    const edge = this.#verified.size === 0 && tiles.length > 0 ? partialTiles(this.#head.size) : []
    for (const tile of edge) missing.set(keyOf(tile), tile)
    for (const wanted of tiles) {
      // Up to a tile that is known or asked for. Every full tile has a parent, and the last of these is a partial tile.
      let tile = wanted
      while (!this.#verified.has(keyOf(tile)) && !missing.has(keyOf(tile))) {
        missing.set(keyOf(tile), tile)
        tile = this.#parent(tile)
      }
    }
    if (missing.size > 0) this.#verify(edge, await this.#fetch([...missing.values()]))
  }

  async #fetch(tiles: readonly Tile[]): Promise<Map<Tile, TileNodes>> {
    const contents = await this.#readTiles(tiles)
    const fetched = new Map<Tile, TileNodes>()
    for (const [position, tile] of tiles.entries()) {
      const data = contents[position]
      if (!(data instanceof Uint8Array) || data.length !== tile.width * hashBytes) {
        throw new AuditLogError('tile_malformed', `expected a tile of ${tile.width} hashes of ${hashBytes} bytes`)
      }
      fetched.set(tile, new TileNodes(data))
    }
    return fetched
  }

  // From the root down: the edge against the root hash, then every tile against the one above it.
  #verify(edge: readonly Tile[], fetched: ReadonlyMap<Tile, TileNodes>): void {
    const loaded = new Map(this.#verified)
    for (const [tile, nodes] of fetched) loaded.set(keyOf(tile), nodes)
    if (edge.length > 0 && !sameHash(hashRightEdge(edge.map((tile) => nodesOf(tile, loaded))), this.#head.rootHash)) {
      throw new AuditLogError('tile_invalid', 'the tiles at the right edge do not hash to the root hash')
    }
    for (const [tile, nodes] of fetched) {
      if (tile.width < tileWidth) continue
      const expected = nodesOf(this.#parent(tile), loaded).hashAt(0, tile.index % tileWidth)
      if (!sameHash(nodes.hashAt(tileHeight, 0), expected)) {
        throw new AuditLogError('tile_invalid', 'a tile does not hash to what the tile above it says')
      }
    }
    for (const [tile, nodes] of fetched) this.#verified.set(keyOf(tile), nodes)
  }
}

function keyOf({ level, index }: Tile): string {
  return `${level}/${index}`
}

function nodesOf(tile: Tile, loaded: ReadonlyMap<string, TileNodes>): TileNodes {
  const nodes = loaded.get(keyOf(tile))
  if (nodes === undefined) throw new TypeError('a tile is looked at before it is loaded')
  return nodes
}
