import { type Database, executorOf } from '../../database/database.ts'
import { type PlacedLeaf, readPlacedLeaves } from '../../query/placed-leaves.ts'
import { Checkpoints, type StoredCheckpoint } from '../../sequencer/checkpoints.ts'
import { StoredTree } from '../../sequencer/stored-tree.ts'
import { CompactRange, partialTiles } from '../../tlog/index.ts'
import { LeafEntry } from '../leaf-entry.ts'
import type { CheckpointDetails, ForwardedNotice } from '../log-item.ts'
import type { Clock } from './clock.ts'
import type { Position, SourceItem } from './progress.ts'

/**
 * Reads what is to be forwarded: leaves in their order, as far as a stored checkpoint covers them, and a checkpoint after the
 * leaves that it covers. Each entry knows the hash of the one before it.
 */
export class LogSource {
  readonly #db: Database
  readonly #schema: string
  readonly #clock: Clock
  readonly #checkpointIntervalMs: number
  /** Covers the leaves that are being read. */
  #target: StoredCheckpoint | undefined
  #newestSize = 0
  /** Where it was read last. */
  #from = 0
  #lastCheckpointAt = 0
  /** The last leaf that was read. */
  #previous: { readonly leafIndex: number; readonly entryHash: string } | undefined
  // As if entries were of the largest kind, until it is known how large they are.
  #averageBytes = 65_536

  constructor(db: Database, schema: string, clock: Clock, checkpointIntervalMs: number) {
    this.#db = db
    this.#schema = schema
    this.#clock = clock
    this.#checkpointIntervalMs = checkpointIntervalMs
  }

  /** Size of the newest checkpoint that was seen. */
  get newestSize(): number {
    return this.#newestSize
  }

  /**
   * The next items after a position.
   *
   * @returns none when there is nothing new yet
   */
  async read(from: Position): Promise<readonly SourceItem[]> {
    // The position was moved back: what is sent again is proven in pieces as well.
    if (from.leafIndex < this.#from) this.#target = undefined
    this.#from = from.leafIndex
    const target = await this.#targetFor(from)
    if (target === undefined) return []
    if (from.leafIndex < target.size) return this.#leaves(from, target)
    if (target.size <= from.checkpointSize || !this.#isCheckpointDue(target.size - from.checkpointSize)) return []
    const after = { leafIndex: from.leafIndex, checkpointSize: target.size }
    const item = await this.#notice(target)
    this.#lastCheckpointAt = this.#clock.now()
    return [{ item, after }]
  }

  // A log that grows fast is proven in pieces: within each, a verifier that finds the copy altered can say no more than where
  // the piece is.
  async #targetFor({ leafIndex, checkpointSize }: Position): Promise<StoredCheckpoint | undefined> {
    if (this.#target !== undefined && leafIndex < this.#target.size) return this.#target
    if (this.#target !== undefined && checkpointSize < this.#target.size && this.#target.size === leafIndex) {
      if (this.#isCheckpointDue(leafIndex - checkpointSize)) return this.#target
    }
    const checkpoints = new Checkpoints(executorOf(this.#db), this.#schema)
    const newest = await checkpoints.latest()
    if (newest === undefined || newest.size < leafIndex) return undefined
    this.#newestSize = newest.size
    this.#target =
      newest.size - leafIndex > pieceLeaves
        ? ((await checkpoints.covering(leafIndex + pieceLeaves - 1)) ?? newest)
        : newest
    return this.#target
  }

  #isCheckpointDue(leaves: number): boolean {
    return leaves >= pieceLeaves || this.#clock.now() - this.#lastCheckpointAt >= this.#checkpointIntervalMs
  }

  async #leaves(from: Position, target: StoredCheckpoint): Promise<readonly SourceItem[]> {
    const executor = executorOf(this.#db)
    const limit = Math.max(10, Math.min(chunkLeaves, Math.floor(chunkBytes / this.#averageBytes)))
    const known = this.#previous?.leafIndex === from.leafIndex - 1
    // One leaf more when the hash of the one before is not known.
    const begin = known || from.leafIndex === 0 ? from.leafIndex : from.leafIndex - 1
    const end = Math.min(target.size, from.leafIndex + limit)
    const leaves = await readPlacedLeaves(executor, this.#schema, begin, end - begin)
    const items: SourceItem[] = []
    let bytes = 0
    for (const leaf of leaves) {
      if (leaf.leafIndex >= from.leafIndex) this.#push(items, leaf, from.checkpointSize)
      this.#previous = { leafIndex: leaf.leafIndex, entryHash: leaf.entryHash }
      bytes += leaf.content?.length ?? 0
    }
    if (leaves.length > 0) this.#averageBytes = Math.max(100, bytes / leaves.length)
    return items
  }

  #push(items: SourceItem[], { leafIndex, entryHash, content }: PlacedLeaf, checkpointSize: number): void {
    const after = { leafIndex: leafIndex + 1, checkpointSize }
    if (content !== null) {
      const previousEntryHash = this.#previous?.leafIndex === leafIndex - 1 ? this.#previous.entryHash : null
      items.push({ item: new LeafEntry(leafIndex, content, entryHash, previousEntryHash), after })
      return
    }
    const last = items.at(-1)
    const goesOn = last?.item.kind === 'gone' ? last.item.firstLeafIndex : undefined
    if (goesOn !== undefined) items.pop()
    items.push({ item: { kind: 'gone', firstLeafIndex: goesOn ?? leafIndex, lastLeafIndex: leafIndex }, after })
  }

  async #notice({ size, rootHash, note, signedAt }: StoredCheckpoint): Promise<ForwardedNotice> {
    const root = Buffer.from(rootHash).toString('hex')
    const details: CheckpointDetails = {
      tree_size: size,
      root_hash: root,
      note,
      edge: Buffer.from(await this.#edge(size)).toString('base64'),
    }
    return {
      kind: 'checkpoint',
      id: `checkpoint-${size}-${root.slice(0, 16)}`,
      timestamp: signedAt,
      action: 'audit_log.checkpoint',
      details,
    }
  }

  /** The hashes of the complete subtrees of a tree, left to right, from the tiles at its right edge. */
  async #edge(size: number): Promise<Uint8Array> {
    const tiles = await new StoredTree(executorOf(this.#db), this.#schema).readTiles(partialTiles(size))
    // A partial tile of a higher level lies further to the left.
    return Buffer.concat(
      tiles.toReversed().map((tile) => {
        const range = new CompactRange()
        range.append(tile)
        return range.hashes
      }),
    )
  }
}

/** Leaves between two checkpoints that are forwarded, about, while a backlog is worked off. */
const pieceLeaves = 10_000
const chunkLeaves = 2000
/** Characters of entries to read at once, about. */
const chunkBytes = 4 * 1024 * 1024
