import { verifyEntry } from '../../canonical/entry.ts'
import { databaseOver, type Executor } from '../../database/database.ts'
import { AuditLogError } from '../../errors.ts'
import { EntryQuery } from '../../query/entry-query.ts'
import type { PostureBaseline } from '../../schema/posture/baseline.ts'
import { inspect } from '../../schema/posture/inspect.ts'
import { Checkpoints } from '../../sequencer/checkpoints.ts'
import { StoredTree } from '../../sequencer/stored-tree.ts'
import { emptyRoot, hashLeaves, openCheckpoint, RightEdge, trustLogs } from '../../tlog/index.ts'
import { verifyLog } from '../verify-log.ts'
import type { Scratch } from './scratch.ts'

/**
 * What showed an attack.
 *
 * | detector | what it compares | who can get around it |
 * |---|---|---|
 * | `entry_hash` | each entry with its own hash | whoever hashes again |
 * | `leaf` | entries with the leaves of the tree: missing, exchanged, outside of the tree | whoever rewrites the leaves too |
 * | `checkpoint` | the leaves with the checkpoints stored beside them | whoever has the log's key |
 * | `posture` | the catalog with what this version ships | whoever puts it back before anybody looks |
 * | `baseline` | marks in the catalog with a baseline kept outside | whoever edits the files |
 * | `verify` | the log with its checkpoint and one that somebody else holds: what `audit-log verify --database --from` says | as with `witness` |
 * | `witness` | the log with a checkpoint that somebody else holds | whoever controls that place too |
 * | `receipt` | the log with hashes that clients kept | whoever controls the clients too |
 */
export type Detector = 'entry_hash' | 'leaf' | 'checkpoint' | 'posture' | 'baseline' | 'verify' | 'witness' | 'receipt'

/** What a detector said, e.g. codes of findings. */
export type Detections = ReadonlyMap<Detector, string>

/** How the catalog was before the attack. */
export interface PostureBefore {
  readonly findings: ReadonlySet<string>
  readonly baseline: PostureBaseline | undefined
}

/** Reads the posture before an attack. */
export async function readPosture(executor: Executor, { names }: Scratch): Promise<PostureBefore> {
  const report = await inspect(databaseOver(executor), { ...names, login: null })
  return { findings: new Set(report.findings.map(keyOf)), baseline: report.baseline }
}

const keyOf = ({ code, subject, detail }: { code: string; subject: string; detail: string | undefined }): string =>
  `${code}\0${subject}\0${detail ?? ''}`

/** Looks at the log with everything that there is, the evidence that is kept outside included. */
export async function detect(executor: Executor, scratch: Scratch, before: PostureBefore): Promise<Detections> {
  const detections = new Map<Detector, string>()
  const note = (detector: Detector, what: string | undefined): void => {
    if (what !== undefined) detections.set(detector, what)
  }
  const report = await inspect(databaseOver(executor), { ...scratch.names, login: null, baseline: before.baseline })
  const fresh = report.findings.filter((found) => !before.findings.has(keyOf(found)))
  const codes = [...new Set(fresh.map(({ code }) => code))]
  note('posture', codes.filter((code) => !code.startsWith('baseline')).join(', ') || undefined)
  note('baseline', codes.includes('baseline_moved') ? 'baseline_moved' : undefined)
  note('entry_hash', await attempt(() => checkEntries(executor, scratch)))
  note('leaf', await attempt(() => checkLeaves(executor, scratch)))
  note('checkpoint', await attempt(() => checkStored(executor, scratch)))
  note('verify', await attempt(() => verify(executor, scratch)))
  note('witness', await attempt(() => checkKept(executor, scratch)))
  note('receipt', await attempt(() => checkReceipts(executor, scratch)))
  return detections
}

/** A check that cannot be carried out has found something: an honest log can be read. */
async function attempt(check: () => Promise<string | undefined>): Promise<string | undefined> {
  try {
    return await check()
  } catch (error) {
    return error instanceof AuditLogError ? error.code : 'the log cannot be read'
  }
}

async function checkEntries(executor: Executor, { names }: Scratch): Promise<string | undefined> {
  let faulty = 0
  for await (const entry of EntryQuery.over(databaseOver(executor), names.schema).order('oldest').stream()) {
    if (!verifyEntry(entry)) faulty += 1
  }
  return faulty === 0 ? undefined : `${faulty} entries do not hash to their entry_hash`
}

