import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import pg from 'pg'
import { EntryQuery, installSchema, type Queryable } from '@entraguard/audit-log'
import { createHandler, type Principal, toNodeListener } from '@entraguard/audit-log/http'
import { executorOf } from '../src/database/database.ts'
import { kyselyOver } from '../src/database/kysely.ts'
import { csvRecord, jsonRecord } from '../src/query/entry-text.ts'
import { startEmbeddedPostgres } from '../test/support/embedded-postgres.ts'
import { fillLog } from './fill.ts'
import { compare, describeMachine, median } from './support.ts'

// The REST API: what it costs over the bare SQL, exports against COPY, and pages of a large log against those of a small one.
// usage: npx tsx bench/http.ts [entries of the large log, default 10000000] [rounds] [endpoint: that comparison alone]

type Filter = (query: EntryQuery) => EntryQuery
const indexedFilters: Readonly<Record<string, Filter>> = {
  everything: (query) => query,
  'action, common (1/5)': (query) => query.action('scan.completed'),
  'action, rare (1/1000)': (query) => query.action('settings.changed'),
  'action, absent': (query) => query.action('no.such'),
  'actions below one (2/5)': (query) => query.action('scan.*'),
  'actions below one, rare (1/1000)': (query) => query.action('settings.*'),
  'actions below one, absent': (query) => query.action('no.*'),
  'user, 1/1000': (query) => query.user('user-7'),
  'user, absent': (query) => query.user('nobody'),
  'action and a day, a year back': (query) =>
    query.action('scan.completed').since('2025-12-10T00:00:00Z').until('2025-12-11T00:00:00Z'),
  'outcome denied (1/100)': (query) => query.outcome('denied'),
  'tenant, 1/10': (query) => query.tenant('tenant-3'),
  'tenant, 1/10000': (query) => query.tenant('rare-3'),
  'tenant, absent': (query) => query.tenant('nobody'),
  'two tenants, 1/5000': (query) => query.tenant(['rare-3', 'rare-7']),
  'tenant (1/10000) and action': (query) => query.tenant('rare-3').action('scan.*'),
  'tenant and a day, a year back': (query) =>
    query.tenant('tenant-3').since('2025-12-10T00:00:00Z').until('2025-12-11T00:00:00Z'),
}
const optionalFilters: Readonly<Record<string, Filter>> = {
  'target, 1/10007': (query) => query.target('finding:77'),
  'target, absent': (query) => query.target('finding:none'),
  'address, 1/65536': (query) => query.sourceIp('10.1.2.3'),
  'address, absent': (query) => query.sourceIp('192.0.2.1'),
  'network /24': (query) => query.sourceIp('10.1.2.0/24'),
}

const large = Number(process.argv[2] ?? 10_000_000)
const small = 100_000
const rounds = Number(process.argv[3] ?? 7)
const server = await startEmbeddedPostgres({
  major: 18,
  settings: ['shared_buffers=2GB', 'max_wal_size=8GB', 'jit=off'],
})
const pool = new pg.Pool({ connectionString: server.url, max: 8 })
pool.on('error', () => undefined)
try {
  await describeMachine(pool)
  for (const [schema, entries] of [
    ['small', small],
    ['large', large],
  ] as const) {
    await installSchema(pool, { schema })
    const start = performance.now()
    await fillLog(pool, schema, entries)
    console.log(
      `${schema}: ${entries} entries over 13 months, filled in ${Math.round((performance.now() - start) / 1000)} s`,
    )
  }
  await compareEndpoint()
  if (process.argv[4] !== 'endpoint') {
    await compareExport()
    await comparePages('with the indexes that every installation has', indexedFilters)
    for (const schema of ['small', 'large']) {
      for (const column of ['target', 'source_ip'])
        await pool.query(`create index on ${schema}.entry (${column}, timestamp, seq)`)
      await pool.query(`vacuum analyze ${schema}.entry`)
    }
    await comparePages('with indexes on target and address too', optionalFilters)
  }
} finally {
  await pool.end()
  await server.stop()
}

