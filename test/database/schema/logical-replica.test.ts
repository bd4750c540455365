import pg from 'pg'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { AuditLogger, inspect, installSchema, Sequencer, verifyLog } from '../../../src/index.ts'
import { createSigner, generateKey, trustLogs } from '../../../src/tlog/index.ts'
import { serverMajor } from '../../support/database.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../support/embedded-postgres.ts'
import { until } from '../../support/sequencer.ts'

// A copy on another server that is fed by logical replication, set up as docs/posture.md says.

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })
const major = await serverMajor()
const servers: EmbeddedPostgres[] = []
const pools: pg.Pool[] = []
afterAll(async () => {
  for (const pool of pools) await pool.end().catch(() => undefined)
  for (const server of servers) await server.stop()
})

async function start(): Promise<{ url: string; db: pg.Pool }> {
  const server = await startEmbeddedPostgres({
    major,
    settings: ['wal_level=logical', 'shared_buffers=32MB', 'max_connections=30'],
  })
  servers.push(server)
  const db = new pg.Pool({ connectionString: server.url, max: 6 })
  db.on('error', () => undefined)
  pools.push(db)
  await installSchema(db)
  return { url: server.url, db }
}

const key = await generateKey('audit.example.com/replicated')
const policy = trustLogs([key.verifierKey])
const [origin, copy] = [await start(), await start()]
const audit = new AuditLogger({ db: origin.db })
const sequencer = new Sequencer({
  db: origin.db,
  signers: [await createSigner(key.signerKey)],
  verifierKeys: [key.verifierKey],
})
const tables = ['entry', 'leaf', 'leaf_anomaly', 'tile', 'checkpoint', 'cosignature'].map((name) => `audit_log.${name}`)

const rowsOf = async ({ db }: { db: pg.Pool }): Promise<string[]> => {
  const counts = tables.map((name) => `(select count(*) from ${name})`).join(', ')
  return (await db.query<{ rows: string[] }>(`select array[${counts}]::text[] as rows`)).rows[0]!.rows
}
const applyErrors = async (): Promise<number> =>
  Number(
    (await copy.db.query<{ n: string }>('select apply_error_count as n from pg_stat_subscription_stats')).rows[0]?.n ??
      0,
  )
async function grow(entries: number): Promise<void> {
  await audit.logMany(Array.from({ length: entries }, (_, number) => ({ action: 'a.b', details: { number } })))
  await sequencer.run()
}

/** Whether each table has all rows; while the subscription copies what was there, each follows at its own pace. */
const inStep = async (): Promise<boolean> => (await rowsOf(copy)).join() === (await rowsOf(origin)).join()
const guardsOf = async ({ db }: { db: pg.Pool }): Promise<string[]> => {
  const { findings } = await inspect(db, { login: null })
  return findings.filter(({ severity }) => severity === 'critical').map(({ code, subject }) => `${code} ${subject}`)
}

beforeAll(async () => {
  await grow(300)
  await origin.db.query(
    `create publication audit_copy for table ${tables.join(', ')} with (publish_via_partition_root = true)`,
  )
  // From PostgreSQL 16 on the rows are applied as the owner of the table, for whom the trigger does not fire.
  if (major < 16) await copy.db.query('alter table audit_log.entry disable trigger stamp_entry')
  await copy.db.query(`create subscription audit_copy connection '${origin.url}' publication audit_copy`)
  await grow(100)
})

it('a copy that logical replication feeds is intact, and the doctor says that nobody may write there', async () => {
  await until(inStep)
  expect(await verifyLog(copy.db, { policy })).toMatchObject({ verdict: 'intact', size: 400, entries: 400 })
  expect(await guardsOf(copy)).toEqual([
    ...(major < 16 ? ['trigger_disabled trigger entry.stamp_entry'] : []),
    'sequence_behind sequence entry_seq',
  ])
})

it('what a superuser does to the origin with its guards off is refused at the copy, which keeps the entries', async () => {
  const client = await origin.db.connect()
  await client.query(`begin; do $$ declare part regclass; begin
    for part in select 'audit_log.entry'::regclass union all select inhrelid from pg_inherits where inhparent = 'audit_log.entry'::regclass loop
      execute format('alter table %s disable trigger all', part);
    end loop;
  end $$;
  update audit_log.entry set outcome = 'denied' where seq = 5; delete from audit_log.entry where seq = 6; commit`)
  client.release()
  await until(async () => (await applyErrors()) > 0)
  expect(await verifyLog(copy.db, { policy })).toMatchObject({ verdict: 'intact', entries: 400 })
  expect(await verifyLog(origin.db, { policy })).toMatchObject({ verdict: 'entry_edited', entries: 399 })
})
