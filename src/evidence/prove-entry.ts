import { type Database, type Executor, withConnection } from '../database/database.ts'
import { AuditLogError } from '../errors.ts'
import { checkName, quoteIdentifier } from '../schema/names.ts'
import { Checkpoints, type StoredCheckpoint } from '../sequencer/checkpoints.ts'
import { StoredTree } from '../sequencer/stored-tree.ts'
import { formatTlogProof, hashLeaves, type Policy, proveInclusions, TileHashReader } from '../tlog/index.ts'
import { explainTreeRead } from './tile-fault.ts'
import { newestTrusted } from './trusted-checkpoint.ts'

/** Options of {@link proveEntry} and {@link proveEntries}. */
export interface ProveOptions {
  /** Schema of the log. Default is `audit_log`. */
  readonly schema?: string | undefined
  /**
   * Proves against the newest checkpoint that this policy trusts, its quorum of witnesses included. Default is the newest
   * checkpoint, with whatever cosignatures it has by now.
   */
  readonly policy?: Policy | undefined
}

/** What {@link proveEntries} says of one entry. */
export interface EntryProof {
  readonly seq: number
  /** The contents of a `.tlog-proof` file; undefined when there is none. */
  readonly proof: string | undefined
  /** Why there is none: no checkpoint covers the entry yet, or the log has no such entry. */
  readonly missing: 'proof_pending' | 'entry_unknown' | undefined
}

const largestPage = 10_000

/**
 * Proves that the log contains an entry: a `.tlog-proof` file (c2sp.org/tlog-proof) that verifies offline with the log's
 * verifier key, whatever becomes of the database. The data that it is about are the 32 bytes of the entry's `entry_hash`.
 *
 * Reads O(log n) tiles. A purged entry keeps its proof.
 *
 * @param db a login in the reader role
 * @throws AuditLogError `entry_unknown`; `proof_pending` when the entry is committed and no checkpoint (of the policy)
 * covers it yet, normally for about a second; `tree_damaged` when what is stored does not lead to the checkpoint
 * @example
 * await writeFile(`${entry.seq}.tlog-proof`, await proveEntry(pool, entry.seq))
 */
export async function proveEntry(db: Database, seq: number, options: ProveOptions = {}): Promise<string> {
  const [result] = await proveEntries(db, [seq], options)
  if (result?.proof !== undefined) return result.proof
  throw result?.missing === 'proof_pending'
    ? new AuditLogError('proof_pending', `no checkpoint covers entry ${seq} yet`)
    : new AuditLogError('entry_unknown', `the log has no entry ${seq}`)
}

/**
 * Proves several entries against one checkpoint, reading each tile once: for a page of a list.
 *
 * @param seqs at most 10,000
 * @returns one result for each, in the same order
 * @throws AuditLogError `option_invalid` before any I/O; `tree_damaged`
 */
export async function proveEntries(
  db: Database,
  seqs: readonly number[],
  options: ProveOptions = {},
): Promise<EntryProof[]> {
  const schema = checkName(options.schema ?? 'audit_log', '$.schema')
  if (!Array.isArray(seqs) || seqs.length > largestPage) {
    throw new AuditLogError('option_invalid', `expected at most ${largestPage} entries to prove`)
  }
  for (const seq of seqs) {
    if (!Number.isSafeInteger(seq) || seq < 1) {
      throw new AuditLogError('option_invalid', 'expected the seq of an entry, from 1 to 2^53-1')
    }
  }
  try {
    return await withConnection(db, (executor) => proveIn(executor, schema, seqs, options.policy))
  } catch (error) {
    throw explainTreeRead(error)
  }
}

/** The leaf of an entry. */
interface Leaf {
  readonly seq: number
  readonly index: number
  /** 64 hexadecimal digits. */
  readonly entryHash: string
}

