import { randomUUID } from 'node:crypto'
import { answeringInTime } from '../../database/answer-in-time.ts'
import { type Database, executorOf } from '../../database/database.ts'
import { AuditLogError, codeOf } from '../../errors.ts'
import { optionInvalid, wholeNumber } from '../../option.ts'
import { checkName } from '../../schema/names.ts'
import { quietly } from '../../quietly.ts'
import type { Telemetry } from '../../telemetry/telemetry.ts'
import type { Sink } from '../sink.ts'
import { backoffMs, systemClock } from './clock.ts'
import { Delivery, LeaseLostError } from './delivery.ts'
import { forwarderName, forwarderNameForm } from './forwarder-name.ts'
import { ForwarderState, type Lease } from './forwarder-state.ts'
import { LogSource } from './log-source.ts'
import { type ForwarderCounters, type ForwarderProblem, type ForwarderStatus, noCounters } from './status.ts'

/** Options of {@link Forwarder}. */
export interface ForwarderOptions {
  /** A pool of a login in the sequencer role: it reads the log and moves the position. */
  readonly db: Database
  /** Schema of the log. Default is `audit_log`. */
  readonly schema?: string | undefined
  /** Names the position in the database: letters, digits, `_`, `.` and `-`, at most 63. One for each destination. */
  readonly name: string
  readonly sink: Sink
  /**
   * Where a forwarder that has never run begins: at the first leaf, behind the newest checkpoint (`now`), or at a leaf index.
   * Default is 0.
   */
  readonly startAt?: number | 'now' | undefined
  /** How often to look for new entries, in milliseconds, 10 to 60,000. Default is 1,000. */
  readonly intervalMs?: number | undefined
  /**
   * Least time between two checkpoints that are forwarded, in milliseconds, 0 to 86,400,000. Default is 60,000. While a
   * backlog is worked off, there is one for about 10,000 entries all the same.
   */
  readonly checkpointIntervalMs?: number | undefined
  /** Bytes of events to hold in memory, about, 1 MiB to 1 GiB. Default is 16 MiB. */
  readonly maxBufferedBytes?: number | undefined
  /** How long a process that dies keeps others from taking over, in milliseconds, 500 to 600,000. Default is 5,000. */
  readonly leaseMs?: number | undefined
  /** How long {@link Forwarder.stop} waits for answers and confirmations, in milliseconds, 0 to 600,000. Default is 10,000. */
  readonly stopTimeoutMs?: number | undefined
  /** How long nothing may get through before `onFailing` is called, in milliseconds, 0 or more. Default is 300,000. */
  readonly failingAfterMs?: number | undefined
  /** Called once when nothing has got through for `failingAfterMs`: the place for an alarm. */
  readonly onFailing?: ((status: ForwarderStatus) => void) | undefined
  /** Called when `state` or the code of `problem` in {@link Forwarder.status} changes. */
  readonly onStateChange?: ((status: ForwarderStatus) => void) | undefined
  /**
   * Called when events go to the dead letter, which `counters` in the status count as `rejected`, `quarantined` or `gone`: at once,
   * and then at most once a minute for all that followed.
   */
  readonly onDeadLetter?: ((status: ForwarderStatus) => void) | undefined
  /** What watches the forwarder at work, e.g. `openTelemetry()` of the subpath `opentelemetry`. Default is nothing. */
  readonly telemetry?: Telemetry | undefined
}

/**
 * Takes the log to one sink: every entry at least once, in leaf order, from a position that the database keeps. The log is the
 * queue, so a sink that is down, slow or wrong costs nothing but its own lag, and blocks no other.
 *
 * Runs in any process, or in several: one is at work at a time, and another takes over within `leaseMs` when it dies. An entry
 * that the receiver will never take goes to the dead letter with the reason, and the rest goes on.
 *
 * @example
 * const forwarder = new Forwarder({ db, name: 'splunk', sink: new SplunkSink({ url, token }) })
 * forwarder.start()
 * process.once('SIGTERM', () => void forwarder.stop())
 */
export class Forwarder {
  readonly #options: ForwarderOptions
  readonly #state: ForwarderState
  readonly #leader: string = randomUUID()
  readonly #source: LogSource
  readonly #leaseMs: number
  #loop: Promise<void> | undefined
  #stopping = new AbortController()
  #phase: 'stopped' | 'standby' | 'held' | 'working' = 'stopped'
  #delivery: Delivery | undefined
  #leaseProblem: ForwarderProblem | undefined
  #past: ForwarderCounters = noCounters
  #nextLeafIndex = 0
  #lastSuccessAt: number | undefined
  #announced = ''
  #failingAnnounced = false
  #buriedAnnounced = { count: 0, notBefore: 0 }

