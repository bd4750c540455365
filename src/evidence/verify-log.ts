import { hash } from 'node:crypto'
import type { EntryContent } from '../canonical/entry.ts'
import { isCanonical } from '../canonical/is-canonical.ts'
import { type Database, type Executor, withConnection } from '../database/database.ts'
import { AuditLogError } from '../errors.ts'
import { explainRead } from '../query/explain-read.ts'
import { type LogLeaf, readLeaves } from '../query/leaf-order.ts'
import { checkName, quoteIdentifier } from '../schema/names.ts'
import { Checkpoints, type StoredCheckpoint } from '../sequencer/checkpoints.ts'
import { findPassedOver } from '../sequencer/find-unsequenced.ts'
import { StoredTree } from '../sequencer/stored-tree.ts'
import {
  type FullTile,
  hashLeaves,
  openCheckpoint,
  type OpenedCheckpoint,
  type Policy,
  RightEdge,
  TileHashReader,
} from '../tlog/index.ts'
import { hashBytes } from '../tlog/merkle-hash.ts'
import { leavesPerTile } from './archive-layout.ts'
import { explainEdit, notTheEntry, seqOfLine } from './explain-edit.ts'
import { addLeaf, countLeaves } from './leaf-span.ts'
import {
  purgeAction,
  type PurgeRecord,
  readPurge,
  unexplained,
  describePurges,
  type PurgedByOption,
} from './purge-record.ts'
import { isTileFault } from './tile-fault.ts'
import { parseStrictly } from './strict-json.ts'
import { newestTrusted } from './trusted-checkpoint.ts'
import { Findings, openOrFind, type VerificationReport } from './verdict.ts'

/** Options of {@link verifyLog}. */
export interface VerifyLogOptions extends PurgedByOption {
  /** Whose checkpoints are trusted: from `parsePolicy`, or from `trustLogs` where no witness is asked for. */
  readonly policy: Policy
  /** Schema of the log. Default is `audit_log`. */
  readonly schema?: string | undefined
  /**
   * A checkpoint, a signed note, from outside of the database: the log must continue it. Without one, a log that was put back
   * to an earlier state, or rewritten and signed again, looks intact.
   */
  readonly since?: string | Uint8Array | undefined
  /** Verifies only what came after `since`. Default is false. */
  readonly onlyNew?: boolean | undefined
  /** Also checks that each entry is canonical JSON. Default is false. */
  readonly canonical?: boolean | undefined
  /** Gets the number of leaves that have been checked and that of all. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

const pageLeaves = 1024
const explainedEdits = 100
const explainedTiles = 64
const keptBefore = 256

/**
 * Verifies the log in the database against its newest checkpoint, and against one that was kept elsewhere: every entry against
 * its leaf, the leaves against the stored tiles and the signed root, and that no entry was passed over. Reads every entry.
 *
 * What it proves is about what the database shows to this login. An auditor who does not trust the database's host verifies an
 * archive on another one.
 *
 * @param db a login in the reader role
 * @throws AuditLogError `option_invalid` when `since` is no checkpoint that the policy trusts; `privilege_missing`,
 * `schema_missing`, `read_failed`
 */
export async function verifyLog(db: Database, options: VerifyLogOptions): Promise<VerificationReport> {
  const schema = checkName(options.schema ?? 'audit_log', '$.schema')
  const known = options.since === undefined ? undefined : await openSince(options.since, options.policy)
  if (options.onlyNew === true && known === undefined) {
    throw new AuditLogError('option_invalid', 'onlyNew needs the checkpoint since which to verify', { path: '$.since' })
  }
  try {
    return await withConnection(db, (executor) => new LogCheck(executor, schema, known, options).run())
  } catch (error) {
    throw explainRead(error)
  }
}

class LogCheck {
  readonly #executor: Executor
  readonly #schema: string
  readonly #known: OpenedCheckpoint | undefined
  readonly #options: VerifyLogOptions
  readonly #tree: StoredTree
  readonly #findings = new Findings()
  readonly #absent: [number, number][] = []
  readonly #purges: PurgeRecord[] = []
  /** Lines that do not hash to their leaf. */
  readonly #strange: { leaf: LogLeaf; lineHash: string; before: readonly string[] }[] = []
  readonly #before: string[] = []
  /** Stored tiles of level 0 that are not what the leaves make. */
  readonly #suspects: number[] = []
  #damagedTiles = 0
  #entries = 0
  #bytes = 0

