import { randomBytes } from 'node:crypto'
import type { Entry } from '../../canonical/entry.ts'
import { databaseOver, type Executor } from '../../database/database.ts'
import { AuditLogger } from '../../log/audit-logger.ts'
import { quoteIdentifier, quoteLiteral, resolveNames, type SchemaNames } from '../../schema/names.ts'
import { installSteps } from '../../schema/script.ts'
import { Checkpoints } from '../../sequencer/checkpoints.ts'
import { StoredTree } from '../../sequencer/stored-tree.ts'
import {
  createSigner,
  formatCheckpoint,
  generateKey,
  hashLeaves,
  RightEdge,
  type Signer,
  signNote,
} from '../../tlog/index.ts'

/** A log of the drill's own, inside a transaction that is never committed, and what others hold of it. */
export interface Scratch {
  readonly names: SchemaNames
  /** What `{...}` in the SQL of an attack stands for. */
  readonly words: Readonly<Record<string, string>>
  /** The log's key, which some attackers have stolen, and its verifier key. */
  readonly signer: Signer
  readonly verifierKey: string
  /** A key that is not the log's. */
  readonly otherSigner: Signer
  /** The newest checkpoint as somebody outside of the database keeps it. */
  readonly keptNote: string
  /** Where the sequence stands. A sequence is not put back when a transaction is. */
  readonly lastSeq: string
  /** Tree size of the checkpoint before it. */
  readonly olderSize: number
  /** What clients keep of the entries that they wrote. */
  readonly receipts: readonly Pick<Entry, 'id' | 'entry_hash'>[]
}

/** Where the entries come from. */
export interface ScratchOptions {
  /** How many. */
  readonly entries: number
  /** Schema of a log whose newest entries are copied. Undefined: entries are made up. */
  readonly from: string | undefined
}

const origin = 'audit-log.drill/scratch'

/** Makes the scratch log in the transaction that is open. Its roles and its schema have random names and end with it. */
export async function makeScratch(executor: Executor, { entries, from }: ScratchOptions): Promise<Scratch> {
  const schema = `audit_log_drill_${randomBytes(6).toString('hex')}`
  const names = resolveNames({ schema })
  const logins = { writerLogin: `${schema}_app`, readerLogin: `${schema}_auditor`, ownerLogin: `${schema}_dba` }
  for (const login of Object.values(logins)) await executor.run(`create role ${login} login`)
  const grants = [
    { kind: 'writer', login: logins.writerLogin },
    { kind: 'reader', login: logins.readerLogin },
  ] as const
  await executor.run(block(installSteps(names, grants, 0).join('\n')))
  await executor.run(`grant ${names.roles.owner} to ${logins.ownerLogin}`)
  const words = { s: schema, ...names.roles, ...logins }

  await fillLog(executor, names, entries, from)
  const key = await generateKey(origin, 'ed25519')
  const other = await generateKey(origin, 'ed25519')
  const signer = await createSigner(key.signerKey)
  const olderSize = Math.max(1, Math.floor(entries / 2))
  await executor.run(
    `insert into ${schema}.leaf (leaf_index, seq, timestamp, entry_hash)
     select row_number() over (order by seq) - 1, seq, timestamp, entry_hash from ${schema}.entry`,
  )
  const [counted] = await executor.run(`select count(*)::integer as leaves from ${schema}.leaf`)
  const leaves = Number(counted?.['leaves'])
  await signTree(executor, schema, signer, Math.min(olderSize, leaves))
  await signTree(executor, schema, signer, leaves)
  await executor.run(`update ${schema}.sequencer_state set tree_size = ${leaves}`)
  await new AuditLogger({ db: databaseOver(executor), schema, prepare: false }).log({
    action: 'drill.unsequenced',
    user_id: 'mallory',
  })

  const kept = await new Checkpoints(executor, schema).latest()
  const rows = await executor.run(
    `select seq::text, id::text, encode(entry_hash, 'hex') as hash, tableoid::regclass::text as partition from ${schema}.entry order by entry.seq`,
  )
  const attacked = rows[Math.floor(leaves / 4)]
  const unsequenced = rows.at(-1)
  return {
    names,
    words: {
      ...words,
      seq: String(attacked?.['seq']),
      unsequenced: String(unsequenced?.['seq']),
      partition: String(attacked?.['partition']).split('.').at(-1) ?? '',
      older: String(Math.min(olderSize, leaves)),
    },
    signer,
    verifierKey: key.verifierKey,
    otherSigner: await createSigner(other.signerKey),
    keptNote: kept?.note ?? '',
    olderSize,
    lastSeq: String(unsequenced?.['seq']),
    receipts: rows.map((row) => ({ id: String(row['id']), entry_hash: String(row['hash']) })),
  }
}

async function fillLog(
  executor: Executor,
  names: SchemaNames,
  entries: number,
  from: string | undefined,
): Promise<void> {
  const { schema, roles } = names
  if (from === undefined) {
    const events = Array.from({ length: entries }, (_, number) => ({
      action: 'drill.sample',
      user_id: number % 7 === 3 ? 'mallory' : 'alice',
      target: `finding:${number}`,
      source_ip: '192.0.2.1',
      details: { number: number + 1, text: 'ä"' },
    }))
    await new AuditLogger({ db: databaseOver(executor), schema, prepare: false }).logMany(events)
    return
  }
  const columns =
    'version, seq, id, timestamp, tenant_id, user_id, action, target, source_ip, outcome, details, recorded_by, entry_hash, xid, canonical'
  await executor.run(
    `create temp table audit_log_drill_copy on commit drop as
     select ${columns} from ${quoteIdentifier(from)}.entry order by timestamp desc, seq desc limit ${entries}`,
  )
  await executor.run(`grant select on audit_log_drill_copy to ${roles.owner}`)
  await executor.run(
    block(
      `set local role ${roles.owner}; insert into ${schema}.entry (${columns}) select ${columns} from pg_temp.audit_log_drill_copy; reset role`,
    ),
  )
  await executor.run(`select setval('${schema}.entry_seq', greatest(1, (select max(seq) from ${schema}.entry)))`)
}

/** Makes the tiles and a checkpoint over the leaves up to a size, as they are stored now. */
export async function signTree(executor: Executor, schema: string, signer: Signer, size: number): Promise<void> {
  const tree = new StoredTree(executor, schema)
  const edge = new RightEdge()
  const entryHashes = await tree.readEntryHashes(0, size)
  const tiles = edge.append(hashLeaves(entryHashes))
  const [stored] = await executor.run(`select count(*)::integer as tiles from ${schema}.tile`)
  await tree.writeTiles(tiles.slice(Number(stored?.['tiles'])))
  const head = { size, rootHash: edge.root() }
  const note = await signNote(formatCheckpoint({ origin, ...head, extensions: [] }), [signer])
  await new Checkpoints(executor, schema).append(
    { ...head, note },
    Buffer.from(entryHashes.subarray(-32)).toString('hex'),
  )
}

/** The SQL of an attack with the names of the scratch log filled in. */
export function fill({ words }: Scratch, sql: string): string {
  return sql.replaceAll(/\{(\w+)\}/g, (placeholder, word: string) => words[word] ?? placeholder)
}

/** Several statements as one, for every driver's protocol. */
export function block(statements: string): string {
  return `do $drill$ begin execute ${quoteLiteral(statements)}; end $drill$`
}
