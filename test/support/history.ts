import type pg from 'pg'
import { canonicalize, type JsonObject } from '@entraguard/audit-log/canonical'
import { makePartition } from './old-month.ts'

/** An event that was recorded at a time of the test's choosing. */
export interface PastEvent {
  /** RFC 3339. */
  readonly at: string
  readonly action: string
  readonly tenant_id?: string | null
  readonly user_id?: string | null
  readonly target?: string | null
  readonly source_ip?: string | null
  readonly outcome?: 'success' | 'failure' | 'denied'
  readonly details?: JsonObject
}

const atOnce = 5000

/**
 * Records events of the past, with right hashes, as the owner role could: the clock of a test cannot be turned back. They go
 * into partitions of their months.
 */
export async function recordPast(
  admin: pg.Pool,
  { schema, owner }: { readonly schema: string; readonly owner: string },
  events: readonly PastEvent[],
): Promise<void> {
  const client = await admin.connect()
  try {
    await client.query(`set role ${owner}`)
    const months = new Set(events.map(({ at }) => at.slice(0, 7)))
    for (const month of months) {
      const { rows } = await client.query(`select to_regclass($1) is null as missing`, [
        `${schema}.entry_${month.replace('-', '_')}`,
      ])
      if (rows[0].missing) await makePartition(client, schema, month)
    }
    for (let from = 0; from < events.length; from += atOnce) {
      const rows = events.slice(from, from + atOnce).map(({ details = {}, outcome = 'success', ...event }) => ({
        ...event,
        outcome,
        details: canonicalize(details),
      }))
      await client.query(
        `insert into ${schema}.entry (version, seq, id, timestamp, tenant_id, user_id, action, target, source_ip, outcome, details,
           recorded_by, canonical, entry_hash, xid)
         select 1, seq, id, at, tenant_id, user_id, action, target, source_ip, outcome, details::json, 'app', true,
           sha256(convert_to(${schema}.preimage(action, details, id, outcome, 'app', seq, source_ip, target, tenant_id,
             ${schema}.format_time(at), user_id), 'UTF8')), pg_current_xact_id()
         from (
           select nextval('${schema}.entry_seq') as seq, ${schema}.uuid_v7(${schema}.uuid_v7_time(at))::uuid as id, event.*
           from json_to_recordset($1) as event (at timestamptz, action text, tenant_id text, user_id text, target text,
             source_ip inet, outcome text, details text)
         ) as event`,
        [JSON.stringify(rows)],
      )
    }
    // A plan made for a few entries would walk through a hundred thousand.
    if (events.length > atOnce) await client.query(`analyze ${schema}.entry`)
  } finally {
    await client.query('reset role').catch(() => undefined)
    client.release()
  }
}
