import { describe, expect, it } from 'vitest'
import { AuditLogger, inspect } from '../../../src/index.ts'
import { refusal } from '../../support/database.ts'
import { inOrder, sequencedLog, takeCensus } from '../../support/sequencer.ts'

// What a login that only writes and one that only reads could try over connections of their own. The catalogue of
// audit-log drill has more; what is here needs a real login, or more than one session.

const log = await sequencedLog()
const { roles } = log
const superuser = new URL(log.url).username
await log.write(5)
const before = await findings()

async function findings(): Promise<string[]> {
  const report = await inspect(log.admin, { roles, login: null })
  // Logins of other test files come and go.
  return report.findings
    .filter(({ code }) => code !== 'owner_reachable')
    .map(({ code, subject }) => `${code} ${subject}`)
}

/** One table, so that each is tried as a writer and as a reader. */
const refused: Readonly<Record<string, string>> = {
  // who one is
  'reset-session-authorization': 'reset session authorization; delete from audit_log.entry',
  'set-session-authorization': `set session authorization ${superuser}`,
  'set-session-authorization-owner': `set session authorization ${roles.owner}`,
  'set-role-none': 'set role none; truncate audit_log.entry',
  'set-role-superuser': `set role ${superuser}`,
  'set-role-owner': `set role ${roles.owner}`,
  'set-role-sequencer': `set role ${roles.sequencer}`,
  'set-role-archivist': `set role ${roles.archivist}`,
  'set-role-in-a-function': `do $$ begin perform set_config('role', '${roles.owner}', false); delete from audit_log.entry; end $$`,
  'alter-own-role': "do $$ begin execute format('alter role %I superuser', session_user); end $$",
  'grant-owner-to-oneself': `do $$ begin execute format('grant ${roles.owner} to %I', session_user); end $$`,
  'reassign-owned': `reassign owned by ${roles.owner} to current_user`,
  'drop-owned': `drop owned by ${roles.owner}`,
  'owner-settings': `alter role ${roles.owner} set search_path = pg_temp`,
  'default-privileges': `alter default privileges for role ${roles.owner} grant all on tables to public`,
  'alter-database': `do $$ begin execute format('alter database %I set session_replication_role = replica', current_database()); end $$`,
  'alter-system': 'alter system set session_replication_role = replica',
  'system-catalog': `update pg_catalog.pg_trigger set tgenabled = 'D'`,
  'system-table-mods': 'set allow_system_table_mods = on',
  // data, by every other way than INSERT
  'copy-to': "copy audit_log.leaf_anomaly (reason) to program 'cat > /dev/null'",
  'copy-from-file': `copy audit_log.entry (action) from '/etc/hostname'`,
  'copy-from-stdin': 'copy audit_log.entry (seq, action) from stdin',
  'copy-leaf-from-stdin': 'copy audit_log.leaf from stdin',
  'merge-update': `merge into audit_log.entry using (select 1) as one on true when matched then update set action = 'a.forged'`,
  'merge-delete': 'merge into audit_log.entry using (select 1) as one on true when matched then delete',
  'on-conflict-update': `insert into audit_log.entry (action) values ('a.forged') on conflict (timestamp, seq) do update set action = 'a.forged'`,
  'prepared-delete': 'prepare attack as delete from audit_log.entry; execute attack',
  'explain-analyze-delete': 'explain analyze delete from audit_log.entry',
  'delete-in-a-cte': 'with gone as (delete from audit_log.entry returning 1) select * from gone',
  'cursor-for-update':
    'begin; declare c cursor for select seq from audit_log.entry for update; fetch c; delete from audit_log.entry where current of c',
  'select-for-share': 'select seq from audit_log.entry for key share',
  'delete-through-a-view': 'create temp view v as select * from audit_log.entry; delete from v',
  'insert-through-a-view': `create temp view v as select seq, action from audit_log.entry; insert into v values (1, 'a.forged')`,
  'delete-through-a-rule':
    'create temp table t (x int); create rule r as on insert to t do also delete from audit_log.entry; insert into t values (1)',
  'delete-through-a-trigger': `create temp table t (x int); create function pg_temp.attack() returns trigger language plpgsql as 'begin delete from audit_log.entry; return new; end';
    create trigger t before insert on t for each row execute function pg_temp.attack(); insert into t values (1)`,
  leaf: `insert into audit_log.leaf (leaf_index, seq, timestamp, entry_hash) values (9, 9, now(), sha256('x'))`,
  checkpoint: `insert into audit_log.checkpoint (tree_size, root_hash, note) values (9, sha256('x'), 'x')`,
  purge: `select audit_log.purge_month('2020-01-01')`,
  'clear-month': `select audit_log.clear_month('2020-01-01', 1, '00')`,
  'release-legal-hold': `select audit_log.release_legal_hold(gen_random_uuid(), 'x', 'x')`,
  // what is hung on the tables or our functions
  'child-table': 'create temp table c () inherits (audit_log.entry)',
  'child-of-leaf': 'create temp table c () inherits (audit_log.leaf)',
  partition: `create temp table p partition of audit_log.entry for values from ('1990-01-01') to ('1991-01-01')`,
  'attach-partition': `create temp table p (x int); alter table audit_log.entry attach partition p for values from ('1990-01-01') to ('1991-01-01')`,
  'detach-partition': 'alter table audit_log.entry detach partition audit_log.entry_default',
  'rule-on-the-log': 'create rule r as on insert to audit_log.entry do instead nothing',
  'trigger-on-the-log': `create function pg_temp.swallow() returns trigger language plpgsql as 'begin return null; end';
    create trigger t before insert on audit_log.entry for each row execute function pg_temp.swallow()`,
  'our-guard-on-a-table-of-ones-own':
    'create temp table t (x int); create trigger t before insert on t for each row execute function audit_log.refuse_change()',
  'our-stamp-on-a-table-of-ones-own':
    'create temp table t (x int); create trigger t before insert on t for each row execute function audit_log.stamp_entry()',
  'foreign-key':
    'create temp table f (seq bigint, ts timestamptz, foreign key (ts, seq) references audit_log.entry (timestamp, seq))',
  policy: 'create policy p on audit_log.entry using (false)',
  'row-security': 'alter table audit_log.entry enable row level security',
  index: 'create unique index on audit_log.entry (timestamp, action)',
  statistics: 'create statistics s on seq, action from audit_log.entry',
  constraint: 'alter table audit_log.entry add constraint c check (false) not valid',
  'replace-function': `create or replace function audit_log.refuse_change() returns trigger language plpgsql as 'begin return null; end'`,
  'alter-function': 'alter function audit_log.refuse_change() reset all',
  'function-in-the-schema': `create function audit_log.now() returns int language sql as 'select 1'`,
  'table-in-the-schema': 'create table audit_log.mine (x int)',
  'drop-table': 'drop table audit_log.leaf',
  'drop-schema': 'drop schema audit_log cascade',
  'rename-schema': 'alter schema audit_log rename to other',
  comment: `comment on table audit_log.entry is 'x'`,
  reindex: 'reindex table audit_log.leaf',
  unlogged: 'alter table audit_log.leaf set unlogged',
  publication: 'create publication p for table audit_log.entry',
  'event-trigger': `create function pg_temp.e() returns event_trigger language plpgsql as 'begin end'; create event trigger e on ddl_command_end execute function pg_temp.e()`,
  'cast-over-json': 'create cast (text as json) without function',
  // the sequence
  nextval: `select nextval('audit_log.entry_seq')`,
  currval: `select currval('audit_log.entry_seq')`,
  setval: `select setval('audit_log.entry_seq', 1)`,
  'alter-sequence': 'alter sequence audit_log.entry_seq restart',
  'read-sequence': 'select last_value from audit_log.entry_seq',
  // locks that would stop others
  'lock-row-share': 'begin; lock table audit_log.entry in row share mode',
  'lock-row-exclusive': 'begin; lock table audit_log.entry in row exclusive mode',
  'lock-share': 'begin; lock table audit_log.entry in share mode',
  'lock-access-exclusive': 'begin; lock table audit_log.entry in access exclusive mode',
  'lock-partition': 'begin; lock table audit_log.entry_default in access exclusive mode',
  'lock-leaf': 'begin; lock table audit_log.leaf in share row exclusive mode',
  'lock-sequencer': 'select 1 from audit_log.sequencer_state for update',
  'vacuum-full': 'cluster audit_log.leaf using leaf_pkey',
  // the server
  program: `copy (select 1) to program 'true'`,
  'write-file': `copy (select 1) to '/tmp/attack'`,
  'read-file': `select pg_read_file('postgresql.conf')`,
  'list-files': `select pg_ls_dir('.')`,
  'large-object-import': `select lo_import('/etc/hostname')`,
  'large-object-export': `select lo_export(lo_create(0), '/tmp/attack')`,
  'replication-slot': `select pg_create_physical_replication_slot('attack')`,
  'switch-wal': 'select pg_switch_wal()',
  'start-backup': "select pg_backup_start('attack')",
  'reload-configuration': 'select pg_reload_conf()',
  extension: 'create extension pg_surgery',
  'untrusted-language': `create function pg_temp.c() returns int language c as 'libc', 'getpid'`,
}
/** What the server refuses whoever asks, before it looks at privileges. */
const impossible: Readonly<Record<string, string>> = {
  'child-table': '42809',
  partition: '42809',
  'foreign-key': '42P16',
}

