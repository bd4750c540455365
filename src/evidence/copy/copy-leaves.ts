import type { CopyLeaf } from './copy-event.ts'

const width = 256
/** What is known of a leaf. */
const present = 1
const claimed = 2
/** The event's content does not hash to the hash that it carries. */
export const altered = 4
/** Two events for the leaf say different things. */
export const conflicting = 8

interface Page {
  /** The hashes that the events carry, and those that their successors say they have. */
  readonly own: Buffer
  readonly claims: Buffer
  readonly flags: Uint8Array
}

/** What the events of a copy say about each leaf, in 65 bytes a leaf. */
export class CopyLeaves {
  readonly #pages = new Map<number, Page>()
  #keys: readonly number[] | undefined
  #first = Number.POSITIVE_INFINITY
  #last = -1
  #duplicates = 0

  /** Smallest index of a leaf; infinite when there is none. */
  get first(): number {
    return this.#first
  }
  /** Largest index of a leaf; -1 when there is none. */
  get last(): number {
    return this.#last
  }
  /** Events that say again what another one said. */
  get duplicates(): number {
    return this.#duplicates
  }

  add({ leafIndex, entryHash, contentHash, previousEntryHash }: CopyLeaf): void {
    const own = Buffer.from(entryHash ?? contentHash ?? '', 'hex')
    const differs = entryHash !== undefined && contentHash !== undefined && entryHash !== contentHash
    const [page, at] = this.#page(leafIndex)
    if (this.#has(page, at, present)) {
      this.#duplicates += 1
      const same = this.#hash(page.own, at).equals(own) && differs === this.#has(page, at, altered)
      if (!same) this.#mark(page, at, conflicting)
    } else {
      own.copy(page.own, at * 32)
      this.#mark(page, at, present)
      if (differs) this.#mark(page, at, altered)
    }
    this.#first = Math.min(this.#first, leafIndex)
    this.#last = Math.max(this.#last, leafIndex)
    if (previousEntryHash !== undefined && leafIndex > 0) this.#claim(leafIndex, previousEntryHash)
  }

  /** Whether there is an event for a leaf. */
  isPresent(leafIndex: number): boolean {
    return this.#is(leafIndex, present)
  }

  /** The hash that the event carries. */
  ownHash(leafIndex: number): Buffer | undefined {
    return this.#is(leafIndex, present) ? this.#hash(...this.#read(leafIndex, 'own')) : undefined
  }
  /** The hash that the next leaf's event says this leaf has. */
  claimedHash(leafIndex: number): Buffer | undefined {
    return this.#is(leafIndex, claimed) ? this.#hash(...this.#read(leafIndex, 'claims')) : undefined
  }

  #claim(leafIndex: number, hash: string): void {
    const [page, at] = this.#page(leafIndex - 1)
    const claim = Buffer.from(hash, 'hex')
    if (!this.#has(page, at, claimed)) {
      claim.copy(page.claims, at * 32)
      this.#mark(page, at, claimed)
    } else if (!this.#hash(page.claims, at).equals(claim)) {
      const [own, place] = this.#page(leafIndex)
      this.#mark(own, place, conflicting)
    }
  }

  #is(leafIndex: number, flag: number): boolean {
    const page = this.#pages.get(Math.floor(leafIndex / width))
    return page !== undefined && this.#has(page, leafIndex % width, flag)
  }

  #read(leafIndex: number, row: 'own' | 'claims'): [Buffer, number] {
    const [page, at] = this.#page(leafIndex)
    return [page[row], at]
  }

  #page(leafIndex: number): [Page, number] {
    const key = Math.floor(leafIndex / width)
    let page = this.#pages.get(key)
    if (page === undefined) {
      page = { own: Buffer.alloc(width * 32), claims: Buffer.alloc(width * 32), flags: new Uint8Array(width) }
      this.#pages.set(key, page)
      this.#keys = undefined
    }
    return [page, leafIndex % width]
  }

  /** Ranges without an event, from one leaf up to, but not including, another. However far apart the leaves are, it is quick. */
  gaps(begin: number, end: number): { readonly first: number; readonly last: number }[] {
    const found: { first: number; last: number }[] = []
    let next = begin
    for (const leafIndex of this.marked(present, begin, end)) {
      if (leafIndex > next) found.push({ first: next, last: leafIndex - 1 })
      next = leafIndex + 1
    }
    if (next < end) found.push({ first: next, last: end - 1 })
    return found
  }

  /** The leaves of a range with one of the flags, in their order. */
  *marked(flag: number, begin: number = 0, end: number = Number.POSITIVE_INFINITY): Generator<number, void, undefined> {
    this.#keys ??= [...this.#pages.keys()].sort((a, b) => a - b)
    for (const key of this.#keys) {
      const flags = this.#pages.get(key)?.flags ?? []
      const start = Math.max(0, begin - key * width)
      const stop = Math.min(flags.length, end - key * width)
      for (let at = start; at < stop; at += 1) if (((flags[at] ?? 0) & flag) !== 0) yield key * width + at
    }
  }

  #has(page: Page, at: number, flag: number): boolean {
    return ((page.flags[at] ?? 0) & flag) !== 0
  }
  #mark(page: Page, at: number, flag: number): void {
    page.flags[at] = (page.flags[at] ?? 0) | flag
  }
  #hash(row: Buffer, at: number): Buffer {
    return row.subarray(at * 32, at * 32 + 32)
  }
}
