import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  type AuditEvent,
  AuditLogError,
  AuditLogger,
  type AuditLoggerOptions,
  type Entry,
  type FailOpen,
  verifyEntry,
} from '../../../src/index.ts'
import { testDatabase, testLog } from '../../support/database.ts'
import { unique } from '../../support/unique.ts'

const log = await testLog()
const { appPool } = log
const audit = new AuditLogger({ db: appPool })

/** Newest entry before the test, or before it is run once more. */
let before = 0
beforeEach(async () => {
  const { rows } = await log.admin.query<{ seq: string }>(
    'select coalesce(max(seq), 0)::text as seq from audit_log.entry',
  )
  before = Number(rows[0]!.seq)
})
const logged = async (action: string): Promise<readonly Entry[]> =>
  (await audit.query().action(action).limit(1000).page()).entries.filter(({ seq }) => seq > before).toReversed()

async function errorOf(work: Promise<unknown>): Promise<AuditLogError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof AuditLogError)) throw new Error('expected an AuditLogError', { cause: error })
  return error
}

describe('log', () => {
  it('returns the entry as it is stored', async () => {
    const event = {
      action: 'risk.accepted',
      tenant_id: 'contoso',
      user_id: 'alice@contoso.example',
      target: 'finding:42',
      source_ip: '2001:DB8::1',
      outcome: 'denied',
      details: { z: 1, a: { b: [true, null, 'ä\u0001\u{1f600}'] } },
    } as const
    const entry = await audit.log(event)
    expect(entry).toMatchObject({ ...event, source_ip: '2001:db8::1', version: 1, recorded_by: log.app.name })
    expect(verifyEntry(entry)).toBe(true)
    expect(await logged('risk.accepted')).toEqual([entry])
  })

  it('records a login of any name', async () => {
    const name = `${unique('login')} "of" the\nhost ä 1 %s`
    const quoted = pg.escapeIdentifier(name)
    await log.admin.query(`create role ${quoted} in role ${log.roles.writer}`)
    const client = await log.connect()
    await client.query(`set session authorization ${quoted}`)
    const strange = new AuditLogger({ db: client })
    const entries = [
      await strange.log({ action: 'strange.login' }),
      ...(await strange.logMany([{ action: 'strange.login' }, { action: 'strange.login' }])),
    ]
    await client.query('reset session authorization')
    expect(entries.map(({ recorded_by }) => recorded_by)).toEqual([name, name, name])
    expect(await logged('strange.login')).toEqual(entries)
    await log.admin.query(`drop role ${quoted}`)
  })

  it('keeps microseconds from end to end', async () => {
    const entries = await Promise.all(Array.from({ length: 50 }, () => audit.log({ action: 'micro.second' })))
    const { rows } = await log.admin.query<{ micros: string }>(
      `select (extract(epoch from timestamp) * 1000000)::bigint::text as micros from audit_log.entry where action = 'micro.second' and seq > $1 order by seq`,
      [before],
    )
    const micros = entries
      .sort((a, b) => a.seq - b.seq)
      .map(({ timestamp }) => String(Date.parse(timestamp.slice(0, 19) + 'Z') * 1000 + Number(timestamp.slice(20, 26))))
    expect(micros).toEqual(rows.map((row) => row.micros))
    expect(micros.some((value) => !value.endsWith('000'))).toBe(true)
  })

  it('has the time of the insert, and not of the start of its transaction', async () => {
    const client = await log.connect(log.app.url)
    await client.query('begin; select pg_sleep(0.05)')
    const entries = [
      await audit.log({ action: 'late.insert' }, { db: client }),
      ...(await audit.logMany([{ action: 'late.insert' }], { db: client })),
    ]
    const { rows } = await client.query<{ start: Date }>('select now() as start')
    await client.query('commit')
    for (const { timestamp } of entries) {
      expect(Date.parse(timestamp) - rows[0]!.start.getTime()).toBeGreaterThanOrEqual(49)
    }
  })

  it('takes secrets out when it is told to, and leaves everything else as it is', async () => {
    const event = {
      action: 'config.changed',
      user_id: 'alice',
      target: 'https://app:hunter2@db/x',
      details: { password: 'hunter2', birthDate: '2000-01-01', note: 'call 555-1234' },
    }
    expect(await audit.log(event)).toMatchObject(event)
    expect(await new AuditLogger({ db: appPool, redact: false }).log(event)).toMatchObject(event)
    const secrets = new AuditLogger({ db: appPool, redact: true })
    const masked = {
      user_id: 'alice',
      target: 'https://app:[redacted]@db/x',
      details: { password: '[redacted]', birthDate: '2000-01-01', note: 'call 555-1234' },
    }
    for (const entry of [await secrets.log(event), ...(await secrets.logMany([event]))]) {
      expect(entry).toMatchObject(masked)
      expect(verifyEntry(entry)).toBe(true)
    }
    const named = new AuditLogger({ db: appPool, redact: { keys: ['birth_date'], patterns: [/\d{3}-\d{4}/] } })
    expect(await named.log({ ...event, target: 'phone:555-1234' })).toMatchObject({
      target: 'phone:[redacted]',
      details: { password: '[redacted]', birthDate: '[redacted]', note: 'call [redacted]' },
    })
    expect(() => new AuditLogger({ db: appPool, redact: { keys: [5] } as never })).toThrow(
      expect.objectContaining({ code: 'option_invalid' }),
    )
  })

  it.each(['40001', '40P01'])('is tried again by itself when the database says %s, and not for ever', async (code) => {
    const refusal = (): Promise<never> =>
      Promise.reject(Object.assign(new pg.DatabaseError('no', 0, 'error'), { code, severity: 'ERROR' }))
    let left = 0
    let attempts = 0
    const query = (text: string, values?: unknown[]): Promise<{ rows: unknown[] }> => {
      attempts += 1
      left -= 1
      return left >= 0 ? refusal() : appPool.query(text, values)
    }
    const retrying = new AuditLogger({ db: { query } })
    left = 2
    expect(verifyEntry(await retrying.log({ action: 'tried.again' }))).toBe(true)
    left = 2
    expect((await retrying.logMany([{ action: 'tried.again' }])).length).toBe(1)
    expect(attempts).toBe(6)
    left = 100
    attempts = 0
    const error = await errorOf(retrying.logMany([{ action: 'tried.again' }]))
    expect([error.code, error.sqlState, attempts]).toEqual(['write_failed', code, 3])
    // Within the host's transaction, which has failed, there is nothing to try again.
    attempts = 0
    await errorOf(audit.log({ action: 'not.again' }, { db: { query } }))
    expect(attempts).toBe(1)
  })

  it('writes what two loggers, a Kysely instance and a client log', async () => {
    const kysely = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: log.pool(log.app.url) }) })
    const client = await log.connect(log.app.url)
    for (const db of [kysely, client, appPool]) {
      const entry = await new AuditLogger({ db }).log({ action: 'any.database' })
      expect(verifyEntry(entry)).toBe(true)
    }
    expect((await logged('any.database')).length).toBe(3)
  })

  it('refuses a mistake of the programmer before any I/O, and nothing of its batch is written', async () => {
    const untouched = new AuditLogger({ db: { query: () => Promise.reject(new Error('I/O')) } })
    const bad = { action: 'Not An Action' }
    expect((await errorOf(untouched.log(bad))).code).toBe('event_invalid_action')
    const error = await errorOf(untouched.logMany([{ action: 'fine.event' }, bad]))
    expect([error.code, error.path]).toEqual(['event_invalid_action', '$[1].action'])
    expect(await logged('fine.event')).toEqual([])
  })

  it('takes no more after close, which waits for what was taken', async () => {
    const closing = new AuditLogger({ db: appPool })
    const taken = Promise.all(Array.from({ length: 20 }, () => closing.log({ action: 'before.close' })))
    const closed = closing.close()
    expect((await errorOf(closing.log({ action: 'after.close' }))).code).toBe('closed')
    await closed
    expect((await logged('before.close')).length).toBe(20)
    await taken
    await closing.close()
  })
})

