import { hash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { type Database, type Executor, withConnection } from '../database/database.ts'
import { AuditLogError, codeOf } from '../errors.ts'
import { isFileError } from '../files/is-file-error.ts'
import { wholeNumber } from '../option.ts'
import { type LogLeaf, readLeaves } from '../query/leaf-order.ts'
import { checkName } from '../schema/names.ts'
import { Checkpoints, type StoredCheckpoint } from '../sequencer/checkpoints.ts'
import { StoredTree } from '../sequencer/stored-tree.ts'
import {
  encodeEntryBundle,
  formatTilePath,
  hashLeaves,
  openCheckpoint,
  parseCheckpoint,
  parseNote,
  type Policy,
  readRoot,
  type RightEdge,
  type TileData,
  TileHashReader,
  type TreeHead,
} from '../tlog/index.ts'
import { hashBytes } from '../tlog/merkle-hash.ts'
import { readAtMost, walk } from './archive-files.ts'
import {
  belongsTo,
  bundlePath,
  checkpointPath,
  type EntriesFile,
  formatEntriesPath,
  leavesOfFile,
  leavesPerFile,
  leavesPerTile,
  parseArchivePath,
  temporarySuffix,
} from './archive-layout.ts'
import { asOnlyWriter } from './archive-lock.ts'
import { DurableDirectory } from './durable-directory.ts'
import { PreviousLines } from './previous-lines.ts'
import { explainTreeRead } from './tile-fault.ts'
import { newestTrusted } from './trusted-checkpoint.ts'

/** Options of {@link writeArchive}. */
export interface WriteArchiveOptions {
  /** Schema of the log. Default is `audit_log`. */
  readonly schema?: string | undefined
  /**
   * Archives up to the newest checkpoint that this policy trusts, or refuses the one of `upTo` when it does not. Default is
   * none: the checkpoint is not verified.
   */
  readonly policy?: Policy | undefined
  /** Archives up to the checkpoint of this tree size, which must be stored. Default is the newest. */
  readonly upTo?: number | undefined
  /**
   * The first leaf of a new archive that continues another one: rounded down to a multiple of 4,096. Default is 0, or for an
   * archive that is there already what it was begun with.
   */
  readonly from?: number | undefined
  /** Compresses the files of entries of a new archive with gzip. Default is false, or as the archive was begun. */
  readonly gzip?: boolean | undefined
  /** Gets the number of leaves that are dealt with and that of all. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

/** What {@link writeArchive} did. */
export interface ArchiveResult {
  /** Tree size of the checkpoint that the archive now has. */
  readonly size: number
  /** First leaf of the archive. */
  readonly begin: number
  /** Entries that were added. */
  readonly added: number
  /** Leaves among the added ones whose entry is no longer in the log. */
  readonly absent: number
  /** Entries among the added ones that do not hash to their leaf: the archive holds them as they are, and will not verify. */
  readonly faulty: number
}

const pageLeaves = 1024
const largestNoteBytes = 1_000_000

/**
 * Copies the log, or what is new in it, into a directory that verifies offline: `checkpoint` and `tile/` as in
 * c2sp.org/tlog-tiles, and beside them `entries/`, the hash preimage of each entry, one a line, in the order of the leaves.
 *
 * Run again it adds what is new. The checkpoint is written last: until then the directory verifies no further than before. Dies
 * anywhere: run again it goes on, and takes over the files that are whole.
 *
 * @param db a login in the reader role
 * @param directory made when it is not there
 * @throws AuditLogError `checkpoint_unknown`; `log_rolled_back` when the archive is of a larger log; `log_forked` when the log
 * does not continue what was archived; what `openCheckpoint` throws for a checkpoint of `upTo` with a `policy`; `archive_busy`
 * when somebody else is writing into it; `tree_damaged`; `option_invalid`
 */
export async function writeArchive(
  db: Database,
  directory: string,
  options: WriteArchiveOptions = {},
): Promise<ArchiveResult> {
  const schema = checkName(options.schema ?? 'audit_log', '$.schema')
  wholeNumber(options.upTo ?? 0, 0, Number.MAX_SAFE_INTEGER, '$.upTo')
  wholeNumber(options.from ?? 0, 0, Number.MAX_SAFE_INTEGER, '$.from')
  try {
    return await withConnection(db, async (executor) => {
      const checkpoints = new Checkpoints(executor, schema)
      const target = await (options.upTo === undefined
        ? newestTrusted(checkpoints, options.policy)
        : checkpoints.ofSize(options.upTo))
      if (target === undefined) throw new AuditLogError('checkpoint_unknown', 'the log has no such checkpoint')
      if (options.upTo !== undefined && options.policy !== undefined) await openCheckpoint(target.note, options.policy)
      return await asOnlyWriter(directory, async () =>
        new ArchiveWriter(executor, schema, directory, target, await lookAt(directory), options).write(),
      )
    })
  } catch (error) {
    // What the file system says is not the database's.
    throw isFileError(error) ? error : explainTreeRead(error)
  }
}

/** What is in the directory already. */
interface Present {
  readonly checkpoint: (TreeHead & { readonly origin: string }) | undefined
  readonly entries: readonly EntriesFile[]
}

class ArchiveWriter {
  readonly #executor: Executor
  readonly #schema: string
  readonly #root: string
  readonly #target: StoredCheckpoint
  readonly #present: Present
  readonly #onProgress: WriteArchiveOptions['onProgress']
  readonly #tree: StoredTree
  readonly #files: DurableDirectory
  readonly #begin: number
  readonly #gzip: boolean
  readonly #counts = { added: 0, absent: 0, faulty: 0 }

  constructor(
    executor: Executor,
    schema: string,
    root: string,
    target: StoredCheckpoint,
    present: Present,
    options: WriteArchiveOptions,
  ) {
    this.#executor = executor
    this.#schema = schema
    this.#root = root
    this.#target = target
    this.#present = present
    this.#onProgress = options.onProgress
    this.#tree = new StoredTree(executor, schema)
    this.#files = new DurableDirectory(root)
    const begun = present.entries.length > 0
    const firstFile = begun
      ? Math.min(...present.entries.map(({ index }) => index))
      : Math.floor((options.from ?? 0) / leavesPerFile)
    this.#begin = firstFile * leavesPerFile
    this.#gzip = begun ? present.entries.some(({ gzip }) => gzip) : (options.gzip ?? false)
  }

  async write(): Promise<ArchiveResult> {
    const { size, rootHash, note } = this.#target
    const start = Math.max(this.#begin, this.#present.checkpoint?.size ?? 0)
    this.#requireContinuation(start)
    const reader = new TileHashReader({ size, rootHash }, this.#tree.readTiles)
    const rootAtStart = await readRoot(start, reader)
    const { checkpoint } = this.#present
    if (
      checkpoint !== undefined &&
      start === checkpoint.size &&
      Buffer.compare(rootAtStart, checkpoint.rootHash) !== 0
    ) {
      throw new AuditLogError('log_forked', `the log does not continue the archive's checkpoint of ${start} leaves`)
    }
    const edge = await this.#tree.restoreEdge({ size: start, rootHash: rootAtStart })
    for (let file = Math.floor(start / leavesPerFile); file * leavesPerFile < size; file += 1) {
      await this.#writeFile(file, start, edge)
      this.#onProgress?.(Math.min(size, (file + 1) * leavesPerFile), size)
    }
    if (Buffer.compare(edge.root(), rootHash) !== 0) {
      throw new AuditLogError('tree_damaged', 'the leaves do not make the tree that was signed')
    }
    await Promise.all(edge.partialTiles().map((tile) => this.#writeTile(tile)))
    await this.#files.settle()
    // From here on the archive verifies up to the new checkpoint. Dies before: up to the old one, with files that are too many.
    await this.#files.write(checkpointPath, Buffer.from(note))
    await this.#files.settle()
    await this.#removeSuperseded()
    return { size, begin: this.#begin, ...this.#counts }
  }

  #requireContinuation(start: number): void {
    const { size, note } = this.#target
    const { checkpoint } = this.#present
    if (checkpoint !== undefined && checkpoint.origin !== parseCheckpoint(parseNote(note).text).origin) {
      throw new AuditLogError('checkpoint_foreign', 'the directory is the archive of another log')
    }
    if (start > size) {
      throw new AuditLogError('log_rolled_back', `the archive begins or ends after the checkpoint of ${size} leaves`)
    }
  }

  /** One file of entries, and the tiles that become full with it. */
  async #writeFile(file: number, start: number, edge: RightEdge): Promise<void> {
    const { size } = this.#target
    const base = file * leavesPerFile
    const count = leavesOfFile(size, file)
    const expected = Buffer.from(await this.#tree.readEntryHashes(base, base + count))
    const previous = new PreviousLines(
      this.#root,
      this.#present.entries.filter(({ index }) => index === file),
    )
    const added = count - Math.max(0, start - base)
    if (await previous.matches(expected, count)) this.#counts.added += added
    else {
      await this.#files.write(
        formatEntriesPath({ index: file, leaves: count, gzip: this.#gzip }),
        this.#readEntries(base, count, start, previous),
      )
    }
    const filled = edge.append(hashLeaves(expected.subarray((count - added) * hashBytes)))
    const bundles: Promise<void>[] = []
    for (let tile = base; tile < base + count; tile += leavesPerTile) {
      const width = Math.min(leavesPerTile, base + count - tile)
      if (tile + width <= start) continue
      const entries = Array.from({ length: width }, (_, leaf) =>
        expected.subarray((tile - base + leaf) * hashBytes, (tile - base + leaf + 1) * hashBytes),
      )
      bundles.push(this.#files.write(bundlePath(size, tile / leavesPerTile), encodeEntryBundle(entries)))
    }
    await Promise.all([...bundles, ...filled.map((tile) => this.#writeTile(tile))])
  }

  /** The lines of a file. An entry that is no longer in the log comes from the archive, if that had it. */
  async *#readEntries(
    base: number,
    count: number,
    start: number,
    previous: PreviousLines,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    for (let at = base; at < base + count;) {
      const leaves = await readLeaves(this.#executor, this.#schema, at, Math.min(pageLeaves, base + count - at))
      if (leaves.length === 0 || leaves[0]?.leafIndex !== at) throw damaged()
      const lines: string[] = []
      for (const leaf of leaves) {
        // What was archived before is kept when the log has lost or altered it.
        const intact = leaf.line !== null && hash('sha256', leaf.line) === leaf.entryHash
        const line = (intact ? leaf.line : await previous.line(leaf.leafIndex - base)) ?? leaf.line ?? ''
        if (leaf.leafIndex >= start) this.#count(leaf, line)
        // A line feed can only be in an entry that was altered; the lines must stay lines.
        lines.push(line.includes('\n') ? line.replaceAll('\n', ' ') : line)
      }
      const text = Buffer.from(`${lines.join('\n')}\n`)
      yield this.#gzip ? gzipSync(text) : text
      at += leaves.length
    }
  }

  #count(leaf: LogLeaf, line: string): void {
    this.#counts.added += 1
    if (line === '') this.#counts.absent += 1
    else if (hash('sha256', line) !== leaf.entryHash) this.#counts.faulty += 1
  }

  #writeTile(tile: TileData): Promise<void> {
    return this.#files.write(formatTilePath(tile), tile.data)
  }

  /** Removes what an older checkpoint or an interrupted run left; never a file that an archive would not have. */
  async #removeSuperseded(): Promise<void> {
    for await (const files of walk(this.#root)) {
      for (const { path } of files) {
        const temporary = path.endsWith(temporarySuffix)
        const file = parseArchivePath(temporary ? path.slice(0, -temporarySuffix.length) : path)
        const ours = file !== undefined || path === `${checkpointPath}${temporarySuffix}`
        const current = file !== undefined && belongsTo(file, this.#begin, this.#target.size) && this.#isChosen(file)
        if (ours && (temporary || !current)) await rm(join(this.#root, path), { force: true })
      }
    }
  }

  #isChosen(file: NonNullable<ReturnType<typeof parseArchivePath>>): boolean {
    return !('gzip' in file) || file.gzip === this.#gzip
  }
}

async function lookAt(directory: string): Promise<Present> {
  const note = readAtMost(join(directory, checkpointPath), largestNoteBytes)
  if (note !== 'missing' && typeof note === 'string') {
    throw new AuditLogError('file_unreadable', 'the checkpoint of the archive cannot be read')
  }
  const entries: EntriesFile[] = []
  try {
    for await (const files of walk(directory)) {
      for (const { path, regular } of files) {
        const file = regular ? parseArchivePath(path) : undefined
        if (file !== undefined && 'gzip' in file) entries.push(file)
      }
    }
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
  }
  return { checkpoint: note === 'missing' ? undefined : parseCheckpoint(parseNote(note).text), entries }
}

function damaged(): AuditLogError {
  return new AuditLogError('tree_damaged', 'a leaf that the checkpoint covers is missing')
}
