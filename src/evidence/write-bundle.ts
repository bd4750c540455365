import { createHash, hash } from 'node:crypto'
import { canonicalize } from '../canonical/canonicalize.ts'
import type { Entry } from '../canonical/entry.ts'
import { type Database, type Executor, executorOf } from '../database/database.ts'
import { AuditLogError } from '../errors.ts'
import { EntryQuery } from '../query/entry-query.ts'
import { type LogLeaf, readLeaves, readLeavesOf } from '../query/leaf-order.ts'
import { checkName } from '../schema/names.ts'
import { Checkpoints, type StoredCheckpoint } from '../sequencer/checkpoints.ts'
import { StoredTree } from '../sequencer/stored-tree.ts'
import { type Policy, proveLeafSet, type Signer, TileHashReader } from '../tlog/index.ts'
import {
  bundleFormat,
  type BundleHeader,
  formatBundleEntry,
  formatEnd,
  formatHeader,
  formatProofLine,
  hashesPerLine,
  mostBundleEntries,
} from './bundle-format.ts'
import { signExport } from './bundle-signature.ts'
import { purgeAction } from './purge-record.ts'
import { explainTreeRead } from './tile-fault.ts'
import { newestTrusted } from './trusted-checkpoint.ts'

/** What goes into a bundle: the leaves of a range, the entries that a query finds, or chosen entries. */
export type BundleSelection =
  | {
      /** First leaf. */
      readonly from: number
      /** Behind the last leaf. Default is the end of the checkpoint's tree. */
      readonly to?: number | undefined
    }
  | {
      /** Of the same database. Its order, limit and cursor do not count. */
      readonly query: EntryQuery
    }
  | {
      /** Numbers of entries, at most 10,000. Those that were purged, and those that no checkpoint covers yet, are left out. */
      readonly seqs: readonly number[]
    }

/** Options of {@link writeBundle}. */
export interface WriteBundleOptions {
  /** Schema of the log. Default is `audit_log`. */
  readonly schema?: string | undefined
  /** Proves against the newest checkpoint that this policy trusts. Default is the newest, not verified. */
  readonly policy?: Policy | undefined
  /**
   * Signs what the checkpoint says nothing of: the range or filter, the entries and their number, and the time of the export.
   * A signer of type `ed25519` with a key of the exporter's own, not the log's. Default is none.
   */
  readonly signer?: Signer | undefined
}

const pageEntries = 1000
const mostSeqs = 10_000

/**
 * Writes entries with the proof that the log contains them as one file of newline-delimited JSON, which `verifyBundle` checks
 * offline. A range of leaves is proved to be complete. What a filter found is proved to be in the log, and nothing proves that
 * it is all that the filter should have found.
 *
 * Entries that no checkpoint covers yet are not in it.
 *
 * @param db a login in the reader role
 * @returns the file, in pieces
 * @throws AuditLogError `option_invalid`; `checkpoint_unknown` when no checkpoint covers the range; `bundle_too_large` for
 * more than 1,000,000 entries; `tree_damaged`
 * @example
 * await pipeline(writeBundle(pool, { query: audit.query().action('user.*') }), createWriteStream('users.bundle'))
 */
export async function* writeBundle(
  db: Database,
  selection: BundleSelection,
  options: WriteBundleOptions = {},
): AsyncGenerator<string, void, undefined> {
  const schema = checkName(options.schema ?? 'audit_log', '$.schema')
  requireSelection(selection)
  try {
    yield* new BundleWriter(db, schema).write(selection, options)
  } catch (error) {
    throw explainTreeRead(error)
  }
}

class BundleWriter {
  readonly #db: Database
  readonly #executor: Executor
  readonly #schema: string
  readonly #indexes: number[] = []
  #absent = 0

  constructor(db: Database, schema: string) {
    this.#db = db
    this.#executor = executorOf(db)
    this.#schema = schema
  }

