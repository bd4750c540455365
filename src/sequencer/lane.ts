import { AuditLogError } from '../errors.ts'
import type { DeliveryStatus } from './status.ts'

const longestPauseMs = 60_000
const works = { failure: undefined, code: undefined }

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
  readonly #onChange: () => void
  #newest: T | undefined
  #delivered: T | undefined
  #failure: Pick<DeliveryStatus, 'failure' | 'code'> = works
  #failures = 0
  #notBefore = 0
  #working: Promise<void> | undefined

  /** @param onChange called when it begins to fail, for another reason, or no more; must not throw */
  constructor(
    name: string,
    timeoutMs: number,
    deliver: (freight: T, signal: AbortSignal) => Promise<void>,
    onChange: () => void,
  ) {
    this.#name = name
    this.#timeoutMs = timeoutMs
    this.#deliver = deliver
    this.#onChange = onChange
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
    return this.#isIdle() && (this.#delivered?.size === size || this.#notBefore > performance.now())
  }

  status(): DeliveryStatus {
    return { name: this.#name, size: this.#delivered?.size ?? 0, ...this.#failure }
  }

  #isIdle(): boolean {
    return (
      this.#newest === undefined || this.#newest.key === this.#delivered?.key || this.#notBefore > performance.now()
    )
  }

  async #work(): Promise<void> {
    while (this.#newest !== undefined && !this.#isIdle()) {
      const freight = this.#newest
      const before = this.#failure
      try {
        await withDeadline(this.#timeoutMs, (signal) => this.#deliver(freight, signal))
        this.#delivered = freight
        this.#failure = works
        this.#failures = 0
      } catch (error) {
        this.#failure = {
          failure: error instanceof Error ? error.message : 'unknown',
          code: error instanceof AuditLogError ? error.code : undefined,
        }
        this.#failures += 1
        const pause = Math.min(longestPauseMs, 500 * 2 ** this.#failures) * (0.5 + Math.random() / 2)
        this.#notBefore = performance.now() + pause
      }
      if (this.#failure.failure !== before.failure) this.#onChange()
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
