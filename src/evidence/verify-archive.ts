import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { AuditLogError } from '../errors.ts'
import { type OpenedCheckpoint, partialTiles, type Policy, readRoot, RightEdge, TileHashReader } from '../tlog/index.ts'
import { hashBytes } from '../tlog/merkle-hash.ts'
import { faultTexts, readAtMost, readExactly, walk } from './archive-files.ts'
import {
  belongsTo,
  checkpointPath,
  countFiles,
  formatEntriesPath,
  leavesOfFile,
  leavesPerFile,
  leavesPerTile,
  parseArchivePath,
  tilePath,
} from './archive-layout.ts'
import { archiveTiles } from './archive-tiles.ts'
import type { CheckedLeaves } from './check-leaves.ts'
import { explainArchive } from './explain-archive.ts'
import { checkParts } from './leaves-pool.ts'
import type { PurgedByOption } from './purge-record.ts'
import { Findings, openOrFind, type VerificationReport } from './verdict.ts'

/** Options of {@link verifyArchive}. */
export interface VerifyArchiveOptions extends PurgedByOption {
  /** Whose checkpoints are trusted: from `parsePolicy`, or from `trustLogs` where no witness is asked for. */
  readonly policy: Policy
  /**
   * A checkpoint, a signed note, up to which the log was verified before: only what is new is read, and the log must continue
   * it. Also finds out that the log was put back or rewritten since. Default is to verify everything.
   */
  readonly since?: string | Uint8Array | undefined
  /** Also checks that each entry is canonical JSON, which takes about four times as long. Default is false. */
  readonly canonical?: boolean | undefined
  /**
   * Threads, 1 to 8, this one included. Default is one for each core, and only this one for less than 131,072 leaves, where
   * starting others costs more than they save.
   */
  readonly workers?: number | undefined
  /** Gets the number of leaves that have been checked and that of all. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

const largestNoteBytes = 1_000_000

/**
 * Verifies an archive: that its checkpoint is signed, that the entries hash to the tree that was signed, in this order and none
 * of them missing, and that tiles and files are those of that tree. Needs no database, trusts nothing but the policy.
 *
 * @param directory made by `writeArchive`; may come from an attacker. Links in it are not followed.
 * @throws AuditLogError `file_unreadable` when there is no such directory, or nothing of an archive in it; `note_unverified` and the like when `since` is no
 * checkpoint of the policy
 * @example
 * const report = await verifyArchive('archive', { policy: trustLogs([verifierKey]) })
 * if (!report.ok) console.error(report.verdict, report.findings)
 */
export async function verifyArchive(directory: string, options: VerifyArchiveOptions): Promise<VerificationReport> {
  const findings = new Findings()
  const note = readAtMost(join(directory, checkpointPath), largestNoteBytes)
  if (typeof note === 'string') {
    const traces = ['entries', 'tile'].filter((name) => existsSync(join(directory, name)))
    if (note === 'missing' && traces.length === 0) {
      const pack = existsSync(join(directory, 'samples.bundle'))
        ? ': verify the samples.bundle of an evidence pack'
        : ''
      throw new AuditLogError('file_unreadable', `there is no archive in this directory, or no such directory${pack}`)
    }
    findings.add('unsigned', `the checkpoint ${faultTexts[note]}`, { file: checkpointPath })
    return findings.report({})
  }
  const head = await openOrFind(note, options.policy, findings)
  if (head === undefined) return findings.report({})
  return new ArchiveCheck(directory, head, findings, options).run()
}

class ArchiveCheck {
  readonly #directory: string
  readonly #head: OpenedCheckpoint
  readonly #findings: Findings
  readonly #options: VerifyArchiveOptions
  readonly #readTiles: ReturnType<typeof archiveTiles>
  #begin = 0
  #gzip = false
  #rest: Uint8Array = new Uint8Array(0)
  #entries = 0
  #bytes = 0
  readonly #absent: [number, number][] = []
  readonly #purges: number[] = []
  readonly #notCanonical: number[] = []
  readonly #suspects: number[] = []
  readonly #damaged: string[] = []

