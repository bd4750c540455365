import { type Entry, hasEntryForm, hashEntry } from '../canonical/entry.ts'
import { Diagnosis, type Edit } from './diagnosis.ts'
import { parseStrictly } from './strict-json.ts'

/** What can be said of an entry that is not what was hashed. */
export interface Explanation {
  /** What the entry says of itself. */
  readonly seq: number | undefined
  readonly edit: Edit | undefined
  /** What happened to it. */
  readonly message: string
}

/** What is said of an entry of which nothing is known but that it is not what was hashed. */
export const notTheEntry = 'the entry is not the one in the tree'
const otherBytes =
  'the entry is the one in the tree in other bytes: white space, line ends, escapes or forms of numbers'

/**
 * Finds out what was edited in an entry.
 *
 * @param line its hash preimage as it is now
 * @param entryHash what it should hash to: 64 hexadecimal digits
 * @param others hash preimages of entries before it
 */
export function explainEdit(line: string, entryHash: string, others: readonly string[]): Explanation {
  const content = parseStrictly(line)
  const entry = typeof content === 'object' && content !== null ? { ...content, entry_hash: entryHash } : undefined
  if (!hasEntryForm(entry)) return { seq: seqOf(entry), edit: undefined, message: notTheEntry }
  if (hashEntry(entry) === entryHash) return { seq: entry.seq, edit: undefined, message: otherBytes }
  const diagnosis = new Diagnosis()
  for (const other of others) if (isEntryLine(other)) diagnosis.remember(other)
  return { seq: entry.seq, edit: diagnosis.explain(entry), message: notTheEntry }
}

/** The seq that a hash preimage claims to have. */
export function seqOfLine(line: string | undefined): number | undefined {
  return line === undefined ? undefined : seqOf(parseStrictly(line))
}

function seqOf(value: unknown): number | undefined {
  const seq = typeof value === 'object' && value !== null ? (value as Partial<Entry>).seq : undefined
  return typeof seq === 'number' ? seq : undefined
}

function isEntryLine(line: string): boolean {
  const content = parseStrictly(line)
  return typeof content === 'object' && content !== null && hasEntryForm({ ...content, entry_hash: '0'.repeat(64) })
}
