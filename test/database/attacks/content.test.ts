import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  AuditLogger,
  findEntryFault,
  type VerificationReport,
  verifyArchive,
  verifyBundle,
  verifyLog,
  writeArchive,
  writeBundle,
} from '../../../src/index.ts'
import { trustLogs } from '../../../src/tlog/index.ts'
import { refusal } from '../../support/database.ts'
import { sequencedLog } from '../../support/sequencer.ts'

// Details that a writer with raw SQL vouches for as canonical, and are not: they must not make anything fail for those who
// read, sequence, archive or verify the log, nor make an honest log look tampered with.

const log = await sequencedLog()
const writer = log.pool(log.writer.url)
const reader = log.pool(log.reader.url)
const query = (): ReturnType<AuditLogger['query']> => new AuditLogger({ db: reader }).query()
const policy = trustLogs([log.key.verifierKey])

const poison: Readonly<Record<string, string>> = {
  'nests 4,080 levels deep': `{"a":${'['.repeat(4080)}${']'.repeat(4080)}}`,
  'nests 1,300 objects deep': `${'{"a":'.repeat(1300)}1${'}'.repeat(1300)}`,
  'has a key twice': '{"a":1,"a":2}',
  'has spaces': '{ "a" : 1 }',
  'has line breaks': '{"a":\n1,\r\n"b":2}',
  'ends with a line break': '{"a":1}\n',
  'has keys in another order': '{"b":1,"a":2}',
  'has a number beyond double': '{"a":1e400}',
  'has a number that a double changes': '{"a":123456789012345678901234567890}',
  'has a number in another form': '{"a":1.0,"b":-0}',
  'has a key of every prototype': '{"__proto__":{"a":1},"constructor":null}',
  'has line separators of Unicode': '{"a":"\u2028\u2029\u0085"}',
  'begins its text with a byte order mark': '{"a":"\uFEFF=cmd()"}',
  'has escapes that nobody needs': '{"a":"\\/"}',
  'has a number that jsonb cannot hold': '{"a":1e999999}',
  'has a number too small for jsonb': '{"a":[-1.5E-20000]}',
}

