import { describe, expect, it } from 'vitest'
import { ownerAttacks } from '../../../src/evidence/drill/attacks-by-owner.ts'
import { AuditLogger, createIndexes, hardenSql, inspect, installSchema } from '../../../src/index.ts'
import { refusal } from '../../support/database.ts'
import { fillOldMonth } from '../../support/old-month.ts'
import { inOrder, sequencedLog, takeCensus } from '../../support/sequencer.ts'

const log = await sequencedLog()
const { admin, roles } = log
const archivist = await log.login()
await installSchema(admin, { roles, grant: { archivist: [archivist.name] } })
await fillOldMonth(log, '2024-01', 5)
await log.write(20)
const sequencer = await log.sequencer()
await sequencer.run()
const { rows: months } = await admin.query<{ name: string }>(
  `select tableoid::regclass::text as name from audit_log.entry order by timestamp desc limit 1`,
)
const partition = months[0]?.name.split('.').at(-1) ?? ''
const script = hardenSql({ roles })
await admin.query(script)
const owner = await log.login()
await admin.query(`grant ${roles.owner} to ${owner.name}`)

const hardening = async (): Promise<string[]> =>
  (await inspect(admin, { roles, login: null })).findings
    .map(({ code }) => code)
    .filter((code) => /harden|event_trigger|trigger_|function_|grant_unknown|relation_/.test(code))

/** Runs statements as the owner in a transaction that is rolled back. */
async function asOwner(statements: string): Promise<string> {
  const client = await log.connect(owner.url)
  try {
    await client.query(`begin; set local role ${roles.owner}`)
    return await refusal(client.query(statements)).catch(() => 'not refused')
  } finally {
    await client.end()
  }
}

const words: Readonly<Record<string, string>> = {
  s: 'audit_log',
  seq: '6',
  unsequenced: '6',
  older: '1',
  partition,
  ...roles,
}
const fill = (sql: string): string => sql.replaceAll(/\{(\w+)\}/g, (text, word: string) => words[word] ?? text)

