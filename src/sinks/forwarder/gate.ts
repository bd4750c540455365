import type { Control } from '../sink.ts'
import { backoffMs, type Clock } from './clock.ts'
import type { ForwarderProblem } from './status.ts'

/** Whether something may be sent now: waiting after failures, pauses, and how many requests at once. */
export class Gate {
  readonly #clock: Clock
  readonly #maxInFlight: number
  #failures = 0
  #notBefore = 0
  #problem: ForwarderProblem | undefined
  /** That events were taken and not confirmed, until one is: taking them again is no sign that the receiver is well. */
  #unconfirmed: ForwarderProblem | undefined
  #paused = false
  #slowUntil = 0
  /** Whether something pending must be confirmed before anything new is sent. */
  #untilConfirmed = false
  #lastSuccessAt: number | undefined
  #rejectedInARow = 0
  /** Largest batch that the receiver seems to take, learned from its refusals. */
  #byteLimit = Number.POSITIVE_INFINITY

  constructor(clock: Clock, maxInFlight: number) {
    this.#clock = clock
    this.#maxInFlight = maxInFlight
  }

  get problem(): ForwarderProblem | undefined {
    return this.#problem ?? this.#unconfirmed
  }

  get isPaused(): boolean {
    return this.#paused
  }

  /** When something may be sent again; infinite when a confirmation must come first. */
  nextAt(waitingForConfirmation: boolean): number {
    return this.#untilConfirmed && waitingForConfirmation ? Number.POSITIVE_INFINITY : this.#notBefore
  }

  /** How many events were rejected since the receiver last took one. */
  get rejectedInARow(): number {
    return this.#rejectedInARow
  }

  /** Largest sum of bytes for the next batch. */
  get byteLimit(): number {
    return this.#byteLimit
  }

  get lastSuccessAt(): number | undefined {
    return this.#lastSuccessAt
  }

  /** How many events the next batch may have: a probe is small. */
  get batchLimit(): number {
    return this.#paused ? probeItems : Number.POSITIVE_INFINITY
  }

  /** Whether another request may be sent while so many are under way. */
  isOpen(inFlight: number, waitingForConfirmation: boolean): boolean {
    const now = this.#clock.now()
    if (now < this.nextAt(waitingForConfirmation)) return false
    const careful = this.#problem !== undefined || now < this.#slowUntil
    return inFlight < (careful ? 1 : this.#maxInFlight)
  }

  /** The receiver took something. */
  succeeded(): void {
    this.#untilConfirmed = false
    this.#rejectedInARow = 0
    this.#byteLimit *= 1.01
    this.#lastSuccessAt = this.#clock.now()
  }

  /** What the receiver took was confirmed, or could not be. */
  confirmed(isConfirmed: boolean): void {
    if (isConfirmed) {
      this.#unconfirmed = undefined
      this.succeeded()
      return
    }
    const detail = 'the receiver took events and has not confirmed them'
    this.#unconfirmed ??= { cause: 'receiver', code: 'unconfirmed', detail, since: this.#clock.now() }
  }

  /** So many events were rejected. */
  rejected(count: number): void {
    this.#rejectedInARow += count
  }

  /** A batch of so many bytes was too large. */
  tooLarge(bytes: number): void {
    this.#byteLimit = Math.min(this.#byteLimit, bytes / 2)
  }

  /** Draws the consequences of one answer. */
  apply(control: Control): void {
    const now = this.#clock.now()
    switch (control.kind) {
      case 'continue':
        // Another request, sent before, may have been told to wait.
        if (now < this.#notBefore) return
        this.#clear()
        if (control.slowDown === true) {
          this.#slowUntil = now + slowMs
          this.#notBefore = now + slowMs * this.#clock.random()
        }
        return
      case 'split':
      case 'isolate':
        // Halves follow at once: the receiver is well.
        return
      case 'backoff': {
        this.#paused = false
        this.#untilConfirmed = control.untilConfirmed ?? false
        // Several requests that were under way together fail for one reason, so they count as one failure.
        if (now >= this.#notBefore) this.#failures += 1
        const delay = backoffMs(this.#failures, control.minDelayMs ?? 0, this.#clock.random())
        this.#notBefore = Math.max(this.#notBefore, now + delay)
        this.#remember({ cause: 'receiver', code: control.code, detail: control.detail })
        return
      }
      case 'pause':
        this.#paused = true
        this.#notBefore = now + probeIntervalMs
        this.#remember({ cause: control.cause, code: control.code, detail: control.detail })
    }
  }

  #clear(): void {
    this.#failures = 0
    this.#problem = undefined
    this.#paused = false
    this.#notBefore = 0
  }

  #remember(problem: Omit<ForwarderProblem, 'since'>): void {
    this.#problem = { ...problem, since: this.#problem?.since ?? this.#clock.now() }
  }
}

const probeIntervalMs = 60_000
const probeItems = 10
const slowMs = 1000
