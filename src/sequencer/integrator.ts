import { isCanonical } from '../canonical/is-canonical.ts'
import { sha256Hex } from '../canonical/sha256.ts'
import type { Executor } from '../database/database.ts'
import { AuditLogError } from '../errors.ts'
import { quoteIdentifier } from '../schema/names.ts'
import {
  formatCheckpoint,
  hashLeaves,
  openCheckpoint,
  type RightEdge,
  type Signer,
  signNote,
  type TreeHead,
  trustLogs,
} from '../tlog/index.ts'
import { Checkpoints } from './checkpoints.ts'
import { findPassedOver } from './find-unsequenced.ts'
import { openEdge, requireContinuation } from './open-edge.ts'
import { StoredTree } from './stored-tree.ts'
import { forgetPosition, isLeasedToOther, lockState, renewLease, type SequencerState } from './sequencer-state.ts'
import { takeLeaves, type TakenLeaf } from './take-leaves.ts'
import type { Turns } from './turns.ts'

interface IntegratorOptions {
  readonly db: Turns
  readonly schema: string
  readonly signers: readonly Signer[]
  readonly verifierKeys: readonly string[]
  readonly batchSize: number
  /** Identifies this process. */
  readonly leader: string
  /** Reads the checkpoints that are kept outside of the database: the log must continue each of them. */
  readonly readPublished: () => Promise<readonly string[]>
}

/** The right edge of the tree as of the last commit of this process. */
interface Edge {
  readonly edge: RightEdge
  readonly lastEntryHash: string | null
}

/** How long a process that is at work stays so without a sign of life. */
const leaseMs = 5000

/**
 * One process's hand on the tree: gives entries their leaves, stores the tiles, signs what they make. What it holds in memory
 * is a cache; everything that matters is committed before the next step begins.
 */
export class Integrator {
  readonly #options: IntegratorOptions
  /** Undefined when it is not known what is stored. */
  #edge: Edge | undefined
  /** The newest tree head that this process knows to have been signed. */
  #known: TreeHead | undefined
  /** Whether `known` is up to date: while another process is at work it is not. */
  #readBack = false
  #passedOver: ReadonlySet<string> = new Set()
  treeSize = 0
  checkpointSize = 0
  /** Entries that were not in order when they got their leaf. */
  anomalies = 0

  constructor(options: IntegratorOptions) {
    this.#options = options
  }

  /** Forgets what is in memory: it may not have been committed, or not be all of it. */
  forget(): void {
    this.#edge = undefined
  }

