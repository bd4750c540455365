import { AuditLogError } from '../errors.ts'
import { type EntryBundle, formatTilePath, parseTilePath, type Tile, tileWidthIn } from '../tlog/index.ts'

/** Entries in one file of an archive, 16 tiles of leaves. The last file has fewer. */
export const leavesPerFile = 4096
export const leavesPerTile = 256
/** Where the signed checkpoint stands. */
export const checkpointPath = 'checkpoint'
/** What a file is called while it is written. */
export const temporarySuffix = '.tmp'

/** A file of entries: one hash preimage a line, in the order of the leaves; an empty line for a purged entry. */
export interface EntriesFile {
  /** Its first leaf is `index * 4096`. */
  readonly index: number
  /** How many lines it has, 1 .. 4,096. */
  readonly leaves: number
  readonly gzip: boolean
}

/** The path of a file of entries below the archive, e.g. `entries/x001/042.ndjson` or `entries/042.p/77.ndjson.gz`. */
export function formatEntriesPath({ index, leaves, gzip }: EntriesFile): string {
  const { groups, last } = digitsOf(index)
  return `entries/${groups}${last}${leaves === leavesPerFile ? '' : `.p/${leaves}`}.ndjson${gzip ? '.gz' : ''}`
}

/** What a path below an archive names; undefined when it is none of an archive's. */
export function parseArchivePath(path: string): Tile | EntryBundle | EntriesFile | undefined {
  const match = /^entries\/((?:x[0-9]{3}\/){0,4}[0-9]{3})(?:\.p\/([0-9]{1,4}))?\.ndjson(\.gz)?$/.exec(path)
  if (match !== null) {
    const leaves = match[2] === undefined ? leavesPerFile : Number(match[2])
    const file = {
      index: Number((match[1] ?? '').replaceAll(/[x/]/g, '')),
      leaves,
      gzip: match[3] !== undefined,
    }
    return formatEntriesPath(file) === path ? file : undefined
  }
  try {
    return parseTilePath(path)
  } catch (error) {
    if (error instanceof AuditLogError) return undefined
    throw error
  }
}

/** How many leaves a file of entries has in a log of a size. */
export function leavesOfFile(size: number, index: number): number {
  return Math.max(0, Math.min(leavesPerFile, size - index * leavesPerFile))
}

/** Whether a file of that name belongs into the archive of a log of a size, from a leaf on. */
export function belongsTo(file: Tile | EntryBundle | EntriesFile, begin: number, size: number): boolean {
  if ('leaves' in file) return file.index * leavesPerFile >= begin && file.leaves === leavesOfFile(size, file.index)
  const level = file.level === 'entries' ? 0 : file.level
  return (file.index + 1) * leavesPerTile ** (level + 1) > begin && file.width === tileWidthIn(size, level, file.index)
}

/** How many files the archive of a log of a size has, from a leaf on, besides the checkpoint. */
export function countFiles(begin: number, size: number): number {
  if (size === 0) return 0
  let count = Math.ceil(size / leavesPerFile) - begin / leavesPerFile
  for (let width = 1; Math.floor(size / width) > 0; width *= leavesPerTile) {
    const hashes = Math.floor(size / width)
    const tiles = Math.ceil(hashes / leavesPerTile) - Math.floor(begin / width / leavesPerTile)
    count += width === 1 ? 2 * tiles : tiles
  }
  return count
}

/** The paths of the bundle of entry hashes and of the tile of a level in a log of a size. */
export function bundlePath(size: number, index: number): string {
  return formatTilePath({ level: 'entries', index, width: tileWidthIn(size, 0, index) })
}

export function tilePath(size: number, level: number, index: number): string {
  return formatTilePath({ level, index, width: tileWidthIn(size, level, index) })
}

// As in tile paths: three digits a group, all but the last one behind an x.
function digitsOf(index: number): { groups: string; last: string } {
  const padded = String(index).padStart(Math.ceil(String(index).length / 3) * 3, '0')
  const parts = padded.match(/[0-9]{3}/g) ?? []
  const last = parts.pop() ?? ''
  return { groups: parts.map((part) => `x${part}/`).join(''), last }
}
