import { fillOldMonth } from '../test/support/old-month.ts'
import { sampleEvent, startBench } from './support.ts'

// What it costs to let a month go: dropping its partition, against DELETE and VACUUM of the same rows in one table that has
// all of them. The argument is how many entries there are in all, in twelve months.

const total = Number(process.argv[2] ?? 1_200_000)
const bench = await startBench()
const db = bench.pool(4)
const log = { admin: db, schema: 'audit_log', roles: { owner: 'audit_log_owner' } }
const details = JSON.stringify(sampleEvent(1).details)
const months = Array.from({ length: 12 }, (_, index) => `2024-${String(index + 1).padStart(2, '0')}`)
/** What the server has written to its log so far, in bytes. */
const walBytes = async (): Promise<number> => {
  const { rows } = await db.query<{ bytes: string }>(`select pg_current_wal_lsn() - '0/0' as bytes`)
  return Number(rows[0]?.bytes)
}
const ms = async (work: () => Promise<unknown>): Promise<number> => {
  const start = performance.now()
  await work()
  return performance.now() - start
}

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
await db.query('checkpoint')

const archive = await db.query<{ size: string; root: string }>(
  `select tree_size as size, encode(root_hash, 'hex') as root from audit_log.checkpoint`,
)
const [head] = archive.rows
console.log(
  'month     entries   clear_month()   locks held   purge_month() with commit   its WAL   DELETE + VACUUM   its WAL   ratio',
)
for (const month of [months[0], months[5], months[8]]) {
  const { rows } = await db.query<{ count: string }>(`select count(*) from audit_log.entry_${month?.replace('-', '_')}`)
  const day = `${month}-01`
  const clear = await ms(() => db.query('select audit_log.clear_month($1, $2, $3)', [day, head?.size, head?.root]))
  const before = await walBytes()
  const client = await db.connect()
  await client.query('begin')
  const locked = await ms(() => client.query('select audit_log.purge_month($1)', [day]))
  const committed = await ms(() => client.query('commit'))
  client.release()
  const purged = await walBytes()
  const deleted = await ms(async () => {
    await db.query(
      `delete from bench.whole where timestamp >= $1::date and timestamp < $1::date + interval '1 month'`,
      [day],
    )
    await db.query('vacuum bench.whole')
  })
  const columns = [
    month,
    rows[0]?.count,
    `${clear.toFixed(0)} ms`,
    `${locked.toFixed(1)} ms`,
    `${(locked + committed).toFixed(1)} ms`,
    kilobytes(purged - before),
    `${deleted.toFixed(0)} ms`,
    kilobytes((await walBytes()) - purged),
  ]
  console.log(`${columns.map((text) => text?.padStart(12)).join('')}   ${(deleted / (locked + committed)).toFixed(0)}`)
}
await bench.stop()

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(0)} kB`
}
