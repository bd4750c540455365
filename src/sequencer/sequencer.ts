import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { isCanonical } from '../canonical/is-canonical.ts'
import { sha256Hex } from '../canonical/sha256.ts'
import { type Database, type Executor, executorOf, withTransaction } from '../database/database.ts'
import { DatabaseError, sqlStateOf } from '../database/database-error.ts'
import { AuditLogError, type AuditLogErrorCode } from '../errors.ts'
import { checkName, quoteIdentifier } from '../schema/names.ts'
import {
  formatCheckpoint,
  hashLeaves,
  openCheckpoint,
  proveConsistency,
  type RightEdge,
  type Signer,
  signNote,
  TileHashReader,
  type TreeHead,
  trustLogs,
} from '../tlog/index.ts'
import { Checkpoints } from './checkpoints.ts'
import { openEdge, requireContinuation } from './open-edge.ts'
import { PublishLoop } from './publish-loop.ts'
import type { Publisher } from './publisher.ts'
import type { SequencerStatus } from './status.ts'
import { StoredTree } from './stored-tree.ts'
import {
  endLease,
  isLeasedToOther,
  lockState,
  renewLease,
  type SequencerState,
  takeLeaves,
  type TakenLeaf,
} from './take-leaves.ts'
import type { Witness } from './witness.ts'

/** Options of {@link Sequencer}. */
export interface SequencerOptions {
  /** A pool of a login in the sequencer role, used for nothing else. */
  readonly db: Database
  /** Schema of the log. Default is `audit_log`. */
  readonly schema?: string | undefined
  /**
   * Signs the checkpoints; more than one while a key is being replaced. The name of each is the log's origin, such as
   * `audit.example.com/entraguard`. The key never needs to be on the database's host.
   */
  readonly signers: readonly Signer[]
  /** Verifier keys of this log: those of `signers`, and all that were used before. */
  readonly verifierKeys: readonly string[]
  /** Where checkpoints go: at least one should be out of reach for whoever controls the database. Default is none. */
  readonly publishers?: readonly Publisher[] | undefined
  /** Who is asked to cosign each checkpoint before it is published. Default is none. */
  readonly witnesses?: readonly Witness[] | undefined
  /** How often to look for new entries, in milliseconds, 10 to 60,000. Default is 500. */
  readonly intervalMs?: number | undefined
  /** How many leaves to give out in one transaction, 1 to 100,000. Default is 5,000. */
  readonly batchSize?: number | undefined
  /** Called when the state in {@link Sequencer.status} changes, e.g. to `halted`: the place for an alarm. */
  readonly onStateChange?: ((status: SequencerStatus) => void) | undefined
}

/** How long a process that is at work stays so without a sign of life. */
const leaseMs = 5000
/** A log that contradicts what was signed before is not signed again until somebody has looked. */
const halting: ReadonlySet<AuditLogErrorCode> = new Set(['log_forked', 'log_rolled_back', 'tree_damaged'])

/**
 * Gives committed entries their place in the transparency log: leaf indexes without gaps, the Merkle tree over them, and
 * signed checkpoints.
 *
 * Runs in any process, or in several: one is at work at a time, and another takes over within seconds when it dies. What it
 * holds in memory is a cache; everything that matters is committed before the next step begins.
 *
 * @example
 * const sequencer = new Sequencer({ db, signers: [await createSigner(signerKey)], verifierKeys: [verifierKey], publishers })
 * sequencer.start()
 */
export class Sequencer {
  readonly #db: Database
  readonly #schema: string
  readonly #signers: readonly Signer[]
  readonly #verifierKeys: readonly string[]
  readonly #intervalMs: number
  readonly #batchSize: number
  readonly #onStateChange: ((status: SequencerStatus) => void) | undefined
  readonly #publishing: PublishLoop
  readonly #publishers: readonly Publisher[]
  readonly #leader: string = randomUUID()
  #loop: Promise<void> | undefined
  #stopping: AbortController | undefined
  #state: SequencerStatus['state'] = 'stopped'
  #reason: SequencerStatus['reason']
  #treeSize = 0
  #checkpointSize = 0
  #anomalies = 0
  /** The right edge of the tree as of the last commit of this process; undefined when that is not known. */
  #edge: { readonly edge: RightEdge; readonly lastEntryHash: string | null } | undefined
  /** The newest tree head that this process knows to have been signed. */
  #known: TreeHead | undefined
  #readBack = false

