import type { Executor, Row } from '../database/database.ts'
import { AuditLogError } from '../errors.ts'
import { quoteIdentifier } from '../schema/names.ts'
import {
  type FullTile,
  hashLeaves,
  partialTiles,
  type ReadTiles,
  RightEdge,
  type Tile,
  type TreeHead,
} from '../tlog/index.ts'
import { hashBytes } from '../tlog/merkle-hash.ts'
import { tileWidth } from '../tlog/tile-nodes.ts'

/** The tree as it is stored: full tiles are rows, and a partial one follows from the leaves or the tiles below it. */
export class StoredTree {
  readonly #executor: Executor
  readonly #quoted: string

  constructor(executor: Executor, schema: string) {
    this.#executor = executor
    this.#quoted = quoteIdentifier(schema)
  }

  /**
   * Reads tiles. What comes back is not verified: `TileHashReader` and `RightEdge.restore` do that.
   *
   * @throws AuditLogError `tile_invalid` when one is not there
   */
  readonly readTiles: ReadTiles = async (tiles) => {
    const full = await this.#readFull(tiles)
    const contents: Uint8Array[] = []
    for (const tile of tiles) {
      const stored = full.get(keyOf(tile.level, tile.index))
      contents.push(stored === undefined ? await this.#readPartial(tile) : stored.subarray(0, tile.width * hashBytes))
    }
    return contents
  }

  /**
   * The right edge of the tree of a given size, from which it can grow.
   *
   * @param head the last tree head that was signed
   * @throws AuditLogError `tile_invalid` when what is stored does not lead to that head
   */
  async restoreEdge(head: TreeHead): Promise<RightEdge> {
    return RightEdge.restore(head, await this.readTiles(partialTiles(head.size)))
  }

  /** The entry hashes of leaves from `begin` up to `end`, side by side. @throws AuditLogError `tile_invalid` when one is missing */
  async readEntryHashes(begin: number, end: number): Promise<Uint8Array> {
    const rows = await this.#executor.run(
      `select encode(entry_hash, 'hex') as hash from ${this.#quoted}.leaf where leaf_index >= $1 and leaf_index < $2 order by leaf_index`,
      [begin, end],
    )
    return joined(rows, end - begin)
  }

  /** Stores tiles that have become full. */
  async writeTiles(tiles: readonly FullTile[]): Promise<void> {
    if (tiles.length === 0) return
    const rows = tiles.map(({ level, index, data, rootHash }) => ({
      level,
      index,
      hashes: hexOf(data),
      root: hexOf(rootHash),
    }))
    await this.#executor.run(
      `insert into ${this.#quoted}.tile (level, tile_index, hashes, root_hash)
       select level, index, decode(hashes, 'hex'), decode(root, 'hex')
       from pg_catalog.json_to_recordset($1) as tile (level smallint, index bigint, hashes text, root text)`,
      [JSON.stringify(rows)],
    )
  }

  async #readFull(tiles: readonly Tile[]): Promise<Map<string, Uint8Array>> {
    const rows = await this.#executor.run(
      `select tile.level, tile.tile_index, encode(tile.hashes, 'hex') as hashes
       from pg_catalog.json_to_recordset($1) as wanted (level smallint, index bigint)
       join ${this.#quoted}.tile on tile.level = wanted.level and tile.tile_index = wanted.index`,
      [JSON.stringify(tiles.map(({ level, index }) => ({ level, index })))],
    )
    return new Map(rows.map((row) => [keyOf(Number(row['level']), Number(row['tile_index'])), bytesOf(row['hashes'])]))
  }

  async #readPartial({ level, index, width }: Tile): Promise<Uint8Array> {
    const [begin, end] = [index * tileWidth, index * tileWidth + width]
    if (level === 0) return hashLeaves(await this.readEntryHashes(begin, end))
    const rows = await this.#executor.run(
      `select encode(root_hash, 'hex') as hash from ${this.#quoted}.tile
       where level = $1 and tile_index >= $2 and tile_index < $3 order by tile_index`,
      [level - 1, begin, end],
    )
    return joined(rows, width)
  }
}

/** The column `hash` of some rows side by side. */
function joined(rows: readonly Row[], expected: number): Uint8Array {
  if (rows.length !== expected) throw new AuditLogError('tile_invalid', 'a part of the stored tree is missing')
  return Buffer.from(rows.map((row) => String(row['hash'])).join(''), 'hex')
}

const keyOf = (level: number, index: number): string => `${level}/${index}`
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const bytesOf = (hex: unknown): Uint8Array => Buffer.from(String(hex), 'hex')
