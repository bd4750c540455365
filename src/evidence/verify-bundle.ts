import { createHash, type Hash } from 'node:crypto'
import type { Entry } from '../canonical/entry.ts'
import { isCanonical } from '../canonical/is-canonical.ts'
import { AuditLogError } from '../errors.ts'
import {
  hashLeaves,
  type OpenedCheckpoint,
  type Policy,
  rootOfLeafSet,
  trustLogs,
  type Verifier,
} from '../tlog/index.ts'
import {
  type BundleEnd,
  type BundleEntry,
  type BundleHeader,
  mostBundleEntries,
  parseBundleEntry,
  parseEnd,
  parseHeader,
  parseProofLine,
} from './bundle-format.ts'
import { openExport } from './bundle-signature.ts'
import { checkEntry, hashesInPlace } from './check-entry.ts'
import { Diagnosis } from './diagnosis.ts'
import type { ByteSource, RawEntry } from './entry-source.ts'
import { addLeaf, countLeaves } from './leaf-span.ts'
import { describePurges, type PurgedByOption, type PurgeRecord, readPurge, unexplained } from './purge-record.ts'
import { boundedLines } from './text-lines.ts'
import { seqOfLine } from './explain-edit.ts'
import { Findings, openOrFind, type VerificationReport, type Verdict } from './verdict.ts'

/** Options of {@link verifyBundle}. */
export interface VerifyBundleOptions extends PurgedByOption {
  /** Whose checkpoints are trusted: from `parsePolicy`, or from `trustLogs` where no witness is asked for. */
  readonly policy: Policy
  /**
   * Verifier keys of those who may have exported it: one of them must have signed the bundle. Without any, who exported it, when,
   * and whether its first line is as it was then is not looked at. Default is none.
   */
  readonly exporters?: readonly string[] | undefined
}

/** What {@link verifyBundle} found. */
export interface BundleReport extends VerificationReport {
  /** The range of leaves of which the bundle has every one; undefined when it has what a filter found. */
  readonly leaves: readonly [begin: number, end: number] | undefined
  /**
   * The filter, as the bundle states it. **Nothing proves** that it found no more; that it is what was asked for, only the
   * exporter's signature.
   */
  readonly filter: Readonly<Record<string, unknown>> | undefined
  /**
   * The name in the key of whoever exported the bundle, and when that was by their clock (RFC 3339, UTC). Verified; undefined
   * without a key in `exporters` that signed this very bundle.
   */
  readonly exported: { readonly by: string; readonly at: string } | undefined
}

/** Longer than a line with the largest checkpoint, whose newlines are escaped. */
const longestLine = 2_500_000
/** More hashes than the proof of a million entries has. */
const mostHashes = 64 * mostBundleEntries
const explainedEdits = 100
const hashMember = '"entry_hash":"'

/**
 * Verifies a bundle: that each entry hashes to its `entry_hash`, and that the log contains all of them at their leaf indexes.
 * A bundle of a range has every leaf of the range; of a filtered one nothing shows that it has everything that was to be found.
 *
 * @param source the contents of the file; may come from an attacker. Memory grows with the number of entries, at most 1,000,000.
 * @throws AuditLogError `bundle_malformed` when the file is no bundle; `key_malformed`, `key_unsupported` for the keys
 * @example
 * const report = await verifyBundle(createReadStream('users.bundle'), { policy: trustLogs([verifierKey]) })
 */
export async function verifyBundle(source: ByteSource, options: VerifyBundleOptions): Promise<BundleReport> {
  return new BundleCheck(
    options,
    trustLogs(options.exporters ?? []).logs.map(({ verifier }) => verifier),
  ).run(source)
}

class BundleCheck {
  readonly #options: VerifyBundleOptions
  readonly #findings = new Findings()
  readonly #leaves: { readonly index: number; readonly entryHash: string; readonly context: boolean }[] = []
  readonly #proof: Buffer[] = []
  readonly #diagnosis = new Diagnosis()
  readonly #absent: [number, number][] = []
  readonly #purges: PurgeRecord[] = []
  #edits = 0
  #entries = 0
  #bytes = 0
  readonly #exporters: readonly Verifier[]
  readonly #headerHash: Hash = createHash('sha256')
  readonly #contentsHash: Hash = createHash('sha256')

  constructor(options: VerifyBundleOptions, exporters: readonly Verifier[]) {
    this.#options = options
    this.#exporters = exporters
  }

