import type pg from 'pg'
import { AuditLogger, type AuditEvent } from '@entraguard/audit-log'
import { compare, sampleEvent, startBench, type Variant, withWorkers } from './support.ts'

// How fast events are written, against a plain prepared INSERT of the same row into an unprotected table.

const rounds = Number(process.argv[2] ?? 9)
const only = process.argv[3] ?? 'transaction batch calls'
const bench = await startBench()
const pool = bench.pool(16)
const admin = bench.pool(1)
const audit = new AuditLogger({ db: pool })

const columns = '(tenant_id, user_id, action, target, source_ip, outcome, details)'
const single = (table: string): ((db: pg.Pool | pg.PoolClient, event: AuditEvent) => Promise<unknown>) => {
  const text = `insert into bench.${table} ${columns} values ($1, $2, $3, $4, $5, $6, $7) returning seq`
  return (db, event) =>
    db.query({
      name: table,
      text,
      values: [
        event.tenant_id,
        event.user_id,
        event.action,
        event.target,
        event.source_ip,
        'success',
        JSON.stringify(event.details),
      ],
    })
}
const batch = (table: string): ((events: readonly AuditEvent[]) => Promise<unknown>) => {
  const text = `insert into bench.${table} ${columns}
    select tenant_id, user_id, action, target, source_ip, coalesce(outcome, 'success'), details from json_to_recordset($1)
      as event (tenant_id text, user_id text, action text, target text, source_ip inet, outcome text, details ${table === 'canonicalised' ? 'jsonb' : 'json'})
    returning seq`
  return (events) => pool.query({ name: `${table} batch`, text, values: [JSON.stringify(events)] })
}
const alternatives: [string, string][] = [
  ['chain', 'a locked hash chain'],
  ['copied', 'a trigger that copies rows as jsonb'],
  ['canonicalised', 'hashing over canonicalised jsonb'],
]
let made = 0
const nextEvent = (): AuditEvent => sampleEvent((made += 1))

async function inTransaction(work: (client: pg.PoolClient) => Promise<unknown>): Promise<void> {
  const client = await pool.connect()
  try {
    await client.query('begin')
    await work(client)
    await client.query('commit')
  } finally {
    client.release()
  }
}

function transactions(
  writers: number,
  total: number,
  otherWork: boolean,
  write: (client: pg.PoolClient) => Promise<unknown>,
): Variant {
  return () =>
    withWorkers(writers, total, () =>
      inTransaction(async (client) => {
        await write(client)
        if (otherWork) await client.query('select pg_sleep(0.005)')
      }),
    )
}

// Four writers leave the processors more to spare than 16.
const transactionCases: readonly [writers: number, otherWork: boolean][] = [
  [4, true],
  [16, true],
  [16, false],
]
for (const [writers, otherWork] of only.includes('transaction') ? transactionCases : []) {
  const total = otherWork ? writers * 125 : 4000
  await compare(
    `${writers} writers, one event in a transaction ${otherWork ? 'with 5 ms of other work' : 'without other work'}`,
    rounds,
    {
      'plain INSERT': transactions(writers, total, otherWork, (client) => single('plain')(client, nextEvent())),
      'audit.log(event, { db: client })': transactions(writers, total, otherWork, (client) =>
        audit.log(nextEvent(), { db: client }),
      ),
      ...Object.fromEntries(
        alternatives.map(([table, name]) => [
          name,
          transactions(writers, table === 'chain' ? total / 8 : total, otherWork, (client) =>
            single(table)(client, nextEvent()),
          ),
        ]),
      ),
    },
    admin,
  )
}

const thousand = (): AuditEvent[] => Array.from({ length: 1000 }, nextEvent)
for (const callers of only.includes('batch') ? [1, 4] : []) {
  const batches = (write: (events: readonly AuditEvent[]) => Promise<unknown>): Variant => {
    return async () => (await withWorkers(callers, 16, () => write(thousand()))) * 1000
  }
  const unnest = `insert into bench.plain ${columns} select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::inet[], $6::text[], $7::json[]) returning seq`
  const columnOf = (events: readonly AuditEvent[], name: keyof AuditEvent): unknown[] =>
    events.map((event) => event[name])
  await compare(
    `1,000 events a call, ${callers} at a time`,
    rounds,
    {
      'plain INSERT .. json_to_recordset': batches(batch('plain')),
      'plain INSERT .. unnest': batches((events) =>
        pool.query({
          name: 'unnest',
          text: unnest,
          values: [
            columnOf(events, 'tenant_id'),
            columnOf(events, 'user_id'),
            columnOf(events, 'action'),
            columnOf(events, 'target'),
            columnOf(events, 'source_ip'),
            events.map(() => 'success'),
            events.map(({ details }) => JSON.stringify(details)),
          ],
        }),
      ),
      'audit.logMany(events)': batches((events) => audit.logMany(events)),
      ...Object.fromEntries(alternatives.map(([table, name]) => [name, batches(batch(table))])),
    },
    admin,
  )
}

const latencies = new Map<string, number[]>()
function calls(name: string, total: number, write: () => Promise<unknown>): Variant {
  return () => {
    // The first round warms up.
    const seen = latencies.get(name)
    if (seen === undefined) latencies.set(name, [])
    return withWorkers(256, total, async () => {
      const start = performance.now()
      await write()
      seen?.push(performance.now() - start)
    })
  }
}
if (only.includes('calls'))
  await compare(
    '256 calls at a time, one event each',
    rounds,
    {
      'plain INSERT': calls('plain INSERT', 24_000, () => single('plain')(pool, nextEvent())),
      'audit.log(event)': calls('audit.log(event)', 48_000, () => audit.log(nextEvent())),
      ...Object.fromEntries(
        alternatives.map(([table, name]) => [
          name,
          calls(name, table === 'chain' ? 1000 : 8000, () => single(table)(pool, nextEvent())),
        ]),
      ),
    },
    admin,
  )
for (const [name, seen] of latencies) {
  seen.sort((a, b) => a - b)
  const at = (part: number): string => (seen[Math.floor(seen.length * part)] ?? 0).toFixed(1)
  console.log(`  ${name.padEnd(58)} p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`)
}
await audit.close()
await bench.stop()
