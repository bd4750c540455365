import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { AuditLogger, findEntryFault } from '../../../src/index.ts'
import { refusal, testLog } from '../../support/database.ts'

const log = await testLog()
const { admin, roles } = log
const writer = log.pool(log.writer.url)
const reader = new AuditLogger({ db: log.pool(log.reader.url) })
await new AuditLogger({ db: writer }).log({ action: 'first.entry', details: { secret: 'of somebody else' } })

const latest = async (): Promise<Awaited<ReturnType<AuditLogger['log']>>> => {
  const { entries } = await reader.query().limit(1).page()
  const [entry] = entries
  if (entry === undefined) throw new Error('the log is empty')
  return entry
}

describe('Invariant 2: the writer role can only INSERT', () => {
  it.each([
    ['UPDATE', `update audit_log.entry set action = 'forged'`],
    ['DELETE', 'delete from audit_log.entry'],
    ['TRUNCATE', 'truncate audit_log.entry'],
    ['reading what others logged', 'select action, details from audit_log.entry'],
    ['reading with *', 'select * from audit_log.entry'],
    ['a lock on the table', 'begin; lock table audit_log.entry in row exclusive mode'],
    ['a lock on rows', 'select seq from audit_log.entry for update'],
    ['an insert into a partition', `insert into audit_log.entry_default (action) values ('a.b')`],
    ['nextval', `select nextval('audit_log.entry_seq')`],
    ['setval', `select setval('audit_log.entry_seq', 1)`],
    ['currval', `select currval('audit_log.entry_seq')`],
    ['reading the sequence', 'select last_value from audit_log.entry_seq'],
    ['a table in the schema', 'create table audit_log.mine (x int)'],
    [
      'a trigger on the table',
      'create trigger mine before insert on audit_log.entry for each row execute function audit_log.refuse_change()',
    ],
    ['a rule on the table', 'create rule mine as on insert to audit_log.entry do instead nothing'],
    ['switching triggers off', 'alter table audit_log.entry disable trigger all'],
    ['becoming the owner', `set role ${roles.owner}`],
    ['becoming a reader', `set role ${roles.reader}`],
    ['acting as a replica', 'set session_replication_role = replica'],
    ['calling the stamping function', 'select audit_log.stamp_entry()'],
    ['calling the preimage function', `select audit_log.uuid_v7('')`],
    ['guarding, as the installer does', `select audit_log.guard('audit_log.entry')`],
    ['writing migrations', `insert into audit_log.migration (id, name, sha256) values (99, 'x', 'x')`],
  ])('%s is refused', async (_, statement) => {
    expect(await refusal(writer.query(statement))).toMatch(/^(42501|42809)$/)
  })

  it('cannot hang the stamping function on a table of its own', async () => {
    const client = await log.connect(log.writer.url)
    await client.query('create temp table mine (like audit_log.migration)')
    const statement = 'create trigger mine before insert on mine for each row execute function audit_log.stamp_entry()'
    expect(await refusal(client.query(statement))).toBe('42501')
  })

  it.each(['version', 'seq', 'id', 'timestamp', 'recorded_by', 'entry_hash', 'xid'])(
    'cannot supply %s',
    async (column) => {
      const values = {
        version: '2',
        seq: '1',
        id: `'00000000-0000-7000-8000-000000000000'`,
        timestamp: `'2020-01-01Z'`,
        recorded_by: `'alice'`,
        entry_hash: `'\\x00'`,
        xid: `'3'`,
      }[column]
      expect(
        await refusal(writer.query(`insert into audit_log.entry (action, ${column}) values ('a.b', ${values})`)),
      ).toBe('42501')
      expect(
        await refusal(writer.query(`insert into audit_log.entry (action, ${column}) values ('a.b', default)`)),
      ).toBe('42501')
      expect(
        await refusal(
          writer.query(
            `insert into audit_log.entry (action, ${column}) overriding system value values ('a.b', ${values})`,
          ),
        ),
      ).toBe('42501')
    },
  )

  it('cannot supply them through the function that the SDK calls', async () => {
    const event = {
      action: 'a.forger',
      seq: 1,
      id: 'x',
      timestamp: '2020-01-01T00:00:00Z',
      recorded_by: 'x',
      entry_hash: 'x',
      version: 7,
      xid: 3,
    }
    await writer.query('select audit_log.append_canonical($1)', [JSON.stringify([event])])
    const entry = await latest()
    expect(entry.action).toBe('a.forger')
    expect(entry.recorded_by).toBe(log.writer.name)
    expect(entry.seq).toBeGreaterThan(1)
    expect(findEntryFault(entry)).toBeNull()
  })

  it('cannot make the record of a purge, which explains why entries are missing', async () => {
    const forged = { action: 'audit_log.purged', target: 'audit_log:entry_2020_01', details: { leaves: [[0, 9]] } }
    for (const canonical of [true, false, null])
      expect(
        await refusal(
          writer.query('insert into audit_log.entry (action, target, details, canonical) values ($1, $2, $3, $4)', [
            forged.action,
            forged.target,
            forged.details,
            canonical,
          ]),
        ),
      ).toBe('WO002')
    expect(
      await refusal(
        writer.query('select audit_log.append_canonical($1)', [JSON.stringify([{ ...forged, details: '{}' }])]),
      ),
    ).toBe('WO002')
    expect(await refusal(writer.query('select audit_log.log(action => $1)', [forged.action]))).toBe('WO002')
    const audit = new AuditLogger({ db: writer })
    await expect(audit.log(forged)).rejects.toMatchObject({ code: 'event_invalid_action', path: '$.action' })
    const purge = (partition: string, at: string): string =>
      `insert into audit_log.purge (partition, lower_bound, upper_bound, entries, tree_size, root_hash, purged_at)
         values ('${partition}', '2020-01-01', '2020-02-01', 9, 9, '', ${at})`
    const record = (client: pg.Client, partition: string): Promise<unknown> =>
      client.query(`insert into audit_log.entry (action, target) values ('audit_log.purged', 'audit_log:${partition}')`)
    // Nor while somebody else purges the month.
    const beside = await log.connect(log.writer.url)
    await beside.query('begin')
    await admin.query(purge('entry_2020_01', 'default'))
    expect(await refusal(record(beside, 'entry_2020_01'))).toBe('WO002')
    // Nor in a transaction that happens to have the number of a purge in another cluster.
    const later = await log.connect()
    await later.query(`begin; ${purge('entry_2020_02', "'2020-03-01'")}`)
    await later.query(`set session authorization ${pg.escapeIdentifier(log.writer.name)}`)
    expect(await refusal(record(later, 'entry_2020_02'))).toBe('WO002')
    expect(await reader.query().action(forged.action).count()).toBe(0)
  })

  it('gets everything but the month stamped by the server also with INSERT on the whole table', async () => {
    const strong = await log.login()
    await admin.query(`grant pg_write_all_data to ${strong.name}; grant usage on schema audit_log to ${strong.name}`)
    const pool = log.pool(strong.url)
    await pool.query(
      `insert into audit_log.entry (action, version, seq, id, recorded_by, entry_hash, xid)
       values ('a.forger', 9, 1, '00000000-0000-7000-8000-000000000000', 'alice', '\\x00', '3')`,
    )
    const entry = await latest()
    expect(entry).toMatchObject({ action: 'a.forger', version: 1, recorded_by: strong.name })
    expect(entry.seq).toBeGreaterThan(1)
    expect(findEntryFault(entry)).toBeNull()
    const early = `insert into audit_log.entry (action, timestamp) values ('a.forger', now() - interval '2 minutes')`
    expect(await refusal(pool.query(early))).toBe('WO002')
    expect(await refusal(pool.query('delete from audit_log.entry'))).toBe('WO001')
  })

  it('cannot predict the id: its random bits come from the server', async () => {
    const audit = new AuditLogger({ db: writer })
    const entries = await audit.logMany(Array.from({ length: 1000 }, () => ({ action: 'id.made' })))
    expect(new Set(entries.map(({ id }) => id.slice(-12))).size).toBe(1000)
    for (const { id, timestamp } of entries) {
      expect(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)).toBe(Date.parse(timestamp))
    }
  })
})

