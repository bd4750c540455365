import { execFileSync } from 'node:child_process'
import { cp, rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, expect, it } from 'vitest'
import { AuditLogger, functionPublisher, installSchema, Sequencer, type SequencerOptions } from '../../../src/index.ts'
import { createSigner, generateKey } from '../../../src/tlog/index.ts'
import { serverMajor } from '../../support/database.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../support/embedded-postgres.ts'
import { inOrder, takeCensus, until } from '../../support/sequencer.ts'
import { unique } from '../../support/unique.ts'

// Servers of their own: they are killed, and their files are put back.
const major = await serverMajor()
const key = await generateKey('audit.example.com/crash')
const servers: EmbeddedPostgres[] = []
const pools: pg.Pool[] = []

afterAll(async () => {
  for (const pool of pools) await pool.end().catch(() => undefined)
  for (const server of servers) await server.stop()
})

async function start(): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ major, durable: true, settings: ['shared_buffers=32MB'] })
  servers.push(server)
  return server
}

function connect(server: EmbeddedPostgres, database: string, options = ''): pg.Pool {
  const pool = new pg.Pool({ connectionString: urlOf(server, database), max: 8, options })
  pool.on('error', () => undefined)
  pools.push(pool)
  return pool
}

const urlOf = ({ url }: EmbeddedPostgres, database: string): string => url.replace(/postgres$/, database)

async function run(server: EmbeddedPostgres, sql: string): Promise<void> {
  const client = new pg.Client(urlOf(server, 'template1'))
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}

/** A database with the log, and its name. */
async function install(server: EmbeddedPostgres, title: string): Promise<[pg.Pool, string]> {
  const database = unique(title).replace('-', '_')
  await run(server, `create database ${database}`)
  const db = connect(server, database)
  await installSchema(db)
  return [db, database]
}

const server = await start()

const make = async (db: pg.Pool, options: Partial<SequencerOptions> = {}): Promise<Sequencer> =>
  new Sequencer({ db, signers: [await createSigner(key.signerKey)], verifierKeys: [key.verifierKey], ...options })

/** What holds checkpoints out of reach of the server. */
function keepElsewhere(): { notes: string[]; sizes: number[]; publisher: ReturnType<typeof functionPublisher> } {
  const [notes, sizes]: [string[], number[]] = [[], []]
  const publisher = functionPublisher(
    'elsewhere',
    ({ note, size }) => {
      notes.push(note)
      sizes.push(size)
      return Promise.resolve()
    },
    () => Promise.resolve(notes.at(-1)),
  )
  return { notes, sizes, publisher }
}

it('never loses a published leaf when the server crashes, although its writers commit asynchronously', async () => {
  const [db, database] = await install(server, 'crashing')
  const audit = new AuditLogger({ db: connect(server, database, '-c synchronous_commit=off') })
  const { sizes, publisher } = keepElsewhere()
  for (let crash = 0; crash < 2; crash += 1) {
    const sequencer = await make(db, { intervalMs: 10, publishers: [publisher] })
    sequencer.start()
    const writing = { isOver: false }
    const writers = Array.from({ length: 4 }, async () => {
      while (!writing.isOver) await audit.logMany([{ action: 'a.b' }, { action: 'a.c' }]).catch(() => sleep(10))
    })
    const before = sizes.length
    await until(() => sizes.length > before + 5)
    await server.crash()
    writing.isOver = true
    await Promise.all(writers)
    // As a process that dies with its server.
    await server.restart()
    await sequencer.stop()
  }
  const next = await make(db, { publishers: [publisher] })
  await next.run()
  await next.stop()
  const census = await takeCensus(db, key.verifierKey)
  expect(census).toEqual(inOrder(census.entries))
  expect(census.leaves).toBeGreaterThanOrEqual(sizes.at(-1) ?? 0)
})