describe('a hardened schema', () => {
  it.each(ownerAttacks.map(({ id, title, run }) => [id, title, run] as const))(
    'keeps its owner from: %s (%s)',
    async (_, __, run) => {
      expect(await asOwner(fill(String(run)))).toBe('WO030')
    },
  )

  it.each([
    [
      'a month that is not over is purged by hand',
      `alter table audit_log.entry detach partition audit_log.${partition}`,
    ],
    [
      'a table is prepared like a month, and stands in for a guarded one',
      `create table audit_log.entry_2091_01 (like audit_log.entry including defaults);
       alter table audit_log.entry attach partition audit_log.entry_2091_01 for values from ('2091-01-01Z') to ('2091-02-01Z')`,
    ],
    ['a child is named like a month', 'create table audit_log.entry_2091_01 () inherits (audit_log.leaf)'],
    ['a child stands in another schema', 'create temp table c () inherits (audit_log.leaf)'],
    [
      'a function is replaced',
      `create or replace function audit_log.ensure_partitions(months_ahead integer default 3) returns integer language sql as 'select 0'`,
    ],
    ['a function loses its settings', 'alter function audit_log.purge_month(date, text) reset all'],
    [
      'a foreign key points to the log',
      'create schema attack; create table attack.f (x bigint references audit_log.leaf)',
    ],
    ['rights are given by default', `alter default privileges in schema audit_log grant select on tables to public`],
    ['the schema is renamed', 'alter schema audit_log rename to other'],
    [
      'the owner hides behind a function of the name that makes partitions',
      `create schema attack; create function attack.ensure_partitions(integer) returns void language plpgsql as
      'begin execute ''alter table audit_log.leaf disable trigger all''; end'; select attack.ensure_partitions(1)`,
    ],
    ['the hardening is dropped', 'drop event trigger audit_log_hardened'],
    ['the hardening is told that months have gone', 'delete from audit_log_hardening.month'],
    ['the hardening is told to expect it', 'delete from audit_log_hardening.expected'],
  ])('refuses it when %s', async (_, statements) => {
    await admin.query(`grant create on database ${new URL(log.url).pathname.slice(1)} to ${roles.owner}`)
    expect(await asOwner(statements)).toMatch(/^(WO030|42501)$/)
  })

  it('also keeps superusers, as long as they do not switch it off', async () => {
    expect(await refusal(admin.query('drop schema audit_log cascade'))).toBe('WO030')
    expect(await refusal(admin.query('alter table audit_log.leaf disable trigger all'))).toBe('WO030')
    expect(await refusal(admin.query('set session_replication_role = replica; drop table audit_log.leaf'))).toBe(
      'WO030',
    )
  })

  it('says what to do before optional indexes can be created', async () => {
    await expect(createIndexes(admin, ['target'])).rejects.toMatchObject({
      code: 'write_failed',
      sqlState: 'WO030',
      message: expect.stringContaining('hardenSql()'),
    })
  })

  it('leaves the owner what needs no command of the catalog', async () => {
    // All of it shows: as an entry that was never sequenced rightly, or in what is kept elsewhere.
    expect(await asOwner('update audit_log.sequencer_state set tree_size = 0')).toBe('not refused')
    expect(await asOwner(`insert into audit_log.leaf values (999, 999, now(), sha256('x'))`)).toBe('not refused')
    expect(await asOwner('update audit_log.leaf set seq = 1')).toMatch(/^(42501|WO001)$/)
  })

  it('makes partitions, takes entries and purges what has expired, as before', async () => {
    expect((await log.pool(log.writer.url).query('select audit_log.ensure_partitions(6) as made')).rows).toEqual([
      { made: 3 },
    ])
    await log.write(3)
    await sequencer.run()
    const { rows } = await admin.query<{ size: string; root: string }>(
      `select tree_size as size, encode(root_hash, 'hex') as root from audit_log.checkpoint order by tree_size desc limit 1`,
    )
    const archivistPool = log.pool(archivist.url)
    await archivistPool.query(`select audit_log.clear_month('2024-01-01', $1, $2)`, [rows[0]?.size, rows[0]?.root])
    expect((await archivistPool.query(`select audit_log.purge_month('2024-01-01') as gone`)).rows).toEqual([
      { gone: '5' },
    ])
    await sequencer.run()
    await sequencer.stop()
    const census = await takeCensus(admin, log.key.verifierKey)
    expect(census).toMatchObject({
      ...inOrder(census.entries),
      leaves: census.entries + 5,
      leavesWithoutEntry: 5,
      checkpointSize: census.leaves,
    })
    expect(await installSchema(admin, { roles })).toMatchObject({ from: expect.any(Number) })
  })

  it('is not passed by with a snapshot from before a month was made', async () => {
    const client = await log.connect(owner.url)
    await client.query(`begin isolation level repeatable read; set local role ${roles.owner}; select 1`)
    await log.pool(log.writer.url).query('select audit_log.ensure_partitions(7)')
    const { rows } = await admin.query<{ name: string }>(
      `select max(inhrelid::regclass::text) as name from pg_inherits where inhparent = 'audit_log.entry'::regclass and inhrelid::regclass::text ~ '_[0-9]+$'`,
    )
    expect(await refusal(client.query(`alter table audit_log.entry detach partition ${rows[0]?.name}`))).toBe('40001')
    await client.end()
  })

  it('leaves the rest of the database alone', async () => {
    await admin.query(`create table public.host (id int primary key); alter table public.host add column name text;
      create temp table t (x int); drop table public.host`)
    expect(await new AuditLogger({ db: log.appPool }).query().count()).toBeGreaterThan(0)
  })

  it('is what the doctor says, and so is one that was switched off', async () => {
    expect(await hardening()).toEqual(['hardened'])
    await admin.query('alter event trigger audit_log_hardened disable')
    expect(await hardening()).toEqual(['hardening_incomplete'])
    await admin.query(script)
    expect(await hardening()).toEqual(['hardened'])
  })
})

it('is made under any names', async () => {
  const other = await sequencedLog()
  const schema = `Größe "a" 'b' \\c $1 :owner`
  await installSchema(other.admin, { schema, roles: other.roles })
  await other.admin.query(hardenSql({ schema, roles: other.roles }))
  expect(await refusal(other.admin.query(`drop table "${schema.replaceAll('"', '""')}".leaf`))).toBe('WO030')
  expect(() => hardenSql({ schema: 'x'.repeat(51) })).toThrow(expect.objectContaining({ code: 'option_invalid' }))
})
