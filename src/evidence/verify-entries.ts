import type { Entry, EntryFault } from '../canonical/entry.ts'
import { checkEntry, type Fault } from './check-entry.ts'
import { Diagnosis, type Edit } from './diagnosis.ts'
import { type ByteSource, entriesOf } from './entry-source.ts'

/** An entry that does not verify. */
export interface FaultyEntry {
  /** Which entry of the file it is, counted from 1. In newline-delimited JSON that is the line, blank lines not counted. */
  readonly position: number
  /** What the entry says of itself, if it can be read. Not verified. */
  readonly seq: number | undefined
  /** What the entry says of itself, if it can be read. Not verified. */
  readonly id: string | undefined
  /** What is wrong; `not_json` when it cannot be read without doubt. */
  readonly fault: EntryFault['fault'] | 'not_json'
  /** The field that is missing, unknown, malformed, or known to have been edited. */
  readonly field: string | undefined
  /** With `hash_mismatch` and a `field`: the value with which the hash fits, so the value before the edit. */
  readonly original: unknown
}

/** What {@link verifyEntries} found. */
export interface EntriesReport {
  /** Whether there were entries and all of them verify. */
  readonly intact: boolean
  /** How many entries the file has. */
  readonly entries: number
  /** How many of them do not verify. */
  readonly faulty: number
  /** Bytes that were read. */
  readonly bytes: number
}

/** Options of {@link verifyEntries}. */
export interface VerifyEntriesOptions {
  /** Gets every entry that does not verify, while the file is read. */
  readonly onFault?: ((entry: FaultyEntry) => void) | undefined
  /** Gets the number of bytes that have been read, after each piece. */
  readonly onProgress?: ((bytes: number) => void) | undefined
  /**
   * Checks that each entry is in canonical form too. Without it verification takes about a third of the time, and an entry
   * whose bytes hash to its `entry_hash` is taken for intact even if it repeats a member, so that two programs could read
   * different values. Default is true.
   */
  readonly canonical?: boolean | undefined
}

/** Explaining an edit takes thousands of hashes; a file in which everything is wrong needs no thousand explanations. */
const explainedFaults = 100

/**
 * Verifies each entry of an export against its own hash: newline-delimited JSON, a JSON array, or a response of the list
 * endpoint. Needs no database, and constant memory whatever the size.
 *
 * Proves that no entry was edited after it was hashed by somebody who did not hash it again. It cannot tell whether entries
 * are missing: that takes a checkpoint.
 *
 * @throws AuditLogError `file_unreadable` when the bytes are neither of these formats, are cut off or empty
 * @example
 * const report = await verifyEntries(createReadStream('export.ndjson'), { onFault: (entry) => console.log(entry) })
 */
export async function verifyEntries(source: ByteSource, options: VerifyEntriesOptions = {}): Promise<EntriesReport> {
  const canonical = options.canonical ?? true
  const diagnosis = new Diagnosis()
  const report = { intact: false, entries: 0, faulty: 0, bytes: 0 }
  for await (const piece of entriesOf(counted(source, report, options.onProgress))) {
    for (const raw of piece) {
      report.entries += 1
      // Without the canonical check a sample is enough to know what values there are.
      const { entry, fault, text } = checkEntry(raw, canonical || report.entries % 16 === 1)
      if (fault === null) {
        if (text !== undefined) diagnosis.remember(text)
        continue
      }
      report.faulty += 1
      const explained = fault.fault === 'hash_mismatch' && report.faulty <= explainedFaults
      options.onFault?.(
        describe(report.entries, entry, fault, explained ? diagnosis.explain(entry as Entry) : undefined),
      )
    }
  }
  return { ...report, intact: report.entries > 0 && report.faulty === 0 }
}

async function* counted(
  source: ByteSource,
  report: { bytes: number },
  onProgress: VerifyEntriesOptions['onProgress'],
): AsyncGenerator<Uint8Array | string, void, undefined> {
  for await (const chunk of source) {
    report.bytes += typeof chunk === 'string' ? Buffer.byteLength(chunk) : chunk.byteLength
    yield chunk
    onProgress?.(report.bytes)
  }
}

function describe(
  position: number,
  entry: Partial<Entry> | undefined,
  fault: Fault,
  edit: Edit | undefined,
): FaultyEntry {
  return {
    position,
    seq: typeof entry?.seq === 'number' ? entry.seq : undefined,
    id: typeof entry?.id === 'string' ? entry.id : undefined,
    fault: fault.fault,
    field: edit?.field ?? fault.field,
    original: edit?.original,
  }
}
