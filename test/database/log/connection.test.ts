import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { AuditLogError, AuditLogger, verifyEntry } from '../../../src/index.ts'
import { testLog } from '../../support/database.ts'
import { startTcpProxy } from '../../support/tcp-proxy.ts'

const log = await testLog()
const audit = new AuditLogger({ db: log.appPool })
const count = (action: string): Promise<number> => audit.query().action(action).count()

async function errorOf(work: Promise<unknown>): Promise<AuditLogError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof AuditLogError)) throw new Error('expected an AuditLogError', { cause: error })
  return error
}

describe('Invariant 12: the caller learns whether it is certain that nothing was written, when a lost connection', () => {
  it('before anything is sent is certain: nothing was written', async () => {
    const nowhere = new pg.Pool({ host: '127.0.0.1', port: 1, user: 'nobody' })
    expect((await errorOf(new AuditLogger({ db: nowhere }).log({ action: 'no.connection' }))).code).toBe('write_failed')
    const ended = new pg.Pool({ connectionString: log.app.url })
    await ended.end()
    expect((await errorOf(new AuditLogger({ db: ended }).log({ action: 'no.connection' }))).code).toBe('write_failed')
    const kysely = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: nowhere }) })
    expect((await errorOf(new AuditLogger({ db: kysely }).log({ action: 'no.connection' }))).code).toBe('write_failed')
  })

  it('after the statement was sent is uncertain, and here it was written', async () => {
    const proxy = await startTcpProxy(log.app.url)
    const cut = new AuditLogger({ db: log.pool(proxy.url) })
    await cut.log({ action: 'before.cut' })
    proxy.cutAnswers()
    const before = await count('answer.lost')
    expect((await errorOf(cut.log({ action: 'answer.lost' }))).code).toBe('write_uncertain')
    await expect.poll(() => count('answer.lost')).toBe(before + 1)
    await proxy.stop()
  })

  it('is uncertain when the server ends the session, and the next call works again', async () => {
    const pool = log.pool(log.app.url, { max: 1 })
    const ended = new AuditLogger({ db: pool })
    await ended.log({ action: 'before.end' })
    const client = await log.connect(log.app.url)
    await client.query('begin')
    await audit.log({ action: 'session.ended' }, { db: client })
    await log.admin.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where usename = $1 and pid <> pg_backend_pid()`,
      [log.app.name],
    )
    const error = await errorOf(audit.log({ action: 'session.ended' }, { db: client }))
    expect(error.code).toBe('write_uncertain')
    expect(await new AuditLogger({ db: log.pool(log.app.url) }).query().action('session.ended').count()).toBe(0)
    await expect.poll(() => ended.log({ action: 'after.end' }).then(verifyEntry, () => false)).toBe(true)
  })

  it('is uncertain for every call that shared the statement, and the next call works again', async () => {
    const proxy = await startTcpProxy(log.app.url)
    const cut = new AuditLogger({ db: log.pool(proxy.url) })
    proxy.cutAnswers()
    const batch = Array.from({ length: 20 }, () => ({ action: 'batch.cut' }))
    expect((await errorOf(cut.logMany(batch))).code).toMatch(/^write_(uncertain|failed)$/)
    proxy.heal()
    await cut.log({ action: 'is.connected' })
    proxy.cutAnswers()
    const errors = await Promise.all(batch.map((event) => errorOf(cut.log(event))))
    expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(['write_uncertain']))
    proxy.heal()
    expect(verifyEntry(await cut.log({ action: 'after.cut' }))).toBe(true)
    await proxy.stop()
  })

  it('is uncertain before the statement arrived too, and here it was not written', async () => {
    const proxy = await startTcpProxy(log.app.url)
    const cut = new AuditLogger({ db: log.pool(proxy.url) })
    await cut.log({ action: 'before.cut' })
    proxy.cutRequests()
    expect((await errorOf(cut.log({ action: 'request.lost' }))).code).toBe('write_uncertain')
    proxy.heal()
    await cut.log({ action: 'after.cut' })
    expect(await count('request.lost')).toBe(0)
    await proxy.stop()
  })

  it('in a transaction of the host leaves nothing of it', async () => {
    const proxy = await startTcpProxy(log.app.url)
    const client = await log.connect(proxy.url)
    await client.query('begin')
    await audit.log({ action: 'transaction.cut' }, { db: client })
    proxy.cutAnswers()
    expect((await errorOf(audit.log({ action: 'transaction.cut' }, { db: client }))).code).toBe('write_uncertain')
    // The server notices that the client is gone when it answers.
    await expect
      .poll(
        async () =>
          (
            await log.admin.query(`select from pg_stat_activity where state like 'idle in%' and usename = $1`, [
              log.app.name,
            ])
          ).rowCount,
      )
      .toBe(0)
    expect(await count('transaction.cut')).toBe(0)
    await proxy.stop()
  })
})

describe('a connection that is of no use', () => {
  it('because nobody connected it is refused, not waited for', async () => {
    const client = new pg.Client(log.app.url)
    const error = await errorOf(audit.log({ action: 'not.connected' }, { db: client }))
    expect([error.code, error.path]).toEqual(['option_invalid', '$.db'])
    const connected = client.connect()
    expect(verifyEntry(await audit.log({ action: 'is.connected' }, { db: client }))).toBe(true)
    await connected
    await client.end()
  })

  it('because its server has become a standby is not given back to the pool', async () => {
    const pool = log.pool(log.app.url, { max: 1 })
    const moved = new AuditLogger({ db: pool })
    await moved.log({ action: 'before.failover' })
    // What every session of a standby has.
    await pool.query('set default_transaction_read_only = on')
    expect((await errorOf(moved.log({ action: 'in.failover' }))).sqlState).toBe('25006')
    expect(verifyEntry(await moved.log({ action: 'after.failover' }))).toBe(true)
  })
})

describe('Invariant 12: the caller learns whether it is certain that nothing was written, when a call that takes too long', () => {
  it('is certain when the server gave up: nothing was written', async () => {
    const holder = await log.connect()
    await holder.query('begin; lock table audit_log.entry in access exclusive mode')
    const timed = new AuditLogger({ db: log.pool(log.app.url, { statement_timeout: 100 }) })
    const error = await errorOf(timed.log({ action: 'server.timeout' }))
    expect([error.code, error.sqlState]).toEqual(['write_failed', '57014'])
    expect((await errorOf(timed.logMany([{ action: 'server.timeout' }, { action: 'server.timeout' }]))).code).toBe(
      'write_failed',
    )
    await holder.query('rollback')
    expect(await count('server.timeout')).toBe(0)
  })

  it('is uncertain when the driver gave up, and here it was written', async () => {
    const before = await count('driver.timeout')
    const holder = await log.connect()
    await holder.query('begin; lock table audit_log.entry in access exclusive mode')
    const timed = new AuditLogger({ db: log.pool(log.app.url, { query_timeout: 100 }) })
    expect((await errorOf(timed.log({ action: 'driver.timeout' }))).code).toBe('write_uncertain')
    await holder.query('rollback')
    await expect.poll(() => count('driver.timeout')).toBe(before + 1)
  })
})

describe('a driver that writes down as JSON what the statement has as JSON, text too (postgres.js)', () => {
  it('leaves details as they are', async () => {
    const client = await log.connect(log.app.url)
    const describeParameters = async (text: string): Promise<number[]> => {
      await client.query(`prepare described as ${text}`)
      const { rows } = await client.query<{ types: number[] }>(
        `select parameter_types::oid[]::integer[] as types from pg_prepared_statements where name = 'described'`,
      )
      await client.query('deallocate described')
      return rows[0]!.types
    }
    const db = {
      async query(text: string, values: unknown[] = []) {
        const types = await describeParameters(text)
        const written = values.map((value, index) => (types[index] === 114 ? JSON.stringify(value) : value))
        return client.query<object>(text, written)
      },
    }
    const event = { action: 'json.twice', details: { a: 'b', list: [1, null] } }
    const entries = [await audit.log(event, { db }), ...(await audit.logMany([event, event], { db }))]
    for (const entry of entries) {
      expect(entry.details).toEqual(event.details)
      expect(verifyEntry(entry)).toBe(true)
    }
  })
})
