import { describe, expect, it } from 'vitest'
import {
  AuditLogger,
  type Finding,
  type FindingCode,
  inspect,
  type InspectOptions,
  installSchema,
  type PostureReport,
} from '../../../../src/index.ts'
import { installSteps } from '../../../../src/schema/script.ts'
import { resolveNames } from '../../../../src/schema/names.ts'
import { currentSchemaVersion } from '../../../../src/schema/state.ts'
import { ownRoles, testDatabase, testLog } from '../../../support/database.ts'

const log = await testLog()
const { admin, roles } = log
await new AuditLogger({ db: log.appPool }).logMany([{ action: 'first.entry' }, { action: 'second.entry' }])
const { rows: months } = await admin.query<{ name: string }>(
  `select relname as name from pg_class where relname ~ '^entry_2' and relispartition and relkind = 'r' order by 1`,
)
const month = months[0]!.name
const major =
  Number((await admin.query<{ v: string }>(`select current_setting('server_version_num') as v`)).rows[0]!.v) / 10_000

const look = (options: InspectOptions = {}): Promise<PostureReport> =>
  inspect(admin, { roles, login: null, ...options })
/** What the test server itself is blamed for: it runs without fsync, for instance. */
const ofServer = new Set<FindingCode>(
  (await look()).findings.map(({ code }) => code).filter((code) => code !== 'owner_reachable'),
)
/** On PostgreSQL 15 every login with CREATEROLE reaches the owner: those of other test files come and go. */
const ofOthers = ({ code, detail }: Finding): boolean =>
  code === 'owner_reachable' && detail?.startsWith('may grant') === true
const ofLog = (report: PostureReport): Finding[] =>
  report.findings.filter((found) => !ofServer.has(found.code) && !ofOthers(found))
const codesIn = (report: PostureReport): FindingCode[] => [...new Set(ofLog(report).map(({ code }) => code))].toSorted()

