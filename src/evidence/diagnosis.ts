import { type Entry, hashEntry } from '../canonical/entry.ts'

/** The one change that makes an entry hash to its `entry_hash` again: proof that exactly this was edited. */
export interface Edit {
  readonly field: keyof Entry
  /** The value with which the hash fits. */
  readonly original: unknown
}

const fields = ['tenant_id', 'user_id', 'action', 'target', 'source_ip', 'recorded_by'] as const
const rememberedEntries = 256
const nearbySeqs = 64

/**
 * Finds out which field of an entry was edited, by trying values that it may have had: those of the entries before it, the
 * other outcomes, null, the microseconds within the millisecond that the id holds, numbers nearby, details without one of
 * their members. A value with which the hash fits is the original, because nobody can make SHA-256 fit another one.
 */
export class Diagnosis {
  readonly #texts: string[] = []
  #next = 0

  /** Remembers the text of an entry that verifies; the last 256 are kept. */
  remember(text: string): void {
    this.#texts[this.#next] = text
    this.#next = (this.#next + 1) % rememberedEntries
  }

  /** @returns undefined when no single change that was tried explains the hash */
  explain(entry: Entry): Edit | undefined {
    for (const [field, original] of this.#candidates(entry)) {
      if (fits({ ...entry, [field]: original }, entry.entry_hash)) return { field, original }
    }
    return undefined
  }

  *#candidates(entry: Entry): Generator<[keyof Entry, unknown]> {
    for (const outcome of ['success', 'failure', 'denied']) yield ['outcome', outcome]
    for (const field of ['tenant_id', 'user_id', 'target', 'source_ip'] as const) yield [field, null]
    const others = this.#texts.map((text) => JSON.parse(text) as Entry)
    for (const field of fields) for (const value of new Set(others.map((other) => other[field]))) yield [field, value]
    yield* timestampsIn(Number.parseInt(entry.id.slice(0, 8) + entry.id.slice(9, 13), 16))
    yield* idsAt(entry.id, Date.parse(entry.timestamp))
    for (const near of [others.at(this.#next - 1)?.seq ?? entry.seq, entry.seq]) {
      for (let step = 1; step <= nearbySeqs; step += 1) {
        yield ['seq', near + step]
        yield ['seq', near - step]
      }
    }
    for (const name of Object.keys(entry.details)) {
      const { [name]: value, ...rest } = entry.details
      yield ['details', rest]
      if (typeof value === 'boolean') yield ['details', { ...entry.details, [name]: !value }]
    }
  }
}

// The id was made from the timestamp, so they hold the same millisecond.
function* timestampsIn(millisecond: number): Generator<['timestamp', string]> {
  const date = new Date(millisecond)
  if (Number.isNaN(date.getTime()) || date.getUTCFullYear() > 9999) return
  const prefix = date.toISOString().slice(0, -1)
  for (let micros = 0; micros < 1000; micros += 1) yield ['timestamp', `${prefix}${String(micros).padStart(3, '0')}Z`]
}

function* idsAt(id: string, millisecond: number): Generator<['id', string]> {
  if (Number.isNaN(millisecond)) return
  const hex = millisecond.toString(16).padStart(12, '0')
  yield ['id', `${hex.slice(0, 8)}-${hex.slice(8)}${id.slice(13)}`]
}

function fits(candidate: Entry, expected: string): boolean {
  try {
    return hashEntry(candidate) === expected
  } catch {
    return false
  }
}
