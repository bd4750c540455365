import type pg from 'pg'
import type { TestLog } from './database.ts'

/**
 * Entries of a month that is long over, with right hashes, as the owner role could make them: the clock of a test cannot be
 * turned back. They come into a guarded partition of their own.
 *
 * @param month such as `2024-01`
 * @param details canonical JSON
 */
export async function fillOldMonth(
  log: Pick<TestLog, 'admin' | 'schema'> & { readonly roles: Pick<TestLog['roles'], 'owner'> },
  month: string,
  entries: number,
  details = '{}',
  target: string | null = null,
): Promise<void> {
  const client = await log.admin.connect()
  try {
    await client.query(`set role ${log.roles.owner}`)
    await makePartition(client, log.schema, month)
    await client.query(
      `insert into ${log.schema}.entry (version, seq, id, timestamp, tenant_id, user_id, action, target, details, recorded_by, canonical, entry_hash, xid)
       select 1, seq, id, time, tenant_id, user_id, 'old.event', $4::text, $3::text::json, 'app', true,
         sha256(convert_to(${log.schema}.preimage('old.event', $3::text, id, 'success', 'app', seq, null, $4::text, tenant_id,
           ${log.schema}.format_time(time), user_id), 'UTF8')), pg_current_xact_id()
       from (
         select nextval('${log.schema}.entry_seq') as seq, ${log.schema}.uuid_v7(${log.schema}.uuid_v7_time(time))::uuid as id, time,
           'tenant-' || number % 3 as tenant_id, 'user-' || number % 10 as user_id
         from (select number, $1::timestamptz + number * (interval '20 days' / $2::integer) as time from generate_series(1, $2) as number) as times
       ) as event`,
      [`${month}-02T00:00:00Z`, entries, details, target],
    )
  } finally {
    await client.query('reset role').catch(() => undefined)
    client.release()
  }
}

/** Makes a guarded partition for a month that has none. */
export async function makePartition(client: pg.PoolClient, schema: string, month: string): Promise<void> {
  const partition = `${schema}.entry_${month.replace('-', '_')}`
  const [year = 0, number = 0] = month.split('-').map(Number)
  const [from, to] = [`${month}-01T00:00:00Z`, new Date(Date.UTC(year, number, 1)).toISOString()]
  // As ensure_partitions() does it.
  await client.query(`create table ${partition} (like ${schema}.entry including defaults)`)
  await client.query(`select ${schema}.guard('${partition}'::regclass, true)`)
  await client.query(
    `alter table ${schema}.entry attach partition ${partition} for values from ('${from}') to ('${to}')`,
  )
}
