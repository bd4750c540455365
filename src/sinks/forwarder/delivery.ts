import { codeOf } from '../../errors.ts'
import { quietly } from '../../quietly.ts'
import { observe, type Telemetry } from '../../telemetry/telemetry.ts'
import { timestampOf } from '../item-text.ts'
import type { SendResult, Sink } from '../sink.ts'
import { Batcher, type TakenBatch } from './batcher.ts'
import { backoffMs, type Clock } from './clock.ts'
import { Confirmations } from './confirmations.ts'
import { Gate } from './gate.ts'
import type { Position, Progress, SourceItem } from './progress.ts'
import { settle } from './settle.ts'
import { type ForwarderCounters, type ForwarderProblem, noCounters } from './status.ts'
import { Window } from './window.ts'

/** What a delivery works with. */
export interface DeliveryOptions {
  readonly sink: Sink
  /** Name of the forwarder, and what watches its requests. */
  readonly name?: string | undefined
  readonly telemetry?: Telemetry | undefined
  readonly start: Position
  /** The next items after a position, in the order of the log; none when there is nothing new. */
  readonly read: (from: Position) => Promise<readonly SourceItem[]>
  /** Makes progress durable. The delivery ends when it rejects with {@link LeaseLostError}, and tries again otherwise. */
  readonly commit: (progress: Progress) => Promise<void>
  readonly clock: Clock
  /** How often to look for new items when there are none, in milliseconds. */
  readonly intervalMs: number
  /** Bytes of events to hold at most, about; two chunks that are read may go over it. */
  readonly maxBufferedBytes: number
  /** How long to wait for what is under way when it is stopped, in milliseconds. */
  readonly stopTimeoutMs: number
  /** Called whenever something may have changed. */
  readonly onChange?: () => void
}

/** How many events of a request the receiver has taken. */
const takenOf = ({ outcomes }: SendResult): number =>
  outcomes.filter(({ kind }) => kind === 'delivered' || kind === 'pending').length

/** Another process has taken over, or somebody moved the cursor. */
export class LeaseLostError extends Error {
  override readonly name: string = 'LeaseLostError'
}

type Counters = { -readonly [name in keyof ForwarderCounters]: number }

/**
 * Takes items from the log to one sink, at least once each: reads ahead, sends batches, asks for confirmations, waits when it
 * must, and commits how far everything is final. It knows no database: whoever runs it reads and commits.
 *
 * Dies anywhere: what was not committed is read and sent again, with the same bytes.
 */
export class Delivery {
  readonly counters: Counters = { ...noCounters }
  readonly #options: DeliveryOptions
  readonly #window = new Window()
  readonly #batcher: Batcher
  readonly #gate: Gate
  readonly #confirmations: Confirmations
  /** Events in the largest batch so far. */
  #largestBatch = 0
  /** What was read last. */
  #unadded: readonly SourceItem[] = []
  /** Behind the last item that was read. */
  #read: Position
  #committed: Position
  #readTask: Promise<void> | undefined
  #commitTask: Promise<void> | undefined
  readonly #sendTasks = new Set<Promise<void>>()
  readonly #breakOff = new AbortController()
  #readNotBefore = 0
  #commitNotBefore = 0
  #databaseFailures = 0
  #databaseProblem: ForwarderProblem | undefined
  #uncommitted: Progress | undefined
  #lost: LeaseLostError | undefined
  #wake: (() => void) | undefined
  /** Whether something has happened since the loop last looked. */
  #rung = false

  constructor(options: DeliveryOptions) {
    this.#options = options
    this.#read = options.start
    this.#committed = options.start
    this.#batcher = new Batcher(options.sink, this.#window, () => (this.counters.rejected += 1))
    this.#gate = new Gate(options.clock, options.sink.capabilities.maxInFlight)
    this.#confirmations = new Confirmations(options.sink, options.clock)
  }

  /** Everything before this is final and committed. */
  get committed(): Position {
    return this.#committed
  }

  get problem(): ForwarderProblem | undefined {
    return this.#gate.problem ?? this.#databaseProblem
  }