  constructor(executor: Executor, schema: string, known: OpenedCheckpoint | undefined, options: VerifyLogOptions) {
    this.#executor = executor
    this.#schema = schema
    this.#known = known
    this.#options = options
    this.#tree = new StoredTree(executor, schema)
  }

  async run(): Promise<VerificationReport> {
    const head = await this.#openNewest()
    if (head === undefined) return this.#findings.report({})
    const known = this.#known
    if (known !== undefined && (known.origin !== head.origin || known.size > head.size)) {
      if (known.origin === head.origin) this.#addRolledBack(known.size, head.size)
      else this.#findings.add('foreign', 'the log is another one than the checkpoint is of')
      return this.#report(head, 0, 0)
    }
    const edge = this.#options.onlyNew === true ? await this.#edgeAt(known) : new RightEdge()
    if (edge === undefined) return this.#report(head, known?.size ?? 0, 0)
    const begin = edge.size
    const complete = await this.#sweep(edge, head)
    const rootFits = complete && Buffer.compare(edge.root(), head.rootHash) === 0
    if (complete && !rootFits) await this.#explainTree(head)
    else if (this.#damagedTiles > 0)
      this.#findings.add('damaged', `${this.#damagedTiles} stored tiles are missing or altered`)
    this.#explainStrange()
    if (complete) await this.#compareRows(begin, head.size)
    const purged = this.#explainAbsent(head.size)
    await this.#addUnsequenced(head.size)
    return this.#report(head, begin, purged)
  }

  async #openNewest(): Promise<OpenedCheckpoint | undefined> {
    const checkpoints = new Checkpoints(this.#executor, this.#schema)
    const latest = await checkpoints.latest()
    if (latest === undefined) {
      const [first] = await readLeaves(this.#executor, this.#schema, 0, 1)
      if (this.#known !== undefined && this.#known.size > 0) this.#addRolledBack(this.#known.size, 0)
      else if (first !== undefined) this.#findings.add('unsigned', 'no checkpoint has been signed')
      return undefined
    }
    const trusted = await newestTrusted(checkpoints, this.#options.policy).catch(undefinedIfUntrusted)
    return openOrFind((trusted ?? latest).note, this.#options.policy, this.#findings)
  }

  async #edgeAt(known: OpenedCheckpoint | undefined): Promise<RightEdge | undefined> {
    try {
      return known === undefined ? new RightEdge() : await this.#tree.restoreEdge(known)
    } catch (error) {
      if (!isTileFault(error)) throw error
      this.#findings.add('fork', `the stored tree is not the one that had ${known?.size ?? 0} leaves`)
      return undefined
    }
  }

  /** @returns whether all leaves are there */
  async #sweep(edge: RightEdge, head: OpenedCheckpoint): Promise<boolean> {
    while (edge.size < head.size) {
      // Up to the known checkpoint first, so that the tree that it was signed over is seen.
      const known = this.#known?.size ?? 0
      const end = Math.min(head.size, edge.size + pageLeaves, edge.size < known ? known : Number.POSITIVE_INFINITY)
      const leaves = await readLeaves(this.#executor, this.#schema, edge.size, end - edge.size)
      for (const [place, leaf] of leaves.entries()) {
        if (leaf.leafIndex !== edge.size + place) return this.#addMissingLeaf(edge.size + place)
        this.#checkEntry(leaf)
      }
      if (leaves.length < end - edge.size) return this.#addMissingLeaf(edge.size + leaves.length)
      const hashes = hashLeaves(Buffer.from(leaves.map(({ entryHash }) => entryHash).join(''), 'hex'))
      await this.#compareTiles(edge.append(hashes))
      if (edge.size === known && Buffer.compare(edge.root(), this.#known?.rootHash ?? new Uint8Array()) !== 0) {
        this.#findings.add('fork', `the log does not continue the checkpoint of ${known} leaves: it was rewritten`)
      }
      this.#options.onProgress?.(edge.size, head.size)
    }
    return true
  }

  #checkEntry(leaf: LogLeaf): void {
    const { leafIndex, line, entryHash } = leaf
    if (line === null) return addLeaf(this.#absent, leafIndex)
    this.#entries += 1
    this.#bytes += line.length
    const lineHash = hash('sha256', line)
    if (lineHash !== entryHash) {
      this.#strange.push({ leaf, lineHash, before: this.#strange.length < explainedEdits ? [...this.#before] : [] })
      return
    }
    if (this.#options.canonical === true && !isCanonical(line)) {
      this.#findings.add('not_canonical', 'the entry is not canonical JSON', { leafIndex, seq: leaf.seq })
    }
    this.#before.push(line)
    if (this.#before.length > keptBefore) this.#before.shift()
    if (line.startsWith(`{"action":"${purgeAction}"`)) {
      const record = readPurge(parseStrictly(line) as EntryContent | undefined, leafIndex, this.#options)
      if (record !== undefined) this.#purges.push(record)
    }
  }

  async #compareTiles(tiles: readonly FullTile[]): Promise<void> {
    for (const tile of tiles) {
      let stored: Uint8Array | undefined
      try {
        ;[stored] = await this.#tree.readTiles([tile])
      } catch (error) {
        if (!isTileFault(error)) throw error
      }
      if (stored !== undefined && Buffer.compare(stored, tile.data) === 0) continue
      this.#damagedTiles += 1
      if (tile.level === 0 && this.#suspects.length < explainedTiles) this.#suspects.push(tile.index)
    }
  }

  /** The leaves are not those that were signed: what the tiles prove tells which ones, if they are still what they were. */
  async #explainTree(head: OpenedCheckpoint): Promise<void> {
    const reader = new TileHashReader(head, this.#tree.readTiles)
    let explained = false
    for (const tile of this.#suspects) {
      const begin = tile * leavesPerTile
      const subtrees = Array.from({ length: leavesPerTile }, (_, leaf) => ({ level: 0, index: begin + leaf }))
      const proven = await reader.readHashes(subtrees).catch((error: unknown) => {
        if (isTileFault(error)) return undefined
        throw error
      })
      if (proven === undefined) continue
      const rows = Buffer.from(hashLeaves(await this.#tree.readEntryHashes(begin, begin + leavesPerTile)))
      const stored = proven.map((_, leaf) => rows.toString('hex', leaf * hashBytes, (leaf + 1) * hashBytes))
      const expected = proven.map((proof) => Buffer.from(proof).toString('hex'))
      explained = this.#explainLeaves(begin, stored, expected) || explained
    }
    if (!explained) {
      this.#findings.add('altered', 'the leaves do not hash to the signed root', { leafIndex: 0, leafEnd: head.size })
    }
  }

  #explainLeaves(begin: number, stored: readonly string[], expected: readonly string[]): boolean {
    const [here, signed] = [new Set(stored), new Set(expected)]
    const wrong = [...stored.keys()].filter((leaf) => stored[leaf] !== expected[leaf])
    for (const leaf of wrong) {
      if (signed.has(stored[leaf] ?? '') && here.has(expected[leaf] ?? '')) continue
      this.#findings.add('entry_edited', 'the entry was edited together with its hash and its leaf', {
        leafIndex: begin + leaf,
      })
    }
    const moved = wrong.find((leaf) => signed.has(stored[leaf] ?? '') && here.has(expected[leaf] ?? ''))
    if (moved !== undefined) {
      this.#findings.add('order_changed', 'leaves stand in another order than in the tree', {
        leafIndex: begin + moved,
      })
    }
    return wrong.length > 0
  }

  #explainStrange(): void {
    const owners = new Map(this.#strange.map(({ leaf }) => [leaf.entryHash, leaf.leafIndex]))
    for (const [count, { leaf, lineHash, before }] of this.#strange.entries()) {
      const { leafIndex, line, entryHash } = leaf
      if (owners.has(lineHash)) {
        this.#findings.add('order_changed', 'the leaf leads to the entry of another leaf', { leafIndex })
        continue
      }
      const { seq, edit, message } =
        count < explainedEdits
          ? explainEdit(line ?? '', entryHash, before)
          : { seq: seqOfLine(line ?? ''), edit: undefined, message: notTheEntry }
      this.#findings.add('entry_edited', message, {
        leafIndex,
        seq: seq ?? leaf.seq,
        field: edit?.field,
        original: edit?.original,
      })
    }
  }

  #explainAbsent(size: number): number {
    const unpurged = unexplained(this.#absent, this.#purges)
    for (const [leafIndex, leafEnd] of unpurged) {
      if (leafEnd === size) this.#findings.add('truncated', 'the last entries are missing', { leafIndex, leafEnd })
      else this.#findings.add('entry_missing', 'entries that are in the tree are not there', { leafIndex, leafEnd })
    }
    const purged = countLeaves(this.#absent) - countLeaves(unpurged)
    if (purged > 0) this.#findings.add('purged', `${purged} entries were purged, as ${describePurges(this.#purges)}`)
    return purged
  }

  async #addUnsequenced(size: number): Promise<void> {
    const schema = quoteIdentifier(this.#schema)
    // An entry with such a leaf looks like one that waits for the next checkpoint.
    const beyond = await this.#executor.run(
      `select leaf_index::text as leaf, seq::text from ${schema}.leaf
       where leaf_index >= greatest($1, (select tree_size from ${schema}.sequencer_state)) order by leaf_index limit 1000`,
      [size],
    )
    for (const { leaf, seq } of beyond) {
      const about = { leafIndex: Number(leaf), seq: Number(seq) }
      this.#findings.add('unsequenced', 'the sequencer has given no such leaf', about)
    }
    for (const { seq } of await findPassedOver(this.#executor, this.#schema, 1000, true)) {
      this.#findings.add('unsequenced', 'the entry is not in the tree, although the sequencer went past it', { seq })
    }
  }

  /**
   * What the sweep does not see: it makes each line anew from one row that an index finds, and queries show the stored hash and every
   * row. Reads all rows in order of their files.
   */
  async #compareRows(begin: number, end: number): Promise<void> {
    const schema = quoteIdentifier(this.#schema)
    // Written so that no index of the entries fits, and no partition can be left out.
    const rows = `${schema}.entry join ${schema}.leaf on leaf.seq = entry.seq + 0 and leaf.timestamp = entry.timestamp + interval '0'
      where leaf.leaf_index >= $1 and leaf.leaf_index < $2`
    const differs = '(entry.entry_hash <> leaf.entry_hash or entry.version <> 1)'
    const [all] = await this.#executor.run(
      `select count(*)::text as entries, bool_or(${differs}) as differ from ${rows}`,
      [begin, end],
    )
    const added = Number(all?.['entries']) - this.#entries
    if (added > 0) {
      this.#findings.add('entry_added', `${added} entries have the seq and timestamp of others and are not in the tree`)
    }
    if (all?.['differ'] !== true) return
    const edited = new Set(this.#strange.map(({ leaf }) => leaf.leafIndex))
    const differing = await this.#executor.run(
      `select leaf.leaf_index::text as leaf, leaf.seq::text from ${rows} and ${differs} order by leaf.leaf_index limit 1000`,
      [begin, end],
    )
    for (const { leaf, seq } of differing) {
      const leafIndex = Number(leaf)
      if (edited.has(leafIndex)) continue
      const message = 'the version or the entry_hash that is stored beside the entry is another one than was signed'
      this.#findings.add('damaged', message, { leafIndex, seq: Number(seq) })
    }
  }

  #addMissingLeaf(leafIndex: number): false {
    this.#findings.add('entry_missing', 'the leaf is not there, and with it no way to its entry', { leafIndex })
    return false
  }

  #addRolledBack(known: number, size: number): void {
    this.#findings.add(
      'restored_to_earlier',
      `a checkpoint of ${known} leaves was signed, and the newest stored one has ${size}`,
    )
  }

  #report({ origin, size, cosignatures }: OpenedCheckpoint, begin: number, purged: number): VerificationReport {
    return this.#findings.report({
      origin,
      size,
      begin,
      purged,
      cosignatures,
      entries: this.#entries,
      bytes: this.#bytes,
    })
  }
}

/** It is the caller's own: that it cannot be trusted is no finding about the log. */
async function openSince(note: string | Uint8Array, policy: Policy): Promise<OpenedCheckpoint> {
  try {
    return await openCheckpoint(note, policy)
  } catch (error) {
    throw new AuditLogError('option_invalid', 'the earlier checkpoint is none that the policy trusts', {
      path: '$.since',
      cause: error,
    })
  }
}

function undefinedIfUntrusted(error: unknown): StoredCheckpoint | undefined {
  if (error instanceof AuditLogError) return undefined
  throw error
}
