import type pg from 'pg'
import { AuditLogger, Sequencer, type SequencerOptions } from '../../src/index.ts'
import {
  CompactRange,
  createSigner,
  generateKey,
  hashLeaves,
  type KeyPair,
  openCheckpoint,
  trustLogs,
} from '../../src/tlog/index.ts'
import { testLog, type TestLog } from './database.ts'

/** A log with everything that a sequencer needs. */
export interface SequencedLog extends TestLog {
  readonly key: KeyPair
  readonly audit: AuditLogger
  /** Connection string of a login in the sequencer role. */
  readonly sequencerUrl: string
  /** A sequencer on a pool of its own. */
  sequencer(options?: Partial<SequencerOptions>): Promise<Sequencer>
  /** Appends events, each in a transaction of its own. */
  write(count: number): Promise<void>
}

export async function sequencedLog(origin = 'audit.example.com/test'): Promise<SequencedLog> {
  const log = await testLog()
  const key = await generateKey(origin)
  const login = await log.login()
  await log.admin.query(`grant ${log.roles.sequencer} to ${login.name}`)
  const audit = new AuditLogger({ db: log.appPool })
  return {
    ...log,
    key,
    audit,
    sequencerUrl: login.url,
    sequencer: async (options = {}) =>
      new Sequencer({
        db: options.db ?? log.pool(login.url, { max: 4 }),
        signers: [await createSigner(key.signerKey)],
        verifierKeys: [key.verifierKey],
        ...options,
      }),
    async write(count) {
      await Promise.all(Array.from({ length: count }, (_, number) => audit.log({ action: 'a.b', details: { number } })))
    },
  }
}

/** What a check of the whole log finds, by plain SQL and a naive tree. */
export interface Census {
  readonly entries: number
  readonly leaves: number
  readonly withoutLeaf: number
  readonly leavesWithoutEntry: number
  readonly isDense: boolean
  /** Sizes of the checkpoints that are not signed by the log over the tree that its leaves make. */
  readonly wrongCheckpoints: readonly number[]
  readonly checkpointSize: number
}

export async function takeCensus(db: pg.Pool, verifierKey: string, schema = 'audit_log'): Promise<Census> {
  const { rows } = await db.query<Record<string, string>>(
    `select (select count(*) from ${schema}.entry) as entries, count(*) as leaves,
       (select count(*) from ${schema}.entry where not exists (select from ${schema}.leaf where leaf.seq = entry.seq and leaf.timestamp = entry.timestamp)) as without_leaf,
       (select count(*) from ${schema}.leaf where not exists (select from ${schema}.entry where leaf.seq = entry.seq and leaf.timestamp = entry.timestamp and leaf.entry_hash = entry.entry_hash)) as without_entry,
       coalesce(max(leaf_index) + 1, 0) as next, count(distinct (seq, timestamp)) as distinct_entries
     from ${schema}.leaf`,
  )
  const [row = {}] = rows
  const leaves = await db.query<{ hash: Buffer }>(`select entry_hash as hash from ${schema}.leaf order by leaf_index`)
  const checkpoints = await db.query<{ size: string; note: string }>(
    `select tree_size as size, note from ${schema}.checkpoint order by tree_size`,
  )
  const range = new CompactRange()
  const wrongCheckpoints: number[] = []
  for (const { size, note } of checkpoints.rows) {
    const data = leaves.rows.slice(range.end, Number(size)).map(({ hash }) => hash)
    range.append(hashLeaves(new Uint8Array(Buffer.concat(data))))
    const opened = await openCheckpoint(note, trustLogs([verifierKey])).catch(() => undefined)
    const isRight = opened?.size === range.end && Buffer.compare(opened.rootHash, range.root()) === 0
    if (!isRight) wrongCheckpoints.push(Number(size))
  }
  const [entries = 0, count = 0, next = 0] = [row['entries'], row['leaves'], row['next']].map(Number)
  return {
    entries,
    leaves: count,
    withoutLeaf: Number(row['without_leaf']),
    leavesWithoutEntry: Number(row['without_entry']),
    isDense: count === next && Number(row['distinct_entries']) === count,
    wrongCheckpoints,
    checkpointSize: range.end,
  }
}

/** What a census of a log in order looks like. */
export function inOrder(entries: number): Census {
  return {
    entries,
    leaves: entries,
    withoutLeaf: 0,
    leavesWithoutEntry: 0,
    isDense: true,
    wrongCheckpoints: [],
    checkpointSize: entries,
  }
}

/** Waits for something that another process or timer brings about. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 15))
}