describe('logMany', () => {
  it('returns the entries in the order of the events', async () => {
    const entries = await audit.logMany(
      Array.from({ length: 1000 }, (_, index) => ({ action: 'many.events', details: { index } })),
    )
    expect(entries.map(({ details }) => details['index'])).toEqual(Array.from({ length: 1000 }, (_, index) => index))
    expect(entries.every(verifyEntry)).toBe(true)
    expect(await logged('many.events')).toEqual(entries)
  })

  it('writes all or nothing', async () => {
    const blocked = await testLog()
    await blocked.admin.query(
      `create function public.block() returns trigger language plpgsql as $$ begin
         if new.details::text like '%500%' then raise exception 'blocked'; end if; return new; end $$;
       create trigger zz_block before insert on audit_log.entry for each row execute function public.block()`,
    )
    const blockedLog = new AuditLogger({ db: blocked.appPool })
    const events = Array.from({ length: 1000 }, (_, index) => ({ action: 'many.events', details: { index } }))
    expect((await errorOf(blockedLog.logMany(events))).code).toBe('write_failed')
    expect(await blockedLog.query().count()).toBe(0)
  })

  it('refuses more than one statement takes, before any I/O', async () => {
    const untouched = new AuditLogger({ db: { query: () => Promise.reject(new Error('I/O')) } })
    const large = { action: 'too.large', details: { text: 'x'.repeat(60_000) } }
    const events = Array.from({ length: 1200 }, () => large)
    expect((await errorOf(untouched.logMany(events))).code).toBe('batch_too_large')
    for (const none of [undefined, null, 'events', { length: 1 }, new Set()]) {
      const error = await errorOf(untouched.logMany(none as unknown as AuditEvent[]))
      expect([error.code, error.path]).toEqual(['event_invalid_type', '$'])
    }
    const holes: AuditEvent[] = []
    holes.length = 2
    expect((await errorOf(untouched.logMany(holes))).path).toBe('$[0]')
  })

  it('takes no events and up to 10,000', async () => {
    expect(await audit.logMany([])).toEqual([])
    expect((await errorOf(audit.logMany(Array.from({ length: 10_001 }, () => ({ action: 'too.many' }))))).code).toBe(
      'batch_too_large',
    )
  })
})