async function comparePages(title: string, filters: Readonly<Record<string, Filter>>): Promise<void> {
  console.log(`\nA page of 1,000 of ${large} entries against one of ${small}: ${title}`)
  console.log(`  ${''.padEnd(40)}   buffers  ratio      ms  ratio   | page 100: ratio of buffers, of ms`)
  for (const [name, filter] of Object.entries(filters)) {
    const [first, firstSmall] = [await measurePage('large', filter, 0), await measurePage('small', filter, 0)]
    const deep = await measurePage('large', filter, 99)
    const deepSmall = deep === undefined ? undefined : await measurePage('small', filter, 9)
    const [ratio, of] = [(a = NaN, b = NaN) => (a / b).toFixed(2).padStart(6), (n = NaN) => n.toFixed(1).padStart(7)]
    console.log(
      `  ${name.padEnd(40)} ${String(first?.buffers).padStart(9)} ${ratio(first?.buffers, firstSmall?.buffers)} ${of(first?.ms)} ${ratio(first?.ms, firstSmall?.ms)}` +
        `   | ${ratio(deep?.buffers, deepSmall?.buffers)} ${ratio(deep?.ms, deepSmall?.ms)}`,
    )
  }
}

/** The n-th page: buffers and time of the statement in the server, the median of some executions. */
async function measurePage(
  schema: string,
  filter: Filter,
  skip: number,
): Promise<{ buffers: number; ms: number } | undefined> {
  let last: [string, unknown[] | undefined] | undefined
  const recording: Queryable = {
    query: (text, values) => {
      last = [text, values]
      return pool.query(text, values)
    },
  }
  const query = filter(EntryQuery.over(recording, schema)).limit(1000)
  let page = query
  for (let skipped = 0; skipped < skip; skipped += 1) {
    const { nextCursor } = await page.linePage()
    if (nextCursor === null) return undefined
    page = query.after(nextCursor)
  }
  const found: { buffers: number; ms: number }[] = []
  for (let execution = 0; execution < 5; execution += 1) {
    await page.linePage()
    const [text, values] = last ?? ['', []]
    const { rows } = await pool.query<{ 'QUERY PLAN': [Plan] }>(
      `explain (analyze, buffers, format json) ${text}`,
      values,
    )
    const [plan] = rows[0]?.['QUERY PLAN'] ?? []
    const buffers = (plan?.Plan['Shared Hit Blocks'] ?? 0) + (plan?.Plan['Shared Read Blocks'] ?? 0)
    found.push({ buffers, ms: (plan?.['Execution Time'] ?? 0) + (plan?.['Planning Time'] ?? 0) })
    // What takes seconds needs no median.
    if (found[0] !== undefined && found[0].ms > 1000) break
  }
  return {
    buffers: median(found.map(({ buffers }) => buffers).sort((a, b) => a - b)),
    ms: median(found.map(({ ms }) => ms).sort((a, b) => a - b)),
  }
}

interface Plan {
  readonly Plan: { readonly 'Shared Hit Blocks': number; readonly 'Shared Read Blocks': number }
  readonly 'Execution Time': number
  readonly 'Planning Time': number
}

async function startApi(): Promise<{ url: string; ask(path: string): Promise<Response>; stop(): void }> {
  const principal: Principal = { id: 'bench', tenants: 'all', permissions: ['read', 'export', 'inspect'] }
  const handler = createHandler({
    db: pool,
    schema: 'large',
    flags: { audit_export: true },
    authorize: () => principal,
    onError: (error) => console.error(error),
  })
  const listening = createServer(toNodeListener(handler)).listen(0, '127.0.0.1')
  await once(listening, 'listening')
  const url = `http://127.0.0.1:${(listening.address() as AddressInfo).port}/api/audit-logs`
  return {
    url,
    ask: (path) => handler(new Request(`http://localhost/api/audit-logs${path}`)),
    stop: () => {
      listening.closeAllConnections()
      listening.close()
    },
  }
}

