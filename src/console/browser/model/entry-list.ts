import type { Entry } from '../../../canonical/entry.ts'

/** A page as the API answers with it. */
export interface ListPage {
  readonly entries: readonly Entry[]
  readonly next_cursor: string | null
  readonly checkpoint: CheckpointJson | null
  readonly uncovered: number
}

/** A checkpoint as the API answers with it; only the note proves anything. */
export interface CheckpointJson {
  readonly tree_size: number
  readonly root_hash: string
  readonly signed_at: string
  readonly note: string
}

/** What is known of one of the rows. */
export interface Row {
  readonly entry: Entry
  /** Whether its hash fits; undefined until it was recomputed. */
  intact: boolean | undefined
}

/**
 * The entries of a list that grows at its end, page by page, and at its beginning, as new ones are recorded. Newest first
 * or oldest first, in the order of (timestamp, seq).
 */
export class EntryList {
  #rows: Row[] = []
  readonly #known = new Set<number>()
  /** Where to go on; null at the end; undefined before the first page. */
  cursor: string | null | undefined = undefined

  get rows(): readonly Row[] {
    return this.#rows
  }

  /** Adds the page that comes after what is there. @returns the rows that were added */
  append({ entries, next_cursor }: Pick<ListPage, 'entries' | 'next_cursor'>): Row[] {
    const added = entries.filter(({ seq }) => !this.#known.has(seq)).map(newRow)
    for (const { entry } of added) this.#known.add(entry.seq)
    for (const row of added) this.#rows.push(row)
    this.cursor = next_cursor
    return added
  }

  /**
   * Takes the newest page again. Entries that are new are put in at their places: one that was recorded early and committed
   * late shows up behind later ones.
   *
   * @returns the rows that were added; undefined when there are so many that the page does not reach down to what is there,
   * and the list has to begin anew
   */
  refresh({ entries, next_cursor }: Pick<ListPage, 'entries' | 'next_cursor'>): Row[] | undefined {
    const added = entries.filter(({ seq }) => !this.#known.has(seq)).map(newRow)
    if (added.length === 0) return added
    if (added.length === entries.length && next_cursor !== null && this.#rows.length > 0) return undefined
    for (const { entry } of added) this.#known.add(entry.seq)
    this.#rows = [...added, ...this.#rows].sort((a, b) => compareNewest(a.entry, b.entry))
    return added
  }
}

function newRow(entry: Entry): Row {
  return { entry, intact: undefined }
}

/** Timestamps of one form in one zone compare as texts do. */
function compareNewest(a: Entry, b: Entry): number {
  return a.timestamp === b.timestamp ? b.seq - a.seq : a.timestamp < b.timestamp ? 1 : -1
}
