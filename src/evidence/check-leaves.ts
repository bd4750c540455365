import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { isCanonical } from '../canonical/is-canonical.ts'
import { hashFullTile } from '../tlog/tile-nodes.ts'
import { hashBytes } from '../tlog/merkle-hash.ts'
import { FileFaultError, readExactly, readLines } from './archive-files.ts'
import {
  bundlePath,
  formatEntriesPath,
  leavesOfFile,
  leavesPerFile,
  leavesPerTile,
  tilePath,
} from './archive-layout.ts'
import { EntryHashes } from './entry-hashes.ts'
import { addLeaf } from './leaf-span.ts'
import { purgeAction } from './purge-record.ts'

/** What of which archive is checked, from the leaf `begin` on, a multiple of 256. */
export interface ArchiveScope {
  readonly directory: string
  /** Size of the log, which the names of partial files tell. */
  readonly size: number
  readonly begin: number
  /** Leaves before this one were verified earlier: those in its tile are hashed once more, but not counted as entries. */
  readonly known: number
  readonly gzip: boolean
  /** Whether each entry must be canonical JSON too. */
  readonly canonical: boolean
}

/** What a part of an archive holds. */
export interface CheckedLeaves {
  /** Of each full tile of level 0 the hash that stands for it in the tile above, side by side; made from the entries. */
  readonly tileRoots: Uint8Array
  /** The leaf hashes behind the last full tile. */
  readonly rest: Uint8Array
  readonly entries: number
  readonly bytes: number
  /** Leaves whose entry is an empty line; their hash is taken from the archive's bundles. */
  readonly absent: [number, number][]
  /** Leaves that say something of a purge. */
  readonly purges: readonly number[]
  /** Leaves whose entry is not canonical JSON. At most 1,000. */
  readonly notCanonical: readonly number[]
  /** Files of entries in which something is not as the tiles say. */
  readonly suspects: readonly number[]
  /** Tiles and bundles that are missing, of a wrong length or not what the entries make. At most 1,000. */
  readonly damaged: readonly string[]
}

/** Leaves that a thread checks at a time: four files, about 30 ms. */
const leavesPerPart = 4 * leavesPerFile
const newline = 0x0a
const most = 1000
const purgeStart = Buffer.from(`{"action":"${purgeAction}"`)

/** How many parts there are to check. */
export function countParts({ begin, size }: ArchiveScope): number {
  return Math.ceil(size / leavesPerPart) - Math.floor(begin / leavesPerPart)
}

/** What checking one part needs to hold, used again for the next one. */
export class CheckBuffers {
  readonly hashes: EntryHashes = new EntryHashes()
  readonly bundle: Buffer = Buffer.allocUnsafe(leavesPerTile * (hashBytes + 2))
  readonly tile: Buffer = Buffer.allocUnsafe(leavesPerTile * hashBytes)
}

/**
 * Hashes the entries of a part of an archive and compares them with its tiles, in one pass. Nothing here is compared with a
 * checkpoint: that takes all parts.
 *
 * @param part 0 .. {@link countParts}-1
 */
export async function checkPart(scope: ArchiveScope, part: number, buffers: CheckBuffers): Promise<CheckedLeaves> {
  const first = (Math.floor(scope.begin / leavesPerPart) + part) * leavesPerPart
  const end = Math.min(scope.size, first + leavesPerPart)
  return new PartCheck(scope, Math.max(scope.begin, first), end, buffers).run()
}

class PartCheck {
  readonly #scope: ArchiveScope
  readonly #begin: number
  readonly #end: number
  readonly #buffers: CheckBuffers
  readonly #roots: Uint8Array[] = []
  readonly #purges: number[] = []
  readonly #notCanonical: number[] = []
  readonly #absent: [number, number][] = []
  readonly #suspects: number[] = []
  readonly #damaged: string[] = []
  #rest: Uint8Array = new Uint8Array(0)
  #entries = 0
  #bytes = 0

  constructor(scope: ArchiveScope, begin: number, end: number, buffers: CheckBuffers) {
    this.#scope = scope
    this.#begin = begin
    this.#end = end
    this.#buffers = buffers
  }