async function checkLeaves(executor: Executor, { names: { schema }, words }: Scratch): Promise<string | undefined> {
  const [row] = await executor.run(
    `select (select count(*) - coalesce(max(leaf_index), -1) - 1 from only ${schema}.leaf)::integer as gaps,
       (select count(*) from ${schema}.leaf)::integer - (select count(*) from only ${schema}.leaf)::integer as foreign_leaves,
       (select count(*) from ${schema}.leaf where not exists (select from ${schema}.entry
          where entry.seq = leaf.seq and entry.timestamp = leaf.timestamp and entry.entry_hash = leaf.entry_hash))::integer as unmatched,
       (select count(*) from ${schema}.entry where seq <> $1 and timestamp < (select max(signed_at) from ${schema}.checkpoint)
          and not exists (select from ${schema}.leaf where leaf.seq = entry.seq and leaf.timestamp = entry.timestamp))::integer as outside`,
    [words['unsequenced']],
  )
  const found = Object.entries({
    'leaves are missing': row?.['gaps'],
    'leaves are not of the log': row?.['foreign_leaves'],
    'leaves have no such entry': row?.['unmatched'],
    'entries from before the last checkpoint are outside of the tree': row?.['outside'],
  }).filter(([, count]) => Number(count) !== 0)
  return found.length === 0 ? undefined : found.map(([what, count]) => `${Math.abs(Number(count))} ${what}`).join(', ')
}

async function checkStored(
  executor: Executor,
  { names: { schema }, verifierKey }: Scratch,
): Promise<string | undefined> {
  const [state] = await executor.run(`select tree_size::integer as size from ${schema}.sequencer_state`)
  const stored = await new Checkpoints(executor, schema).latest()
  if (stored === undefined) return 'there is no checkpoint'
  const head = await openCheckpoint(stored.note, trustLogs([verifierKey]))
  if (head.size !== Number(state?.['size'])) return 'the newest checkpoint is not of the whole log'
  const tree = new StoredTree(executor, schema)
  await tree.restoreEdge(head)
  const [foreign] = await executor.run(
    `select count(*)::integer as tiles from ${schema}.tile where (tile_index + 1) * (256::numeric ^ (level + 1)) > $1`,
    [head.size],
  )
  if (Number(foreign?.['tiles']) > 0) return 'tiles reach beyond the log'
  return Buffer.compare(await rootOf(tree, head.size), head.rootHash) === 0
    ? undefined
    : 'the leaves do not lead to the checkpoint'
}

/** What an auditor sees who has database access and a checkpoint of before. */
async function verify(
  executor: Executor,
  { names: { schema }, verifierKey, keptNote }: Scratch,
): Promise<string | undefined> {
  const policy = trustLogs([verifierKey])
  const { ok, findings } = await verifyLog(databaseOver(executor), { policy, schema, since: keptNote })
  return ok ? undefined : [...new Set(findings.map(({ verdict }) => verdict))].join(', ')
}

/** What a witness does with the checkpoint that it holds: the log must contain that tree still. */
async function checkKept(
  executor: Executor,
  { names: { schema }, verifierKey, keptNote }: Scratch,
): Promise<string | undefined> {
  const kept = await openCheckpoint(keptNote, trustLogs([verifierKey]))
  const [row] = await executor.run(`select count(*)::integer as leaves from ${schema}.leaf`)
  if (Number(row?.['leaves']) < kept.size) return 'the log is shorter than a checkpoint that a witness holds'
  const root = await rootOf(new StoredTree(executor, schema), kept.size)
  return Buffer.compare(root, kept.rootHash) === 0
    ? undefined
    : 'the log does not continue a checkpoint that a witness holds'
}

async function rootOf(tree: StoredTree, size: number): Promise<Uint8Array> {
  if (size === 0) return emptyRoot()
  const edge = new RightEdge()
  edge.append(hashLeaves(await tree.readEntryHashes(0, size)))
  return edge.root()
}

async function checkReceipts(
  executor: Executor,
  { names: { schema }, receipts }: Scratch,
): Promise<string | undefined> {
  const [row] = await executor.run(
    `select count(*)::integer as missing from json_to_recordset($1) as receipt (id uuid, entry_hash text)
     where not exists (select from ${schema}.entry where entry.id = receipt.id and encode(entry.entry_hash, 'hex') = receipt.entry_hash)`,
    [JSON.stringify(receipts)],
  )
  const missing = Number(row?.['missing'])
  return missing === 0 ? undefined : `${missing} entries that clients hold a hash of are not in the log`
}