  constructor(directory: string, head: OpenedCheckpoint, findings: Findings, options: VerifyArchiveOptions) {
    this.#directory = directory
    this.#head = head
    this.#findings = findings
    this.#options = options
    this.#readTiles = archiveTiles(directory, head.size)
  }

  async run(): Promise<VerificationReport> {
    const { since, policy } = this.#options
    const known = since === undefined ? undefined : await openKnown(since, policy, this.#head.origin)
    const upper = known === undefined ? await this.#lookOver() : await this.#continueFrom(known)
    if (upper !== undefined) {
      this.#findTwins()
      const rootFits = await this.#checkAll(upper)
      const { purged } = await explainArchive({
        directory: this.#directory,
        head: this.#head,
        begin: this.#begin,
        gzip: this.#gzip,
        rootFits,
        absent: this.#absent,
        purges: this.#purges,
        notCanonical: this.#notCanonical,
        suspects: this.#suspects,
        damaged: this.#damaged,
        findings: this.#findings,
        purgedBy: this.#options.purgedBy,
      })
      return this.#report(purged)
    }
    return this.#report(0)
  }

  /** A full check: the files must be those of a tree of that size, all of them and no others. */
  async #lookOver(): Promise<RightEdge | undefined> {
    const { size } = this.#head
    let [count, lastFile, strange, compressed, plain] = [0, -1, 0, 0, 0]
    for await (const files of walk(this.#directory)) {
      for (const { path, regular } of files) {
        if (path === checkpointPath) continue
        const file = regular ? parseArchivePath(path) : undefined
        if (file === undefined || !belongsTo(file, 0, size)) {
          strange += 1
          if (strange <= 100)
            this.#findings.add('unexpected_file', 'the checkpoint does not cover this file', { file: path })
          continue
        }
        count += 1
        if (!('gzip' in file)) continue
        lastFile = Math.max(lastFile, file.index)
        if (file.gzip) compressed += 1
        else plain += 1
      }
    }
    this.#gzip = compressed > plain
    const expected = countFiles(0, size)
    if (size > 0 && lastFile < 0) {
      this.#findings.add('truncated', 'there are no entries', { leafIndex: 0, leafEnd: size })
      return undefined
    }
    // What is cut off so far that most of it is missing is not worth the search for what else there is.
    if (count < expected / 2 && expected - count > 10_000) {
      this.#findings.add('truncated', `${expected - count} of ${expected} files are missing`, {
        leafIndex: Math.min(size, (lastFile + 1) * leavesPerFile),
        leafEnd: size,
      })
      return undefined
    }
    return new RightEdge()
  }