describe('a new installation', () => {
  it('has no findings but those of the server', async () => {
    const report = await look()
    expect(
      [...ofServer].filter(
        (code) => !/durable|checksums|commit_timestamps|prepared_transactions|owner_reachable/.test(code),
      ),
    ).toEqual([])
    expect(report).toMatchObject({ tamperResistant: true, notChecked: [], schemaVersion: currentSchemaVersion })
    expect(report.checkedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
  })

  it('has none with an optional index, made a partition at a time, which later partitions get too', async () => {
    const database = await testDatabase()
    const own = ownRoles()
    await installSchema(database.admin, { roles: own })
    const look = async (): Promise<Finding[]> => ofLog(await inspect(database.admin, { roles: own, login: null }))
    // As docs/performance.md has it.
    const columns = '(target, timestamp, seq) where target is not null'
    await database.admin.query(`create index entry_target on only audit_log.entry ${columns}`)
    const { rows } = await database.admin.query<{ name: string }>(
      `select relid::regclass as name from pg_partition_tree('audit_log.entry') where isleaf`,
    )
    for (const { name } of rows) await database.admin.query(`create index concurrently on ${name} ${columns}`)
    expect((await look()).map(({ code }) => code)).toEqual(['index_unknown'])
    for (const { name } of rows) {
      const { rows: made } = await database.admin.query<{ index: string }>(
        `select indexrelid::regclass as index from pg_index where indrelid = $1::regclass and pg_get_indexdef(indexrelid) like '%(target,%'`,
        [name],
      )
      await database.admin.query(`alter index audit_log.entry_target attach partition ${made[0]?.index}`)
    }
    expect(await look()).toEqual([])
    await database.admin.query('select audit_log.ensure_partitions(6)')
    expect(await look()).toEqual([])
    const { rows: found } = await database.admin.query(
      `select from pg_inherits where inhparent = 'audit_log.entry_target'::regclass`,
    )
    expect(found).toHaveLength(rows.length + 3)
    await database.admin.query('create index on audit_log.entry (outcome)')
    expect((await look()).map(({ code }) => code)).toContain('index_unknown')
    for (const role of Object.values(own))
      await database.admin.query(`drop owned by ${role} cascade; drop role ${role}`)
  })

  it('has none under any names', async () => {
    const database = await testDatabase()
    const own = Object.fromEntries(Object.entries(ownRoles()).map(([kind, name]) => [kind, `${name} "x" 'y' \\ $1`]))
    for (const schema of ['user', 'Größe "a" \'b\' \\c $1 $$', 'schema', 'x.y', ':owner']) {
      await installSchema(database.admin, { schema, roles: own })
      expect([schema, ofLog(await inspect(database.admin, { schema, roles: own, login: null }))]).toEqual([schema, []])
      await database.admin.query(`drop schema "${schema.replaceAll('"', '""')}" cascade`)
    }
    for (const role of Object.values(own))
      await database.admin.query(`drop owned by "${role.replaceAll('"', '""')}" cascade`)
  })

  it('has none when the installer was no superuser, who sees the version afterwards', async () => {
    const database = await testDatabase()
    const installer = await database.login('createrole')
    await database.admin.query(
      `grant create on database ${new URL(database.url).pathname.slice(1)} to ${installer.name}`,
    )
    const own = ownRoles()
    await installSchema(database.pool(installer.url), { roles: own })
    const report = await inspect(database.admin, { roles: own, login: null })
    // PostgreSQL 15 takes CREATEROLE for a right over every role; later versions leave its creator the right to grant it.
    expect(codesIn(report)).toEqual(['grant_installer'])
    expect(report.findings.filter(({ code }) => code === 'owner_reachable').map(({ subject }) => subject)).toContain(
      `login ${installer.name}`,
    )
    expect(report.tamperResistant).toBe(true)
  })

  it.each(['app', 'reader'] as const)('is looked at wholly by the %s', async (who) => {
    const report = await new AuditLogger({ db: log.pool(log[who].url) }).inspect({ roles })
    expect(report).toMatchObject({ checkedBy: log[who].name, notChecked: [] })
    expect(codesIn(report)).toEqual([])
  })

  it('is looked at by a writer as far as it may', async () => {
    const report = await new AuditLogger({ db: log.pool(log.writer.url) }).inspect({ roles })
    expect(report).toMatchObject({ checkedBy: log.writer.name, ok: false })
    expect(report.notChecked).toEqual([{ check: 'sequence', reason: 'this login may not read it' }])
    expect(codesIn(report)).toEqual([])
  })

  it('is looked at by a login without any right', async () => {
    const nobody = await log.login()
    const report = await inspect(log.pool(nobody.url), { roles })
    expect(report.notChecked.map(({ check }) => check)).toEqual(['version of the schema', 'sequence'])
    expect(codesIn(report)).toEqual([])
  })
})

it('leaves a transaction of the host as it was', async () => {
  const client = await log.connect()
  await client.query(`begin; set local timezone = 'Asia/Tokyo'; create temp table mine (x int)`)
  await inspect(client, { roles })
  const { rows } = await client.query(
    `select current_setting('timezone') as zone, to_regclass('mine') is not null as mine`,
  )
  expect(rows).toEqual([{ zone: 'Asia/Tokyo', mine: true }])
  await client.query('rollback')
  await client.query(`set search_path = 'public'`)
  await inspect(client, { roles })
  expect((await client.query('show search_path')).rows).toEqual([{ search_path: 'public' }])
})

/** What is done, and the codes of what is found. Each is done in a transaction, mended by the fixes alone, and then clean. */
const tampering: Readonly<Record<string, readonly [sql: string, ...codes: FindingCode[]]>> = {
  'a guard is dropped': ['drop trigger refuse_change on audit_log.leaf', 'trigger_missing'],
  'a row guard is dropped': ['drop trigger refuse_row_change on audit_log.checkpoint', 'trigger_missing'],
  'the row guard of the log is dropped': ['drop trigger refuse_row_change on audit_log.entry', 'trigger_missing'],
  'the guard of a partition is dropped': [`drop trigger refuse_change on audit_log.${month}`, 'trigger_missing'],
  'a guard is off': ['alter table audit_log.tile disable trigger refuse_change', 'trigger_disabled'],
  'a guard of a partition is off': [`alter table audit_log.${month} disable trigger refuse_change`, 'trigger_disabled'],
  'a row guard of a partition is off': [
    `alter table audit_log.${month} disable trigger refuse_row_change`,
    'trigger_disabled',
  ],
  'all triggers are off': ['alter table audit_log.entry disable trigger all', 'trigger_disabled'],
  'a guard is on, but not always, as a restore leaves it': [
    'alter table audit_log.entry enable trigger all',
    'trigger_disabled',
  ],
  'a guard fires for replicas alone': [
    'alter table audit_log.leaf enable replica trigger refuse_change',
    'trigger_disabled',
  ],
  'a guard got a condition': [
    `drop trigger refuse_row_change on audit_log.leaf;
     create trigger refuse_row_change before update or delete on audit_log.leaf for each row when (old.leaf_index < 0) execute function audit_log.refuse_change();
     alter table audit_log.leaf enable always trigger refuse_row_change`,
    'trigger_changed',
  ],
  'a guard looks at one column': [
    `drop trigger refuse_row_change on audit_log.leaf;
     create trigger refuse_row_change before update of seq or delete on audit_log.leaf for each row execute function audit_log.refuse_change();
     alter table audit_log.leaf enable always trigger refuse_row_change`,
    'trigger_changed',
  ],
  'a trigger drops entries': [
    `create function public.swallow() returns trigger language plpgsql as 'begin return null; end';
     create trigger zz_last before insert on audit_log.entry for each row execute function public.swallow()`,
    'trigger_unknown',
  ],
  'the body of the guard is another': [
    `create or replace function audit_log.refuse_change() returns trigger language plpgsql as 'begin return old; end'`,
    'function_changed',
  ],
  'a function lost its search path': ['alter function audit_log.stamp_entry() reset search_path', 'function_changed'],
  'a function of one expression is another': [
    `create or replace function audit_log.cut_marker(cut text) returns text language sql stable parallel safe return 'x'`,
    'function_changed',
  ],
  'a function is of the rights of its caller': [
    'alter function audit_log.stamp_entry() security invoker',
    'function_changed',
  ],
  'a function is gone': ['drop function audit_log.log', 'function_missing'],
  'a function is added': [`create function audit_log.forge() returns void language sql as ''`, 'function_unknown'],
  'a function belongs to somebody else': ['alter function audit_log.stamp_entry() owner to postgres', 'owner_changed'],
  'a table belongs to somebody else': ['alter table audit_log.sequencer_state owner to postgres', 'owner_changed'],
  'the schema belongs to somebody else': ['alter schema audit_log owner to postgres', 'owner_changed'],
  'a partition is unlogged': [`alter table audit_log.${month} set unlogged`, 'table_unlogged'],
  'row security is on': ['alter table audit_log.entry enable row level security', 'row_security'],
  'row security hides entries': [
    `alter table audit_log.entry enable row level security; create policy hide on audit_log.entry for select using (action <> 'first.entry')`,
    'policy_present',
    'row_security',
  ],
  'a rule swallows inserts': ['create rule swallow as on insert to audit_log.leaf do instead nothing', 'rule_present'],
  'a table inherits': ['create table public.child () inherits (audit_log.leaf)', 'child_foreign'],
  'a foreign key points at the log': [
    'create table public.pointer (leaf bigint references audit_log.leaf)',
    'reference_foreign',
  ],
  'a constraint refuses inserts': [
    `alter table audit_log.entry add constraint no_logins check (action <> 'user.login') not valid`,
    'constraint_unknown',
  ],
  'a constraint is gone': ['alter table audit_log.tile drop constraint tile_is_full', 'constraint_missing'],
  'a unique index refuses inserts': [`create unique index one on audit_log.checkpoint (root_hash)`, 'index_unknown'],
  'an index is gone': ['drop index audit_log.entry_xid', 'index_missing'],
  'the writer may update': [`grant update on audit_log.entry to ${roles.writer}`, 'grant_unknown'],
  'the writer may set a column': [`grant insert (entry_hash) on audit_log.entry to ${roles.writer}`, 'grant_unknown'],
  'the writer may move the sequence': [
    `grant all on sequence audit_log.entry_seq to ${roles.writer}`,
    'grant_reading',
    'grant_unknown',
  ],
  'the owner took back its right to delete': [
    `set local role ${roles.owner}; grant delete, truncate on audit_log.entry to ${roles.owner}; reset role`,
    'grant_unknown',
  ],
  'everybody may execute a trigger function': [
    'grant execute on function audit_log.stamp_entry() to public',
    'grant_unknown',
  ],
  'a right can be handed on': [`grant select on audit_log.entry to ${roles.reader} with grant option`, 'grant_unknown'],
  'a login can read the log': [`grant select on audit_log.entry to ${log.writer.name}`, 'grant_reading'],
  'everybody may create in the schema': ['grant create on schema audit_log to public', 'grant_unknown'],
  'the reader may not read': [`revoke select on audit_log.entry from ${roles.reader}`, 'grant_missing'],
  'later tables are open to all': [
    `alter default privileges for role ${roles.owner} in schema audit_log grant select on tables to public`,
    'default_grant_changed',
  ],
  'later functions are open to all': [
    `alter default privileges for role ${roles.owner} grant execute on functions to public`,
    'default_grant_changed',
  ],
  'a table is gone': ['drop table audit_log.leaf_anomaly', 'relation_missing'],
  'a view is added': ['create view audit_log.seen as select * from audit_log.leaf', 'relation_unknown'],
  'a sequence is shifted': ['alter sequence audit_log.entry_seq increment by 2', 'relation_changed'],
  'a sequence is turned back': [`alter sequence audit_log.entry_seq restart with 1`, 'sequence_behind'],
  'a column is added': ['alter table audit_log.leaf add column extra text', 'column_changed'],
  'a default is another': [
    `alter table audit_log.entry alter column timestamp set default '2020-01-01Z'`,
    'column_changed',
  ],
  'a column is of another type': ['alter table audit_log.checkpoint alter column note type varchar', 'column_changed'],
  'a built-in function is replaced': [
    `create or replace function pg_catalog.sha256(bytea) returns bytea language sql immutable strict parallel safe as $$ select '\\x00'::bytea $$`,
    'builtin_changed',
  ],
  'a built-in function is shadowed': [
    `create function pg_catalog.to_json(text) returns json language sql immutable as $$ select '"forged"'::json $$`,
    'builtin_changed',
    'function_changed',
  ],
  'tables are published': ['create publication leak for table audit_log.leaf', 'publication_present'],
  'a month has no partition': [`drop table audit_log.${month}`, 'partition_missing'],
  'entries went to no month': [
    `set local role ${roles.owner};
     insert into audit_log.entry select version, seq, gen_random_uuid(), timestamp - interval '30 years', tenant_id, user_id, action, target,
       source_ip, outcome, details, recorded_by, entry_hash, xid, canonical from audit_log.entry where action = 'first.entry'; reset role`,
    'default_partition_filled',
  ],
  'a group role is gone': [
    `drop owned by ${roles.archivist}; drop role ${roles.archivist}`,
    'grant_missing',
    'role_missing',
  ],
  'a group role can log in': [`alter role ${roles.writer} login createdb`, 'role_unsafe'],
  'a group role writes everywhere': [
    `grant pg_write_all_data to ${roles.writer}`,
    'application_has_power',
    'role_unsafe',
  ],
  'the application is a superuser': [`alter role ${log.app.name} superuser`, 'application_is_superuser'],
  'the application is a member of the owner': [`grant ${roles.owner} to ${log.app.name}`, 'application_reaches_owner'],
  'the application reaches the owner over another role': [
    `create role between; grant ${roles.owner} to between; grant between to ${log.app.name}`,
    'application_reaches_owner',
  ],
  'the application may grant itself the owner': [
    `grant ${roles.owner} to ${log.app.name} with admin option`,
    'application_reaches_owner',
  ],
  'the application runs programs': [`grant pg_execute_server_program to ${log.app.name}`, 'application_has_power'],
  'the application replicates': [`alter role ${log.app.name} replication`, 'application_has_power'],
  'the application owns the database': [
    `alter database ${new URL(log.url).pathname.slice(1)} owner to ${log.app.name}`,
    'application_owns_database',
  ],
  'the application purges': [`grant ${roles.archivist} to ${log.app.name}`, 'duties_not_separated'],
  'somebody else is in the owner role': [`create role a_dba login; grant ${roles.owner} to a_dba`, 'owner_reachable'],
  'a function elsewhere runs as the owner': [
    `create function public.backdoor() returns void language sql security definer as ''; alter function public.backdoor() owner to ${roles.owner}`,
    'owner_owns_elsewhere',
  ],
  'a login is a replica': [`alter role ${log.app.name} set session_replication_role = replica`, 'replication_role_set'],
  'the session that looks is a replica': ['set local session_replication_role = replica', 'replication_role_set'],
  'a login may become a replica': [
    `grant set on parameter session_replication_role to ${log.app.name}`,
    'parameter_granted',
  ],
  'a login can only read': [`alter role ${log.app.name} set default_transaction_read_only = on`, 'setting_overridden'],
  'a login finds temporary tables first': [
    `alter role ${log.app.name} set search_path = 'pg_temp, public'`,
    'setting_overridden',
  ],
  'an event trigger is there': [
    `create function public.nothing() returns event_trigger language plpgsql as 'begin end'; create event trigger nothing on ddl_command_end execute function public.nothing()`,
    'event_trigger_present',
  ],
  'the catalog can be written to': ['set local allow_system_table_mods = on', 'catalog_writable'],
  'an extension can edit tables past all triggers': [
    `set local allow_system_table_mods = on;
     insert into pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion) values (99999, 'pg_surgery', 10, 'public'::regnamespace, false, '1.0');
     set local allow_system_table_mods = off`,
    'extension_dangerous',
  ],
  // One that is a minute old, without waiting for it.
  'a prepared transaction is left over': [
    `set local allow_system_table_mods = on;
     create or replace view pg_catalog.pg_prepared_xacts as select '3'::xid as transaction, 'it''s old' as gid,
       now() - interval '61 seconds' as prepared, current_user as owner, current_database() as database;
     set local allow_system_table_mods = off`,
    'prepared_transaction',
  ],
  'the table of migrations is another': [
    `alter table audit_log.migration disable trigger all; update audit_log.migration set sha256 = 'x' where id = 2; alter table audit_log.migration enable always trigger refuse_change; alter table audit_log.migration enable always trigger refuse_row_change`,
    'schema_changed',
  ],
}
/** What no statement mends, or the statement of which cannot run here. */
const unmended: ReadonlySet<FindingCode> = new Set([
  'column_changed',
  'relation_changed',
  'relation_missing',
  'schema_changed',
  'builtin_changed',
  'default_partition_filled',
  'catalog_writable',
  'prepared_transaction',
])

describe('what is done to the database is found, and mended by the command that the finding names', () => {
  it.each(Object.keys(tampering))('%s', async (name) => {
    const [sql, ...codes] = tampering[name]!
    const client = await log.connect()
    await client.query('begin')
    try {
      await client.query(sql)
      const report = await inspect(client, { roles, login: null })
      expect(codesIn(report)).toEqual(codes)
      expect(ofLog(report).every(({ fix, meaning }) => fix !== '' && meaning.endsWith('.'))).toBe(true)
      const left = codes.filter((code) => unmended.has(code) && !name.includes('shadowed'))
      let remaining = report
      for (let round = 0; round < 3 && codesIn(remaining).length > left.length; round += 1) {
        for (const { code, fix } of ofLog(remaining)) if (!left.includes(code)) await client.query(fix)
        remaining = await inspect(client, { roles, login: null })
      }
      expect(codesIn(remaining)).toEqual(left)
    } finally {
      await client.query('rollback')
    }
  })

  it('says which settings of the server weaken the log, and no others', async () => {
    const wanted: readonly (readonly [FindingCode, string, string])[] = [
      ['write_not_durable', 'fsync', 'on'],
      ['write_not_durable', 'full_page_writes', 'on'],
      ['write_not_durable', 'synchronous_commit', 'on'],
      ['checksums_off', 'data_checksums', 'on'],
      ['commit_timestamps_off', 'track_commit_timestamp', 'on'],
      ['prepared_transactions_allowed', 'max_prepared_transactions', '0'],
    ]
    const client = await log.connect()
    await client.query('begin')
    for (const commit of ['on', 'off']) {
      await client.query(`set local synchronous_commit = ${commit}`)
      const expected: string[] = []
      for (const [code, name, good] of wanted) {
        const { rows } = await client.query<{ value: string }>('select current_setting($1) as value', [name])
        if (rows[0]?.value !== good) expected.push(`${code} setting ${name}: ${name}=${rows[0]?.value}`)
      }
      const { findings } = await inspect(client, { roles, login: null })
      const found = findings.filter(({ code }) => wanted.some(([one]) => one === code))
      expect(found.map(({ code, subject, detail }) => `${code} ${subject}: ${detail}`).toSorted()).toEqual(
        expected.toSorted(),
      )
      expect(expected.some((line) => line.includes('synchronous_commit'))).toBe(commit === 'off')
    }
    await client.query('rollback')
  })

  it('calls a database that takes bytes for text unsafe', async () => {
    const name = `audit_log_test_ascii_${roles.owner}`
    await admin.query(`create database ${name} template template0 encoding 'SQL_ASCII' locale 'C'`)
    const url = new URL(log.url)
    url.pathname = `/${name}`
    const client = await log.connect(url.href)
    await client.query('create schema audit_log')
    const codes = (await inspect(client, { roles, login: null })).findings.map(({ code }) => code)
    expect(codes).toContain('encoding_unsafe')
    expect((await look()).findings.map(({ code }) => code)).not.toContain('encoding_unsafe')
    await client.end()
    await admin.query(`drop database ${name}`)
  })

  it('calls CREATEROLE a power, and on PostgreSQL 15 a way to the owner', async () => {
    const client = await log.connect()
    await client.query(`begin; alter role ${log.app.name} createrole`)
    const codes = codesIn(await inspect(client, { roles, login: null }))
    expect(codes).toEqual(['application_has_power', ...(major < 16 ? ['application_reaches_owner'] : [])])
    await client.query('rollback')
  })

  it('looks at a login that holds no group role when it is named', async () => {
    const login = await log.login('superuser')
    expect(codesIn(await look({ login: login.name }))).toEqual(['application_is_superuser'])
    expect(codesIn(await look())).toEqual([])
    expect(codesIn(await inspect(log.pool(login.url), { roles }))).toEqual(['application_is_superuser'])
  })
})

it('says that a schema is missing, older, or newer, and what it could not compare', async () => {
  expect(codesIn(await look({ schema: 'nowhere' }))).toEqual(['schema_missing'])
  const database = await testDatabase()
  const names = resolveNames({ roles: ownRoles() })
  await database.admin.query(['begin;', ...installSteps(names, [], 0, currentSchemaVersion - 1), 'commit;'].join('\n'))
  const older = await inspect(database.admin, { roles: names.roles, login: null })
  expect([codesIn(older), older.ok, older.notChecked.length > 0]).toEqual([['schema_outdated'], false, true])
  await installSchema(database.admin, { roles: names.roles })
  await database.admin.query(
    `insert into audit_log.migration (id, name, sha256) values (${currentSchemaVersion + 1}, 'x', '')`,
  )
  expect(codesIn(await inspect(database.admin, { roles: names.roles, login: null }))).toEqual(['schema_newer'])
})

describe('against a baseline', () => {
  const compared = async (): Promise<string[]> => {
    const { baseline } = await look()
    return (await look({ baseline })).findings
      .filter(({ code }) => code.startsWith('baseline'))
      .map(({ subject }) => subject)
  }

  it('nothing has moved by logging, vacuuming and new partitions', async () => {
    const { baseline } = await look()
    await admin.query('vacuum analyze audit_log.entry; ').catch(() => undefined)
    await admin.query('select audit_log.ensure_partitions(7)')
    await new AuditLogger({ db: log.appPool }).log({ action: 'third.entry' })
    await admin.query('vacuum (freeze, analyze)')
    expect((await look({ baseline })).findings.filter(({ code }) => code.startsWith('baseline'))).toEqual([])
    expect(await compared()).toEqual([])
  })

  it.each([
    [
      'triggers off and on again',
      `alter table audit_log.leaf disable trigger all; alter table audit_log.leaf enable always trigger refuse_change; alter table audit_log.leaf enable always trigger refuse_row_change`,
      'trigger leaf.refuse_change',
    ],
    [
      'a body swapped and swapped back',
      `do $$ declare before text := pg_get_functiondef('audit_log.refuse_change()'::regprocedure); begin
       create or replace function audit_log.refuse_change() returns trigger language plpgsql as 'begin return old; end'; execute before; end $$`,
      'function audit_log.refuse_change()',
    ],
    [
      'a table rewritten in place',
      'alter table audit_log.checkpoint alter column note type text using upper(note), alter column note type text',
      'relation checkpoint',
    ],
  ])('%s leaves marks, though every definition is as before', async (_, sql, subject) => {
    const { baseline } = await look()
    const client = await log.connect()
    await client.query('begin')
    await client.query(sql).catch(async (error: { code?: string }) => {
      if (error.code !== '42601' && error.code !== '0A000') throw error
      await client.query('rollback; begin')
      await client.query('alter table audit_log.checkpoint alter column note type text using upper(note)')
    })
    const report = await inspect(client, { roles, login: null, baseline })
    expect(codesIn(report)).toEqual(['baseline_moved'])
    expect(report.findings.map((found) => found.subject)).toContain(subject)
    await client.query('rollback')
  })

  it('of another database nothing is compared', async () => {
    const other = await testLog()
    const { baseline } = await inspect(other.admin, { roles: other.roles, login: null })
    expect(codesIn(await look({ baseline }))).toEqual(['baseline_foreign'])
  })
})
