import type { Entry } from '../canonical/entry.ts'
import { entryOfLine } from '../query/leaf-order.ts'
import type { ForwardedEntry } from './log-item.ts'

/** An entry that is parsed by those sinks only that need it parsed. */
export class LeafEntry implements ForwardedEntry {
  readonly kind = 'entry'
  readonly leafIndex: number
  readonly line: string
  readonly entryHash: string
  readonly previousEntryHash: string | null
  #entry: Entry | undefined

  constructor(leafIndex: number, line: string, entryHash: string, previousEntryHash: string | null) {
    this.leafIndex = leafIndex
    this.line = line
    this.entryHash = entryHash
    this.previousEntryHash = previousEntryHash
  }

  get entry(): Entry {
    return (this.#entry ??= entryOfLine(this.line, this.entryHash))
  }
}