async function proveIn(
  executor: Executor,
  schema: string,
  seqs: readonly number[],
  policy: Policy | undefined,
): Promise<EntryProof[]> {
  const leaves = await readLeavesOf(executor, schema, seqs)
  const last = Math.max(-1, ...[...leaves.values()].map(({ index }) => index))
  const checkpoint = last < 0 ? undefined : await newestTrusted(new Checkpoints(executor, schema), policy)
  const size = checkpoint?.size ?? 0
  const covered = [...leaves.values()].filter(({ index }) => index < size)
  const proofs =
    checkpoint === undefined ? new Map<number, string>() : await proveLeaves(executor, schema, covered, checkpoint)
  const unknown = seqs.filter((seq) => !leaves.has(seq))
  const pending = unknown.length === 0 ? new Set<number>() : await readUnsequenced(executor, schema, unknown)
  return seqs.map((seq) => {
    const proof = proofs.get(seq)
    if (proof !== undefined) return { seq, proof, missing: undefined }
    const missing = leaves.has(seq) || pending.has(seq) ? 'proof_pending' : 'entry_unknown'
    return { seq, proof: undefined, missing }
  })
}

async function proveLeaves(
  executor: Executor,
  schema: string,
  leaves: readonly Leaf[],
  { size, rootHash, note }: StoredCheckpoint,
): Promise<Map<number, string>> {
  const reader = new TileHashReader({ size, rootHash }, new StoredTree(executor, schema).readTiles)
  const indexes = leaves.map(({ index }) => index)
  const proofs = await proveInclusions(size, indexes, reader)
  // The tiles hash to the root; that the leaves are in them is seen here, so that no proof is handed out that would fail.
  const stored = Buffer.concat(await reader.readHashes(indexes.map((index) => ({ level: 0, index }))))
  const entryHashes = Buffer.from(leaves.map(({ entryHash }) => entryHash).join(''), 'hex')
  if (!stored.equals(hashLeaves(entryHashes)))
    throw new AuditLogError('tree_damaged', 'a leaf is not what the tree says')
  const format = proofFormatter(note)
  return new Map(leaves.map(({ seq, index }, place) => [seq, format(index, proofs[place] ?? [])]))
}

/**
 * Formats many proofs against one checkpoint: what they have in common is formatted and checked once, and a hash that is in
 * several of them is encoded once.
 */
function proofFormatter(checkpoint: string): (index: number, hashes: readonly Uint8Array[]) => string {
  const [start = '', end = ''] = formatTlogProof({ index: 0, hashes: [], checkpoint }).split('index 0\n\n', 2)
  const lines = new Map<Uint8Array, string>()
  const lineOf = (hash: Uint8Array): string => {
    const known = lines.get(hash)
    if (known !== undefined) return known
    const line = `${Buffer.from(hash).toString('base64')}\n`
    lines.set(hash, line)
    return line
  }
  return (index, hashes) => `${start}index ${index}\n${hashes.map(lineOf).join('')}\n${end}`
}

async function readLeavesOf(executor: Executor, schema: string, seqs: readonly number[]): Promise<Map<number, Leaf>> {
  const rows = await executor.run(
    `select seq::text, leaf_index::text, encode(entry_hash, 'hex') as entry_hash
     from ${quoteIdentifier(schema)}.leaf where seq = any ($1::bigint[])`,
    [`{${seqs.join(',')}}`],
  )
  return new Map(
    rows.map((row) => {
      const leaf = {
        seq: Number(row['seq']),
        index: Number(row['leaf_index']),
        entryHash: String(row['entry_hash']),
      }
      return [leaf.seq, leaf]
    }),
  )
}

// Only what the sequencer has not worked off yet is looked through: there is an index on xid, and none on seq alone.
async function readUnsequenced(executor: Executor, schema: string, seqs: readonly number[]): Promise<Set<number>> {
  const quoted = quoteIdentifier(schema)
  const rows = await executor.run(
    `select seq::text from ${quoted}.entry
     where xid >= (select coalesce(pg_snapshot_xmin(done), '0') from ${quoted}.sequencer_state) and seq = any ($1::bigint[])`,
    [`{${seqs.join(',')}}`],
  )
  return new Set(rows.map((row) => Number(row['seq'])))
}
