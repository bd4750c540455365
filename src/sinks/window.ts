import type { DeadLetter, Position, Progress } from './progress.ts'
import type { ConfirmHandle, EncodedEvent, SinkCapabilities } from './sink.ts'

/** One item between reading and the commit of its position. */
export interface Slot {
  readonly after: Position
  /** Undefined when the item cannot be sent; then it is settled from the start. */
  readonly event: EncodedEvent | undefined
  /** Null for a notice. */
  readonly leafIndex: number | null
  state: 'ready' | 'sending' | 'pending' | 'settled'
  handle: ConfirmHandle | undefined
  deadLetter: DeadLetter | undefined
  /** Attempts that left it open. */
  attempts: number
  /** How many events may go with it in one batch: halved each time that a batch is too large. */
  batchLimit: number
}

/** A slot for an item that was just read: ready when it has an event, and settled when it has none. */
export function slotOf(
  after: Position,
  leafIndex: number | null,
  event: EncodedEvent | undefined,
  deadLetter: DeadLetter | undefined,
): Slot {
  return {
    after,
    event,
    leafIndex,
    state: event === undefined ? 'settled' : 'ready',
    handle: undefined,
    deadLetter,
    attempts: 0,
    batchLimit: Number.POSITIVE_INFINITY,
  }
}

/**
 * The items that are read and not yet committed, in the order of the log. They are settled in any order; the position moves
 * over the settled ones at the front only.
 */
export class Window {
  #slots: Slot[] = []
  /** No slot before this one is ready. */
  #firstReady = 0
  #bytes = 0
  #readyBytes = 0
  readonly #pending = new Set<Slot>()

  /** Items in the window. */
  get size(): number {
    return this.#slots.length
  }

  /** Encoded bytes that it holds. */
  get bytes(): number {
    return this.#bytes
  }

  /** Encoded bytes of the items that can be sent. */
  get readyBytes(): number {
    return this.#readyBytes
  }

  /** The first item that is not settled. */
  get oldest(): Slot | undefined {
    return this.#slots.find(({ state }) => state !== 'settled')
  }

  add(slot: Slot): void {
    this.#slots.push(slot)
    const bytes = slot.event?.bytes.length ?? 0
    this.#bytes += bytes
    if (slot.state === 'ready') this.#readyBytes += bytes
  }

  hasReady(): boolean {
    return this.#nextReady() !== undefined
  }

  /** The items that wait for a confirmation. */
  get pending(): ReadonlySet<Slot> {
    return this.#pending
  }

  /** Lets an item wait for a confirmation. */
  await(slot: Slot, handle: ConfirmHandle): void {
    slot.state = 'pending'
    slot.handle = handle
    this.#pending.add(slot)
  }

  /** Settles an item that was confirmed. */
  confirm(slot: Slot): void {
    slot.state = 'settled'
    this.#pending.delete(slot)
  }

  /** Takes the first ready items that fit into one batch, and marks them as being sent. */
  takeBatch(capabilities: SinkCapabilities, limit: number, byteLimit: number): Slot[] {
    const batch: Slot[] = []
    let bytes = 0
    let limitOfAll = Math.min(limit, capabilities.maxBatchItems)
    const span = new Span(capabilities.maxBatchSpanMs)
    for (let slot = this.#nextReady(); slot?.event !== undefined; slot = this.#nextReady()) {
      limitOfAll = Math.min(limitOfAll, slot.batchLimit)
      bytes += slot.event.bytes.length
      if (batch.length >= limitOfAll) break
      if (batch.length > 0 && bytes > Math.min(capabilities.maxBatchBytes, byteLimit)) break
      if (!span.takes(slot.event.timestamp)) break
      slot.state = 'sending'
      this.#readyBytes -= slot.event.bytes.length
      batch.push(slot)
    }
    return batch
  }

  /** Makes an item ready to be sent again. */
  release(slot: Slot): void {
    slot.state = 'ready'
    this.#readyBytes += slot.event?.bytes.length ?? 0
    slot.handle = undefined
    slot.attempts += 1
    this.#pending.delete(slot)
    this.#firstReady = 0
  }

  /** Removes the settled items at the front; undefined when there are none. */
  takeSettled(): Progress | undefined {
    let count = 0
    const deadLetters: DeadLetter[] = []
    while (this.#slots[count]?.state === 'settled') {
      const slot = this.#slots[count]
      if (slot?.deadLetter !== undefined) deadLetters.push(slot.deadLetter)
      this.#bytes -= slot?.event?.bytes.length ?? 0
      count += 1
    }
    const last = this.#slots[count - 1]
    if (last === undefined) return undefined
    this.#slots = this.#slots.slice(count)
    this.#firstReady = Math.max(0, this.#firstReady - count)
    return { position: last.after, delivered: count - deadLetters.length, deadLetters }
  }

  #nextReady(): Slot | undefined {
    while (this.#firstReady < this.#slots.length) {
      const slot = this.#slots[this.#firstReady]
      if (slot?.state === 'ready') return slot
      this.#firstReady += 1
    }
    return undefined
  }
}

/** The time between the first and the last event of a batch. Leaf order is not quite the order of time. */
class Span {
  readonly #maximumMs: number | undefined
  #first = Number.POSITIVE_INFINITY
  #last = Number.NEGATIVE_INFINITY

  constructor(maximumMs: number | undefined) {
    this.#maximumMs = maximumMs
  }

  takes(timestamp: string): boolean {
    if (this.#maximumMs === undefined) return true
    const time = Date.parse(timestamp)
    const [first, last] = [Math.min(this.#first, time), Math.max(this.#last, time)]
    if (last - first > this.#maximumMs) return false
    this.#first = first
    this.#last = last
    return true
  }
}
