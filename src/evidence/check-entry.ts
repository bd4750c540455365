import { isUtf8 } from 'node:buffer'
import { hash } from 'node:crypto'
import { type Entry, type EntryFault, findEntryFault, hasEntryForm } from '../canonical/entry.ts'
import { parseCanonical } from '../canonical/is-canonical.ts'
import type { RawEntry } from './entry-source.ts'
import { parseStrictly } from './strict-json.ts'

/** What became of one entry. */
export interface CheckedEntry {
  readonly fault: Fault | null
  /** What could be read of an entry with a fault. */
  readonly entry?: Partial<Entry> | undefined
  /** Its text, when it was looked at. */
  readonly text?: string | undefined
}

/** Why an entry does not verify. */
export type Fault = EntryFault | NotJson

/** The text is not JSON in UTF-8, repeats a member, or has a number that a double cannot hold. */
export interface NotJson {
  readonly fault: 'not_json'
  readonly field?: undefined
}

const marker = Buffer.from('"entry_hash":"')
const comma = 0x2c
const quote = 0x22
/** `"entry_hash":"`, 64 digits, a quote and a comma. */
const memberBytes = marker.length + 64 + 2

/**
 * Verifies the bytes of one entry.
 *
 * A line of an export is the canonical JSON of the entry. Without its `entry_hash` it is the hash preimage, so hashing the
 * bytes as they stand tells whether the entry is intact, without parsing it. Text of another form is parsed first.
 *
 * @param canonical also checks that intact bytes are in canonical form. Without it, bytes that hash to their `entry_hash` are
 * taken for intact although another reader could see other values in them (a repeated member).
 */
export function checkEntry(raw: RawEntry, canonical: boolean): CheckedEntry {
  if (!canonical && hashesInPlace(raw)) return { fault: null }
  // Readers disagree about what bytes that are no UTF-8 stand for.
  if (!isUtf8(raw.buffer.subarray(raw.start, raw.end))) return { fault: { fault: 'not_json' } }
  const text = raw.buffer.toString('utf8', raw.start, raw.end)
  if (canonical && hashesInPlace(raw) && hasEntryForm(parseCanonical(text))) return { fault: null, text }
  const value = parseStrictly(text)
  if (value === undefined) return { fault: { fault: 'not_json' } }
  return { fault: findEntryFault(value), entry: value as Partial<Entry>, text }
}

/**
 * Whether the bytes without their `entry_hash` hash to it, canonical or not. Overwrites the bytes of the entry's beginning, and
 * puts them back when they do not verify.
 */
export function hashesInPlace(raw: RawEntry): boolean {
  const bytes = raw.buffer.subarray(raw.start, raw.end)
  // In canonical order entry_hash follows details, and in every string after it quotes are escaped: the last one is it.
  const member = bytes.lastIndexOf(marker)
  const after = member + memberBytes
  if (
    member <= 0 ||
    after >= bytes.length ||
    bytes[member - 1] !== comma ||
    bytes[after - 1] !== comma ||
    bytes[after - 2] !== quote
  )
    return false
  const expected = bytes.toString('latin1', member + marker.length, after - 2)
  bytes.copyWithin(memberBytes, 0, member)
  const verifies = hash('sha256', bytes.subarray(memberBytes), 'hex') === expected
  if (!verifies) {
    bytes.copyWithin(0, memberBytes, after)
    bytes.write(`"entry_hash":"${expected}",`, member, 'latin1')
  }
  return verifies
}
