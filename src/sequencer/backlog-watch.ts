import { quietly } from '../quietly.ts'
import type { Backlog } from './status.ts'

/** Raises an alarm when an entry goes without a leaf for too long. */
export class BacklogWatch {
  readonly #read: () => Promise<Backlog>
  readonly #alarmAfterMs: number
  readonly #onBacklog: ((backlog: Backlog) => void) | undefined
  #timer: NodeJS.Timeout | undefined
  #raised = false

  /** @param onBacklog without it nothing is watched */
  constructor(read: () => Promise<Backlog>, alarmAfterMs: number, onBacklog: ((backlog: Backlog) => void) | undefined) {
    this.#read = read
    this.#alarmAfterMs = alarmAfterMs
    this.#onBacklog = onBacklog
  }

  start(): void {
    if (this.#onBacklog === undefined || this.#timer !== undefined) return
    this.#timer = setInterval(() => void this.#look(), Math.min(this.#alarmAfterMs / 2, 60_000))
    this.#timer.unref()
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  async #look(): Promise<void> {
    // When the database does not answer, the sequencer's own state says so.
    const backlog = await this.#read().catch(() => undefined)
    if (backlog === undefined || this.#timer === undefined) return
    const isLate = (backlog.oldest?.ageMs ?? 0) > this.#alarmAfterMs
    const isNew = isLate && !this.#raised
    this.#raised = isLate
    // What the host does with the alarm must not end the watch.
    if (isNew) quietly(() => this.#onBacklog?.(backlog))
  }
}
