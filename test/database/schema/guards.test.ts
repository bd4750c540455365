import { describe, expect, it } from 'vitest'
import { AuditLogger, verifyEntry } from '../../../src/index.ts'
import { refusal, testLog } from '../../support/database.ts'

// The attacks run as a superuser, so that no missing privilege refuses them: what is left are the guards. Each is then run
// once more with the guards switched off, which shows that it would have worked.

const log = await testLog()
const { admin } = log
await new AuditLogger({ db: log.appPool }).logMany([{ action: 'first.entry' }, { action: 'second.entry' }])
const month = (
  await admin.query<{ name: string }>(`select tableoid::regclass::text as name from audit_log.entry limit 1`)
).rows[0]?.name

const attacks: Readonly<Record<string, string>> = {
  'UPDATE of the table': `update audit_log.entry set action = 'forged'`,
  'UPDATE of a partition': `update ${month} set action = 'forged'`,
  'UPDATE that moves an entry to another partition': `update audit_log.entry set timestamp = timestamp - interval '10 years'`,
  'UPDATE of a column outside the hash': `update audit_log.entry set xid = '3'`,
  'DELETE from the table': 'delete from audit_log.entry',
  'DELETE from a partition': `delete from ${month}`,
  'DELETE in a CTE': 'with gone as (delete from audit_log.entry returning *) select * from gone',
  'TRUNCATE of the table': 'truncate audit_log.entry',
  'TRUNCATE of a partition': `truncate ${month}`,
  'TRUNCATE of the default partition': 'truncate audit_log.entry_default',
  'TRUNCATE that cascades': `create table audit_log.parent (id int primary key);
    alter table audit_log.entry add column parent int references audit_log.parent; truncate audit_log.parent cascade`,
  MERGE: `merge into audit_log.entry using (select 1) as one on true when matched then delete`,
  'MERGE that updates': `merge into audit_log.entry using (select 1) as one on true when matched then update set action = 'forged'`,
  'ON CONFLICT DO UPDATE': `insert into ${month} (timestamp, seq, version, id, action, recorded_by, entry_hash, xid)
    select timestamp, seq, version, id, action, recorded_by, entry_hash, xid from ${month} limit 1
    on conflict (timestamp, seq) do update set action = 'forged'`,
  'DELETE through a view':
    'create view public.through_view as select * from audit_log.entry; delete from public.through_view',
  'DELETE through a rule': `create table public.ruled (x int); insert into public.ruled values (1);
    create rule forward as on delete to public.ruled do instead delete from audit_log.entry; delete from public.ruled`,
  'DELETE that cascades over a foreign key': `create table public.referenced (action text primary key);
    insert into public.referenced select distinct action from audit_log.entry;
    grant delete on audit_log.entry, ${month} to ${log.roles.owner};
    alter table ${month} add foreign key (action) references public.referenced on delete cascade; delete from public.referenced`,
  'DELETE as a replica': `set session_replication_role = replica; delete from audit_log.entry`,
  'TRUNCATE as a replica': `set session_replication_role = replica; truncate audit_log.entry`,
  'DELETE in a function of the owner': `create function audit_log.forge() returns void language sql security definer as 'delete from audit_log.entry';
    alter function audit_log.forge() owner to ${log.roles.owner}; grant delete on audit_log.entry to ${log.roles.owner}; select audit_log.forge()`,
  'UPDATE of the migrations': `update audit_log.migration set sha256 = ''`,
  'DELETE of the migrations': `delete from audit_log.migration`,
  'TRUNCATE of the migrations': `truncate audit_log.migration`,
}

/** They prove nothing: docs/evidence.md. */
const unguarded = ['forwarder', 'sequencer_state']

async function tables(): Promise<string[]> {
  const { rows } = await admin.query<{ name: string }>(
    `select oid::regclass::text as name from pg_class where relnamespace = 'audit_log'::regnamespace and relkind in ('r', 'p')`,
  )
  return rows.map(({ name }) => name)
}