async function compareEndpoint(): Promise<void> {
  const api = await startApi()
  const columns =
    'version, seq, id, timestamp, tenant_id, user_id, action, target, source_ip, outcome, details, recorded_by, entry_hash'
  const times = async (work: () => Promise<unknown>): Promise<number> => {
    for (let repeat = 0; repeat < 40; repeat += 1) await work()
    return 40
  }
  const bare = `select ${columns} from large.entry order by timestamp desc, seq desc limit 1000`
  await compare(
    'A page of 1,000 entries, against the bare SQL query',
    rounds,
    {
      'select columns .. limit 1000 through pg': () => times(() => pool.query(bare)),
      'the same, prepared': () => times(() => pool.query({ name: 'bare', text: bare })),
      'GET /list?limit=1000, the handler': () => times(async () => (await api.ask('/list?limit=1000')).arrayBuffer()),
      'GET /list?limit=1000, over a socket': () =>
        times(async () => (await fetch(`${api.url}/list?limit=1000`)).arrayBuffer()),
    },
    pool,
  )
  await compare(
    'A page of 1,000 entries of one tenant, against the bare SQL query',
    rounds,
    {
      'select columns .. where tenant_id = $1 .. limit 1000': () =>
        times(() => pool.query(bare.replace('order', 'where tenant_id = $1 order'), ['tenant-3'])),
      'GET /list?limit=1000&tenant_id=tenant-3, the handler': () =>
        times(async () => (await api.ask('/list?limit=1000&tenant_id=tenant-3')).arrayBuffer()),
    },
    pool,
  )
  api.stop()
}

async function compareExport(): Promise<void> {
  const api = await startApi()
  const { rows } = await pool.query<{ since: string; entries: string }>(
    `select large.format_time(min(timestamp)) as since, count(*) as entries
     from (select timestamp from large.entry order by timestamp desc limit 200000) as newest`,
  )
  const [{ since, entries } = { since: '', entries: '0' }] = rows
  const textOf = (record: typeof jsonRecord): string => record.compile(kyselyOver(executorOf(pool))).sql
  const copy = (select: string): Promise<number> =>
    run('psql', [
      server.url,
      '-qAt',
      '-c',
      `copy (select ${select} from large.entry as entry where timestamp >= '${since}') to stdout`,
    ])
  const download = (format: string): Promise<number> =>
    run('curl', ['-sf', '-o', '/dev/null', `${api.url}/export?format=${format}&since=${since}`])
  async function run(program: string, args: string[]): Promise<number> {
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] })
    const [code] = (await once(child, 'exit')) as [number]
    if (code !== 0) throw new Error(`${program} ended with ${code}`)
    return Number(entries)
  }
  await compare(`An export of ${entries} entries, against COPY TO of the same lines`, Math.min(rounds, 3), {
    'copy (lines) to stdout, with psql': () => copy(textOf(jsonRecord)),
    'GET /export?format=ndjson': () => download('ndjson'),
    'GET /export?format=json': () => download('json'),
  })
  await compare(`The same in CSV, against COPY TO of the same records`, Math.min(rounds, 3), {
    'copy (records) to stdout, with psql': () => copy(textOf(csvRecord)),
    'GET /export?format=csv': () => download('csv'),
  })
  let peak = 0
  const sampling = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 50)
  const before = process.memoryUsage().rss
  await run('curl', ['-sf', '-o', '/dev/null', `${api.url}/export?order=oldest`])
  clearInterval(sampling)
  console.log(
    `  memory of the process while it exports all ${large}: ${mebibytes(before)} MiB before, ${mebibytes(peak)} MiB at most`,
  )
  api.stop()
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20)
}
