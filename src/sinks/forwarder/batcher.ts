import type { LogItem } from '../log-item.ts'
import { type Batch, type EncodedEvent, isUnencodable, type Sink, type Unencodable } from '../sink.ts'
import { BodyWriter } from './body-writer.ts'
import type { Slot, Window } from './window.ts'

/** Events to send together, and their places in the window. */
export interface TakenBatch {
  readonly slots: readonly Slot[]
  readonly batch: Batch
}

/**
 * Makes batches of what is ready in a window. Events are encoded as they are taken, and anew when they are sent again, because
 * they are larger than what they are made of.
 */
export class Batcher {
  readonly #sink: Sink
  readonly #window: Window
  readonly #body: BodyWriter
  readonly #onRejected: () => void

  /** @param onRejected is called for each item that has no form which the receiver would take */
  constructor(sink: Sink, window: Window, onRejected: () => void) {
    this.#sink = sink
    this.#window = window
    this.#body = new BodyWriter(sink.capabilities.framing)
    this.#onRejected = onRejected
  }

  /**
   * Takes the first ready items that fit into one batch, and marks them as being sent.
   *
   * @returns undefined when nothing is ready
   */
  take(maximumItems: number, maximumBytes: number): TakenBatch | undefined {
    const { maxBatchBytes, maxBatchItems, maxBatchSpanMs } = this.#sink.capabilities
    const slots: Slot[] = []
    const ids: string[] = []
    let limit = Math.min(maximumItems, maxBatchItems)
    const span = new Span(maxBatchSpanMs)
    for (let slot = this.#window.nextReady(); slot?.item !== undefined; slot = this.#window.nextReady()) {
      limit = Math.min(limit, slot.batchLimit)
      if (slots.length >= limit) break
      const event = encode(this.#sink, slot.item)
      if (isUnencodable(event)) {
        this.#reject(slot, event)
        continue
      }
      if (!span.takes(event.timestamp)) break
      const alone = slots.length === 0
      const bytes = this.#body.add(event.text, alone ? maxBatchBytes : Math.min(maxBatchBytes, maximumBytes))
      if (bytes !== undefined) {
        this.#window.take(slot, bytes)
        slots.push(slot)
        ids.push(event.id)
      } else if (alone) this.#reject(slot, tooLarge(event, maxBatchBytes))
      else break
    }
    return slots.length === 0 ? undefined : { slots, batch: { ids, body: this.#body.take() } }
  }

  #reject(slot: Slot, { code, reason }: Unencodable): void {
    this.#window.reject(slot, code, reason)
    this.#onRejected()
  }
}

/** {@link Sink.encode}, whose failure costs one item and not the delivery. */
function encode(sink: Sink, item: LogItem): EncodedEvent | Unencodable {
  try {
    return sink.encode(item)
  } catch (error) {
    return { code: 'encode_failed', reason: `the encoder failed: ${error instanceof Error ? error.name : 'unknown'}` }
  }
}

const tooLarge = ({ text }: EncodedEvent, maximumBytes: number): Unencodable => ({
  code: 'too_large',
  reason: `the event has ${Buffer.byteLength(text)} bytes, and the receiver takes ${maximumBytes}`,
})

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