describe('Invariant 4: same transaction', () => {
  it.each(['log', 'logMany'] as const)(
    '%s commits and rolls back with the transaction that it was passed',
    async (method) => {
      for (const end of ['commit', 'rollback'] as const) {
        const client = await log.connect(log.app.url)
        const action = `transaction.${method.toLowerCase()}.${end}`
        await client.query('begin')
        await (method === 'log'
          ? audit.log({ action }, { db: client })
          : audit.logMany([{ action }, { action }], { db: client }))
        expect(await logged(action)).toEqual([])
        await client.query(end)
        expect((await logged(action)).length).toBe(end === 'rollback' ? 0 : method === 'log' ? 1 : 2)
      }
    },
  )

  it('is not left by a transaction that is passed in the wrong place', async () => {
    const client = await log.connect(log.app.url)
    // A Kysely transaction keeps all that it has in private fields.
    const kysely = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: appPool }) })
    for (const options of [client, kysely, { trx: client }, { db: client, trx: client }, { db: undefined }, null]) {
      const error = await errorOf(audit.log({ action: 'wrong.place' }, options as object))
      expect(error.code).toBe('option_invalid')
      expect((await errorOf(audit.logMany([{ action: 'wrong.place' }], options as object))).code).toBe('option_invalid')
    }
    expect((await errorOf(audit.log({ action: 'wrong.place' }, { db: 5 as unknown as pg.Pool }))).code).toBe(
      'option_invalid',
    )
    expect(await logged('wrong.place')).toEqual([])
  })

  it('is left, and stays, by what is logged without it while it is open', async () => {
    const client = await log.connect(log.app.url)
    await client.query('begin')
    await audit.log({ action: 'attempt.made' }, { db: client })
    await audit.log({ action: 'attempt.refused', outcome: 'denied' })
    await client.query('rollback')
    expect((await logged('attempt.refused')).length).toBe(1)
    expect(await logged('attempt.made')).toEqual([])
  })

  it('goes with a Kysely transaction', async () => {
    const kysely = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: log.pool(log.app.url) }) })
    await kysely.transaction().execute((trx) => audit.log({ action: 'kysely.commit' }, { db: trx }))
    const rolledBack = kysely.transaction().execute(async (trx) => {
      await audit.log({ action: 'kysely.rollback' }, { db: trx })
      throw new Error('the business failed')
    })
    await expect(rolledBack).rejects.toThrow('the business failed')
    expect((await logged('kysely.commit')).length).toBe(1)
    expect(await logged('kysely.rollback')).toEqual([])
  })

  it('goes with a savepoint', async () => {
    const client = await log.connect(log.app.url)
    await client.query('begin')
    await audit.log({ action: 'savepoint.kept' }, { db: client })
    await client.query('savepoint here')
    await audit.log({ action: 'savepoint.undone' }, { db: client })
    await client.query('rollback to here; commit')
    expect((await logged('savepoint.kept')).length).toBe(1)
    expect(await logged('savepoint.undone')).toEqual([])
  })

  it('holds no lock that another writer or reader waits for', async () => {
    const client = await log.connect(log.app.url)
    await client.query('begin')
    await audit.log({ action: 'open.transaction' }, { db: client })
    await Promise.all(Array.from({ length: 100 }, () => audit.log({ action: 'meanwhile.written' })))
    expect((await logged('meanwhile.written')).length).toBe(100)
    const { rows } = await log.admin.query(
      `select count(*)::integer as waiting from pg_locks where not granted and database = (select oid from pg_database where datname = current_database())`,
    )
    expect(rows).toEqual([{ waiting: 0 }])
    await client.query('rollback')
  })

  it.each(['repeatable read', 'serializable'])('works at isolation level %s', async (level) => {
    const pool = log.pool(log.app.url, { options: `-c default_transaction_isolation=${level.replace(' ', '\\ ')}` })
    const isolated = new AuditLogger({ db: pool })
    await Promise.all(Array.from({ length: 200 }, () => isolated.log({ action: 'isolated.write' })))
    const client = await log.connect(log.app.url)
    await client.query(`begin isolation level ${level}; select 1`)
    await audit.log({ action: 'isolated.write' }, { db: client })
    await audit.log({ action: 'isolated.write' })
    await client.query('commit')
  })
})