it('signs nothing when the files of the server are those of an earlier time', async () => {
  const [db] = await install(server, 'put_back')
  const audit = new AuditLogger({ db })
  const { notes, publisher } = keepElsewhere()
  await audit.logMany(Array.from({ length: 300 }, () => ({ action: 'a.b' })))
  const first = await make(db, { publishers: [publisher] })
  await first.run()
  await server.crash()
  const copy = `${server.dataDirectory}.earlier`
  await cp(server.dataDirectory, copy, { recursive: true, preserveTimestamps: true })
  if (process.getuid?.() === 0) execFileSync('chown', ['-R', '65534:65534', copy])
  await server.restart()
  await audit.logMany(Array.from({ length: 20 }, () => ({ action: 'a.c' })))
  await first.run()
  await first.stop()
  await server.crash()
  await rm(server.dataDirectory, { recursive: true })
  execFileSync('mv', [copy, server.dataDirectory])
  await server.restart()
  await audit.logMany(Array.from({ length: 30 }, () => ({ action: 'a.d' })))
  const second = await make(db, { publishers: [publisher] })
  // The files of that time say that the first process is at work for some seconds yet.
  let refused: unknown
  await until(async () => {
    refused = await second.run().then(
      () => undefined,
      (error: unknown) => error,
    )
    return refused !== undefined
  })
  expect(refused).toMatchObject({ code: 'log_rolled_back' })
  expect(notes).toHaveLength(2)
  expect(await takeCensus(db, key.verifierKey)).toMatchObject({ checkpointSize: 300 })
  await second.stop()
})

const dumpVersion = clientVersion('pg_dump')

it.skipIf(dumpVersion < major)(
  `survives dump and restore into a fresh cluster (skipped where pg_dump is older than the server: here ${dumpVersion} and ${major})`,
  async () => {
    const fresh = await start()
    const [db, database] = await install(server, 'dumped')
    const audit = new AuditLogger({ db })
    const { sizes, publisher } = keepElsewhere()
    // Transaction ids that the fresh cluster is far from, and entries that the sequencer has not seen yet.
    for (let number = 0; number < 40; number += 1) await audit.log({ action: 'a.b' })
    const first = await make(db, { publishers: [publisher] })
    await first.run()
    await first.stop()
    for (let number = 0; number < 7; number += 1) await audit.log({ action: 'a.c' })
    const roles = execFileSync('pg_dumpall', ['--globals-only', '-d', server.url])
    const dump = execFileSync('pg_dump', ['-d', urlOf(server, database)])
    const load = (sql: Buffer): Buffer => execFileSync('psql', ['-q', '-d', fresh.url], { input: sql, stdio: 'pipe' })
    load(roles)
    load(dump)
    const restored = connect(fresh, 'postgres')
    const second = await make(restored, { publishers: [publisher], batchSize: 3 })
    await second.run()
    expect(await takeCensus(restored, key.verifierKey)).toEqual(inOrder(47))
    const goingOn = new AuditLogger({ db: restored })
    for (let number = 0; number < 20; number += 1) {
      await goingOn.log({ action: 'a.d' })
      await second.run()
    }
    await second.stop()
    expect(await takeCensus(restored, key.verifierKey)).toEqual(inOrder(67))
    expect(sizes.at(-1)).toBe(67)
  },
)

it('survives a copy whose transaction ids are all of the future, in another database of the cluster', async () => {
  const [db, database] = await install(server, 'original')
  const audit = new AuditLogger({ db })
  const first = await make(db)
  for (let number = 0; number < 20; number += 1) await audit.log({ action: 'a.b' })
  await first.run()
  await first.stop()
  for (let number = 0; number < 5; number += 1) await audit.log({ action: 'a.c' })
  await db.end()
  await run(server, `create database ${database}_copy template ${database}`)
  const copied = connect(server, `${database}_copy`)
  await copied.query(`
    alter table audit_log.entry disable trigger all; update audit_log.entry set xid = (xid::text::bigint + 1000)::text::xid8;
    alter table audit_log.entry enable always trigger stamp_entry`)
  const second = await make(copied, { batchSize: 2 })
  await second.run()
  const goingOn = new AuditLogger({ db: copied })
  for (let number = 0; number < 1100; number += 100) {
    // Up to and past the ids that the copied entries have.
    await goingOn.log({ action: 'a.d' })
    for (let xid = 0; xid < 100; xid += 1) await copied.query('select pg_current_xact_id()')
    await second.run()
  }
  await second.stop()
  expect(await takeCensus(copied, key.verifierKey)).toEqual(inOrder(36))
})

function clientVersion(program: string): number {
  try {
    return Number(/\) (\d+)/.exec(execFileSync(program, ['--version'], { encoding: 'utf8' }))?.[1] ?? 0)
  } catch {
    return 0
  }
}
