import type pg from 'pg'

/**
 * Fills a log with entries of the past 13 months, evenly and quickly: as a superuser who switches the guards off, which is what
 * no login of a host can do. The entries verify.
 */
export async function fillLog(pool: pg.Pool, schema: string, entries: number): Promise<void> {
  const db = await pool.connect()
  try {
    await db.query(`set synchronous_commit = off; set maintenance_work_mem = '1GB'`)
    await db.query(`alter table ${schema}.entry disable trigger stamp_entry`)
    for (let month = 1; month <= 12; month += 1) {
      await db.query(
        `do $$ declare first_day timestamptz := date_trunc('month', now() at time zone 'UTC') at time zone 'UTC' - make_interval(months => ${month});
         begin
           execute format('create table ${schema}.%I partition of ${schema}.entry for values from (%L) to (%L)',
             'entry_' || to_char(first_day, 'YYYY_MM'), first_day, first_day + interval '1 month');
         end $$`,
      )
    }
    const { rows: indexes } = await db.query<{ definition: string; name: string }>(
      `select pg_get_indexdef(indexrelid) as definition, indexrelid::regclass as name from pg_index
       where indrelid = '${schema}.entry'::regclass and not indisprimary`,
    )
    for (const { name } of indexes) await db.query(`drop index ${name}`)
    const batch = 500_000
    for (let from = 1; from <= entries; from += batch) {
      await db.query(insertOf(schema, entries), [from, Math.min(entries, from + batch - 1)])
    }
    for (const { definition } of indexes) await db.query(definition.replace(' ON ONLY ', ' ON '))
    await db.query(`select setval('${schema}.entry_seq', $1)`, [entries])
    // What the sequencer would have made of them, but the tree.
    await db.query(
      `insert into ${schema}.leaf (leaf_index, seq, timestamp, entry_hash)
       select seq - 1, seq, timestamp, entry_hash from ${schema}.entry order by seq`,
    )
    await db.query(
      `insert into ${schema}.checkpoint (tree_size, root_hash, note) values (${entries}, sha256('bench'), 'bench')`,
    )
    await db.query(`vacuum analyze ${schema}.entry, ${schema}.leaf`)
    await db.query(`alter table ${schema}.entry enable always trigger stamp_entry`)
  } finally {
    db.release()
  }
}

const insertOf = (schema: string, entries: number): string => `
  insert into ${schema}.entry (version, seq, id, timestamp, tenant_id, user_id, action, target, source_ip, outcome, details,
    recorded_by, canonical, entry_hash, xid)
  select 1, seq, id, at, tenant_id, user_id, action, target, source_ip, outcome, details::json, 'app', true,
    sha256(convert_to(${schema}.preimage(action, details, id, outcome, 'app', seq, source_ip, target, tenant_id,
      ${schema}.format_time(at), user_id), 'UTF8')), pg_current_xact_id()
  from (
    select seq, at, ${schema}.uuid_v7(${schema}.uuid_v7_time(at))::uuid as id,
      case when seq % 100 = 0 then 'rare-' || seq / 100 % 100 else 'tenant-' || seq % 10 end as tenant_id,
      'user-' || seq % 1000 as user_id,
      case when seq % 1000 = 0 then 'settings.changed'
        else (array['scan.started', 'scan.completed', 'user.login', 'user.logout', 'finding.viewed'])[seq % 5 + 1] end as action,
      'finding:' || seq % 10007 as target,
      ('10.' || seq % 16 || '.' || seq / 16 % 16 || '.' || seq / 256 % 256)::inet as source_ip,
      case when seq % 100 = 7 then 'denied' else 'success' end as outcome,
      '{"browser":"Mozilla/5.0 (X11; Linux x86_64)","domain":"contoso.onmicrosoft.com","duration_ms":' || seq % 5000
        || ',"findings":{"critical":' || seq % 3 || ',"high":' || seq % 11 || '},"scan":' || seq % 1009 || '}' as details
    from generate_series($1::bigint, $2::bigint) as seq,
      lateral (select date_trunc('month', now()) - interval '12 months' + (now() - date_trunc('month', now()) + interval '12 months') * (seq::double precision / ${entries}) as at) as clock
    offset 0
  ) as event`
