import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Database } from '../database/database.ts'
import { causeOf } from '../database/database-error.ts'
import { AuditLogError, type AuditLogErrorCode } from '../errors.ts'
import { optionInvalid, wholeNumber } from '../option.ts'
import { checkName } from '../schema/names.ts'
import { quietly } from '../quietly.ts'
import { observe, type Telemetry } from '../telemetry/telemetry.ts'
import { type Signer, trustLogs } from '../tlog/index.ts'
import { backlogOf } from './backlog.ts'
import { BacklogWatch } from './backlog-watch.ts'
import { Integrator } from './integrator.ts'
import { withDeadline } from './lane.ts'
import { PublishLoop } from './publish-loop.ts'
import type { Publisher } from './publisher.ts'
import type { Backlog, SequencerStatus } from './status.ts'
import { endLease, noteHalt } from './sequencer-state.ts'
import { Turns } from './turns.ts'
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
  /**
   * How long a witness or a publisher may take for one checkpoint, in milliseconds, 100 to 300,000. Default is 10,000. One
   * that takes longer is tried again and delays none of the others.
   */
  readonly deliveryTimeoutMs?: number | undefined
  /**
   * How long publishers wait for the cosignatures of witnesses, in milliseconds, 0 to 60,000. Default is 1,000. What comes
   * later is published with the same checkpoint again.
   */
  readonly cosignWaitMs?: number | undefined
  /** How often to look through the whole log for entries without a leaf, in milliseconds, from 1,000. Default is a day. */
  readonly sweepIntervalMs?: number | undefined
  /**
   * Called once when an entry has gone without a leaf for `alarmAfterMs`, by every process that runs a sequencer, one in
   * standby or halted included; and again after that has been mended and happens anew.
   */
  readonly onBacklog?: ((backlog: Backlog) => void) | undefined
  /** In milliseconds, 1,000 or more. Default is 10,000. */
  readonly alarmAfterMs?: number | undefined
  /**
   * Called when the state in {@link Sequencer.status} changes, e.g. to `halted`, and when a witness or a publisher begins to fail,
   * for another reason, or no more: the place for an alarm.
   */
  readonly onStateChange?: ((status: SequencerStatus) => void) | undefined
  /** What watches the sequencer at work, e.g. `openTelemetry()` of the subpath `opentelemetry`. Default is nothing. */
  readonly telemetry?: Telemetry | undefined
}

/** A log that contradicts what was signed before is not signed again until somebody has looked. */
const halting: ReadonlySet<AuditLogErrorCode> = new Set(['log_forked', 'log_rolled_back', 'tree_damaged'])

/**
 * Gives committed entries their place in the transparency log: leaf indexes without gaps, the Merkle tree over them, and
 * signed checkpoints.
 *
 * Runs in any process, or in several: one is at work at a time, and another takes over within seconds when it dies. It holds
 * no session state, so that it also runs through PgBouncer in transaction mode.
 *
 * @example
 * const sequencer = new Sequencer({ db, signers: [await createSigner(signerKey)], verifierKeys: [verifierKey], publishers })
 * sequencer.start()
 */
export class Sequencer {
  readonly #db: Turns
  readonly #schema: string
  readonly #leader: string = randomUUID()
  readonly #intervalMs: number
  readonly #batchSize: number
  readonly #sweepIntervalMs: number
  readonly #onStateChange: ((status: SequencerStatus) => void) | undefined
  readonly #telemetry: Telemetry | undefined
  readonly #integrator: Integrator
  readonly #publishing: PublishLoop
  readonly #watch: BacklogWatch
  #loop: Promise<void> | undefined
  #stopping: AbortController | undefined
  #state: SequencerStatus['state'] = 'stopped'
  #reason: SequencerStatus['reason']
  #nextSweep: number | undefined