describe.each(['writer', 'reader'] as const)('a %s', (who) => {
  const pool = log.pool(log[who].url)

  it.each(Object.keys(refused))('is refused: %s', async (name) => {
    const client = await log.connect(log[who].url)
    // With an entry of its own, where it may write one.
    await client.query(`insert into audit_log.entry (action) values ('a.b')`).catch(() => undefined)
    const state = await refusal(client.query(refused[name] ?? '')).catch(String)
    await client.end()
    expect([name, state]).toEqual([name, impossible[name] ?? '42501'])
  })

  it('gets no further with what PostgreSQL answers by a warning', async () => {
    // Who may read gets a warning that nothing was granted, who may not an error.
    await pool
      .query(`do $$ begin execute format('grant delete on audit_log.leaf to %I', session_user); end $$`)
      .catch(() => undefined)
    expect(await refusal(pool.query('delete from audit_log.leaf'))).toBe('42501')
    await pool.query('vacuum audit_log.entry')
    await pool.query('analyze audit_log.entry')
  })

  it('learns nothing of the sequence', async () => {
    const { rows } = await pool.query<{ last: string | null }>(
      `select last_value as last from pg_sequences where schemaname = 'audit_log'`,
    )
    expect(rows.map(({ last }) => last)).toEqual([null])
  })

  it('cannot end the sessions of others', async () => {
    const sequencer = await log.connect(log.sequencerUrl)
    const { rows } = await sequencer.query<{ pid: number }>('select pg_backend_pid() as pid')
    for (const name of ['pg_terminate_backend', 'pg_cancel_backend']) {
      expect(await refusal(pool.query(`select ${name}($1)`, [rows[0]?.pid]))).toBe('42501')
    }
    expect(await refusal(pool.query(`commit prepared 'none'`))).toBe('42704')
  })

  it('stops nothing with the locks that everybody may take', async () => {
    const client = await log.connect(log[who].url)
    // Advisory locks have no privileges. These are the keys that a log could think of, and then some.
    await client.query(
      `select count(pg_advisory_lock(key)) from (
         select oid::bigint as key from pg_class where relnamespace = 'audit_log'::regnamespace
         union all select oid::bigint from pg_namespace union all select oid::bigint from pg_database
         union all select oid::bigint from pg_proc where pronamespace = 'audit_log'::regnamespace
         union all select hashtext(name) from unnest(array['audit_log', 'audit_log.entry', 'sequencer', 'install', 'migration']) as name
         union all select hashtextextended(name, 0) from unnest(array['audit_log', 'audit_log.entry', 'sequencer']) as name
         union all select generate_series(0, 500)) as keys`,
    )
    await client.query('begin; lock table audit_log.migration in access share mode')
    await log.write(3)
    const sequencer = await log.sequencer()
    await sequencer.run()
    await sequencer.stop()
    expect((await log.admin.query('select audit_log.ensure_partitions(3) as made')).rows).toEqual([{ made: 0 }])
    const census = await takeCensus(log.admin, log.key.verifierKey)
    expect(census).toEqual(inOrder(census.entries))
    await client.end()
  })
})

describe('what nobody could do', () => {
  it('left everything as it was', async () => {
    expect(await findings()).toEqual(before)
    const { entries } = await new AuditLogger({ db: log.admin }).query().limit(1000).page()
    expect(new Set(entries.map(({ action }) => action))).toEqual(new Set(['a.b']))
    const sequencer = await log.sequencer()
    await sequencer.run()
    await sequencer.stop()
    const census = await takeCensus(log.admin, log.key.verifierKey)
    expect(census).toEqual(inOrder(census.entries))
  })
})
