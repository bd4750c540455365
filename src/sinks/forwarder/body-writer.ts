import type { Framing } from '../sink.ts'

const sideBySide: Framing = { start: '', between: '', end: '' }

/**
 * Puts bodies together, one after the other. Each event is written once, into memory that is used again, so that its text is
 * garbage at once: what lives until a request is answered costs the garbage collector most.
 */
export class BodyWriter {
  readonly #framing: Framing
  #buffer: Buffer = Buffer.allocUnsafe(64 * 1024)
  #length = 0
  #isEmpty = true

  constructor(framing: Framing = sideBySide) {
    this.#framing = framing
  }

  /**
   * Adds an event, unless the body would be longer than so many bytes.
   *
   * @returns how many bytes it takes; undefined when it was not added
   */
  add(text: string, maximumBytes: number): number | undefined {
    const { start, between, end } = this.#framing
    const framed = (this.#isEmpty ? start : between) + text
    this.#reserve(framed.length * 3 + end.length)
    const bytes = this.#buffer.write(framed, this.#length)
    if (this.#length + bytes + end.length > maximumBytes) return undefined
    this.#length += bytes
    this.#isEmpty = false
    return bytes
  }

  /** The body; the next one begins. */
  take(): Buffer {
    const length = this.#length + this.#buffer.write(this.#framing.end, this.#length)
    this.#length = 0
    this.#isEmpty = true
    return Buffer.from(this.#buffer.subarray(0, length))
  }

  #reserve(bytes: number): void {
    const least = this.#length + bytes
    if (least <= this.#buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(least, this.#buffer.length * 2))
    this.#buffer.copy(larger, 0, 0, this.#length)
    this.#buffer = larger
  }
}
