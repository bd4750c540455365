import { lengthOf } from '../entry-text.ts'
import { idOf } from '../item-text.ts'
import type { LogItem } from '../log-item.ts'
import type { ConfirmHandle } from '../sink.ts'
import type { DeadLetter, Position, Progress, SourceItem } from './progress.ts'

/** One item between reading and the commit of its position. */
export interface Slot {
  readonly after: Position
  /** Undefined when there is nothing to send; then it is settled from the start. */
  readonly item: LogItem | undefined
  /** What it takes: characters of the entry, about, until it is encoded, and then bytes of the event. */
  bytes: number
  state: 'ready' | 'sending' | 'pending' | 'settled'
  handle: ConfirmHandle | undefined
  deadLetter: DeadLetter | undefined
  /** Attempts that left it open. */
  attempts: number
  /** How many events may go with it in one batch: halved each time that a batch is too large. */
  batchLimit: number
}

/** More than any batch has; an infinite number would be an object of its own in each slot. */
const unlimited = 2 ** 30

/** A slot for what was just read: ready, or settled when there is nothing to send. */
function slotOf({ item, after }: SourceItem): Slot {
  const slot: Slot = {
    after,
    item: item.kind === 'gone' ? undefined : item,
    bytes: item.kind === 'gone' ? 0 : lengthOf(item),
    state: item.kind === 'gone' ? 'settled' : 'ready',
    handle: undefined,
    deadLetter: undefined,
    attempts: 0,
    batchLimit: unlimited,
  }
  if (item.kind === 'gone') {
    const { firstLeafIndex, lastLeafIndex } = item
    const reason = 'the log has the leaf and no longer the entry'
    const id = `leaf-${firstLeafIndex}`
    slot.deadLetter = { item: id, firstLeafIndex, lastLeafIndex, kind: 'gone', code: 'entry_gone', reason }
  }
  return slot
}

/** Settles an item that is not delivered. */
export function bury(slot: Slot, kind: 'rejected' | 'quarantined', code: string, reason: string): void {
  const { item } = slot
  const leafIndex = item?.kind === 'entry' ? item.leafIndex : null
  slot.state = 'settled'
  slot.deadLetter = {
    item: item === undefined ? '' : identityOf(item),
    firstLeafIndex: leafIndex,
    lastLeafIndex: leafIndex,
    kind,
    code,
    reason,
  }
}

/** Whose row was altered so that it is no JSON has no id that can be told. */
function identityOf(item: LogItem): string {
  try {
    return idOf(item)
  } catch {
    return item.kind === 'entry' ? `leaf-${item.leafIndex}` : item.kind
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
  #ready = 0
  readonly #pending = new Set<Slot>()

  /** Items in the window. */
  get size(): number {
    return this.#slots.length
  }

  /** What it holds, in bytes, about. */
  get bytes(): number {
    return this.#bytes
  }

  /** How many items can be sent. */
  get ready(): number {
    return this.#ready
  }

  /** The first item that is not settled. */
  get oldest(): Slot | undefined {
    return this.#slots.find(({ state }) => state !== 'settled')
  }

  add(item: SourceItem): void {
    const slot = slotOf(item)
    this.#slots.push(slot)
    this.#bytes += slot.bytes
    if (slot.state === 'ready') this.#ready += 1
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

  /** Marks an item as being sent, in so many bytes. */
  take(slot: Slot, bytes: number): void {
    slot.state = 'sending'
    this.#ready -= 1
    this.#bytes += bytes - slot.bytes
    slot.bytes = bytes
  }

  /** Settles an item that has no form that the receiver would take. */
  reject(slot: Slot, code: string, reason: string): void {
    this.#ready -= 1
    bury(slot, 'rejected', code, reason)
  }

  /** Makes an item ready to be sent again. */
  release(slot: Slot): void {
    slot.state = 'ready'
    this.#ready += 1
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
      this.#bytes -= slot?.bytes ?? 0
      count += 1
    }
    const last = this.#slots[count - 1]
    if (last === undefined) return undefined
    this.#slots = this.#slots.slice(count)
    this.#firstReady = Math.max(0, this.#firstReady - count)
    return { position: last.after, delivered: count - deadLetters.length, deadLetters }
  }

  /** The first item that can be sent. */
  nextReady(): Slot | undefined {
    while (this.#firstReady < this.#slots.length) {
      const slot = this.#slots[this.#firstReady]
      if (slot?.state === 'ready') return slot
      this.#firstReady += 1
    }
    return undefined
  }
}