  /** @throws AuditLogError `option_invalid`, `key_malformed` */
  constructor(options: SequencerOptions) {
    const { signers, verifierKeys, publishers = [], witnesses = [] } = options
    this.#db = new Turns(options.db)
    this.#schema = checkName(options.schema ?? 'audit_log', '$.schema')
    this.#intervalMs = wholeNumber(options.intervalMs ?? 500, 10, 60_000, '$.intervalMs')
    this.#batchSize = wholeNumber(options.batchSize ?? 5000, 1, 100_000, '$.batchSize')
    this.#sweepIntervalMs = wholeNumber(options.sweepIntervalMs ?? 86_400_000, 1000, 2 ** 31, '$.sweepIntervalMs')
    this.#onStateChange = options.onStateChange
    this.#telemetry = options.telemetry
    const deliveryTimeoutMs = wholeNumber(options.deliveryTimeoutMs ?? 10_000, 100, 300_000, '$.deliveryTimeoutMs')
    const cosignWaitMs = wholeNumber(options.cosignWaitMs ?? 1000, 0, 60_000, '$.cosignWaitMs')
    const alarmAfterMs = wholeNumber(options.alarmAfterMs ?? 10_000, 1000, 2 ** 31, '$.alarmAfterMs')
    trustLogs(verifierKeys)
    if (new Set(signers.map(({ name }) => name)).size !== 1) {
      throw optionInvalid('one or more signers of one origin', '$.signers')
    }
    requireNames(publishers, '$.publishers')
    requireNames(witnesses, '$.witnesses')
    this.#integrator = new Integrator({
      db: this.#db,
      schema: this.#schema,
      signers,
      verifierKeys,
      batchSize: this.#batchSize,
      leader: this.#leader,
      readPublished: () => readPublished(publishers, deliveryTimeoutMs),
    })
    this.#publishing = new PublishLoop({
      db: this.#db,
      schema: this.#schema,
      publishers,
      witnesses,
      deliveryTimeoutMs,
      cosignWaitMs,
      onChange: () => this.#tell(),
    })
    this.#watch = new BacklogWatch(() => this.backlog(), alarmAfterMs, options.onBacklog)
  }

  /**
   * Begins, and goes on until {@link stop}. Errors do not end it: they show in the status and are tried again.
   *
   * @throws AuditLogError `closed` while {@link stop} is under way
   */
  start(): void {
    if (this.#loop !== undefined) {
      if (this.#stopping?.signal.aborted === true)
        throw new AuditLogError('closed', 'the sequencer is still being stopped')
      return
    }
    this.#stopping = new AbortController()
    this.#watch.start()
    this.#loop = this.#runLoop(this.#stopping.signal)
  }

  /** Finishes what is under way, publishing included, and lets another process take over at once. */
  async stop(): Promise<void> {
    this.#stopping?.abort()
    this.#watch.stop()
    await this.#loop
    this.#loop = undefined
    await this.#publishing.settled()
    if (this.#state !== 'halted') this.#enter('stopped')
    await this.#endLease()
  }

  /** What it is doing. */
  status(): SequencerStatus {
    const { treeSize, checkpointSize, anomalies } = this.#integrator
    return {
      state: this.#state,
      reason: this.#reason,
      treeSize,
      checkpointSize,
      witnesses: this.#publishing.witnesses(),
      publishers: this.#publishing.publishers(),
      anomalies,
    }
  }

  /**
   * What has been committed and has no leaf yet, the oldest entry first, and what holds it. Asks the database, so that it
   * also tells of a sequencer that is not at work.
   *
   * @throws AuditLogError `sequencing_failed` when the database refuses, `timeout` when it does not answer
   */
  async backlog(): Promise<Backlog> {
    try {
      return await backlogOf(this.#db.executor, this.#schema)
    } catch (error) {
      throw explain(error)
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
        const take = (): Promise<number | undefined> => this.#integrator.takeBatch()
        const taken = await observe(this.#telemetry, 'sequence', {}, take, (leaves) => leaves ?? 0)
        if (taken === undefined) return this.#enter('standby')
        await this.#integrator.sign()
        if (this.#integrator.checkpointSize > 0) this.#publishing.wake(this.#integrator.checkpointSize)
        this.#enter('active')
        if (taken < this.#batchSize && !(await this.#sweepIfDue())) return
      }
    } catch (error) {
      this.#integrator.forget()
      const explained = explain(error)
      if (halting.has(explained.code)) await this.#halt(explained)
      else this.#enter('failing', explained)
      throw explained
    }
  }

  /** @returns whether there are entries to take for that reason */
  async #sweepIfDue(): Promise<boolean> {
    this.#nextSweep ??= performance.now() + this.#sweepIntervalMs
    if (performance.now() < this.#nextSweep) return false
    this.#nextSweep = performance.now() + this.#sweepIntervalMs
    return (await this.#integrator.sweep()) > 0
  }

  async #halt(reason: AuditLogError): Promise<void> {
    this.#enter('halted', reason)
    // So that it shows in the backlog whoever asks. Another process may take over, and will halt for the same reason.
    await this.#db.transaction((executor) => noteHalt(executor, this.#schema, reason.code)).catch(() => undefined)
    await this.#endLease()
  }

  async #endLease(): Promise<void> {
    // When that fails, the lease ends by itself.
    await this.#db.transaction((executor) => endLease(executor, this.#schema, this.#leader)).catch(() => undefined)
  }

  #enter(state: SequencerStatus['state'], reason?: AuditLogError): void {
    const changed = state !== this.#state || reason?.code !== this.#reason?.code
    this.#state = state
    this.#reason = reason === undefined ? undefined : { code: reason.code, message: reason.message }
    if (changed) this.#tell()
  }

  #tell(): void {
    // What the host does with the news must not stop the log.
    quietly(() => this.#onStateChange?.(this.status()))
  }
}

/** The newest checkpoint of each publisher that can be read. One that does not answer is waited for: nothing is signed until then. */
async function readPublished(publishers: readonly Publisher[], timeoutMs: number): Promise<string[]> {
  const notes = await Promise.all(
    publishers.map(async (publisher) => {
      try {
        return await withDeadline(timeoutMs, async (signal) => publisher.latest?.(signal))
      } catch (error) {
        throw new AuditLogError('publisher_failed', `${publisher.name} does not give back the last checkpoint`, {
          cause: error,
        })
      }
    }),
  )
  return notes.filter((note) => note !== undefined)
}

function explain(error: unknown): AuditLogError {
  if (error instanceof AuditLogError) return error
  const details = causeOf(error)
  return new AuditLogError('sequencing_failed', `a round failed: ${details.cause.message}`, details)
}

function requireNames(places: readonly { readonly name: string }[], path: string): void {
  if (new Set(places.map(({ name }) => name)).size < places.length) throw optionInvalid('different names', path)
}