  /** Files of entries beside which the same ones are in the other form: only one of the two is read, and somebody may read the other. */
  #findTwins(): void {
    const { size } = this.#head
    let named = 0
    for (let index = Math.floor(this.#begin / leavesPerFile); index * leavesPerFile < size && named < 100; index += 1) {
      const file = formatEntriesPath({ index, leaves: leavesOfFile(size, index), gzip: !this.#gzip })
      if (!existsSync(join(this.#directory, file))) continue
      named += 1
      const form = this.#gzip ? 'compressed' : 'not compressed'
      this.#findings.add('unexpected_file', `the entries of this archive are ${form}, and this file was not read`, {
        file,
      })
    }
  }

  /** A check of what is new: the tree up to the known checkpoint comes from the tiles, and must hash to its root. */
  async #continueFrom(known: OpenedCheckpoint): Promise<RightEdge | undefined> {
    const { size, rootHash } = this.#head
    this.#begin = known.size
    if (known.size > size) {
      this.#findings.add(
        'restored_to_earlier',
        `the log had ${known.size} leaves when it was verified, and now has ${size}`,
      )
      return undefined
    }
    const lastFile = Math.ceil(size / leavesPerFile) - 1
    const paths = [false, true].map((gzip) =>
      formatEntriesPath({ index: lastFile, leaves: leavesOfFile(size, lastFile), gzip }),
    )
    this.#gzip =
      size > 0 &&
      !existsSync(join(this.#directory, paths[0] ?? '')) &&
      existsSync(join(this.#directory, paths[1] ?? ''))
    const start = Math.floor(known.size / leavesPerTile) * leavesPerTile
    try {
      // Reading checks the tiles at the edge against the root of the known checkpoint; where nothing is read, restoring does.
      if (start === 0) RightEdge.restore(known, await this.#readTiles(partialTiles(known.size)))
      const rootAtStart = await readRoot(start, new TileHashReader(known, this.#readTiles))
      const above = { size: start / leavesPerTile, rootHash: rootAtStart }
      return RightEdge.restore(above, await this.#readTiles(partialTiles(start)))
    } catch (error) {
      if (!(error instanceof AuditLogError)) throw error
      // Either the tiles are not those of this archive's tree, or the tree is another one than the known checkpoint's.
      const own = await readRoot(known.size, new TileHashReader({ size, rootHash }, this.#readTiles)).catch(
        () => undefined,
      )
      if (own === undefined) this.#findings.add('damaged', 'tiles are missing or do not hash to the signed root')
      else
        this.#findings.add(
          'fork',
          `the log is not the one that had ${known.size} leaves: it was rewritten and signed again`,
        )
      return undefined
    }
  }

  /** @returns whether the entries hash to the signed root */
  async #checkAll(upper: RightEdge): Promise<boolean> {
    const { size } = this.#head
    const scope = {
      directory: this.#directory,
      size,
      begin: upper.size * leavesPerTile,
      known: this.#begin,
      gzip: this.#gzip,
      canonical: this.#options.canonical ?? false,
    }
    for await (const part of checkParts(scope, this.#options.workers)) {
      this.#takeOver(part)
      for (const tile of upper.append(part.tileRoots)) this.#compareTile(tile.level + 1, tile.index, tile.data)
      const done = upper.size * leavesPerTile + part.rest.length / hashBytes
      this.#options.onProgress?.(done, size)
    }
    const partial = upper.partialTiles()
    for (const { level, index, data } of partial) this.#compareTile(level + 1, index, data)
    try {
      RightEdge.restore(this.#head, [
        ...(this.#rest.length > 0 ? [this.#rest] : []),
        ...partial.map(({ data }) => data),
      ])
      return true
    } catch (error) {
      if (error instanceof AuditLogError) return false
      throw error
    }
  }

  #takeOver(part: CheckedLeaves): void {
    this.#rest = part.rest
    this.#entries += part.entries
    this.#bytes += part.bytes
    this.#absent.push(...part.absent)
    this.#purges.push(...part.purges)
    this.#notCanonical.push(...part.notCanonical)
    this.#suspects.push(...part.suspects)
    this.#damaged.push(...part.damaged)
  }

  #compareTile(level: number, index: number, data: Uint8Array): void {
    const path = tilePath(this.#head.size, level, index)
    const stored = readExactly(join(this.#directory, path), data.length)
    if (typeof stored === 'string' || !stored.equals(data)) this.#damaged.push(path)
  }

  #report(purged: number): VerificationReport {
    const { origin, size, cosignatures } = this.#head
    return this.#findings.report({
      origin,
      size,
      begin: this.#begin,
      entries: this.#entries,
      purged,
      bytes: this.#bytes,
      cosignatures,
    })
  }
}

/** The earlier checkpoint is the caller's own: that it cannot be trusted is no finding about the archive. */
async function openKnown(note: string | Uint8Array, policy: Policy, origin: string): Promise<OpenedCheckpoint> {
  const findings = new Findings()
  const known = await openOrFind(note, policy, findings)
  if (known === undefined || known.origin !== origin) {
    throw new AuditLogError('option_invalid', 'the earlier checkpoint is none of this log that the policy trusts')
  }
  return known
}