describe('concurrent log() calls', () => {
  it('resolve when they are committed, each with its own entry', async () => {
    const calls = Array.from({ length: 2000 }, async (_, index) => {
      const entry = await audit.log({ action: 'coalesced.call', details: { index } })
      expect(entry.details).toEqual({ index })
      if (index % 100 === 0) {
        const { rows } = await log.admin.query('select from audit_log.entry where seq = $1', [entry.seq])
        expect(rows.length).toBe(1)
      }
      return entry
    })
    const entries = await Promise.all(calls)
    expect(new Set(entries.map(({ seq }) => seq)).size).toBe(2000)
    expect(entries.every(verifyEntry)).toBe(true)
  })

  it('share statements', async () => {
    let statements = 0
    const counting = new AuditLogger({
      db: { query: (text, values) => ((statements += 1), appPool.query(text, values)) },
    })
    await Promise.all(Array.from({ length: 1000 }, () => counting.log({ action: 'shared.statement' })))
    expect(statements).toBeLessThan(20)
  })

  it('reject only the one that the database refuses', async () => {
    const blocked = await testLog()
    await blocked.admin.query(
      `create function public.block() returns trigger language plpgsql as $$ begin
         if new.user_id = 'blocked' then raise exception 'blocked %', new.details; end if; return new; end $$;
       create trigger zz_block before insert on audit_log.entry for each row execute function public.block()`,
    )
    const blockedLog = new AuditLogger({ db: blocked.appPool })
    const results = await Promise.allSettled(
      Array.from({ length: 300 }, (_, index) =>
        blockedLog.log({ action: 'some.fail', user_id: index % 97 === 5 ? 'blocked' : 'fine', details: { index } }),
      ),
    )
    const rejected = results.flatMap((result, index) => (result.status === 'rejected' ? [index] : []))
    expect(rejected).toEqual([5, 102, 199, 296])
    expect(await blockedLog.query().count()).toBe(296)
  })

  it('are pushed back when too many wait, and nothing of those is written', async () => {
    const small = new AuditLogger({ db: appPool, maxWaiting: 10, lanes: 1 })
    const results = await Promise.allSettled(Array.from({ length: 50 }, () => small.log({ action: 'pushed.back' })))
    const codes = results.flatMap((result) =>
      result.status === 'rejected' ? [(result.reason as AuditLogError).code] : [],
    )
    expect(codes).toEqual(Array.from({ length: 40 }, () => 'queue_full'))
    expect((await logged('pushed.back')).length).toBe(10)
  })

  it('use no more connections than there are lanes', async () => {
    const pool = log.pool(log.app.url, { max: 20 })
    const laned = new AuditLogger({ db: pool, lanes: 2 })
    const calls: Promise<unknown>[] = []
    for (let turn = 0; turn < 200; turn += 1) {
      calls.push(laned.log({ action: 'laned.call' }))
      await new Promise(setImmediate)
    }
    await Promise.all(calls)
    expect(pool.totalCount).toBeLessThanOrEqual(2)
  })
})

