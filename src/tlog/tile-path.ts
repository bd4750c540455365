import { AuditLogError } from '../errors.ts'
import type { Tile } from './tile.ts'
import { tileWidth } from './tile-nodes.ts'

/** The entries under a tile of level 0, stored as an entry bundle (c2sp.org/tlog-tiles, "Log entries"). */
export interface EntryBundle extends Omit<Tile, 'level'> {
  readonly level: 'entries'
}

/**
 * The path of a tile or an entry bundle below the log's prefix, e.g. `tile/0/x007/x001/042.p/8`
 * (c2sp.org/tlog-tiles, "Merkle Tree").
 *
 * @throws AuditLogError `tile_malformed` when there can be no such tile
 */
export function formatTilePath({ level, index, width }: Tile | EntryBundle): string {
  if (
    !(level === 'entries' || (Number.isInteger(level) && level >= 0 && level <= maximumLevel)) ||
    !(Number.isSafeInteger(index) && index >= 0) ||
    !(Number.isInteger(width) && width >= 1 && width <= tileWidth)
  ) {
    throw malformed()
  }
  let path = digits(index % 1000)
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000))
    path = `x${digits(rest % 1000)}/${path}`
  return `tile/${level}/${path}${width === tileWidth ? '' : `.p/${width}`}`
}

/**
 * What a path below a log's prefix names. Only the one way to write a path is taken.
 *
 * @throws AuditLogError `tile_malformed` when it is no such path, or its index is beyond 2^53-1
 */
export function parseTilePath(path: string): Tile | EntryBundle {
  const match = /^tile\/(entries|[0-9]{1,2})\/((?:x[0-9]{3}\/){0,5}[0-9]{3})(?:\.p\/([0-9]{1,3}))?$/.exec(path)
  if (match === null) throw malformed()
  const [, level = '', index = '', width = String(tileWidth)] = match
  const tile = { index: Number(index.replaceAll(/[x/]/g, '')), width: Number(width) }
  const parsed = level === 'entries' ? ({ level, ...tile } as const) : { level: Number(level), ...tile }
  // Leading zeroes, a partial tile of full width and the like have another canonical path.
  if (formatTilePath(parsed) !== path) throw malformed()
  return parsed
}

const maximumLevel = 63

function digits(group: number): string {
  return String(group).padStart(3, '0')
}

function malformed(): AuditLogError {
  return new AuditLogError('tile_malformed', 'expected a tile or its path as in c2sp.org/tlog-tiles')
}
