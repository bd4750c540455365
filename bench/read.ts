import pg from 'pg'
import { AuditLogger, type EntryQuery, installSchema } from '@entraguard/audit-log'
import { startEmbeddedPostgres } from '../test/support/embedded-postgres.ts'

// How many pages of the database (buffers) a page of 1,000 entries touches, in a log of 10^4 and in one of 10^6.

const sizes = [10_000, Number(process.argv[2] ?? 1_000_000)]
const given = process.env['DATABASE_URL']
const server = given === undefined ? await startEmbeddedPostgres({ major: 18 }) : undefined
const pool = new pg.Pool({ connectionString: given ?? server?.url, max: 2 })

/** Each filter that has an index finds far more than a page, or nothing. */
const queries: Readonly<Record<string, (query: EntryQuery) => EntryQuery>> = {
  'no filter': (query) => query,
  'no filter, oldest first': (query) => query.order('oldest'),
  'since and until, far back': (query) => query.since(day(10)).until(day(40)),
  'action (one in five)': (query) => query.action('scan.completed'),
  'action prefix (two in five)': (query) => query.action('scan.*'),
  'user (one in five)': (query) => query.user('heavy'),
  'user and time': (query) => query.user('heavy').since(day(10)).until(day(80)),
  'action that is nowhere': (query) => query.action('no.such.action'),
  'action prefix that is nowhere': (query) => query.action('no.such.*'),
  'user who is nowhere': (query) => query.user('nobody'),
  'time without entries': (query) => query.since(day(200)),
  'tenant (no index; one in three)': (query) => query.tenant('contoso'),
  'outcome (no index; one in fifty)': (query) => query.outcome('denied'),
  'target (no index) that is nowhere': (query) => query.target('nothing'),
}
const start = Date.now() + 60_000
const day = (days: number): Date => new Date(start + days * 86_400_000)

/** The log's tables with rows that nobody logged: only their number and order matter here. */
async function fill(schema: string, rows: number): Promise<void> {
  await installSchema(pool, { schema })
  const client = await pool.connect()
  await client.query(`begin; set local session_replication_role = replica; alter table ${schema}.entry disable trigger stamp_entry;
    insert into ${schema}.entry (seq, id, timestamp, tenant_id, user_id, action, target, source_ip, outcome, details, recorded_by, entry_hash, xid)
    select n, gen_random_uuid(), $$${new Date(start).toISOString()}$$::timestamptz + n * interval '90 days' / ${rows},
      (array['contoso', 'fabrikam', 'northwind'])[n % 3 + 1],
      case when n % 5 = 0 then 'heavy' else 'user-' || n % 997 end,
      (array['scan.completed', 'scan.started', 'user.login', 'user.logout', 'finding.acknowledged'])[n % 5 + 1],
      'finding:' || n, '203.0.113.7', case when n % 50 = 7 then 'denied' else 'success' end,
      '{"browser":"Mozilla/5.0 (X11; Linux x86_64)","domain":"contoso.onmicrosoft.com","duration_ms":1234}', 'app',
      sha256(n::text::bytea), '3'
    from generate_series(1, ${rows}) as n;
    commit`)
  client.release()
  await pool.query(`vacuum (analyze) ${schema}.entry`)
}

/** Runs the page's own statement under EXPLAIN, and says how many buffers it touched and how many entries it found. */
async function buffersOf(schema: string, build: (query: EntryQuery) => EntryQuery): Promise<[number, number]> {
  let plan: { Plan: Record<string, number> } | undefined
  const explaining = {
    query: async (text: string, values?: unknown[]) => {
      const { rows } = await pool.query<{ 'QUERY PLAN': [typeof plan] }>(
        `explain (analyze, buffers, timing off, format json) ${text}`,
        values,
      )
      plan = rows[0]?.['QUERY PLAN'][0]
      return { rows: [] }
    },
  }
  await build(new AuditLogger({ db: explaining, schema }).query().limit(1000)).page()
  const { Plan } = plan ?? { Plan: {} }
  return [(Plan['Shared Hit Blocks'] ?? 0) + (Plan['Shared Read Blocks'] ?? 0), Plan['Actual Rows'] ?? 0]
}

const schemas: string[] = []
for (const size of sizes) {
  const schema = `bench_${size}`
  await pool.query(`drop schema if exists ${schema} cascade`)
  await fill(schema, size)
  schemas.push(schema)
}
const { rows: version } = await pool.query<{ version: string }>('select version()')
console.log(`${version[0]?.version.split(' on ')[0]}; buffers of 8 KiB that a page of 1,000 touches (entries found)`)
console.log(`  ${''.padEnd(36)}${sizes.map((size) => String(size).padStart(16)).join('')}     ratio`)
for (const [name, build] of Object.entries(queries)) {
  const found: [number, number][] = []
  for (const schema of schemas) found.push(await buffersOf(schema, build))
  const [small, large] = found
  console.log(
    `  ${name.padEnd(36)}${found.map(([buffers, rows]) => `${buffers} (${rows})`.padStart(16)).join('')}  ${((large?.[0] ?? 0) / (small?.[0] ?? 1)).toFixed(2).padStart(8)}`,
  )
}
for (const schema of schemas) await pool.query(`drop schema ${schema} cascade`)
await pool.end()
await server?.stop()
