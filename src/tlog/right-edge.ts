import { AuditLogError } from '../errors.ts'
import { hashBytes, requireHashRow, sameHash } from './merkle-hash.ts'
import { partialTiles, type TileData } from './tile.ts'
import { fullTileBytes, hashFullTile, hashRightEdge, TileNodes, tileWidth } from './tile-nodes.ts'
import { isTreeSize, type TreeHead } from './tree-head.ts'

/** The partial tile of a level, in a buffer that takes a full one. */
interface Level {
  readonly data: Uint8Array
  width: number
}

/** A tile that has become full, and the one hash that stands for it in the tile above. */
export interface FullTile extends TileData {
  /** 32 bytes. */
  readonly rootHash: Uint8Array
}

/**
 * A growing tree, as the partial tiles at its right edge: takes leaves, hands over the tiles that they fill and tells
 * the root. It costs one hash per leaf and holds at most 7 tiles, however large the tree is.
 *
 * It is memory only. Whoever stores the tiles stores them before the root is signed, and when that fails forgets this
 * object and restores it from what is stored.
 *
 * @example
 * const edge = RightEdge.restore(checkpoint, storedTiles)
 * const filled = edge.append(hashLeaves(entryHashes))
 * await store([...filled, ...edge.partialTiles()])
 * formatCheckpoint({ origin, size: edge.size, rootHash: edge.root(), extensions: [] })
 */
export class RightEdge {
  #size = 0
  readonly #levels: Level[] = []

  /**
   * The edge of a stored tree.
   *
   * @param tiles the contents of {@link partialTiles} of that size, in the same order
   * @throws AuditLogError `tile_malformed` when a tile has not its length; `tile_invalid` when they do not hash to the
   * root of `head`
   */
  static restore(head: TreeHead, tiles: readonly Uint8Array[]): RightEdge {
    const edge = new RightEdge()
    const partial = partialTiles(head.size)
    if (tiles.length !== partial.length) {
      throw new AuditLogError('tile_malformed', `expected ${partial.length} partial tiles, found ${tiles.length}`)
    }
    for (const [position, { level, width }] of partial.entries()) {
      const data = tiles[position]
      if (data?.length !== width * hashBytes) {
        throw new AuditLogError('tile_malformed', `expected a tile of ${width} hashes of ${hashBytes} bytes`)
      }
      const place = edge.#level(level)
      place.data.set(data)
      place.width = width
    }
    edge.#size = head.size
    if (!sameHash(edge.root(), head.rootHash)) {
      throw new AuditLogError('tile_invalid', 'the tiles at the right edge do not hash to the root hash')
    }
    return edge
  }

  /** Number of leaves. */
  get size(): number {
    return this.#size
  }

  /** The root hash of the tree: 32 bytes. Costs at most 255 hashes for each level of tiles. */
  root(): Uint8Array {
    return hashRightEdge(this.partialTiles().map(({ data }) => new TileNodes(data)))
  }

  /**
   * Appends leaves.
   *
   * @param leafHashes their hashes side by side, in the order of the leaves
   * @returns the tiles that became full, in the order in which they did
   * @throws AuditLogError `option_invalid` when the length is no multiple of 32 or the tree would be larger than
   * 2^53-1; nothing is appended then
   */
  append(leafHashes: Uint8Array): FullTile[] {
    requireHashRow(leafHashes)
    const size = this.#size + leafHashes.length / hashBytes
    if (!isTreeSize(size)) throw new AuditLogError('option_invalid', 'the tree would be larger than 2^53-1')
    const filled: FullTile[] = []
    const first = this.#level(0)
    for (let at = 0; at < leafHashes.length;) {
      const taken = Math.min(fullTileBytes - first.width * hashBytes, leafHashes.length - at)
      first.data.set(leafHashes.subarray(at, at + taken), first.width * hashBytes)
      first.width += taken / hashBytes
      this.#size += taken / hashBytes
      at += taken
      this.#carry(filled)
    }
    return filled
  }

  /** The partial tiles as they are now, lowest level first: those that `partialTiles(size)` lists. */
  partialTiles(): TileData[] {
    return partialTiles(this.#size).map((tile) => ({
      ...tile,
      data: this.#level(tile.level).data.slice(0, tile.width * hashBytes),
    }))
  }

  // Hands over every tile that is full now, and puts its hash into the tile above.
  #carry(filled: FullTile[]): void {
    for (let level = 0; this.#level(level).width === tileWidth; level += 1) {
      const full = this.#level(level)
      const above = this.#level(level + 1)
      const index = this.#size / tileWidth ** (level + 1) - 1
      const place = above.width * hashBytes
      hashFullTile(full.data, above.data, place)
      const rootHash = above.data.slice(place, place + hashBytes)
      filled.push({ level, index, width: tileWidth, data: full.data.slice(), rootHash })
      above.width += 1
      full.width = 0
    }
  }

  #level(level: number): Level {
    return (this.#levels[level] ??= { data: new Uint8Array(fullTileBytes), width: 0 })
  }
}