  /**
   * One transaction: the next entries get their leaves, and the tiles that become full are stored with them.
   *
   * Dies before the commit: nothing has happened. Dies after it: the leaves are given out and not signed yet; whoever comes
   * next signs the tree that they make, which is the same whoever does it.
   *
   * @returns how many entries there were; undefined when another process is at work
   */
  async takeBatch(): Promise<number | undefined> {
    const { db, schema, leader, batchSize } = this.#options
    if (await isLeasedToOther(db.executor, schema, leader)) {
      this.#readBack = false
      return undefined
    }
    if (!this.#readBack) await this.#readBackPublished()
    const batch = await db.transaction(async (executor) => {
      const state = await lockState(executor, schema, leader)
      if (state === undefined || state.leasedToOther) return undefined
      const edge = await this.#edgeFor(executor, state)
      const leaves = await takeLeaves(executor, schema, state, batchSize)
      const anomalies = await this.#append(executor, edge, leaves)
      if (state.leaseEndsSoon || state.halted) await renewLease(executor, schema, leader, leaseMs)
      return { edge, leaves, anomalies, lastEntryHash: leaves.at(-1)?.entryHash ?? state.lastEntryHash }
    })
    if (batch === undefined) return undefined
    this.#edge = { edge: batch.edge, lastEntryHash: batch.lastEntryHash }
    this.treeSize = batch.edge.size
    this.anomalies += batch.anomalies
    return batch.leaves.length
  }

  /**
   * Signs the tree when it has grown, and stores the checkpoint.
   *
   * Dies before it is stored: nobody has seen it, and the next process signs the same tree head. Dies after: the next one
   * publishes it. Two processes that sign the same size sign the same tree, because its leaves are committed.
   *
   * @throws AuditLogError `log_forked`, `log_rolled_back`
   */
  async sign(): Promise<void> {
    if (this.#edge === undefined || this.#edge.edge.size === this.checkpointSize) return
    const { edge, lastEntryHash } = this.#edge
    const { db, schema } = this.#options
    const head = { size: edge.size, rootHash: edge.root() }
    const stored =
      (await new Checkpoints(db.executor, schema).ofSize(head.size)) ?? (await this.#store(head, lastEntryHash))
    if (Buffer.compare(stored.rootHash, head.rootHash) !== 0) {
      throw new AuditLogError(
        'log_forked',
        `a checkpoint of ${head.size} leaves with another root hash is stored already`,
      )
    }
    this.#known = head
    this.checkpointSize = head.size
  }

  /**
   * Looks through the whole log for entries that should have a leaf and have none, and lets the next round take them. There
   * are none unless somebody switched the guards off.
   *
   * @returns how many there are
   */
  async sweep(): Promise<number> {
    const { db, schema, leader } = this.#options
    const found = await findPassedOver(db.patient, schema, 10_000)
    if (found.length === 0) return 0
    await db.transaction(async (executor) => {
      const state = await lockState(executor, schema, leader)
      if (state !== undefined && !state.leasedToOther) await forgetPosition(executor, schema)
    })
    this.#passedOver = new Set(found.map(({ seq }) => String(seq)))
    return found.length
  }

  /** The edge in memory when it is that of the stored tree, and otherwise what is stored, checked against what was signed. */
  async #edgeFor(executor: Executor, state: SequencerState): Promise<RightEdge> {
    const cached = this.#edge
    this.#edge = undefined
    if (cached?.edge.size === state.treeSize && cached.lastEntryHash === state.lastEntryHash) return cached.edge
    const { schema, verifierKeys } = this.#options
    const tree = new StoredTree(executor, schema)
    const edge = await openEdge(tree, new Checkpoints(executor, schema), state.treeSize, verifierKeys)
    const current = { size: edge.size, rootHash: edge.root() }
    if (this.#known !== undefined) await requireContinuation(this.#known, current, tree)
    return edge
  }

  /** @returns how many of the entries were not in order */
  async #append(executor: Executor, edge: RightEdge, leaves: readonly TakenLeaf[]): Promise<number> {
    const filled = edge.append(hashLeaves(Buffer.from(leaves.map(({ entryHash }) => entryHash).join(''), 'hex')))
    await new StoredTree(executor, this.#options.schema).writeTiles(filled)
    const anomalies = leaves.flatMap((leaf) => {
      const reason = this.#reasonFor(leaf)
      return reason === undefined ? [] : [{ leaf_index: leaf.leafIndex, reason }]
    })
    if (anomalies.length > 0) {
      await executor.run(
        `insert into ${quoteIdentifier(this.#options.schema)}.leaf_anomaly (leaf_index, reason)
         select leaf_index, reason from pg_catalog.json_to_recordset($1) as anomaly (leaf_index bigint, reason text)`,
        [JSON.stringify(anomalies)],
      )
    }
    return anomalies.length
  }

  // Every committed entry gets its leaf, so that none can be hidden; one that does not verify gets it with a record of why.
  #reasonFor({ seq, line, entryHash }: TakenLeaf): 'hash_mismatch' | 'not_canonical' | 'passed_over' | undefined {
    if (sha256Hex(line) !== entryHash) return 'hash_mismatch'
    if (!isCanonical(line)) return 'not_canonical'
    return this.#passedOver.has(seq) ? 'passed_over' : undefined
  }

  async #store(head: TreeHead, lastEntryHash: string | null): Promise<{ readonly rootHash: Uint8Array }> {
    const { db, schema, signers } = this.#options
    const text = formatCheckpoint({ origin: signers[0]?.name ?? '', ...head, extensions: [] })
    const note = await signNote(text, signers)
    return db.transaction(async (executor) => {
      const checkpoints = new Checkpoints(executor, schema)
      await checkpoints.append({ ...head, note }, lastEntryHash)
      // Another process may have been first; its row is the one that counts.
      const stored = await checkpoints.ofSize(head.size)
      if (stored !== undefined) return stored
      throw new AuditLogError('log_rolled_back', 'the leaves of the tree that was to be signed are gone')
    })
  }

  /** What is kept outside of the database: whoever takes over makes sure that the log continues it. */
  async #readBackPublished(): Promise<void> {
    for (const note of await this.#options.readPublished()) {
      const published = await openCheckpoint(note, trustLogs(this.#options.verifierKeys))
      if (this.#known === undefined || published.size > this.#known.size) {
        this.#known = published
        this.#edge = undefined
      } else if (
        published.size === this.#known.size &&
        Buffer.compare(published.rootHash, this.#known.rootHash) !== 0
      ) {
        throw new AuditLogError('log_forked', `two checkpoints of ${published.size} leaves have been published`)
      }
    }
    this.#readBack = true
  }
}