  async *write(
    selection: BundleSelection,
    { policy, signer }: WriteBundleOptions,
  ): AsyncGenerator<string, void, undefined> {
    const checkpoint = await newestTrusted(new Checkpoints(this.#executor, this.#schema), policy)
    if (checkpoint === undefined) throw unknownCheckpoint()
    const header = formatHeader(headerOf(selection, checkpoint.size))
    yield header
    const contents = createHash('sha256')
    for await (const piece of this.#contents(selection, checkpoint)) {
      if (signer !== undefined) contents.update(piece)
      yield piece
    }
    const entries = this.#indexes.length
    const exporter =
      signer &&
      (await signExport(
        {
          exportedAt: new Date().toISOString(),
          entries,
          headerHash: hash('sha256', header, 'base64'),
          contentsHash: contents.digest('base64'),
        },
        signer,
      ))
    yield formatEnd({ entries, checkpoint: checkpoint.note, exporter })
  }

  /** What stands between the first and the last line. */
  async *#contents(selection: BundleSelection, checkpoint: StoredCheckpoint): AsyncGenerator<string, void, undefined> {
    const { size } = checkpoint
    if ('query' in selection) yield* this.#found(selection.query, size, false)
    else if ('seqs' in selection) {
      const leaves = await readLeavesOf(this.#executor, this.#schema, 'seq', selection.seqs)
      yield this.#format(
        leaves.filter(({ line, leafIndex }) => line !== null && leafIndex < size),
        false,
      )
    } else {
      yield* this.#range(selection.from, selection.to ?? size)
      if (this.#absent > 0) {
        // Purged entries are recorded by later ones, which the verifier needs to see.
        yield* this.#found(EntryQuery.over(this.#db, this.#schema).action(purgeAction), size, true)
      }
    }
    yield* this.#prove(checkpoint)
  }

  async *#range(from: number, to: number): AsyncGenerator<string, void, undefined> {
    for (let at = from; at < to;) {
      const leaves = await readLeaves(this.#executor, this.#schema, at, Math.min(pageEntries, to - at))
      if (leaves.length === 0) throw new AuditLogError('tree_damaged', 'a leaf that the checkpoint covers is missing')
      yield this.#format(leaves, false)
      at += leaves.length
    }
  }

  async *#found(query: EntryQuery, size: number, context: boolean): AsyncGenerator<string, void, undefined> {
    const taken = new Set(context ? this.#indexes : [])
    let pageQuery = query.order('oldest').limit(pageEntries)
    for (;;) {
      const { entries, nextCursor } = await pageQuery.page()
      const found = new Map(entries.map((entry) => [entry.seq, entry]))
      const leaves = await readLeavesOf(this.#executor, this.#schema, 'seq', [...found.keys()])
      const lines = this.#format(
        leaves.filter(({ leafIndex }) => leafIndex < size && !taken.has(leafIndex)),
        context,
        found,
      )
      if (lines !== '') yield lines
      if (nextCursor === null) return
      pageQuery = pageQuery.after(nextCursor)
    }
  }

  /** @param found entries that are there although their leaves do not lead to them */
  #format(leaves: readonly LogLeaf[], context: boolean, found?: ReadonlyMap<number, Entry>): string {
    let lines = ''
    for (const { leafIndex, seq, line, entryHash } of leaves) {
      this.#take(leafIndex)
      const strayed = found?.get(seq)
      if (line === null && strayed === undefined) this.#absent += 1
      const text = line === null ? strayed && textOf(strayed) : withHash(line, entryHash)
      lines += formatBundleEntry({ leafIndex, text, entryHash, context })
    }
    return lines
  }

  async *#prove({ size, rootHash }: StoredCheckpoint): AsyncGenerator<string, void, undefined> {
    const reader = new TileHashReader({ size, rootHash }, new StoredTree(this.#executor, this.#schema).readTiles)
    const hashes = await proveLeafSet(
      size,
      this.#indexes.toSorted((one, other) => one - other),
      reader,
    )
    for (let at = 0; at < hashes.length; at += hashesPerLine)
      yield formatProofLine(hashes.slice(at, at + hashesPerLine))
  }

  #take(leafIndex: number): void {
    if (this.#indexes.length >= mostBundleEntries) throw tooLarge()
    this.#indexes.push(leafIndex)
  }
}

function headerOf(selection: BundleSelection, size: number): BundleHeader {
  const start = { format: bundleFormat, tree_size: size } as const
  if ('query' in selection) return { ...start, filter: { ...selection.query.toJSON() } }
  if ('seqs' in selection) return { ...start, filter: { seq: selection.seqs } }
  const { from, to = size } = selection
  if (to - from > mostBundleEntries) throw tooLarge()
  if (to > size || from > to) throw unknownCheckpoint()
  return { ...start, leaves: [from, to] }
}

function requireSelection(selection: BundleSelection): void {
  if ('query' in selection) {
    if (!(selection.query instanceof EntryQuery)) {
      throw new AuditLogError('option_invalid', 'expected a query of this log', { path: '$.query' })
    }
    return
  }
  if ('seqs' in selection) {
    const { seqs } = selection
    if (!Array.isArray(seqs) || seqs.length > mostSeqs || !seqs.every((seq) => Number.isSafeInteger(seq) && seq > 0)) {
      throw new AuditLogError('option_invalid', `expected at most ${mostSeqs} numbers of entries`, { path: '$.seqs' })
    }
    return
  }
  const { from, to = from } = selection
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || from < 0 || to < from) {
    throw new AuditLogError(
      'option_invalid',
      'expected leaf indexes from 0 to 2^53-1, the first one not after the last',
    )
  }
}

/**
 * The line of an export: the hash preimage with `entry_hash` behind the details, byte for byte, whatever these are. In the
 * strings behind them quotes are escaped, so the last place where the member `id` begins is the right one.
 */
function withHash(line: string, entryHash: string): string {
  const at = line.lastIndexOf(',"id":"')
  // A line feed can only be in an entry that was altered; the lines must stay lines.
  return `${line.slice(0, at)},"entry_hash":"${entryHash}"${line.slice(at)}`.replaceAll('\n', ' ')
}

// An entry that was altered to something that has no canonical form is exported as it can be read; it will not verify.
function textOf(entry: Entry): string {
  try {
    return canonicalize(entry)
  } catch {
    return JSON.stringify(entry)
  }
}

function unknownCheckpoint(): AuditLogError {
  return new AuditLogError('checkpoint_unknown', 'no checkpoint covers these leaves')
}

function tooLarge(): AuditLogError {
  return new AuditLogError('bundle_too_large', `a bundle takes ${mostBundleEntries} entries: archive the log instead`)
}
