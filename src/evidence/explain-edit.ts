import { type Entry, hasEntryForm } from '../canonical/entry.ts'
import { Diagnosis, type Edit } from './diagnosis.ts'
import { parseStrictly } from './strict-json.ts'

/** What can be said of an entry that is not what was hashed. */
export interface Explanation {
  /** What the entry says of itself. */
  readonly seq: number | undefined
  readonly edit: Edit | undefined
}

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
  if (!hasEntryForm(entry)) return { seq: seqOf(entry), edit: undefined }
  const diagnosis = new Diagnosis()
  for (const other of others) if (isEntryLine(other)) diagnosis.remember(other)
  return { seq: entry.seq, edit: diagnosis.explain(entry) }
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
