import {
  formatTilePath,
  hashLeaves,
  type ReadTiles,
  RightEdge,
  type TileData,
  type TreeHead,
} from '../../src/tlog/index.ts'
import { sideBySide } from './merkle-reference.ts'

/** The tiles of a tree by their paths, and what was asked for. */
export class TileStore {
  readonly head: TreeHead
  readonly tiles: Map<string, Uint8Array>
  /** For each call of `read`, how many tiles it asked for. */
  readonly calls: number[] = []

  constructor(data: readonly Uint8Array[]) {
    const edge = new RightEdge()
    const filled = edge.append(hashLeaves(sideBySide(data)))
    this.head = { size: edge.size, rootHash: edge.root() }
    this.tiles = new Map([...filled, ...edge.partialTiles()].map((tile: TileData) => [formatTilePath(tile), tile.data]))
  }

  readonly read: ReadTiles = (tiles) => {
    this.calls.push(tiles.length)
    return tiles.map((tile) => this.tiles.get(formatTilePath(tile)) ?? new Uint8Array(0))
  }
}
