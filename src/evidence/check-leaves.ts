import { hash } from 'node:crypto'
import { join } from 'node:path'
import { isCanonical } from '../canonical/is-canonical.ts'
import { CompactRange, hashLeaves, tileWidthIn } from '../tlog/index.ts'
import { FileFaultError, readExactly, readLines } from './archive-files.ts'
import {
  bundlePath,
  formatEntriesPath,
  leavesOfFile,
  leavesPerFile,
  leavesPerTile,
  tilePath,
} from './archive-layout.ts'
import { addLeaf, purgeAction } from './purge-record.ts'

/** A part of an archive to check: the leaves from `begin`, a multiple of 256, to before `end`. */
export interface LeavesTask {
  readonly directory: string
  /** Size of the log, which the names of partial files tell. */
  readonly size: number
  readonly begin: number
  readonly end: number
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

const hashBytes = 32
const newline = 0x0a
const most = 1000
const purgeStart = Buffer.from(`{"action":"${purgeAction}"`)

/**
 * Hashes the entries of a part of an archive and compares them with its tiles, in one pass. Nothing here is compared with a
 * checkpoint: that takes all parts.
 */
export async function checkLeaves(task: LeavesTask): Promise<CheckedLeaves> {
  return new LeavesCheck(task).run()
}

class LeavesCheck {
  readonly #task: LeavesTask
  readonly #hashes = Buffer.allocUnsafe(leavesPerFile * hashBytes)
  readonly #roots: Uint8Array[] = []
  readonly #purges: number[] = []
  readonly #notCanonical: number[] = []
  readonly #absent: [number, number][] = []
  readonly #suspects: number[] = []
  readonly #damaged: string[] = []
  #rest: Uint8Array = new Uint8Array(0)
  #entries = 0
  #bytes = 0

  constructor(task: LeavesTask) {
    this.#task = task
  }

  async run(): Promise<CheckedLeaves> {
    const { begin, end } = this.#task
    for (let file = Math.floor(begin / leavesPerFile); file * leavesPerFile < end; file += 1)
      await this.#checkFile(file)
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
    const { begin, size } = this.#task
    const base = file * leavesPerFile
    const count = leavesOfFile(size, file)
    const first = Math.max(0, begin - base)
    const absent: number[] = []
    const lines = await this.#hashLines(file, first, count, absent)
    const suspect = lines !== count
    // What is no line takes its hash from the bundles, so that the rest can still be checked.
    for (let tile = first; tile < count; tile += leavesPerTile) {
      const width = Math.min(leavesPerTile, count - tile)
      const missing = absent.filter((leaf) => leaf >= tile && leaf < tile + width)
      if (suspect)
        for (let leaf = Math.max(tile, Math.min(lines, tile + width)); leaf < tile + width; leaf += 1)
          missing.push(leaf)
      if (
        !this.#checkTile(
          base + tile,
          width,
          tile * hashBytes,
          missing.map((leaf) => leaf - tile),
        ) &&
        this.#suspects.at(-1) !== file
      ) {
        this.#suspects.push(file)
      }
    }
    if (suspect && this.#suspects.at(-1) !== file) this.#suspects.push(file)
    for (const leaf of absent) addLeaf(this.#absent, base + leaf)
  }

  /** Hashes each line to its place in `#hashes`. @returns how many lines there are, or -1 when they cannot be read */
  async #hashLines(file: number, first: number, count: number, absent: number[]): Promise<number> {
    const { directory, gzip, canonical } = this.#task
    const hashes = this.#hashes
    let leaf = 0
    try {
      for await (const { buffer, end } of readLines(
        join(directory, formatEntriesPath({ index: file, leaves: count, gzip })),
        gzip,
      )) {
        this.#bytes += end
        for (let at = 0; at < end; leaf += 1) {
          const stop = buffer.indexOf(newline, at)
          if (leaf >= first && leaf < count) {
            if (stop === at) absent.push(leaf)
            else {
              const line = buffer.subarray(at, stop)
              hashes.write(hash('sha256', line, 'binary'), leaf * hashBytes, hashBytes, 'latin1')
              this.#entries += 1
              if (buffer[at + 11] === purgeStart[11] && line.subarray(0, purgeStart.length).equals(purgeStart)) {
                this.#purges.push(file * leavesPerFile + leaf)
              }
              if (canonical && this.#notCanonical.length < most && !isCanonical(line.toString())) {
                this.#notCanonical.push(file * leavesPerFile + leaf)
              }
            }
          }
          at = stop + 1
        }
      }
      return leaf
    } catch (error) {
      if (error instanceof FileFaultError) return -1
      throw error
    }
  }

  /** @returns whether the tile of leaf hashes is what the entries make */
  #checkTile(begin: number, width: number, at: number, missing: readonly number[]): boolean {
    const { directory, size } = this.#task
    const tile = begin / leavesPerTile
    const hashes = this.#hashes.subarray(at, at + width * hashBytes)
    const bundle = readExactly(join(directory, bundlePath(size, tile)), width * (hashBytes + 2))
    const leafTile = readExactly(join(directory, tilePath(size, 0, tile)), width * hashBytes)
    for (const leaf of missing) {
      if (typeof bundle === 'string') hashes.fill(0, leaf * hashBytes, (leaf + 1) * hashBytes)
      else bundle.copy(hashes, leaf * hashBytes, leaf * (hashBytes + 2) + 2, (leaf + 1) * (hashBytes + 2))
    }
    const leafHashes = hashLeaves(hashes)
    if (width === leavesPerTile) {
      const range = new CompactRange(begin)
      range.append(leafHashes)
      this.#roots.push(range.hashes)
    } else this.#rest = leafHashes
    const bundleFits = typeof bundle !== 'string' && isBundleOf(bundle, hashes)
    const tileFits = typeof leafTile !== 'string' && leafTile.equals(leafHashes)
    if (!bundleFits && this.#damaged.length < most) this.#damaged.push(bundlePath(size, tile))
    if (!tileFits && this.#damaged.length < most) this.#damaged.push(tilePath(size, 0, tile))
    return bundleFits && tileFits
  }
}

const expected = Buffer.alloc(leavesPerTile * (hashBytes + 2))

/** Whether a bundle (c2sp.org/tlog-tiles, "Log entries") holds these hashes. */
function isBundleOf(bundle: Buffer, hashes: Buffer): boolean {
  const width = hashes.length / hashBytes
  for (let leaf = 0; leaf < width; leaf += 1) {
    expected[leaf * (hashBytes + 2) + 1] = hashBytes
    hashes.copy(expected, leaf * (hashBytes + 2) + 2, leaf * hashBytes, (leaf + 1) * hashBytes)
  }
  return bundle.equals(expected.subarray(0, bundle.length))
}

/** How wide the last tile of level 0 is. */
export function restWidth(size: number): number {
  return tileWidthIn(size, 0, Math.floor(size / leavesPerTile))
}
