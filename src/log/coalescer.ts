import type { Entry } from '../canonical/entry.ts'
import { sqlStateOf } from '../database/database-error.ts'
import { AuditLogError } from '../errors.ts'
import type { ReadyEvent } from './event.ts'

/** Limits of a {@link Coalescer}. */
export interface CoalescerLimits {
  /** Statements that are under way at the same time. */
  readonly lanes: number
  /** Events that may wait for a lane; one more is refused. */
  readonly waiting: number
}

interface Waiting {
  readonly event: ReadyEvent
  readonly resolve: (entry: Entry) => void
  readonly reject: (error: unknown) => void
}

const batchEvents = 1000
/** Fewer events than this are not spread over several statements, each with its own commit. */
const worthwhileEvents = 64
/** UTF-16 code units of details in one statement. */
const batchLength = 4 * 1024 * 1024

// Taken when this is loaded: where the tests of a host put a clock that stands still in its place, log() would wait for ever.
const atEndOfTurn = setImmediate

/**
 * Puts concurrent single writes into one statement, without a timer: while a lane is free a call is sent at the end of
 * the current turn of the event loop, and while all lanes are busy the next batch gathers.
 *
 * The promise of each event means what it would mean alone: resolved is committed, and when one event of a batch is
 * refused by the database only that one is rejected.
 */
export class Coalescer {
  readonly #send: (events: readonly ReadyEvent[]) => Promise<Entry[]>
  readonly #limits: CoalescerLimits
  readonly #queue: Waiting[] = []
  #busyLanes = 0
  #scheduled = false

  constructor(send: (events: readonly ReadyEvent[]) => Promise<Entry[]>, limits: CoalescerLimits) {
    this.#send = send
    this.#limits = limits
  }

  /** @throws AuditLogError `queue_full` as a rejection when too many events wait already; nothing is written then */
  write(event: ReadyEvent): Promise<Entry> {
    if (this.#queue.length >= this.#limits.waiting) {
      return Promise.reject(
        new AuditLogError('queue_full', `${this.#limits.waiting} events are waiting to be written already`),
      )
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ event, resolve, reject })
      this.#schedule()
    })
  }

  #schedule(): void {
    if (this.#scheduled || this.#busyLanes >= this.#limits.lanes) return
    this.#scheduled = true
    atEndOfTurn(() => {
      this.#scheduled = false
      this.#startLane()
    })
  }

  #startLane(): void {
    if (this.#queue.length === 0 || this.#busyLanes >= this.#limits.lanes) return
    const batch = this.#takeBatch()
    this.#busyLanes += 1
    void this.#deliver(batch).finally(() => {
      this.#busyLanes -= 1
      if (this.#queue.length > 0) this.#schedule()
    })
    if (this.#queue.length > 0) this.#schedule()
  }

  // The lanes that are free share what waits, so that the database works on as many statements at a time.
  #takeBatch(): Waiting[] {
    const share = Math.ceil(this.#queue.length / (this.#limits.lanes - this.#busyLanes))
    const most = Math.min(Math.max(share, worthwhileEvents), batchEvents, this.#queue.length)
    let length = 0
    let count = 0
    while (count < most) {
      length += this.#queue[count]?.event.detailsText.length ?? 0
      if (count > 0 && length > batchLength) break
      count += 1
    }
    return this.#queue.splice(0, count)
  }

  async #deliver(batch: readonly Waiting[]): Promise<void> {
    try {
      const entries = await this.#send(batch.map(({ event }) => event))
      for (const [index, { resolve }] of batch.entries()) resolve(entries[index] as Entry)
    } catch (error) {
      if (batch.length === 1 || !isFaultOfOneEvent(error)) {
        for (const { reject } of batch) reject(error)
        return
      }
      const middle = batch.length >> 1
      await this.#deliver(batch.slice(0, middle))
      await this.#deliver(batch.slice(middle))
    }
  }
}

// Refused by the rules of the log, by a data error or by a constraint or trigger of somebody else. The statement as a whole
// had no effect, and its other events may be fine.
function isFaultOfOneEvent(error: unknown): boolean {
  const state = sqlStateOf(error)
  return state !== undefined && /^(WO002|22|23|54|P0)/.test(state)
}
