import { parseCheckpoint, parseNote, type TreeHead } from '../tlog/index.ts'
import type { Checkpoints } from './checkpoints.ts'
import type { Publisher } from './publisher.ts'
import type { DeliveryStatus } from './status.ts'
import type { Witness } from './witness.ts'

interface PublishLoopOptions {
  readonly checkpoints: Checkpoints
  readonly publishers: readonly Publisher[]
  readonly witnesses: readonly Witness[]
  readonly prove: (olderSize: number, newer: TreeHead) => Promise<readonly Uint8Array[]>
}

interface Delivery {
  size: number
  failure: string | undefined
  failures: number
  /** When to try again after a failure, in milliseconds since 1970. */
  notBefore: number
}

const longestPauseMs = 60_000

/**
 * Takes the newest checkpoint to the witnesses and then to the publishers, one pass at a time, beside the sequencing: a
 * witness or a publisher that is slow or down delays neither leaves nor checkpoints, only its own copy.
 *
 * Dies anywhere: the checkpoint is stored, and the next process takes the newest one to all of them. Cosignatures that were
 * not stored yet are asked for again.
 */
export class PublishLoop {
  readonly #options: PublishLoopOptions
  readonly #witnessed: ReadonlyMap<Witness, Delivery>
  readonly #published: ReadonlyMap<Publisher, Delivery>
  #wanted = 0
  #working: Promise<void> | undefined

  constructor(options: PublishLoopOptions) {
    this.#options = options
    this.#witnessed = new Map(options.witnesses.map((witness) => [witness, newDelivery()]))
    this.#published = new Map(options.publishers.map((publisher) => [publisher, newDelivery()]))
  }

  /** Says that a checkpoint of this size is stored. Also tries again what failed before. */
  wake(size: number): void {
    this.#wanted = size
    if (this.#working !== undefined || this.#isDone()) return
    this.#working = this.#pass().finally(() => {
      this.#working = undefined
    })
  }

  /** Resolves when what is under way has ended. */
  async settled(): Promise<void> {
    await this.#working
  }

  witnesses(): DeliveryStatus[] {
    return [...this.#witnessed].map(([{ name }, { size, failure }]) => ({ name, size, failure }))
  }

  publishers(): DeliveryStatus[] {
    return [...this.#published].map(([{ name }, { size, failure }]) => ({ name, size, failure }))
  }

  #isDone(): boolean {
    const deliveries = [...this.#witnessed.values(), ...this.#published.values()]
    return deliveries.every(({ size, notBefore }) => size === this.#wanted || notBefore > Date.now())
  }

  async #pass(): Promise<void> {
    const { checkpoints, prove } = this.#options
    const stored = await checkpoints.latest().catch(() => undefined)
    if (stored === undefined) return
    const { note, size } = stored
    const head = parseCheckpoint(parseNote(note).text)
    const lines = await Promise.all(
      [...this.#witnessed].map(([witness, delivery]) =>
        attempt(delivery, size, async () => {
          const added = await witness.cosign({ note, head, prove: (olderSize) => prove(olderSize, head) })
          await checkpoints.appendCosignatures(size, added)
          return added
        }),
      ),
    )
    const cosignedNote =
      note +
      lines
        .flatMap((added) => added ?? [])
        .map((line) => `${line}\n`)
        .join('')
    await Promise.all(
      [...this.#published].map(([publisher, delivery]) =>
        attempt(delivery, size, () => publisher.publish({ size, note: cosignedNote })),
      ),
    )
  }
}

const newDelivery = (): Delivery => ({ size: 0, failure: undefined, failures: 0, notBefore: 0 })

/** Does one delivery of a checkpoint, unless it was done before, and notes how it went. */
async function attempt<T>(delivery: Delivery, size: number, work: () => Promise<T>): Promise<T | undefined> {
  if (delivery.size === size || delivery.notBefore > Date.now()) return undefined
  try {
    const result = await work()
    Object.assign(delivery, newDelivery(), { size })
    return result
  } catch (error) {
    delivery.failure = error instanceof Error ? error.message : 'unknown'
    delivery.failures += 1
    delivery.notBefore = Date.now() + Math.min(longestPauseMs, 500 * 2 ** delivery.failures) * (0.5 + Math.random() / 2)
    return undefined
  }
}
