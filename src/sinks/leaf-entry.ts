import type { Entry } from '../canonical/entry.ts'
import type { EntryMembers, PlacedEntry } from '../query/entry-columns.ts'
import { entryOfLine } from '../query/leaf-order.ts'
import type { ForwardedEntry } from './log-item.ts'

/** An entry that is put together, and parsed, for those sinks only that need it so. */
export class LeafEntry implements ForwardedEntry {
  readonly kind = 'entry'
  readonly leafIndex: number
  readonly entryHash: string
  readonly previousEntryHash: string | null
  readonly #content: PlacedEntry | string

  /** @param content the entry, or its hash preimage */
  constructor(leafIndex: number, content: PlacedEntry | string, entryHash: string, previousEntryHash: string | null) {
    this.leafIndex = leafIndex
    this.#content = content
    this.entryHash = entryHash
    this.previousEntryHash = previousEntryHash
  }

  /** The members of the hash preimage; undefined when it is there as a whole only. */
  get members(): EntryMembers | undefined {
    return typeof this.#content === 'string' ? undefined : this.#content.members
  }

  /** Whether the entry was read as {@link LeafEntry.members}. */
  get isInMembers(): boolean {
    return typeof this.#content !== 'string'
  }

  /** Characters of the preimage, about. */
  get length(): number {
    return this.#content.length
  }

  get line(): string {
    return typeof this.#content === 'string' ? this.#content : this.#content.line
  }

  get entry(): Entry {
    if (parsed?.item !== this) parsed = { item: this, entry: entryOfLine(this.line, this.entryHash) }
    return parsed.entry
  }
}

// An encoder asks for it several times, and then for that of another one: kept with each, they would fill the memory.
let parsed: { readonly item: LeafEntry; readonly entry: Entry } | undefined