describe('errors', () => {
  it('say that the schema is missing, or that the login is no writer', async () => {
    const empty = await testDatabase()
    expect((await errorOf(new AuditLogger({ db: empty.admin }).log({ action: 'a.b' }))).code).toBe('schema_missing')
    expect((await errorOf(new AuditLogger({ db: empty.admin }).query().page())).code).toBe('schema_missing')
    const noWriter = new AuditLogger({ db: log.pool(log.reader.url) })
    expect((await errorOf(noWriter.log({ action: 'a.b' }))).code).toBe('privilege_missing')
    const noReader = new AuditLogger({ db: log.pool(log.writer.url) })
    expect((await errorOf(noReader.query().page())).code).toBe('privilege_missing')
  })

  it('say so when what came back is not what was sent', async () => {
    const altered = await testLog()
    await altered.admin.query(
      `create or replace function audit_log.preimage(
         action text, details text, id uuid, outcome text, recorded_by text, seq bigint,
         source_ip inet, target text, tenant_id text, "timestamp" text, user_id text
       ) returns text language sql stable return '{"forged":"' || action || '"}'`,
    )
    expect((await errorOf(new AuditLogger({ db: altered.appPool }).log({ action: 'a.b' }))).code).toBe('hash_mismatch')
  })

  it('say so when one entry of a batch has another hash than was sent', async () => {
    const altered = await testLog()
    const logger = new AuditLogger({ db: altered.appPool })
    const events = [{ action: 'a.b' }, { action: 'a.c' }, { action: 'a.d' }]
    expect(await logger.logMany(events)).toHaveLength(3)
    await altered.admin.query(
      `create function public.alter_hash() returns trigger language plpgsql as $$ begin
         if new.action = 'a.c' then new.entry_hash := sha256(new.entry_hash); end if;
         return new;
       end $$;
       create trigger z before insert on audit_log.entry for each row execute function public.alter_hash()`,
    )
    expect((await errorOf(logger.logMany(events))).code).toBe('hash_mismatch')
  })
})

describe('Invariant 13: secrets never reach an error', () => {
  it('which holds no event contents and loses the detail of the database error', async () => {
    const strict = await testLog()
    await strict.admin.query(`alter table audit_log.entry add constraint host_rule check (user_id <> 'mallory')`)
    const error = await errorOf(
      new AuditLogger({ db: strict.appPool }).log({
        action: 'a.b',
        user_id: 'mallory',
        details: { password: 'hunter2' },
      }),
    )
    expect([error.code, error.sqlState]).toEqual(['write_failed', '23514'])
    const everything =
      JSON.stringify([error, error.cause, Object.getOwnPropertyDescriptors(error.cause)]) +
      String(error.stack) +
      String(error.cause)
    expect(everything).not.toMatch(/hunter2|mallory/)
  })

  // PostgreSQL prints the value into the message of a data error.
  it('nor the message of a data error', async () => {
    const casting = await testLog()
    await casting.admin.query(
      `create function public.cast_user() returns trigger language plpgsql as $$ begin
         perform new.user_id::integer; return new; end $$;
       create trigger zz_cast before insert on audit_log.entry for each row execute function public.cast_user()`,
    )
    const error = await errorOf(new AuditLogger({ db: casting.appPool }).log({ action: 'a.b', user_id: 'mallory' }))
    expect([error.code, error.sqlState]).toEqual(['write_failed', '22P02'])
    expect(`${String(error.stack)}${String(error.cause)}${JSON.stringify(error)}`).not.toContain('mallory')
  })
})

