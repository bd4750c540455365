import { AuditLogError } from '../errors.ts'
import type { DeliveryStatus } from './status.ts'

const longestPauseMs = 60_000

/** What a lane brings to its place. */
interface Freight {
  readonly size: number
  /** Freight of the same key need not be brought twice. */
  readonly key: string
}

/**
 * The way to one witness or one publisher: one delivery at a time, always of the newest checkpoint, at growing distances
 * after failures. A place that is slow or down holds up nothing but its own lane.
 */
export class Lane<T extends Freight> {
  readonly #name: string
  readonly #deliver: (freight: T, signal: AbortSignal) => Promise<void>
  readonly #timeoutMs: number
  #newest: T | undefined
  #delivered: T | undefined
  #failure: string | undefined
  #failures = 0
  #notBefore = 0
  #working: Promise<void> | undefined

  constructor(name: string, timeoutMs: number, deliver: (freight: T, signal: AbortSignal) => Promise<void>) {
    this.#name = name
    this.#timeoutMs = timeoutMs
    this.#deliver = deliver
  }

  /** Hands over the newest checkpoint; also what failed before is tried again then. Resolves when nothing is under way. */
  offer(freight: T): Promise<void> {
    this.#newest = freight
    if (this.#working === undefined && !this.#isIdle()) {
      this.#working = this.#work().finally(() => {
        this.#working = undefined
      })
    }
    return this.settled()
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    await this.#working
  }

  /** Whether there is nothing to do about the checkpoint of this size now: it was delivered, or a pause after a failure lasts. */
  isDoneWith(size: number): boolean {
    return this.#isIdle() && (this.#delivered?.size === size || this.#notBefore > Date.now())
  }

  status(): DeliveryStatus {
    return { name: this.#name, size: this.#delivered?.size ?? 0, failure: this.#failure }
  }

  #isIdle(): boolean {
    return this.#newest === undefined || this.#newest.key === this.#delivered?.key || this.#notBefore > Date.now()
  }

  async #work(): Promise<void> {
    while (this.#newest !== undefined && !this.#isIdle()) {
      const freight = this.#newest
      try {
        await withDeadline(this.#timeoutMs, (signal) => this.#deliver(freight, signal))
        this.#delivered = freight
        this.#failure = undefined
        this.#failures = 0
      } catch (error) {
        this.#failure = error instanceof Error ? error.message : 'unknown'
        this.#failures += 1
        const pause = Math.min(longestPauseMs, 500 * 2 ** this.#failures) * (0.5 + Math.random() / 2)
        this.#notBefore = Date.now() + pause
      }
    }
  }
}

/**
 * Runs `work` and gives up on it after a time, also when it does not heed its signal.
 *
 * @throws AuditLogError `timeout`
 */
export async function withDeadline<T>(timeoutMs: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const expiry = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new AuditLogError('timeout', `no answer within ${timeoutMs} ms`)
      controller.abort(error)
      reject(error)
    }, timeoutMs)
  })
  try {
    return await Promise.race([work(controller.signal), expiry])
  } finally {
    clearTimeout(timer)
  }
}