describe('details that only claim to be canonical', () => {
  it.each(Object.keys(poison))('%s: recorded, and read like any entry', async (name) => {
    const [details, before] = [poison[name], await query().count()]
    await writer.query(`insert into audit_log.entry (action, details, canonical) values ('a.poison', $1, true)`, [
      details,
    ])
    await writer.query('select audit_log.append_canonical($1)', [JSON.stringify([{ action: 'a.poison', details }])])
    await writer.query('select audit_log.append_canonical($1)', [`[{"action":"a.poison","details":${details}}]`])
    const { entries } = await query().limit(3).page()
    expect(entries.map((entry) => JSON.stringify(entry).includes('a.poison'))).toEqual([true, true, true])
    expect(await query().count()).toBe(before + 3)
    // The database looks into the details of all.
    expect(await query().details({ nobody: 'has' }).count()).toBe(0)
  })

  it('get their leaves, and a record where they were not canonical', async () => {
    await log.write(3)
    const sequencer = await log.sequencer()
    await sequencer.run()
    expect(sequencer.status()).toMatchObject({ state: 'active', treeSize: 3 * Object.keys(poison).length + 3 })
    await sequencer.stop()
    const { rows } = await log.admin.query<{ reason: string }>(`select distinct reason from audit_log.leaf_anomaly`)
    expect(rows).toEqual([{ reason: 'not_canonical' }])
  })

  it('leave the log intact for verifiers', async () => {
    expect(await verifyLog(reader, { policy })).toMatchObject({ verdict: 'intact' })
    const directory = await mkdtemp(join(tmpdir(), 'audit-log-poison-'))
    try {
      await writeArchive(reader, directory)
      expect(await verifyArchive(directory, { policy })).toMatchObject({ verdict: 'intact' })
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  })

  it('are named as what they are, and those of that writer alone, where canonical form is asked for', async () => {
    const { rows } = await log.admin.query<{ leaf: number }>(
      `select leaf_index::integer as leaf from audit_log.leaf_anomaly where reason = 'not_canonical'`,
    )
    const lying = rows.map(({ leaf }) => leaf).sort((a, b) => a - b)
    expect(lying.length).toBeGreaterThan(10)
    const named = ({ verdict, findings }: VerificationReport): unknown => ({
      verdict,
      leaves: findings.map((finding) => (finding.verdict === 'not_canonical' ? finding.leafIndex : finding)),
    })
    const directory = await mkdtemp(join(tmpdir(), 'audit-log-poison-'))
    try {
      await writeArchive(reader, directory)
      expect(named(await verifyArchive(directory, { policy, canonical: true }))).toEqual({
        verdict: 'not_canonical',
        leaves: lying,
      })
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
    const expected = { verdict: 'not_canonical', leaves: lying }
    expect(named(await verifyLog(reader, { policy, canonical: true }))).toEqual(expected)
    for (const selection of [{ from: 0 }, { query: query() }]) {
      const pieces: Buffer[] = []
      for await (const piece of writeBundle(reader, selection)) pieces.push(Buffer.from(piece))
      expect(named(await verifyBundle(pieces, { policy }))).toEqual(expected)
    }
  })

  it('are named by who asks for canonical form', async () => {
    const { entries } = await query().action('a.poison').limit(1000).page()
    expect(entries.filter((entry) => findEntryFault(entry) !== null).length).toBeGreaterThan(0)
  })
})

it('details that a superuser nested 32,000 levels deep stop neither sequencer, archive, bundle nor verifiers', async () => {
  const deep = await sequencedLog()
  await deep.write(1)
  const [{ seq } = { seq: 0 }] = (await deep.admin.query<{ seq: number }>('select seq::integer from audit_log.entry'))
    .rows
  const superuser = await deep.connect()
  await superuser.query(`set max_stack_depth = '7MB'`)
  await superuser.query(`do $$ declare part regclass; begin
    for part in select 'audit_log.entry'::regclass union all select inhrelid from pg_inherits where inhparent = 'audit_log.entry'::regclass loop
      execute format('alter table %s disable trigger all', part);
    end loop;
  end $$`)
  await superuser.query('update audit_log.entry set details = $1, canonical = true', [
    `{"a":${'['.repeat(32_000)}${']'.repeat(32_000)}}`,
  ])
  await superuser.query(
    `update audit_log.entry set entry_hash = sha256(convert_to(audit_log.entry_line(entry), 'UTF8'))`,
  )
  await superuser.end()
  const sequencer = await deep.sequencer()
  await sequencer.run()
  expect(sequencer.status()).toMatchObject({ state: 'active', treeSize: 1 })
  await sequencer.stop()
  const own = { policy: trustLogs([deep.key.verifierKey]), canonical: true }
  const pool = deep.pool(deep.reader.url)
  const everything = new AuditLogger({ db: pool }).query()
  expect((await everything.linePage()).entries).toBe(1)
  expect((await everything.page()).entries).toMatchObject([{ seq }])
  expect((await verifyLog(pool, own)).verdict).toBe('not_canonical')
  const directory = await mkdtemp(join(tmpdir(), 'audit-log-poison-'))
  try {
    await writeArchive(pool, directory)
    expect((await verifyArchive(directory, own)).verdict).toBe('not_canonical')
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
  for (const selection of [{ from: 0 }, { query: everything }]) {
    const pieces: Buffer[] = []
    for await (const piece of writeBundle(pool, selection)) pieces.push(Buffer.from(piece))
    expect((await verifyBundle(pieces, own)).verdict).toBe('not_canonical')
  }
})

describe('bytes that are no text', () => {
  it.each([
    ['invalid UTF-8', `insert into audit_log.entry (action, user_id) values ('a.bytes', E'\\xff\\xfe')`, '22021'],
    ['half a surrogate pair', `insert into audit_log.entry (action, user_id) values ('a.bytes', U&'\\D800')`, '42601'],
    ['NUL', `insert into audit_log.entry (action, user_id) values ('a.bytes', E'a\\x00b')`, '22021'],
    [
      'bytes of a client that says it has no encoding',
      `set client_encoding = sql_ascii; insert into audit_log.entry (action, user_id) values ('a.bytes', E'\\xe4')`,
      '22021',
    ],
    ['no JSON', `insert into audit_log.entry (action, details) values ('a.bytes', '{"a":')`, '22P02'],
  ])('%s is refused by the server, and nothing is stored', async (_, statement, state) => {
    const client = await log.connect(log.writer.url)
    expect(await refusal(client.query(statement))).toBe(state)
    await client.end()
    expect(await query().action('a.bytes').count()).toBe(0)
  })

  it('of another client encoding are stored as what they mean', async () => {
    const client = await log.connect(log.writer.url)
    await client.query('set client_encoding = latin1')
    await client.query(`insert into audit_log.entry (action, user_id) values ('a.latin', 'ä')`)
    await client.end()
    const { entries } = await query().action('a.latin').page()
    // The two bytes of its UTF-8 are two characters of that encoding.
    expect(entries).toMatchObject([{ user_id: '\u00C3\u00A4' }])
    expect(entries.map(findEntryFault)).toEqual([null])
  })
})