describe('onError', () => {
  type FailingOpen = AuditLoggerOptions & { readonly onError: FailOpen }
  const failingOpen = (
    options: Omit<AuditLoggerOptions, 'onError'>,
  ): { lost: [AuditEvent, AuditLogError][]; logger: AuditLogger<FailingOpen> } => {
    const lost: [AuditEvent, AuditLogError][] = []
    const onError = { onLost: (event: AuditEvent, error: AuditLogError) => void lost.push([event, error]) }
    return { lost, logger: new AuditLogger({ ...options, onError }) }
  }

  it('throws by default', async () => {
    const closedDoor = new AuditLogger({ db: { query: () => Promise.reject(new Error('down')) } })
    expect((await errorOf(closedDoor.log({ action: 'a.b' }))).code).toBe('write_uncertain')
  })

  it('goes on although the callback fails, at once or later', async () => {
    for (const onLost of [
      () => {
        throw new Error('no queue')
      },
      () => Promise.reject(new Error('no queue')) as never,
    ]) {
      const logger = new AuditLogger({ db: new pg.Pool({ host: '127.0.0.1', port: 1 }), onError: { onLost } })
      expect(await logger.log({ action: 'a.b' })).toBeNull()
    }
  })

  it('hands every lost event to the callback when the host chose to fail open', async () => {
    const { lost, logger } = failingOpen({ db: new pg.Pool({ host: '127.0.0.1', port: 1 }), maxWaiting: 100 })
    const events = Array.from({ length: 250 }, (_, index) => ({ action: 'lost.event', details: { index } }))
    const results = await Promise.all(events.map((event) => logger.log(event)))
    expect(results.every((result) => result === null)).toBe(true)
    expect(await logger.logMany([{ action: 'lost.one' }, { action: 'lost.two' }])).toEqual([])
    expect(await logger.log({ action: 'Not An Action' })).toBeNull()
    expect(lost.length).toBe(253)
    expect(new Set(lost.map(([, error]) => error.code))).toEqual(
      new Set(['queue_full', 'write_failed', 'event_invalid_action']),
    )
    expect(new Set(lost.map(([event]) => event)).size).toBe(253)
  })

  it('leaves the transaction of the host alone when the host chose to fail open', async () => {
    const { lost, logger } = failingOpen({ db: log.pool(log.reader.url) })
    const client = await log.connect(log.reader.url)
    await client.query('begin')
    expect(await logger.log({ action: 'not.allowed' }, { db: client })).toBeNull()
    expect((await client.query('select 1 as alive')).rows).toEqual([{ alive: 1 }])
    await client.query('commit')
    expect(lost[0]?.[1].code).toBe('privilege_missing')
    expect(await logger.log({ action: 'not.allowed' }, { db: client })).toBeNull()
    const working = failingOpen({ db: appPool })
    const app = await log.connect(log.app.url)
    await app.query('begin')
    await working.logger.log({ action: 'failing.open' }, { db: app })
    await app.query('commit')
    await working.logger.log({ action: 'failing.open' }, { db: app })
    expect((await logged('failing.open')).length).toBe(2)
  })

  it.each([
    { onError: 'ignore' },
    { onError: {} },
    { lanes: 0 },
    { lanes: 65 },
    { maxWaiting: 1.5 },
    { schema: '' },
    { db: 5 },
    { db: undefined },
    { redcat: true },
  ])('refuses the option %j', (options) => {
    const make = (): unknown => new AuditLogger({ db: appPool, ...options } as unknown as AuditLoggerOptions)
    expect(make).toThrow(expect.objectContaining({ code: 'option_invalid' }))
  })
})