  get lastSuccessAt(): number | undefined {
    return this.#gate.lastSuccessAt
  }

  get bufferedBytes(): number {
    return this.#window.bytes
  }

  get unconfirmed(): number {
    return this.#window.pending.size
  }

  /** RFC 3339 time of the oldest event that is not settled. */
  get oldestTimestamp(): string | undefined {
    const item = this.#window.oldest?.item
    // A row that was altered so that it is no JSON has none that can be told.
    return item === undefined ? undefined : quietly(() => timestampOf(item))
  }

  /**
   * Works until the signal aborts; then finishes what is under way and commits.
   *
   * @throws LeaseLostError when somebody else is at it now
   */
  async run(signal: AbortSignal): Promise<void> {
    const ring = (): void => this.#ring()
    signal.addEventListener('abort', ring)
    try {
      while (!signal.aborted && this.#lost === undefined) {
        const items = this.#unadded
        this.#unadded = []
        // The database looks for the next while these are encoded.
        this.#startReading()
        this.#add(items)
        this.#startSending()
        this.#startConfirming()
        this.#startCommitting()
        this.#options.onChange?.()
        await this.#sleep(signal)
      }
      await this.#finish()
    } finally {
      signal.removeEventListener('abort', ring)
    }
    if (this.#lost !== undefined) throw this.#lost
  }

  #startReading(): void {
    if (this.#readTask !== undefined || this.#isFull() || this.#options.clock.now() < this.#readNotBefore) return
    this.#readTask = this.#readChunk().finally(() => {
      this.#readTask = undefined
      this.#ring()
    })
  }

  // What waits is more to keep for the garbage collector and gets nothing there sooner, once there are batches to go on with.
  #isFull(): boolean {
    const { size, bytes, ready } = this.#window
    const enough = ready > 0 && ready >= batchesAhead * this.#largestBatch
    return enough || bytes >= this.#options.maxBufferedBytes || size >= maximumItems
  }

  async #readChunk(): Promise<void> {
    const { clock, intervalMs, read } = this.#options
    try {
      this.#unadded = await read(this.#read)
      this.#read = this.#unadded.at(-1)?.after ?? this.#read
      if (this.#unadded.length === 0) this.#readNotBefore = clock.now() + intervalMs
      this.#databaseWorks()
    } catch (error) {
      this.#readNotBefore = clock.now() + this.#databaseFails(error)
    }
  }

  #add(items: readonly SourceItem[]): void {
    for (const source of items) {
      this.#window.add(source)
      const { item } = source
      if (item.kind === 'gone') this.counters.gone += item.lastLeafIndex - item.firstLeafIndex + 1
    }
  }

  #startSending(): void {
    while (this.#gate.isOpen(this.#sendTasks.size, this.#confirmations.waiting)) {
      const taken = this.#batcher.take(this.#gate.batchLimit, this.#gate.byteLimit)
      if (taken === undefined) return
      const task = this.#send(taken).finally(() => {
        this.#sendTasks.delete(task)
        this.#ring()
      })
      this.#sendTasks.add(task)
    }
  }

  async #send({ slots, batch }: TakenBatch): Promise<void> {
    const { sink, name, telemetry } = this.#options
    const bytes = batch.body.length
    this.#largestBatch = Math.max(this.#largestBatch, slots.length)
    this.counters.requests += 1
    this.counters.bytes += bytes
    for (const { attempts } of slots) if (attempts > 0) this.counters.repeated += 1
    const probing = this.#gate.isPaused
    const send = (): Promise<SendResult> => sink.send(batch, { signal: this.#breakOff.signal })
    const result = await observe(telemetry, 'forward', { name, entries: slots.length }, send, takenOf).catch(
      (error: unknown): SendResult => brokenSink(error),
    )
    settle({ slots, bytes, result, gate: this.#gate, window: this.#window, counters: this.counters, probing })
  }

  #startConfirming(): void {
    this.#confirmations.start(
      this.#window,
      this.#breakOff.signal,
      (slot, confirmed) => {
        if (confirmed) {
          this.#window.confirm(slot)
          this.counters.delivered += 1
        } else this.#window.release(slot)
        this.#gate.confirmed(confirmed)
        this.#ring()
      },
      (answered) => {
        if (!answered) this.#gate.confirmed(false)
        this.#ring()
      },
    )
  }

  #startCommitting(): void {
    if (this.#commitTask !== undefined || this.#options.clock.now() < this.#commitNotBefore) return
    this.#uncommitted ??= this.#window.takeSettled()
    if (this.#uncommitted === undefined) return
    this.#commitTask = this.#commit(this.#uncommitted).finally(() => {
      this.#commitTask = undefined
      this.#ring()
    })
  }

  async #commit(progress: Progress): Promise<void> {
    const { clock, commit } = this.#options
    try {
      await commit(progress)
      this.#committed = progress.position
      this.#uncommitted = undefined
      this.#databaseWorks()
    } catch (error) {
      if (error instanceof LeaseLostError) this.#lost = error
      else this.#commitNotBefore = clock.now() + this.#databaseFails(error)
    }
  }

  async #finish(): Promise<void> {
    const { clock, stopTimeoutMs } = this.#options
    const deadline = clock.now() + stopTimeoutMs
    const open = (): boolean => this.#lost === undefined && (this.#sendTasks.size > 0 || this.#confirmations.waiting)
    while (open() && clock.now() < deadline) {
      this.#startConfirming()
      await this.#until(Math.min(deadline, this.#confirmations.nextAt), new AbortController().signal)
    }
    this.#breakOff.abort()
    await Promise.all([...this.#sendTasks, this.#readTask, this.#confirmations.task])
    await this.#commitTask
    if (this.#lost !== undefined) return
    // Twice: what a failed commit has left over, and what was settled since.
    for (let attempt = 0; attempt < 2; attempt += 1) {
      this.#uncommitted ??= this.#window.takeSettled()
      if (this.#uncommitted !== undefined) await this.#commit(this.#uncommitted)
    }
  }

  // Until something happens, or it is time for something.
  async #sleep(signal: AbortSignal): Promise<void> {
    const times = [this.#confirmations.nextAt]
    if (this.#readTask === undefined && !this.#isFull()) times.push(this.#readNotBefore)
    if (this.#commitTask === undefined && this.#uncommitted !== undefined) times.push(this.#commitNotBefore)
    if (this.#window.ready > 0 && this.#sendTasks.size === 0) {
      times.push(this.#gate.nextAt(this.#confirmations.waiting))
    }
    await this.#until(Math.min(...times), signal)
  }

  async #until(time: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    if (this.#rung || signal.aborted) {
      this.#rung = false
      return
    }
    const waking = new AbortController()
    this.#wake = () => waking.abort()
    // Timers take 2^31-1 milliseconds at most; a day is long enough.
    await clock.sleep(Math.max(0, Math.min(time - clock.now(), 86_400_000)), waking.signal)
    this.#wake = undefined
    this.#rung = false
  }

  #ring(): void {
    this.#rung = true
    this.#wake?.()
  }

  #databaseWorks(): void {
    this.#databaseFailures = 0
    this.#databaseProblem = undefined
  }

  #databaseFails(error: unknown): number {
    const { clock } = this.#options
    this.#databaseFailures += 1
    const code = codeOf(error, 'read_failed')
    const detail = 'the log cannot be read or the position not be written'
    this.#databaseProblem = { cause: 'database', code, detail, since: this.#databaseProblem?.since ?? clock.now() }
    return backoffMs(this.#databaseFailures, 100, clock.random())
  }
}

/** Batches to have ready behind those that are under way. */
const batchesAhead = 2
/** Items to hold at most; two chunks may go over it. */
const maximumItems = 50_000

const brokenSink = (error: unknown): SendResult => ({
  outcomes: [],
  control: {
    kind: 'backoff',
    code: 'sink_broken',
    detail: `the sink's send() failed: ${error instanceof Error ? error.name : 'unknown'}`,
  },
})
