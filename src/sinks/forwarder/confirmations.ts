import type { Confirmation, ConfirmHandle, Sink } from '../sink.ts'
import type { Clock } from './clock.ts'
import type { Slot, Window } from './window.ts'

/** Asks the sink about what is pending, one question at a time and not too often. */
export class Confirmations {
  readonly #sink: Sink
  readonly #clock: Clock
  readonly #intervalMs: number
  #notBefore = 0
  #waiting = false
  #task: Promise<void> | undefined

  constructor(sink: Sink, clock: Clock) {
    this.#sink = sink
    this.#clock = clock
    this.#intervalMs = sink.capabilities.confirmIntervalMs ?? 1000
  }

  /** Whether something was pending when last looked. */
  get waiting(): boolean {
    return this.#waiting
  }

  /** The question that is under way. */
  get task(): Promise<void> | undefined {
    return this.#task
  }

  /** When to ask next; infinite when nothing is pending or a question is under way. */
  get nextAt(): number {
    return this.#waiting && this.#task === undefined ? this.#notBefore : Number.POSITIVE_INFINITY
  }

  /**
   * Asks, if something is pending and it is time. `onAnswer` hears of each event that is confirmed or must be sent again, and
   * `onDone` whether the sink had an answer at all.
   */
  start(
    window: Window,
    signal: AbortSignal,
    onAnswer: (slot: Slot, confirmed: boolean) => void,
    onDone: (answered: boolean) => void,
  ): void {
    if (this.#task !== undefined || this.#sink.confirm === undefined) return
    this.#waiting = window.pending.size > 0
    if (!this.#waiting || this.#clock.now() < this.#notBefore) return
    this.#task = this.#ask([...window.pending], signal, onAnswer).then((answered) => {
      this.#notBefore = this.#clock.now() + this.#intervalMs
      this.#task = undefined
      this.#waiting = window.pending.size > 0
      return onDone(answered)
    })
  }

  async #ask(
    slots: readonly Slot[],
    signal: AbortSignal,
    onAnswer: (slot: Slot, confirmed: boolean) => void,
  ): Promise<boolean> {
    const handles = [...new Set(slots.flatMap(({ handle }) => handle ?? []))]
    const answers = await this.#sink.confirm?.(handles, { signal }).catch(() => undefined)
    const byHandle = new Map<ConfirmHandle, Confirmation | undefined>()
    for (const [index, handle] of handles.entries()) byHandle.set(handle, answers?.[index])
    for (const slot of slots) {
      const answer = slot.handle === undefined ? undefined : byHandle.get(slot.handle)
      if (answer === 'confirmed' || answer === 'unknown') onAnswer(slot, answer === 'confirmed')
    }
    return answers?.length === handles.length
  }
}
