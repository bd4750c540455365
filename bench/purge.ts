import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type pg from 'pg'
import { fillOldMonth } from '../test/support/old-month.ts'
import { sampleEvent, startBench } from './support.ts'

// What it costs to let a month go: dropping its partition, against DELETE and VACUUM of the same rows in one table that has
// all of them and the same indexes. Each month is measured in the state that it has when it expires, a year after it was
// written: no file of it is in memory, but what the check that precedes the purge reads. The last one is measured with all of
// it in memory. The server must run on this machine. The argument is how many entries there are in all, in twelve months.

const total = Number(process.argv[2] ?? 1_200_000)
const bench = await startBench()
const db = bench.pool(4)
const log = { admin: db, schema: 'audit_log', roles: { owner: 'audit_log_owner' } }
const details = JSON.stringify(sampleEvent(1).details)
const months = Array.from({ length: 12 }, (_, index) => `2024-${String(index + 1).padStart(2, '0')}`)

// The first month has a hundredth of the others' entries, to see whether the time depends on them.
for (const [index, month] of months.entries()) {
  await fillOldMonth(log, month, Math.ceil(index === 0 ? total / 1200 : total / 12), details)
}
await db.query(
  `insert into audit_log.leaf select row_number() over (order by seq) - 1, seq, timestamp, entry_hash from audit_log.entry`,
)
await db.query(
  `insert into audit_log.checkpoint (tree_size, root_hash, note) select count(*), sha256('root'), '' from audit_log.leaf`,
)
await db.query(`create table bench.whole (like audit_log.entry including all)`)
await db.query(`insert into bench.whole select * from audit_log.entry`)
await db.query('vacuum analyze bench.whole')

const archive = await db.query<{ size: string; root: string }>(
  `select tree_size as size, encode(root_hash, 'hex') as root from audit_log.checkpoint`,
)
const [head] = archive.rows
const heads = ['', 'entries', 'check', 'writers wait', 'wall', 'CPU', 'WAL', 'wall', 'CPU', 'WAL', 'wall', 'CPU', 'WAL']
console.log(`${' '.repeat(61)}purge_month()${' '.repeat(26)}DELETE and VACUUM${' '.repeat(22)}ratio`)
console.log(heads.map((text) => text.padStart(13)).join(''))
for (const [index, month] of [months[0], months[3], months[5], months[8]].entries())
  await measureMonth(month, index < 3)
await bench.stop()

async function measureMonth(month: string | undefined, cold: boolean): Promise<void> {
  const [partition, day] = [`audit_log.entry_${month?.replace('-', '_')}`, `${month}-01`]
  const { rows } = await db.query<{ count: string }>(`select count(*) from ${partition}`)
  await db.query('checkpoint')
  if (cold) for (const table of [partition, 'bench.whole']) await evict(table)
  const start = performance.now()
  await db.query('select audit_log.clear_month($1, $2, $3)', [day, head?.size, head?.root])
  const check = performance.now() - start
  let waited = 0
  const purge = await cost(async (client) => {
    const began = performance.now()
    await client.query('begin')
    await client.query('select audit_log.purge_month($1)', [day])
    const writer = (async () => {
      await db.query('begin; lock table audit_log.entry in row exclusive mode; commit')
      waited = performance.now() - began
    })()
    await client.query('commit')
    await writer
  })
  const whole = await cost(async (client) => {
    await client.query(
      `delete from bench.whole where timestamp >= $1::date and timestamp < $1::date + interval '1 month'`,
      [day],
    )
    await client.query('vacuum bench.whole')
  })
  const texts = [
    month,
    rows[0]?.count,
    milliseconds(check),
    milliseconds(waited),
    ...[purge, whole].flatMap(({ wall, cpu, wal }) => [milliseconds(wall), milliseconds(cpu), kilobytes(wal)]),
    ...(['wall', 'cpu', 'wal'] as const).map((measure) => (whole[measure] / purge[measure]).toFixed(0)),
  ]
  console.log(`${texts.map((text) => text?.padStart(13)).join('')}${cold ? '' : '   in memory'}`)
}

/** Wall and processor time of a session, in milliseconds, and what it makes the server write to its log, in bytes. */
async function cost(
  work: (client: pg.PoolClient) => Promise<void>,
): Promise<{ readonly wall: number; readonly cpu: number; readonly wal: number }> {
  const client = await db.connect()
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  const file = `/proc/${rows[0]?.pid}/schedstat`
  const cpu = (): number => Number(readFileSync(file, 'utf8').split(' ')[0]) / 1e6
  const before = { wall: performance.now(), cpu: cpu(), wal: await walBytes() }
  await work(client)
  const after = { wall: performance.now(), cpu: cpu(), wal: await walBytes() }
  client.release()
  return { wall: after.wall - before.wall, cpu: after.cpu - before.cpu, wal: after.wal - before.wal }
}

/** What the server has written to its log so far. */
async function walBytes(): Promise<number> {
  const { rows } = await db.query<{ bytes: string }>(`select pg_current_wal_lsn() - '0/0' as bytes`)
  return Number(rows[0]?.bytes)
}

/** Lets the kernel forget the files of a table and its indexes. What the server itself keeps in memory stays. */
async function evict(table: string): Promise<void> {
  const { rows } = await db.query<{ directory: string; path: string }>(
    `select current_setting('data_directory') as directory, pg_relation_filepath(oid) as path from pg_class
     where oid = $1::regclass or oid in (select indexrelid from pg_index where indrelid = $1::regclass)`,
    [table],
  )
  for (const { directory, path } of rows) {
    const folder = join(directory, dirname(path))
    // Each has further files behind a dot or an underscore.
    for (const name of readdirSync(folder).filter((name) => name.split(/[._]/)[0] === basename(path))) {
      execFileSync('dd', [`if=${join(folder, name)}`, 'iflag=nocache', 'count=0', 'status=none'])
    }
  }
}

function milliseconds(ms: number): string {
  return `${ms.toFixed(ms < 100 ? 1 : 0)} ms`
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(0)} kB`
}
