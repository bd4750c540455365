import { join } from 'node:path'
import { AuditLogError } from '../errors.ts'
import { formatTilePath, type ReadTiles, type Tile, tileWidthIn } from '../tlog/index.ts'
import { readExactly } from './archive-files.ts'

const hashBytes = 32

/**
 * Reads the tiles of an archive, also for a smaller tree than the archive has: a tile that has grown since is cut. Not
 * verified: `TileHashReader` and `RightEdge.restore` do that.
 *
 * @param size of the archive's tree
 * @throws AuditLogError `tile_invalid` when a tile is not there
 */
export function archiveTiles(directory: string, size: number): ReadTiles {
  return (tiles) => tiles.map((tile) => readArchiveTile(directory, size, tile))
}

function readArchiveTile(directory: string, size: number, { level, index, width }: Tile): Uint8Array {
  const stored = tileWidthIn(size, level, index)
  const contents =
    stored < width
      ? 'missing'
      : readExactly(join(directory, formatTilePath({ level, index, width: stored })), stored * hashBytes)
  if (typeof contents === 'string') throw new AuditLogError('tile_invalid', `a tile of the archive is ${contents}`)
  return contents.subarray(0, width * hashBytes)
}
