import { describe, expect, it } from 'vitest'
import { AuditLogger, findEntryFault, Retention } from '../../../src/index.ts'
import { refusal, testLog } from '../../support/database.ts'

// Sessions that somebody prepared: temporary objects before ours, settings that change how text is read, names that are taken.

const log = await testLog()
const reader = new AuditLogger({ db: log.pool(log.reader.url) })

const types =
  'text json jsonb bytea uuid inet timestamptz timestamp date interval int8 int4 int2 bool float8 regclass name xid8 numeric oid'
const spy = `create function pg_temp.spy() returns pg_catalog.bool language plpgsql as $$
  begin
    if current_user <> session_user then raise exception 'running as %', current_user using errcode = 'HACKD'; end if;
    return true;
  end $$;
  ${types
    .split(' ')
    .map((type) => `create domain pg_temp.${type} as pg_catalog.${type} check (pg_temp.spy());`)
    .join('\n')}
  create function pg_temp.format(pg_catalog.text, variadic pg_catalog.text[]) returns pg_catalog.text language sql as 'select null::pg_catalog.text where pg_temp.spy()';
  create function pg_temp.clock_timestamp() returns pg_catalog.timestamptz language sql as 'select null::pg_catalog.timestamptz where pg_temp.spy()';
  create function pg_temp.json_build_object(variadic pg_catalog.text[]) returns pg_catalog.json language sql as 'select null::pg_catalog.json where pg_temp.spy()';
  create function pg_temp.make_interval(days pg_catalog.int4) returns pg_catalog.interval language sql as 'select null::pg_catalog.interval where pg_temp.spy()';
  create function pg_temp.keep_days() returns pg_catalog.int4 language sql as 'select 1 where pg_temp.spy()';
  create temp table entry (action pg_catalog.text);
  create temp table retention_policy (keep_days pg_catalog.int4);
  create temp table legal_hold (hold_id pg_catalog.uuid);
  create temp table pg_inherits (inhrelid pg_catalog.oid, inhparent pg_catalog.oid);
  create temp table pg_locks (relation pg_catalog.oid, mode pg_catalog.text, database pg_catalog.oid);
  create temp sequence entry_seq;
  set search_path = pg_temp, pg_catalog;`

describe('temporary objects of a session', () => {
  const calls: Readonly<Record<string, string>> = {
    'an insert': `insert into audit_log.entry (action, details) values ('a.temp', '{"b":1,"a":[0.1]}')`,
    'log()': `select * from audit_log.log('a.temp', details => '{"b":1}')`,
    'append_canonical()': `select audit_log.append_canonical('[{"action":"a.temp","details":"{}"}]')`,
    'ensure_partitions()': 'select audit_log.ensure_partitions(4)',
    'extend_retention()': `select audit_log.extend_retention(366, 'attack')`,
    'place_legal_hold()': `select audit_log.place_legal_hold('attack', 'nobody')`,
    'clear_month()': `select audit_log.clear_month('2020-01-01', 1, '00')`,
    'purge_month()': `select audit_log.purge_month('2020-01-01')`,
    'release_legal_hold()': `select audit_log.release_legal_hold(pg_catalog.gen_random_uuid(), 'attack', 'nobody')`,
  }

  it.each(Object.keys(calls))('run nothing with the rights of the owner in %s', async (name) => {
    // As a login with every role that may call something: more than any login of a host should have.
    const login = await log.login()
    await log.admin.query(`grant ${log.roles.writer}, ${log.roles.archivist}, ${log.roles.reader} to ${login.name}`)
    const client = await log.connect(login.url)
    await client.query(spy)
    const state = await client.query(calls[name] ?? '').then(
      () => 'done',
      (error: { code?: string }) => error.code ?? 'no SQLSTATE',
    )
    await client.end()
    // WO023, WO026: there is no such month and no such hold.
    expect([name, state]).toEqual([name, expect.stringMatching(/^(done|WO02[036])$/)])
  })

  it('do not swallow entries, and do not change what is kept', async () => {
    const { entries } = await reader.query().action('a.temp').page()
    expect(entries).toHaveLength(3)
    expect(entries.map(findEntryFault)).toEqual([null, null, null])
    expect(await new Retention({ db: log.admin }).policy()).toMatchObject({ keepDays: 366, reason: 'attack' })
  })
})

describe('a session of the pool that was left dirty', () => {
  it.each([
    ['a search path of its own', `set search_path = pg_temp; create temp table entry (action text)`, 'recorded'],
    ['text that is read otherwise', `set standard_conforming_strings = off; set backslash_quote = on`, 'recorded'],
    [
      'another time zone and another style of dates',
      `set timezone = 'Asia/Tokyo'; set datestyle = 'SQL, DMY'`,
      'recorded',
    ],
    ['bytes and floats in another form', `set bytea_output = 'escape'; set extra_float_digits = -15`, 'recorded'],
    ['row security off', 'set row_security = off', 'recorded'],
    ['another role that may write', `set role none`, 'recorded'],
    ['read-only transactions', 'set default_transaction_read_only = on', '25006'],
    ['no time for a statement', `set statement_timeout = '1us'`, 'recorded or 57014'],
    ['a transaction that failed', 'begin; select 1/0', '25P02'],
  ])('%s: recorded rightly or refused, never lost in silence', async (_, statements, outcome) => {
    const client = await log.connect(log.app.url)
    await client.query(statements).catch(() => undefined)
    const before = await reader.query().count()
    const result = await new AuditLogger({ db: client })
      .log({ action: 'a.dirty', user_id: "o'\\\\brien", details: { a: 0.1 } })
      .then(
        (entry) => (findEntryFault(entry) === null ? 'recorded' : 'wrong'),
        (error: { sqlState?: string }) => error.sqlState ?? 'no SQLSTATE',
      )
    expect(outcome.split(' or ')).toContain(result)
    expect(await reader.query().count()).toBe(before + (result === 'recorded' ? 1 : 0))
    await client.end()
  })

  it('with the names of prepared statements taken by others', async () => {
    const client = await log.connect(log.app.url)
    const audit = new AuditLogger({ db: client })
    await audit.log({ action: 'a.first' })
    const { rows } = await client.query<{ name: string }>('select name from pg_prepared_statements')
    await client.end()
    const other = await log.connect(log.app.url)
    for (const { name } of rows) await other.query(`prepare "${name}" as select 1`)
    expect(rows.length).toBeGreaterThan(0)
    expect(await refusal(other.query(`prepare "${rows[0]?.name}" as select 1`))).toBe('42P05')
    // Said, and nothing half-written: whoever prepares under our names on our own connection can only stop himself.
    const result = await new AuditLogger({ db: other }).log({ action: 'a.second' }).then(
      () => 'recorded',
      (error: { code?: string; sqlState?: string }) => `${error.code} ${error.sqlState}`,
    )
    expect(['recorded', 'write_failed 42P05']).toContain(result)
    expect(await new AuditLogger({ db: other, prepare: false }).log({ action: 'a.third' })).toMatchObject({
      action: 'a.third',
    })
    await other.end()
  })
})
