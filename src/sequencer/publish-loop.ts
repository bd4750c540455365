import { setTimeout as sleep } from 'node:timers/promises'
import { parseCheckpoint, parseNote, proveConsistency, TileHashReader } from '../tlog/index.ts'
import { Checkpoints, type StoredCheckpoint } from './checkpoints.ts'
import { Lane } from './lane.ts'
import type { Publisher } from './publisher.ts'
import type { DeliveryStatus } from './status.ts'
import { StoredTree } from './stored-tree.ts'
import type { Turns } from './turns.ts'
import type { Witness } from './witness.ts'

interface PublishLoopOptions {
  readonly db: Turns
  readonly schema: string
  readonly publishers: readonly Publisher[]
  readonly witnesses: readonly Witness[]
  /** How long a delivery may take. */
  readonly deliveryTimeoutMs: number
  /** How long publishers wait for witnesses. */
  readonly cosignWaitMs: number
  /** Called when a delivery begins to fail, for another reason, or no more; must not throw. */
  readonly onChange: () => void
}

type Freight = StoredCheckpoint & { readonly key: string }

/**
 * Takes the newest checkpoint to the witnesses and then to the publishers, beside the sequencing. Each of them has its own
 * lane: one that is slow or down delays neither leaves nor checkpoints nor the others. A cosignature that comes after its
 * checkpoint was published is published with it again.
 *
 * Dies anywhere: the checkpoint is stored, and the next process takes the newest one to all of them. Cosignatures that were
 * not stored yet are asked for again.
 */
export class PublishLoop {
  readonly #db: Turns
  readonly #schema: string
  readonly #checkpoints: Checkpoints
  readonly #tree: StoredTree
  readonly #cosignWaitMs: number
  readonly #witnesses: readonly Lane<Freight>[]
  readonly #publishers: readonly Lane<Freight>[]
  #size = 0
  #publishedSize = 0
  #round: Promise<void> | undefined

  constructor(options: PublishLoopOptions) {
    this.#db = options.db
    this.#schema = options.schema
    this.#checkpoints = new Checkpoints(options.db.executor, options.schema)
    this.#tree = new StoredTree(options.db.executor, options.schema)
    this.#cosignWaitMs = options.cosignWaitMs
    const lane = (
      { name }: { readonly name: string },
      deliver: (freight: Freight, signal: AbortSignal) => Promise<void>,
    ): Lane<Freight> => new Lane(name, options.deliveryTimeoutMs, deliver, options.onChange)
    this.#witnesses = options.witnesses.map((witness) =>
      lane(witness, (freight, signal) => this.#cosign(witness, freight, signal)),
    )
    this.#publishers = options.publishers.map((publisher) =>
      lane(publisher, async ({ size, note }, signal) => {
        await publisher.publish({ size, note }, signal)
        await this.#store((checkpoints) => checkpoints.appendPublication(size, publisher.name))
      }),
    )
  }

  /** Says that a checkpoint of this size is stored. Also tries again what failed before. */
  wake(size: number): void {
    this.#size = size
    // A round that cannot read the database fails; the next one is at most an interval away.
    this.#round ??= this.#carry()
      .catch(() => undefined)
      .finally(() => {
        this.#round = undefined
      })
  }

  /** Resolves when what is under way has ended. */
  async settled(): Promise<void> {
    await this.#round
    await Promise.all([...this.#witnesses, ...this.#publishers].map((lane) => lane.settled()))
  }

  witnesses(): DeliveryStatus[] {
    return this.#witnesses.map((lane) => lane.status())
  }

  publishers(): DeliveryStatus[] {
    return this.#publishers.map((lane) => lane.status())
  }

  async #carry(): Promise<void> {
    const lanes = [...this.#witnesses, ...this.#publishers]
    if (lanes.every((lane) => lane.isDoneWith(this.#size))) return
    const newest = await this.#checkpoints.latest()
    if (newest === undefined) return
    const asked = this.#witnesses.map((lane) => lane.offer({ ...newest, key: String(newest.size) }))
    if (asked.length > 0) await Promise.race([Promise.all(asked), sleep(this.#cosignWaitMs)])
    await this.#publish(newest.size)
  }

  async #cosign(witness: Witness, { size, note }: Freight, signal: AbortSignal): Promise<void> {
    const head = parseCheckpoint(parseNote(note).text)
    const prove = (olderSize: number): Promise<readonly Uint8Array[]> =>
      proveConsistency(olderSize, size, new TileHashReader(head, this.#tree.readTiles))
    const lines = await witness.cosign({ note, head, prove }, signal)
    await this.#store((checkpoints) => checkpoints.appendCosignatures(size, lines))
    // What was published without it already is published again.
    if (this.#publishedSize === size) void this.#publish(size).catch(() => undefined)
  }

  #store(write: (checkpoints: Checkpoints) => Promise<void>): Promise<void> {
    return this.#db.transaction((executor) => write(new Checkpoints(executor, this.#schema)))
  }

  /** With the cosignatures that are stored by now. */
  async #publish(size: number): Promise<void> {
    if (size < this.#size) return
    this.#publishedSize = size
    const stored = await this.#checkpoints.ofSize(size)
    if (stored === undefined) return
    for (const lane of this.#publishers) void lane.offer({ ...stored, key: stored.note })
  }
}