  async run(): Promise<CheckedLeaves> {
    for (let file = Math.floor(this.#begin / leavesPerFile); file * leavesPerFile < this.#end; file += 1) {
      await this.#checkFile(file)
      // Whatever else this thread has to do gets its turn, and goes on after some milliseconds.
      await setImmediate()
    }
    return {
      tileRoots: Buffer.concat(this.#roots),
      rest: this.#rest,
      entries: this.#entries,
      bytes: this.#bytes,
      absent: this.#absent,
      purges: this.#purges,
      notCanonical: this.#notCanonical,
      suspects: this.#suspects,
      damaged: this.#damaged,
    }
  }

  async #checkFile(file: number): Promise<void> {
    const base = file * leavesPerFile
    const count = leavesOfFile(this.#scope.size, file)
    const first = Math.max(0, this.#begin - base)
    const absent: number[] = []
    const lines = await this.#hashLines(file, first, count, absent)
    const suspect = lines !== count
    // What is no line takes its hash from the bundles, so that the rest can still be checked.
    const missing = [...absent]
    if (suspect) for (let leaf = Math.max(first, lines); leaf < count; leaf += 1) missing.push(leaf)
    let fits = !suspect
    for (let begin = first; begin < count; begin += leavesPerTile) {
      const width = Math.min(leavesPerTile, count - begin)
      const ofTile = missing.filter((leaf) => leaf >= begin && leaf < begin + width)
      fits = this.#checkTile(base / leavesPerTile + begin / leavesPerTile, begin, width, ofTile) && fits
    }
    if (!fits) this.#suspects.push(file)
    for (const leaf of absent) addLeaf(this.#absent, base + leaf)
  }

  /** Hashes each line to its place. @returns how many lines there are, or -1 when they cannot be read */
  async #hashLines(file: number, first: number, count: number, absent: number[]): Promise<number> {
    const { directory, gzip } = this.#scope
    const path = join(directory, formatEntriesPath({ index: file, leaves: count, gzip }))
    // What was verified before is not read again, as far as a line can be found from the end.
    const last = gzip || first === 0 ? undefined : count - first
    let leaf = last === undefined ? 0 : first
    try {
      for await (const { buffer, end } of readLines(path, gzip, last)) {
        this.#bytes += end
        for (let at = 0; at < end; leaf += 1) {
          const stop = buffer.indexOf(newline, at)
          if (leaf >= first && leaf < count) {
            if (stop === at) absent.push(leaf)
            else this.#hashLine(buffer, at, stop, leaf, file * leavesPerFile + leaf)
          }
          at = stop + 1
        }
        // However many more there are, they are too many: a small compressed file can hold billions.
        if (leaf > count) return leaf
      }
      return leaf
    } catch (error) {
      if (error instanceof FileFaultError) return -1
      throw error
    }
  }

  #hashLine(buffer: Buffer, start: number, stop: number, place: number, leafIndex: number): void {
    // A plain view: one of a Buffer takes twice as long to make.
    this.#buffers.hashes.hashEntry(place, new Uint8Array(buffer.buffer, buffer.byteOffset + start, stop - start))
    if (leafIndex >= this.#scope.known) this.#entries += 1
    if (
      buffer[start + 11] === purgeStart[11] &&
      buffer.subarray(start, Math.min(stop, start + purgeStart.length)).equals(purgeStart)
    ) {
      this.#purges.push(leafIndex)
    }
    if (
      this.#scope.canonical &&
      this.#notCanonical.length < most &&
      !isCanonical(buffer.toString('utf8', start, stop))
    ) {
      this.#notCanonical.push(leafIndex)
    }
  }

  /**
   * @param begin where its leaves begin in the file
   * @returns whether tile and bundle are what the entries make
   */
  #checkTile(tile: number, begin: number, width: number, missing: readonly number[]): boolean {
    const { directory, size } = this.#scope
    const { hashes, bundle: bundleBuffer, tile: tileBuffer } = this.#buffers
    const bundle = readExactly(join(directory, bundlePath(size, tile)), width * (hashBytes + 2), bundleBuffer)
    const leafTile = readExactly(join(directory, tilePath(size, 0, tile)), width * hashBytes, tileBuffer)
    for (const leaf of missing) {
      if (typeof bundle === 'string') hashes.clear(leaf)
      else hashes.takeFrom(bundle, begin, leaf)
    }
    const made = hashes.bundle(begin, width)
    const bundleFits = typeof bundle !== 'string' && bundle.equals(made)
    const leafHashes = hashes.leafHashes(width)
    if (width === leavesPerTile) {
      const root = new Uint8Array(hashBytes)
      hashFullTile(leafHashes, root, 0)
      this.#roots.push(root)
    } else this.#rest = Buffer.from(leafHashes)
    const tileFits = typeof leafTile !== 'string' && leafTile.equals(leafHashes)
    if (!bundleFits && this.#damaged.length < most) this.#damaged.push(bundlePath(size, tile))
    if (!tileFits && this.#damaged.length < most) this.#damaged.push(tilePath(size, 0, tile))
    return bundleFits && tileFits
  }
}
