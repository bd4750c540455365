import { type EntryFault, findEntryFault } from '../../../canonical/entry.ts'

/** How the work is cut up. */
export interface Pauses {
  /** Lets the page answer to its user, and resolves when there is time again. */
  yield(): Promise<void>
  /** In milliseconds. */
  now(): number
  /** How long to work between two pauses, in milliseconds. Default is 8: half of a frame. */
  readonly budgetMs?: number
}

/**
 * Recomputes the hash of each entry, in pieces so short that nobody who types or scrolls notices.
 *
 * @param onChecked gets the index and what is wrong, null when nothing is
 * @param signal ends it early
 */
export async function verifyPage(
  entries: readonly unknown[],
  onChecked: (index: number, fault: EntryFault | null) => void,
  pauses: Pauses,
  signal?: AbortSignal,
): Promise<void> {
  const budget = pauses.budgetMs ?? 8
  let start = pauses.now()
  for (const [index, entry] of entries.entries()) {
    if (signal?.aborted === true) return
    onChecked(index, findEntryFault(entry))
    if (pauses.now() - start >= budget) {
      await pauses.yield()
      start = pauses.now()
    }
  }
}

/** Pauses of a browser: `scheduler.yield` where there is one, a message to itself elsewhere. */
export function browserPauses(): Pauses {
  const { scheduler } = globalThis as { scheduler?: { yield?(): Promise<void> } }
  return {
    now: () => performance.now(),
    yield: () =>
      scheduler?.yield === undefined ? new Promise((resolve) => setTimeout(resolve, 0)) : scheduler.yield(),
  }
}