  /** @throws AuditLogError `option_invalid` */
  constructor(options: ForwarderOptions) {
    executorOf(options.db)
    const schema = checkName(options.schema ?? 'audit_log', '$.schema')
    if (!forwarderName.test(options.name)) throw optionInvalid(forwarderNameForm, '$.name')
    for (const [option, minimum, maximum] of ranges) {
      const value = options[option]
      if (value !== undefined) wholeNumber(value, minimum, maximum, `$.${option}`)
    }
    const { startAt = 0 } = options
    if (startAt !== 'now' && !(Number.isSafeInteger(startAt) && startAt >= 0)) {
      throw optionInvalid('a leaf index or "now"', '$.startAt')
    }
    this.#options = options
    this.#leaseMs = options.leaseMs ?? 5000
    const db = answeringInTime(options.db)
    this.#state = new ForwarderState(db, schema, options.name)
    this.#source = new LogSource(db, schema, systemClock, options.checkpointIntervalMs ?? 60_000)
  }

  /**
   * Begins, and goes on until {@link stop}. Errors do not end it: they show in the status and are tried again.
   *
   * @throws AuditLogError `closed` when it was stopped: its sink is closed
   */
  start(): void {
    if (this.#stopping.signal.aborted) throw new AuditLogError('closed', 'a stopped forwarder cannot be started again')
    if (this.#loop !== undefined) return
    this.#stopping = new AbortController()
    this.#phase = 'standby'
    this.#loop = this.#run(this.#stopping.signal)
  }

  /**
   * Finishes what is under way, makes the position durable, closes the sink and lets another process take over at once. What
   * the receiver has not answered or confirmed by then is sent again by whoever comes next. A stopped forwarder cannot be
   * started again.
   */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#loop
    this.#phase = 'stopped'
    await this.#options.sink.close()
    await this.#state.release(this.#leader).catch(() => undefined)
    this.#announce()
  }

  /**
   * Holds the forwarding, in whatever process it runs, until {@link resume}. Survives restarts.
   *
   * @throws AuditLogError `forwarder_unknown` when none of this name has ever run
   */
  async pause(): Promise<void> {
    await this.#state.hold(true)
  }

  /** Ends {@link pause}. @throws AuditLogError `forwarder_unknown` */
  async resume(): Promise<void> {
    await this.#state.hold(false)
  }

  /**
   * Sends everything from a leaf on again, e.g. after data was lost at the receiver. Works whichever process forwards.
   *
   * @throws AuditLogError `option_invalid` also for a leaf that has not been sent yet; `forwarder_unknown`
   */
  async replayFrom(leafIndex: number): Promise<void> {
    await this.#state.moveTo(wholeNumber(leafIndex, 0, Number.MAX_SAFE_INTEGER, '$.leafIndex'))
  }

  /** What it is doing. */
  status(): ForwarderStatus {
    const delivery = this.#delivery
    const problem = delivery?.problem ?? this.#leaseProblem
    const nextLeafIndex = delivery?.committed.leafIndex ?? this.#nextLeafIndex
    const oldest = delivery?.oldestTimestamp
    return {
      name: this.#options.name,
      destination: this.#options.sink.description,
      state: stateOf(this.#phase, problem),
      problem,
      nextLeafIndex,
      lag: Math.max(0, this.#source.newestSize - nextLeafIndex),
      oldestAgeMs: oldest === undefined ? undefined : Math.max(0, Date.now() - Date.parse(oldest)),
      unconfirmed: delivery?.unconfirmed ?? 0,
      bufferedBytes: delivery?.bufferedBytes ?? 0,
      counters: sum(this.#past, delivery?.counters ?? noCounters),
      lastSuccessAt: delivery?.lastSuccessAt ?? this.#lastSuccessAt,
    }
  }

  async #run(signal: AbortSignal): Promise<void> {
    let failures = 0
    while (!signal.aborted) {
      try {
        await this.#state.create(this.#options.startAt ?? 0)
        const lease = await this.#state.lease(this.#leader, this.#leaseMs, undefined)
        this.#leaseProblem = undefined
        failures = 0
        if (lease === undefined) this.#phase = 'standby'
        else if (lease.held) this.#phase = 'held'
        else await this.#work(lease, signal)
      } catch (error) {
        failures += 1
        this.#leaseProblem = databaseProblem(error, this.#leaseProblem)
      }
      this.#announce()
      // What ended the work may be over at once: the position was moved.
      const idle = this.#phase === 'working' ? 0 : this.#leaseMs / 3
      await systemClock.sleep(failures > 0 ? backoffMs(failures, 100, Math.random()) : idle, signal)
    }
  }

  /** Delivers under a lease, and renews it, until it is stopped, held, moved or lost. */
  async #work({ generation, position }: Lease, signal: AbortSignal): Promise<void> {
    const ending = new AbortController()
    const delivery = new Delivery({
      sink: this.#options.sink,
      name: this.#options.name,
      telemetry: this.#options.telemetry,
      start: position,
      read: (from) => this.#source.read(from),
      commit: (progress) => this.#state.commit(this.#leader, generation, progress),
      clock: systemClock,
      intervalMs: this.#options.intervalMs ?? 1000,
      maxBufferedBytes: this.#options.maxBufferedBytes ?? 16 * 1024 * 1024,
      stopTimeoutMs: this.#options.stopTimeoutMs ?? 10_000,
      onChange: () => this.#announce(),
    })
    this.#delivery = delivery
    this.#phase = 'working'
    const renewing = this.#renew(generation, delivery, ending)
    try {
      await delivery.run(AbortSignal.any([signal, ending.signal]))
    } catch (error) {
      if (!(error instanceof LeaseLostError)) throw error
    } finally {
      ending.abort()
      this.#past = sum(this.#past, delivery.counters)
      this.#nextLeafIndex = delivery.committed.leafIndex
      this.#lastSuccessAt = delivery.lastSuccessAt ?? this.#lastSuccessAt
      this.#delivery = undefined
      await renewing
    }
  }

  /** Ends the delivery when the lease is lost, or could not be renewed for so long that it may be, or somebody wants it. */
  async #renew(generation: string, delivery: Delivery, ending: AbortController): Promise<void> {
    let renewedAt = systemClock.now()
    for (;;) {
      await systemClock.sleep(this.#leaseMs / 3, ending.signal)
      if (isAborted(ending.signal)) return
      try {
        const lease = await this.#state.lease(this.#leader, this.#leaseMs, delivery.problem?.code)
        if (lease === undefined || lease.held || lease.generation !== generation) ending.abort()
        renewedAt = systemClock.now()
        this.#leaseProblem = undefined
      } catch (error) {
        this.#leaseProblem = databaseProblem(error, this.#leaseProblem)
        if (systemClock.now() - renewedAt > this.#leaseMs) ending.abort()
      }
      this.#announce()
    }
  }

  #announce(): void {
    const { onFailing, onStateChange, failingAfterMs = 300_000 } = this.#options
    const problem = this.#delivery?.problem ?? this.#leaseProblem
    const current = `${stateOf(this.#phase, problem)}/${problem?.code ?? ''}`
    if (current !== this.#announced) {
      this.#announced = current
      this.#tell(onStateChange)
    }
    const failing = problem !== undefined && systemClock.now() - problem.since >= failingAfterMs
    const before = this.#failingAnnounced
    this.#failingAnnounced = failing
    if (failing && !before) this.#tell(onFailing)
    this.#announceBuried()
  }

  #announceBuried(): void {
    const { rejected, quarantined, gone } = sum(this.#past, this.#delivery?.counters ?? noCounters)
    const buried = rejected + quarantined + gone
    const { count, notBefore } = this.#buriedAnnounced
    const now = systemClock.now()
    if (buried === count || (now < notBefore && this.#phase !== 'stopped')) return
    this.#buriedAnnounced = { count: buried, notBefore: now + 60_000 }
    this.#tell(this.#options.onDeadLetter)
  }

  #tell(listener: ((status: ForwarderStatus) => void) | undefined): void {
    // A listener of the host's that throws is no reason to stop forwarding.
    quietly(() => listener?.(this.status()))
  }
}

const isAborted = (signal: AbortSignal): boolean => signal.aborted

const ranges: readonly (readonly [
  'intervalMs' | 'checkpointIntervalMs' | 'maxBufferedBytes' | 'leaseMs' | 'stopTimeoutMs' | 'failingAfterMs',
  number,
  number,
])[] = [
  ['intervalMs', 10, 60_000],
  ['checkpointIntervalMs', 0, 86_400_000],
  ['maxBufferedBytes', 1024 * 1024, 1024 * 1024 * 1024],
  ['leaseMs', 500, 600_000],
  ['stopTimeoutMs', 0, 600_000],
  ['failingAfterMs', 0, Number.MAX_SAFE_INTEGER],
]

function sum(a: ForwarderCounters, b: ForwarderCounters): ForwarderCounters {
  return {
    delivered: a.delivered + b.delivered,
    duplicates: a.duplicates + b.duplicates,
    quarantined: a.quarantined + b.quarantined,
    rejected: a.rejected + b.rejected,
    gone: a.gone + b.gone,
    repeated: a.repeated + b.repeated,
    requests: a.requests + b.requests,
    bytes: a.bytes + b.bytes,
  }
}

function stateOf(
  phase: 'stopped' | 'standby' | 'held' | 'working',
  problem: ForwarderProblem | undefined,
): ForwarderStatus['state'] {
  if (phase === 'stopped') return 'stopped'
  if (problem?.cause === 'database') return 'failing'
  if (phase !== 'working') return phase
  if (problem === undefined) return 'running'
  return problem.cause === 'receiver' ? 'backing_off' : 'paused'
}

function databaseProblem(error: unknown, before: ForwarderProblem | undefined): ForwarderProblem {
  const code = codeOf(error, 'lease_failed')
  const detail = "the forwarder's row cannot be read or written"
  return { cause: 'database', code, detail, since: before?.since ?? systemClock.now() }
}
