import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, expect, it, vi } from 'vitest'
import { AuditLogger, functionPublisher, installSchema, Sequencer, type SequencerOptions } from '../../../src/index.ts'
import { createSigner, generateKey } from '../../../src/tlog/index.ts'
import { serverMajor } from '../../support/database.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../support/embedded-postgres.ts'
import { inOrder, takeCensus, until } from '../../support/sequencer.ts'

// Primaries and streaming standbys of this file's own: they are killed.
vi.setConfig({ testTimeout: 180_000 })
const key = await generateKey('audit.example.com/standby')
const servers: EmbeddedPostgres[] = []
const pools: pg.Pool[] = []

afterAll(async () => {
  for (const pool of pools) await pool.end().catch(() => undefined)
  for (const server of servers) await server.stop()
})

function connect({ url }: EmbeddedPostgres, options = ''): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max: 8, options })
  pool.on('error', () => undefined)
  pools.push(pool)
  return pool
}

/** A primary with the log, and a standby that follows it. */
async function startPair(): Promise<{ primary: EmbeddedPostgres; standby: EmbeddedPostgres; db: pg.Pool }> {
  const options = { major: await serverMajor(), durable: true, settings: ['shared_buffers=32MB'] } as const
  const primary = await startEmbeddedPostgres(options)
  servers.push(primary)
  const db = connect(primary)
  await installSchema(db)
  const standby = await startEmbeddedPostgres({ ...options, standbyOf: primary })
  servers.push(standby)
  await untilFollowing(db)
  return { primary, standby, db }
}

/** Waits until the standby has everything that the primary has written. */
async function untilFollowing(db: pg.Pool): Promise<void> {
  await until(async () => {
    const { rows } = await db.query<{ follows: boolean }>(
      `select replay_lsn >= pg_current_wal_insert_lsn() as follows from pg_stat_replication`,
    )
    return rows[0]?.follows === true
  })
}

const make = async (db: pg.Pool, options: Partial<SequencerOptions> = {}): Promise<Sequencer> =>
  new Sequencer({ db, signers: [await createSigner(key.signerKey)], verifierKeys: [key.verifierKey], ...options })

/** What holds checkpoints out of reach of both servers. */
function keepElsewhere(): { sizes: number[]; publisher: ReturnType<typeof functionPublisher> } {
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
  return { sizes, publisher }
}

it('goes on where a standby was promoted that was replicated to synchronously: every published leaf is there', async () => {
  const { primary, standby, db } = await startPair()
  await db.query(`alter system set synchronous_standby_names = 'standby'`)
  await db.query(`select pg_reload_conf()`)
  await until(
    async () => (await db.query(`select from pg_stat_replication where sync_state = 'sync'`)).rows.length === 1,
  )
  // Entries commit asynchronously; it is the sequencer that waits for the standby before it publishes.
  const audit = new AuditLogger({ db: connect(primary, '-c synchronous_commit=off') })
  const { sizes, publisher } = keepElsewhere()
  const before = await make(db, { intervalMs: 10, publishers: [publisher] })
  before.start()
  const writing = { isOver: false }
  const writers = Array.from({ length: 4 }, async () => {
    while (!writing.isOver) await audit.logMany([{ action: 'a.b' }, { action: 'a.c' }]).catch(() => sleep(10))
  })
  await until(() => sizes.length > 8)
  await primary.crash()
  writing.isOver = true
  await Promise.all(writers)
  await before.stop()

  const promoted = connect(standby)
  let connections = 0
  promoted.on('connect', () => {
    connections += 1
  })
  const after = await make(promoted, { publishers: [publisher], batchSize: 7, intervalMs: 10 })
  after.start()
  // Before the promotion it can write nothing, and says so; it needs no new start afterwards.
  await until(() => after.status().state === 'failing')
  expect(after.status().reason).toMatchObject({ code: 'sequencing_failed' })
  // More than the pool holds: the next one is made anew, and may lead to another server that was promoted instead.
  await until(() => connections > 8)
  await promoted.query('select pg_promote()')
  await until(() => after.status().state === 'active')
  const goingOn = new AuditLogger({ db: promoted })
  for (let number = 0; number < 20; number += 1) {
    await goingOn.log({ action: 'a.d' })
  }
  await until(async () => (await after.backlog()).entries === 0)
  await after.stop()
  const census = await takeCensus(promoted, key.verifierKey)
  expect(census).toEqual(inOrder(census.entries))
  expect(sizes).toEqual(sizes.toSorted((a, b) => a - b))
  expect(sizes.at(-1)).toBe(census.leaves)
})

it('signs nothing where a standby was promoted that lacks leaves that were published', async () => {
  const { primary, standby, db } = await startPair()
  const { sizes, publisher } = keepElsewhere()
  const audit = new AuditLogger({ db })
  await audit.logMany(Array.from({ length: 30 }, () => ({ action: 'a.b' })))
  const before = await make(db, { publishers: [publisher] })
  await before.run()
  await untilFollowing(db)
  await standby.crash()
  await audit.logMany(Array.from({ length: 5 }, () => ({ action: 'a.c' })))
  await before.run()
  await before.stop()
  await primary.crash()
  await standby.restart()

  const promoted = connect(standby)
  await promoted.query('select pg_promote()')
  await new AuditLogger({ db: promoted }).logMany(Array.from({ length: 9 }, () => ({ action: 'a.d' })))
  const after = await make(promoted, { publishers: [publisher], intervalMs: 10 })
  after.start()
  // Once the lease of the lost sequencer is over.
  await until(() => after.status().state === 'halted')
  expect(after.status()).toMatchObject({ state: 'halted', reason: { code: 'log_rolled_back' } })
  await after.stop()
  expect(sizes).toEqual([30, 35])
  expect(await takeCensus(promoted, key.verifierKey)).toMatchObject({ entries: 39, leaves: 30, checkpointSize: 30 })

  // Without anything that is kept elsewhere nobody could tell, and the log forks: docs/evidence.md.
  const blind = await make(promoted)
  await blind.run()
  await blind.stop()
  expect(await takeCensus(promoted, key.verifierKey)).toEqual(inOrder(39))
})