describe('prepared statements', () => {
  it('are given up by themselves when a pooler loses them', async () => {
    const pool = log.pool(log.app.url, { max: 1 })
    const pooled = new AuditLogger({ db: pool })
    await pooled.log({ action: 'pooled.first' })
    // What a pooler without support for them does: the statement is prepared, but on another server connection.
    await pool.query('deallocate all')
    expect(verifyEntry(await pooled.log({ action: 'pooled.second' }))).toBe(true)
    await pool.query('deallocate all')
    expect(verifyEntry(await pooled.log({ action: 'pooled.third' }))).toBe(true)
  })

  it('are given up by all statements that are under way', async () => {
    const pool = log.pool(log.app.url, { max: 2 })
    const pooled = new AuditLogger({ db: pool })
    const logMany = (): Promise<Entry[]> =>
      Promise.all(Array.from({ length: 200 }, () => pooled.log({ action: 'pooled.many' })))
    await logMany()
    await Promise.all([pool.query(`select pg_sleep(0.2)`), pool.query('select pg_sleep(0.2)')])
    await logMany()
    const clients = await Promise.all([pool.connect(), pool.connect()])
    for (const client of clients) await client.query('deallocate all')
    for (const client of clients) client.release()
    expect((await logMany()).every(verifyEntry)).toBe(true)
  })

  it('fail in one transaction of the host, and the next ones do without', async () => {
    const client = await log.connect(log.app.url)
    const pooled = new AuditLogger({ db: appPool })
    const inTransaction = async (): Promise<Entry> => {
      await client.query('begin')
      try {
        return await pooled.log({ action: 'pooled.in.transaction' }, { db: client })
      } finally {
        await client.query('commit')
      }
    }
    await inTransaction()
    await client.query('deallocate all')
    const error = await errorOf(inTransaction())
    expect([error.code, error.sqlState]).toEqual(['write_failed', '26000'])
    expect(error.message).toContain('prepare: false')
    expect(verifyEntry(await inTransaction())).toBe(true)
  })

  it('lose nothing where the logger fails open', async () => {
    const client = await log.connect(log.app.url)
    const lost: AuditLogError[] = []
    const pooled = new AuditLogger({ db: appPool, onError: { onLost: (_, error) => void lost.push(error) } })
    await pooled.log({ action: 'pooled.failing.open' }, { db: client })
    await client.query('deallocate all')
    await client.query('begin')
    await pooled.log({ action: 'pooled.failing.open' }, { db: client })
    await client.query('commit')
    expect([lost, (await logged('pooled.failing.open')).length]).toEqual([[], 2])
  })

  it('are not used when the host says so', async () => {
    const pool = log.pool(log.app.url, { max: 1 })
    await new AuditLogger({ db: pool, prepare: false }).log({ action: 'not.prepared' })
    expect((await pool.query('select name from pg_prepared_statements')).rows).toEqual([])
  })

  it('have names that nobody can guess', async () => {
    const pool = log.pool(log.app.url, { max: 1 })
    await new AuditLogger({ db: pool }).log({ action: 'is.prepared' })
    const { rows } = await pool.query<{ name: string }>('select name from pg_prepared_statements')
    expect(rows[0]?.name).toMatch(/^audit_log_[0-9a-f]{16}_one$/)
  })
})

it('never loses precision of seq, up to its very end', async () => {
  const full = await testLog()
  await full.admin.query('alter sequence audit_log.entry_seq restart with 9007199254740990')
  const last = new AuditLogger({ db: full.appPool })
  const entries = await last.logMany([{ action: 'next.to.last' }, { action: 'very.last' }])
  expect(entries.map(({ seq }) => seq)).toEqual([9007199254740990, 9007199254740991])
  expect(entries.every(verifyEntry)).toBe(true)
  expect((await errorOf(last.log({ action: 'one.more' }))).sqlState).toBe('2200H')
})