describe('Invariant 3: whoever writes, in whatever language, the stored hash is right', () => {
  const settings = [
    `set timezone = 'Pacific/Kiritimati'`,
    `set datestyle = 'German, DMY'`,
    `set extra_float_digits = -15`,
    `set bytea_output = 'escape'`,
    `set standard_conforming_strings = off`,
    `set intervalstyle = 'sql_standard'`,
    `set lc_numeric = 'C'; set lc_time = 'C'`,
    `set xmloption = 'document'`,
    `set search_path = pg_temp, public`,
    `set quote_all_identifiers = on`,
    `set transform_null_equals = on`,
    `set plan_cache_mode = force_generic_plan`,
    `set jit = on; set jit_above_cost = 0`,
    `set default_transaction_isolation = 'serializable'`,
  ]

  it.each(['one session with all settings at once', ...settings])('%s', async (name) => {
    const client = await log.connect(log.writer.url)
    for (const setting of settings.includes(name) ? [name] : settings) await client.query(setting)
    await client.query(
      `insert into audit_log.entry (action, user_id, source_ip, details) values ('a.setting', 'ä"', '10.1.2.3', '{"b":1.50,"a":1e-7}')`,
    )
    await new AuditLogger({ db: client }).log({
      action: 'a.setting',
      user_id: 'ä"',
      source_ip: '2001:db8::1',
      details: { b: 1.5, a: 1e-7 },
    })
    const { entries } = await reader.query().action('a.setting').limit(2).page()
    expect(entries.map(findEntryFault)).toEqual([null, null])
    expect(entries[0]?.details).toEqual(entries[1]?.details)
  })

  // A session's temporary objects come before everything in a search path that does not put them last: code of the writer
  // would run with the owner's rights.
  it('runs nothing of the writer with the rights of the owner', async () => {
    const client = await log.connect(log.writer.url)
    await client.query(`
      create function pg_temp.spy() returns boolean language plpgsql as $$
        begin
          if current_user <> session_user then raise exception 'running as %', current_user using errcode = 'HACKD'; end if;
          return true;
        end $$;
      set search_path = pg_temp, pg_catalog`)
    for (const type of [
      'text',
      'json',
      'jsonb',
      'bytea',
      'uuid',
      'inet',
      'timestamptz',
      'int8',
      'int4',
      'bool',
      'float8',
      'regclass',
      'name',
      'xid8',
      'numeric',
    ]) {
      await client.query(`create domain pg_temp.${type} as pg_catalog.${type} check (pg_temp.spy())`)
    }
    for (const [name, args, result] of [
      ['sha256', 'bytea', 'bytea'],
      ['to_json', 'text', 'json'],
      ['strpos', 'text, text', 'int4'],
      ['octet_length', 'text', 'int4'],
      ['clock_timestamp', '', 'timestamptz'],
      ['gen_random_uuid', '', 'uuid'],
      ['entry_fault', 'text, text, text, inet, text, text, text', 'text'],
    ]) {
      await client.query(
        `create function pg_temp.${name}(${(args ?? '').replace(/\w+/g, 'pg_catalog.$&')}) returns pg_catalog.${result}
         language sql as 'select null::pg_catalog.${result} where pg_temp.spy()'`,
      )
    }
    await client.query('create temp table entry (action pg_catalog.text); create temp sequence entry_seq')
    await client.query(`insert into audit_log.entry (action, details) values ('a.temp', '{"n":0.1,"s":"\\\\u0000"}')`)
    await client.query(`select audit_log.append_canonical('[{"action":"a.temp","details":{"s":"\\\\u0001"}}]')`)
    await client.query('select audit_log.ensure_partitions(4)')
    const { entries } = await reader.query().action('a.temp').page()
    expect(entries.map(findEntryFault)).toEqual([null, null])
  })

  it('verifies what psql, COPY and other languages insert', async () => {
    const details = '{"z": 1, "a": {"y": [1.0, 2e3, "\\u00e9"], "b": null}, "ä": "\\/"}'
    const statements: [string, unknown[]?][] = [
      [`insert into audit_log.entry (action, details) values ('a.raw', '${details}')`],
      [
        `insert into audit_log.entry (action, details, outcome) select 'a.raw', $1, 'denied' from generate_series(1, 3)`,
        [details],
      ],
      [`with event as (select 'a.raw' as action) insert into audit_log.entry (action) select action from event`],
      [
        `insert into audit_log.entry (action, user_id, tenant_id, target, source_ip) values ('a.raw', '', repeat('é', 900), repeat('x', 5000), '::1')`,
      ],
    ]
    for (const [text, values] of statements) await writer.query(text, values)
    await copyIn(await log.connect(log.writer.url))
    const { entries } = await reader.query().action('a.raw').page()
    expect(entries.length).toBe(7)
    expect(entries.map(findEntryFault)).toEqual(entries.map(() => null))
    expect(entries.filter(({ user_id }) => user_id === '')).toEqual([])
    expect(entries.find(({ target }) => target !== null)?.target).toMatch(
      /^x{128}…\[cut: 5000 bytes, sha256 [0-9a-f]{64}\]$/,
    )
  })

  it.each([
    ['an action outside the grammar', `(action) values ('No Action')`],
    ['an action with a line break', `(action) values (E'a.b\\nc')`],
    ['no action', `(user_id) values ('alice')`],
    ['an action that is too long', `(action) values (repeat('a', 256))`],
    ['an unknown outcome', `(action, outcome) values ('a.b', 'maybe')`],
    ['details that are no object', `(action, details) values ('a.b', '[]')`],
    ['a network instead of an address', `(action, source_ip) values ('a.b', '10.0.0.0/8')`],
    ['an IPv4-mapped address', `(action, source_ip) values ('a.b', '::ffff:10.0.0.1')`],
  ])('refuses %s with WO002 and without its contents', async (_, values) => {
    const error = await writer.query(`insert into audit_log.entry ${values}`).then(
      () => undefined,
      (reason: pg.DatabaseError) => reason,
    )
    expect(error?.code).toBe('WO002')
    expect(error?.message).toMatch(
      /^audit entry refused: (action|outcome|details|source_ip) breaks the rules of the log$/,
    )
    expect(error?.detail).toBeUndefined()
  })
})

async function copyIn(client: pg.Client): Promise<void> {
  // pg has no COPY of its own; its protocol objects are enough for one row.
  const { connection } = client as unknown as {
    connection: {
      query(text: string): void
      stream: { write(data: Buffer): void }
      once(event: string, listener: (message: unknown) => void): void
    }
  }
  await new Promise<void>((resolve, reject) => {
    connection.once('errorMessage', reject)
    connection.once('copyInResponse', () => {
      const data = Buffer.from('a.raw\t{"b": 1, "a": 2}\n')
      const header = Buffer.from([0x64, 0, 0, 0, 0])
      header.writeInt32BE(data.length + 4, 1)
      connection.stream.write(Buffer.concat([header, data, Buffer.from([0x63, 0, 0, 0, 4])]))
    })
    connection.once('readyForQuery', () => resolve())
    connection.query('copy audit_log.entry (action, details) from stdin')
  })
}