  /** @throws AuditLogError `option_invalid`, `key_malformed` */
  constructor(options: SequencerOptions) {
    this.#db = options.db
    executorOf(options.db)
    this.#schema = checkName(options.schema ?? 'audit_log', '$.schema')
    this.#signers = options.signers
    this.#verifierKeys = options.verifierKeys
    this.#publishers = options.publishers ?? []
    this.#intervalMs = wholeNumber(options.intervalMs ?? 500, 10, 60_000, '$.intervalMs')
    this.#batchSize = wholeNumber(options.batchSize ?? 5000, 1, 100_000, '$.batchSize')
    this.#onStateChange = options.onStateChange
    trustLogs(options.verifierKeys)
    if (new Set(options.signers.map(({ name }) => name)).size !== 1) {
      throw new AuditLogError('option_invalid', 'expected one or more signers of one origin at $.signers', {
        path: '$.signers',
      })
    }
    this.#publishing = new PublishLoop({
      checkpoints: new Checkpoints(executorOf(options.db), this.#schema),
      publishers: this.#publishers,
      witnesses: options.witnesses ?? [],
      prove: (olderSize, newer) => {
        const tree = new StoredTree(executorOf(this.#db), this.#schema)
        return proveConsistency(olderSize, newer.size, new TileHashReader(newer, tree.readTiles))
      },
    })
  }

  /** Begins, and goes on until {@link stop}. Errors do not end it: they show in the status and are tried again. */
  start(): void {
    if (this.#loop !== undefined) return
    this.#stopping = new AbortController()
    this.#loop = this.#runLoop(this.#stopping.signal)
  }

  /** Finishes what is under way, publishing included, and lets another process take over at once. */
  async stop(): Promise<void> {
    this.#stopping?.abort()
    await this.#loop
    this.#loop = undefined
    await this.#publishing.settled()
    if (this.#state !== 'halted') this.#enter('stopped')
    await endLease(executorOf(this.#db), this.#schema, this.#leader).catch(() => undefined)
  }

  /** What it is doing. */
  status(): SequencerStatus {
    return {
      state: this.#state,
      reason: this.#reason,
      treeSize: this.#treeSize,
      checkpointSize: this.#checkpointSize,
      witnesses: this.#publishing.witnesses(),
      publishers: this.#publishing.publishers(),
      anomalies: this.#anomalies,
    }
  }

  /**
   * Does everything that there is to do now, once, publishing included: for scripts and tests. A started sequencer does it by
   * itself.
   *
   * @throws AuditLogError what {@link status} would show as the reason
   */
  async run(): Promise<void> {
    await this.#runPass()
    await this.#publishing.settled()
  }

  async #runLoop(signal: AbortSignal): Promise<void> {
    let failures = 0
    while (!signal.aborted && this.#state !== 'halted') {
      failures = await this.#runPass().then(
        () => 0,
        () => failures + 1,
      )
      const pause = this.#intervalMs * (failures === 0 ? 1 : 2 ** Math.min(failures, 6) * (0.5 + Math.random() / 2))
      await sleep(pause, undefined, { signal }).catch(() => undefined)
    }
  }

  async #runPass(): Promise<void> {
    if (this.#state === 'halted')
      throw new AuditLogError(this.#reason?.code ?? 'log_forked', this.#reason?.message ?? 'halted')
    try {
      for (;;) {
        const taken = await this.#takeBatch()
        if (taken === undefined) return this.#enter('standby')
        await this.#sign()
        this.#enter('active')
        if (taken < this.#batchSize) return
      }
    } catch (error) {
      // What this process believed of the tree may not have been committed, or not be all of it.
      this.#edge = undefined
      const explained = explain(error)
      this.#enter(halting.has(explained.code) ? 'halted' : 'failing', explained)
      throw explained
    }
  }

  /**
   * One transaction: the next entries get their leaves, and the tiles that become full are stored with them.
   *
   * Dies before the commit: nothing has happened. Dies after it: the leaves are given out and not signed yet; whoever comes
   * next signs the tree that they make, which is the same whoever does it.
   *
   * @returns how many entries there were; undefined when another process is at work
   */
  async #takeBatch(): Promise<number | undefined> {
    if (!this.#readBack) await this.#readBackPublished()
    if (await isLeasedToOther(executorOf(this.#db), this.#schema, this.#leader)) return undefined
    return withTransaction(this.#db, async (executor) => {
      await executor.run(
        // Durable before it is signed, whatever the session's default is; and a process that hangs loses the lock.
        `select set_config('synchronous_commit', 'on', true), set_config('idle_in_transaction_session_timeout', '10s', true),
           set_config('lock_timeout', '5s', true)`,
      )
      const state = await lockState(executor, this.#schema, this.#leader)
      if (state === undefined || state.leasedToOther) return undefined
      const edge = await this.#edgeFor(executor, state)
      const leaves = await takeLeaves(executor, this.#schema, state, this.#batchSize)
      await this.#append(executor, edge, leaves)
      if (state.leaseEndsSoon) await renewLease(executor, this.#schema, this.#leader, leaseMs)
      return { edge, leaves, lastEntryHash: leaves.at(-1)?.entryHash ?? state.lastEntryHash }
    }).then((batch) => {
      if (batch === undefined) return undefined
      this.#edge = { edge: batch.edge, lastEntryHash: batch.lastEntryHash }
      this.#treeSize = batch.edge.size
      return batch.leaves.length
    })
  }

  /** The edge in memory when it is that of the stored tree, and otherwise what is stored, checked against what was signed. */
  async #edgeFor(executor: Executor, state: SequencerState): Promise<RightEdge> {
    const cached = this.#edge
    this.#edge = undefined
    if (cached?.edge.size === state.treeSize && cached.lastEntryHash === state.lastEntryHash) return cached.edge
    const tree = new StoredTree(executor, this.#schema)
    const edge = await openEdge(tree, new Checkpoints(executor, this.#schema), state.treeSize, this.#verifierKeys)
    const current = { size: edge.size, rootHash: edge.root() }
    if (this.#known !== undefined) await requireContinuation(this.#known, current, tree)
    return edge
  }

  async #append(executor: Executor, edge: RightEdge, leaves: readonly TakenLeaf[]): Promise<void> {
    const filled = edge.append(hashLeaves(Buffer.from(leaves.map(({ entryHash }) => entryHash).join(''), 'hex')))
    await new StoredTree(executor, this.#schema).writeTiles(filled)
    for (const { leafIndex, entryHash, line } of leaves) {
      // Every committed entry gets its leaf, so that none can be hidden; one that does not verify gets it with a record of why.
      const reason = sha256Hex(line) !== entryHash ? 'hash_mismatch' : isCanonical(line) ? undefined : 'not_canonical'
      if (reason === undefined) continue
      this.#anomalies += 1
      await executor.run(
        `insert into ${quoteIdentifier(this.#schema)}.leaf_anomaly (leaf_index, reason) values ($1, $2)`,
        [leafIndex, reason],
      )
    }
  }

  /**
   * Signs the tree when it has grown, and stores the checkpoint.
   *
   * Dies before it is stored: nobody has seen it, and the next process signs the same tree head. Dies after: the next one
   * publishes it. Two processes that sign the same size sign the same tree, because its leaves are committed.
   */
  async #sign(): Promise<void> {
    const edge = this.#edge?.edge
    if (edge === undefined || edge.size === 0) return
    if (edge.size > this.#checkpointSize) {
      const head = { size: edge.size, rootHash: edge.root() }
      const checkpoints = new Checkpoints(executorOf(this.#db), this.#schema)
      const stored = (await checkpoints.ofSize(head.size)) ?? (await this.#store(head))
      if (Buffer.compare(stored.rootHash, head.rootHash) !== 0) {
        throw new AuditLogError(
          'log_forked',
          `a checkpoint of ${head.size} leaves with another root hash is stored already`,
        )
      }
      this.#known = head
      this.#checkpointSize = head.size
    }
    this.#publishing.wake(this.#checkpointSize)
  }

  async #store(head: TreeHead): Promise<{ readonly rootHash: Uint8Array }> {
    const [signer] = this.#signers
    const text = formatCheckpoint({ origin: signer?.name ?? '', ...head, extensions: [] })
    const note = await signNote(text, this.#signers)
    return withTransaction(this.#db, async (executor) => {
      await executor.run(`select set_config('synchronous_commit', 'on', true)`)
      const checkpoints = new Checkpoints(executor, this.#schema)
      await checkpoints.append({ ...head, note })
      // Another process may have been first; its row is the one that counts.
      return (await checkpoints.ofSize(head.size)) ?? head
    })
  }

  /** What was published outside of the database before this process started: the log must continue it. */
  async #readBackPublished(): Promise<void> {
    for (const publisher of this.#publishers) {
      const note = await publisher.latest?.()
      if (note === undefined) continue
      const published = await openCheckpoint(note, trustLogs(this.#verifierKeys))
      if (this.#known === undefined || published.size > this.#known.size) this.#known = published
      else if (published.size === this.#known.size && Buffer.compare(published.rootHash, this.#known.rootHash) !== 0) {
        throw new AuditLogError('log_forked', `two checkpoints of ${published.size} leaves have been published`)
      }
    }
    this.#readBack = true
  }

  #enter(state: SequencerStatus['state'], reason?: AuditLogError): void {
    const changed = state !== this.#state || reason?.code !== this.#reason?.code
    this.#state = state
    this.#reason = reason === undefined ? undefined : { code: reason.code, message: reason.message }
    if (changed) this.#onStateChange?.(this.status())
  }
}

function explain(error: unknown): AuditLogError {
  if (error instanceof AuditLogError) return error
  const sqlState = sqlStateOf(error)
  const cause = new DatabaseError(error)
  return new AuditLogError('sequencing_failed', `a round failed: ${cause.message}`, {
    cause,
    ...(sqlState === undefined ? {} : { sqlState }),
  })
}

function wholeNumber(value: number, minimum: number, maximum: number, path: string): number {
  if (!Number.isInteger(value) || value < minimum || value > maximum) {
    throw new AuditLogError('option_invalid', `expected a whole number from ${minimum} to ${maximum} at ${path}`, {
      path,
    })
  }
  return value
}
