import { join } from 'node:path'
import { AuditLogError } from '../errors.ts'
import { formatTilePath, type ReadTiles, type Tile, tileWidthIn } from '../tlog/index.ts'
import { hashBytes } from '../tlog/merkle-hash.ts'
import { type FileFault, readExactly } from './archive-files.ts'
import { leavesPerTile } from './archive-layout.ts'

/**
 * Reads the tiles of an archive, also for a smaller tree than the archive has: a tile that has grown since is cut. Not
 * verified: `TileHashReader` and `RightEdge.restore` do that.
 *
 * @param size of the archive's tree
 * @throws AuditLogError `tile_invalid` when a tile is not there
 */
export function archiveTiles(directory: string, size: number): ReadTiles {
  // Those at the right edge, of which there are at most seven: every tree that is looked at asks for them.
  const partial = new Map<string, Uint8Array>()
  const read = ({ level, index, width }: Tile): Uint8Array => {
    const stored = tileWidthIn(size, level, index)
    const key = `${level}/${index}`
    const contents =
      stored < width ? 'missing' : (partial.get(key) ?? readTile(directory, { level, index, width: stored }))
    if (typeof contents === 'string') throw new AuditLogError('tile_invalid', `a tile of the archive is ${contents}`)
    if (stored < leavesPerTile) partial.set(key, contents)
    return contents.subarray(0, width * hashBytes)
  }
  return (tiles) => tiles.map(read)
}

const readTile = (directory: string, tile: Tile): Buffer | FileFault =>
  readExactly(join(directory, formatTilePath(tile)), tile.width * hashBytes)