describe('Invariant 1: no UPDATE, DELETE or TRUNCATE ever succeeds', () => {
  it.each(Object.keys(attacks))('%s is refused', async (name) => {
    const client = await log.connect()
    await client.query('begin')
    const verdict = await refusal(client.query(attacks[name] ?? '')).catch(String)
    // Also after an attack that succeeded, whose locks would hold up the others.
    await client.query('rollback')
    expect(verdict).toBe('WO001')
  })

  it.each(Object.keys(attacks))('%s would work without the guards', async (name) => {
    const client = await log.connect()
    await client.query('begin')
    for (const table of await tables()) await client.query(`alter table ${table} disable trigger user`)
    await client.query(attacks[name] ?? '')
    await client.query('rollback')
  })

  it('refuses a statement that would change no row', async () => {
    expect(await refusal(admin.query('delete from audit_log.entry where false'))).toBe('WO001')
    expect(await refusal(admin.query(`update ${month} set action = 'x' where false`))).toBe('WO001')
  })

  it('on any table of the schema but those that only say where a process is', async () => {
    const { rows } = await admin.query<{ name: string; guarded: boolean }>(
      `select relname as name, exists (select from pg_trigger where tgrelid = pg_class.oid and tgname = 'refuse_change' and tgenabled = 'A') as guarded
       from pg_class where relnamespace = 'audit_log'::regnamespace and relkind in ('r', 'p') order by relname`,
    )
    expect(rows.filter(({ guarded }) => !guarded).map(({ name }) => name)).toEqual(unguarded)
    for (const { name, guarded } of rows) {
      if (!guarded) continue
      const { rows: columns } = await admin.query<{ name: string }>(
        `select quote_ident(attname) as name from pg_attribute where attrelid = ('audit_log.' || quote_ident($1))::regclass and attnum = 1`,
        [name],
      )
      const column = columns[0]?.name ?? ''
      for (const statement of [
        `update audit_log.${name} set ${column} = ${column}`,
        `delete from audit_log.${name}`,
        `truncate audit_log.${name}`,
      ])
        expect([statement, await refusal(admin.query(statement))]).toEqual([statement, 'WO001'])
    }
  })

  it('guards every partition at both levels, always, also those made later', async () => {
    await admin.query('select audit_log.ensure_partitions(6)')
    const { rows } = await admin.query<{ partition: string; guards: string[] }>(
      `select inhrelid::regclass::text as partition,
         array_agg(tgname || ' ' || tgenabled::text || ' ' || tgtype order by tgname) as guards
       from pg_inherits left join pg_trigger on tgrelid = inhrelid where inhparent = 'audit_log.entry'::regclass group by 1`,
    )
    expect(rows.length).toBe(8)
    for (const { guards } of rows)
      expect(guards).toEqual(['refuse_change A 58', 'refuse_row_change A 27', 'stamp_entry A 7'])
  })

  it('still holds what was logged', async () => {
    const { entries } = await new AuditLogger({ db: log.appPool }).query().order('oldest').page()
    expect(entries.map(({ action }) => action)).toEqual(['first.entry', 'second.entry'])
    expect(entries.every(verifyEntry)).toBe(true)
  })
})

describe('partitions', () => {
  // Two more each time that it is asked for.
  let ahead = 6
  const twoMore = (): string => `select audit_log.ensure_partitions(${(ahead += 2)}) as made`

  it('are made ahead by a writer, who has no other right on the table', async () => {
    const writer = log.pool(log.writer.url)
    const { rows } = await writer.query(twoMore())
    expect(rows).toEqual([{ made: 2 }])
    expect(await refusal(writer.query('select audit_log.ensure_partitions(25)'))).toBe('WO004')
    expect(await refusal(writer.query('create table audit_log.entry_2099_01 (x int)'))).toBe('42501')
  })

  it('are not waited for: a reader in the way makes the call give up, and others go on', async () => {
    const reader = await log.connect(log.reader.url)
    await reader.query('begin; select count(*) from audit_log.entry')
    expect(await refusal(log.pool(log.writer.url).query(`select audit_log.ensure_partitions(${ahead + 1})`))).toBe(
      '55P03',
    )
    await reader.query('rollback')
  })

  it('are made once when two sessions make them at the same time', async () => {
    const writer = log.pool(log.writer.url)
    const statement = twoMore()
    const made = await Promise.all(
      Array.from({ length: 6 }, async () => {
        for (;;) {
          try {
            return (await writer.query<{ made: number }>(statement)).rows[0]?.made ?? 0
          } catch (error) {
            if ((error as { code?: string }).code !== '55P03' && (error as { code?: string }).code !== '40P01')
              throw error
          }
        }
      }),
    )
    expect(made.reduce((sum, count) => sum + count)).toBe(2)
  })

  it('that are missing make no insert fail', async () => {
    const other = await testLog()
    await other.admin.query(`alter table audit_log.entry detach partition ${month}; drop table ${month}`)
    const entry = await new AuditLogger({ db: other.appPool }).log({ action: 'partition.missing' })
    expect(verifyEntry(entry)).toBe(true)
    const { rows } = await other.admin.query('select count(*)::integer as entries from audit_log.entry_default')
    expect(rows).toEqual([{ entries: 1 }])
    // The month stays in the default partition, and the next ones are made.
    expect((await other.admin.query('select audit_log.ensure_partitions(4) as made')).rows).toEqual([{ made: 1 }])
    expect(await refusal(other.admin.query('delete from audit_log.entry_default'))).toBe('WO001')
  })
})
