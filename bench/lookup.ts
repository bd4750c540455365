import { startBench } from './support.ts'

// What kinds of index cost where a filter finds nothing: buffers of one lookup in a month's partition, and time to write a row.

const bench = await startBench()
const db = bench.pool(1)
await db.query('set jit = off; set max_parallel_workers_per_gather = 0; set synchronous_commit = off')

const indexes: Readonly<Record<string, string>> = {
  'b-tree (action, timestamp, seq)': '(action, timestamp, seq)',
  'b-tree (action), deduplicated': '(action)',
  'hash (action)': 'using hash (action)',
  'brin (action text_bloom_ops)': 'using brin (action text_bloom_ops)',
}
const batch = 10_000
const fill = `
  insert into bench.month
  select n, '2026-09-01'::timestamptz + n * interval '3 s',
    (array['scan.completed', 'scan.started', 'user.login', 'user.logout', 'finding.acknowledged'])[n % 5 + 1],
    'user-' || n % 997, repeat('x', 300)
  from generate_series($1::int, $2::int) as n`

for (const rows of [7_700, 770_000]) {
  for (const [name, definition] of Object.entries(indexes)) {
    await db.query('drop table if exists bench.month')
    await db.query(
      'create table bench.month (seq bigint, timestamp timestamptz, action text collate "C", user_id text, pad text)',
    )
    await db.query(`create index on bench.month ${definition}`)
    const start = performance.now()
    for (let from = 1; from <= rows; from += batch) await db.query(fill, [from, Math.min(rows, from + batch - 1)])
    const micros = ((performance.now() - start) / rows) * 1000
    await db.query('vacuum analyze bench.month')
    console.log(
      `${rows} rows, ${name}: ${await buffersOfNothing()} buffers to find nothing, ${micros.toFixed(1)} us to write a row`,
    )
  }
}
await bench.stop()

/** The second time, so that what is read once for each connection has been read. */
async function buffersOfNothing(): Promise<number> {
  const text = `select * from bench.month where action = 'nowhere' order by timestamp desc, seq desc limit 1000`
  await db.query(text)
  const { rows } = await db.query<{ 'QUERY PLAN': [{ Plan: Record<string, number> }] }>(
    `explain (analyze, buffers, format json) ${text}`,
  )
  const plan = rows[0]?.['QUERY PLAN'][0].Plan ?? {}
  return (plan['Shared Hit Blocks'] ?? 0) + (plan['Shared Read Blocks'] ?? 0)
}