  async run(source: ByteSource): Promise<BundleReport> {
    let header: BundleHeader | undefined
    let end: BundleEnd | undefined
    for await (const line of boundedLines(source, longestLine)) {
      this.#bytes += Buffer.byteLength(line) + 1
      if (end !== undefined) throw new AuditLogError('bundle_malformed', 'there is more after the end of the bundle')
      if (header === undefined) {
        header = parseHeader(line)
        this.#headerHash.update(`${line}\n`)
        continue
      }
      const entry = this.#proof.length === 0 ? parseBundleEntry(line) : undefined
      const hashes = entry === undefined ? parseProofLine(line) : undefined
      if (entry !== undefined) this.#takeEntry(entry)
      else if (hashes !== undefined) this.#takeHashes(hashes)
      else end = this.#endOf(line)
      if (this.#cut) break
      if (end === undefined && this.#exporters.length > 0) this.#contentsHash.update(`${line}\n`)
    }
    if (header === undefined) throw new AuditLogError('bundle_malformed', 'the file is empty')
    const head = end === undefined ? undefined : await openOrFind(end.checkpoint, this.#options.policy, this.#findings)
    if (end === undefined) this.#findings.add('truncated', 'the bundle ends before its checkpoint')
    else if (head !== undefined) this.#checkAll(header, end, head)
    const exported = end === undefined ? undefined : await this.#openExport(end)
    const { leaves, filter } = header
    return {
      ...this.#findings.report({
        ...(head === undefined ? {} : { origin: head.origin, size: head.size, cosignatures: head.cosignatures }),
        begin: leaves?.[0] ?? 0,
        entries: this.#entries,
        purged: head === undefined ? 0 : this.#purged,
        bytes: this.#bytes,
      }),
      leaves,
      filter,
      exported,
    }
  }

  /** Who exported the bundle, if that is asked. */
  async #openExport({ exporter, entries }: BundleEnd): Promise<BundleReport['exported']> {
    if (this.#exporters.length === 0) return undefined
    if (exporter === undefined) {
      this.#findings.add('unsigned', 'nobody signed what was exported')
      return undefined
    }
    try {
      const signed = await openExport(exporter, this.#exporters)
      const fits = [this.#headerHash, this.#contentsHash].map((hash) => hash.digest('base64'))
      if (signed?.headerHash !== fits[0]) {
        this.#findings.add('altered', 'the first line is not the one that the exporter signed')
      } else if (signed?.contentsHash !== fits[1] || signed?.entries !== entries) {
        this.#findings.add('altered', 'the entries, the proof or their number are not what the exporter signed')
      } else return { by: signed.by, at: signed.exportedAt }
      return undefined
    } catch (error) {
      if (!(error instanceof AuditLogError)) throw error
      const verdict: Verdict = error.code === 'note_unverified' ? 'wrong_key' : 'signature_invalid'
      this.#findings.add(verdict, `the exporter's signature cannot be trusted: ${error.message}`)
      return undefined
    }
  }

  #cut = false
  #purged = 0

  // A line that is nothing of a bundle's is where it was cut, unless nothing before it was right either.
  #endOf(line: string): BundleEnd | undefined {
    try {
      return parseEnd(line)
    } catch (error) {
      if (this.#leaves.length + this.#proof.length === 0) throw error
      this.#findings.add('altered', 'a line has not the form that bundles have')
      this.#cut = true
      return undefined
    }
  }

  #takeEntry({ leafIndex, text, entryHash, context }: BundleEntry): void {
    if (this.#leaves.length >= mostBundleEntries) {
      throw new AuditLogError('bundle_malformed', `a bundle has at most ${mostBundleEntries} entries`)
    }
    if (text === undefined) {
      this.#leaves.push({ index: leafIndex, entryHash: entryHash ?? '', context })
      addLeaf(this.#absent, leafIndex)
      return
    }
    this.#entries += 1
    const { fault, entry } = checkEntry(rawOf(text), true)
    const content = JSON.parse(fault === null ? text : '{}') as Entry
    if (fault === null) {
      if (!isCanonical(text)) this.#findings.add('altered', 'the entry was written in another way', { leafIndex })
      this.#diagnosis.remember(text)
      this.#leaves.push({ index: leafIndex, entryHash: content.entry_hash, context })
      const purge = readPurge(content, leafIndex, this.#options)
      if (purge !== undefined) this.#purges.push(purge)
      return
    }
    // What was hashed are bytes that are not canonical: nobody edited them, and two programs may read different values in them.
    if (hashesInPlace(rawOf(text))) {
      const hashed = text.slice(text.lastIndexOf(hashMember) + hashMember.length).slice(0, 64)
      this.#leaves.push({ index: leafIndex, entryHash: hashed, context })
      this.#findings.add('not_canonical', 'the entry is not canonical JSON', { leafIndex, seq: seqOfLine(text) })
      return
    }
    const stated =
      typeof entry?.entry_hash === 'string' && /^[0-9a-f]{64}$/.test(entry.entry_hash) ? entry.entry_hash : ''
    this.#leaves.push({ index: leafIndex, entryHash: stated.padStart(64, '0'), context })
    this.#edits += 1
    const edit =
      fault.fault === 'hash_mismatch' && this.#edits <= explainedEdits
        ? this.#diagnosis.explain(entry as Entry)
        : undefined
    this.#findings.add('entry_edited', 'the entry does not hash to its entry_hash', {
      leafIndex,
      seq: typeof entry?.seq === 'number' ? entry.seq : undefined,
      field: edit?.field ?? fault.field,
      original: edit?.original,
    })
  }

  #takeHashes(hashes: readonly Buffer[]): void {
    this.#proof.push(...hashes)
    if (this.#proof.length > mostHashes) throw new AuditLogError('bundle_malformed', 'no proof is that long')
  }

  #checkAll({ tree_size: treeSize, leaves }: BundleHeader, end: BundleEnd, head: OpenedCheckpoint): void {
    const findings = this.#findings
    if (treeSize !== head.size) findings.add('altered', 'the bundle and its checkpoint are of different sizes')
    if (end.entries !== this.#leaves.length) {
      const verdict = end.entries > this.#leaves.length ? 'entry_missing' : 'entry_added'
      findings.add(verdict, `the bundle says that it has ${end.entries} entries, and has ${this.#leaves.length}`)
    }
    const sorted = this.#leaves.toSorted((one, other) => one.index - other.index)
    if (leaves !== undefined) this.#checkRange(leaves)
    try {
      const hashes = hashLeaves(Buffer.from(sorted.map(({ entryHash }) => entryHash).join(''), 'hex'))
      const indexes = sorted.map(({ index }) => index)
      const root = rootOfLeafSet(head.size, indexes, hashes, this.#proof)
      if (Buffer.compare(root, head.rootHash) !== 0) throw new AuditLogError('proof_invalid', 'another root hash')
    } catch (error) {
      if (!(error instanceof AuditLogError)) throw error
      findings.add('altered', 'the entries, their leaf indexes or the proof do not lead to the signed root')
    }
    const unpurged = unexplained(this.#absent, this.#purges)
    for (const [leafIndex, leafEnd] of unpurged) {
      findings.add('entry_missing', 'only the hash is there, and no purge accounts for that', { leafIndex, leafEnd })
    }
    this.#purged = countLeaves(this.#absent) - countLeaves(unpurged)
    if (this.#purged > 0)
      findings.add('purged', `${this.#purged} entries were purged, as ${describePurges(this.#purges)}`)
  }

  /** Of a range every leaf must be there, in order; what is only context follows. */
  #checkRange([begin, end]: readonly [number, number]): void {
    if (this.#leaves.some(({ index, context }) => context === (index >= begin && index < end))) {
      this.#findings.add('altered', 'the range is not that of the leaves')
    }
    const places = new Set(this.#leaves.map(({ index }) => index))
    const missing: [number, number][] = []
    for (let leaf = begin; leaf < end && countLeaves(missing) < mostBundleEntries; leaf += 1) {
      if (!places.has(leaf)) addLeaf(missing, leaf)
      if (missing.length > 1000 || leaf - begin > 2 * mostBundleEntries) break
    }
    for (const [leafIndex, leafEnd] of missing) {
      this.#findings.add('entry_missing', 'the bundle is of a range, and a leaf of it is not there', {
        leafIndex,
        leafEnd,
      })
    }
    const disordered = this.#leaves.findIndex(
      ({ index }, place) => place > 0 && index < end && index < (this.#leaves[place - 1]?.index ?? 0),
    )
    if (disordered >= 0) {
      this.#findings.add('order_changed', 'entries stand in another order than in the tree', {
        leafIndex: this.#leaves[disordered]?.index,
      })
    }
    if (places.size < this.#leaves.length) this.#findings.add('entry_added', 'a leaf is there twice')
  }
}

function rawOf(text: string): RawEntry {
  const buffer = Buffer.from(text)
  return { buffer, start: 0, end: buffer.length }
}
