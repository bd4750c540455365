import { canonicalize } from '../canonical/canonicalize.ts'
import type { Entry } from '../canonical/entry.ts'
import { type Database, type Executor, executorOf } from '../database/database.ts'
import { AuditLogError } from '../errors.ts'
import { EntryQuery, explainRead } from '../query/entry-query.ts'
import { entryOfLine, readLeaves, readLeavesOf } from '../query/leaf-order.ts'
import { checkName, quoteIdentifier } from '../schema/names.ts'
import { Checkpoints, type StoredCheckpoint } from '../sequencer/checkpoints.ts'
import { StoredTree } from '../sequencer/stored-tree.ts'
import { type Policy, proveLeafSet, TileHashReader } from '../tlog/index.ts'
import {
  bundleFormat,
  formatBundleEntry,
  formatEnd,
  formatHeader,
  formatProofLine,
  hashesPerLine,
  mostBundleEntries,
} from './bundle-format.ts'
import { purgeAction } from './purge-record.ts'
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
    yield* new BundleWriter(db, schema).write(selection, options.policy)
  } catch (error) {
    if (error instanceof AuditLogError && (error.code === 'tile_invalid' || error.code === 'tile_malformed')) {
      throw new AuditLogError('tree_damaged', 'the stored tree does not lead to its checkpoint', { cause: error })
    }
    throw explainRead(error)
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

  async *write(selection: BundleSelection, policy: Policy | undefined): AsyncGenerator<string, void, undefined> {
    const checkpoint = await newestTrusted(new Checkpoints(this.#executor, this.#schema), policy)
    if (checkpoint === undefined) throw unknownCheckpoint()
    const { size } = checkpoint
    if ('query' in selection) {
      const filter = { ...selection.query.toJSON() } as Record<string, unknown>
      yield formatHeader({ format: bundleFormat, tree_size: size, filter })
      yield* this.#found(selection.query, size, false)
    } else if ('seqs' in selection) {
      yield formatHeader({ format: bundleFormat, tree_size: size, filter: { seq: selection.seqs } })
      yield await this.#chosen(selection.seqs, size)
    } else {
      const { from, to = size } = selection
      if (to > size || from > to) throw unknownCheckpoint()
      yield formatHeader({ format: bundleFormat, tree_size: size, leaves: [from, to] })
      yield* this.#range(from, to)
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
      let lines = ''
      for (const { leafIndex, line, entryHash } of leaves) {
        this.#take(leafIndex)
        if (line === null) this.#absent += 1
        const text = line === null ? undefined : textOf(entryOfLine(line, entryHash))
        lines += formatBundleEntry({ leafIndex, text, entryHash, context: false })
      }
      yield lines
      at += leaves.length
    }
  }

  async #chosen(seqs: readonly number[], size: number): Promise<string> {
    let lines = ''
    for (const { leafIndex, line, entryHash } of await readLeavesOf(this.#executor, this.#schema, seqs)) {
      if (line === null || leafIndex >= size) continue
      this.#take(leafIndex)
      const text = textOf(entryOfLine(line, entryHash))
      lines += formatBundleEntry({ leafIndex, text, entryHash: undefined, context: false })
    }
    return lines
  }

  async *#found(query: EntryQuery, size: number, context: boolean): AsyncGenerator<string, void, undefined> {
    const taken = new Set(context ? this.#indexes : [])
    let pageQuery = query.order('oldest').limit(pageEntries)
    for (;;) {
      const { entries, nextCursor } = await pageQuery.page()
      const leaves = await this.#leavesOf(entries)
      let lines = ''
      for (const entry of entries) {
        const leafIndex = leaves.get(entry.seq)
        if (leafIndex === undefined || leafIndex >= size || taken.has(leafIndex)) continue
        this.#take(leafIndex)
        lines += formatBundleEntry({ leafIndex, text: textOf(entry), entryHash: undefined, context })
      }
      if (lines !== '') yield lines
      if (nextCursor === null) return
      pageQuery = pageQuery.after(nextCursor)
    }
  }

  async *#prove({ size, rootHash, note }: StoredCheckpoint): AsyncGenerator<string, void, undefined> {
    const reader = new TileHashReader({ size, rootHash }, new StoredTree(this.#executor, this.#schema).readTiles)
    const hashes = await proveLeafSet(
      size,
      this.#indexes.toSorted((one, other) => one - other),
      reader,
    )
    for (let at = 0; at < hashes.length; at += hashesPerLine)
      yield formatProofLine(hashes.slice(at, at + hashesPerLine))
    yield formatEnd({ entries: this.#indexes.length, checkpoint: note })
  }

  #take(leafIndex: number): void {
    if (this.#indexes.length >= mostBundleEntries) {
      throw new AuditLogError(
        'bundle_too_large',
        `a bundle takes ${mostBundleEntries} entries: archive the log instead`,
      )
    }
    this.#indexes.push(leafIndex)
  }

  async #leavesOf(entries: readonly Entry[]): Promise<Map<number, number>> {
    const rows = await this.#executor.run(
      `select seq::text, leaf_index::text from ${quoteIdentifier(this.#schema)}.leaf where seq = any ($1::bigint[])`,
      [`{${entries.map(({ seq }) => seq).join(',')}}`],
    )
    return new Map(rows.map((row) => [Number(row['seq']), Number(row['leaf_index'])]))
  }
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
