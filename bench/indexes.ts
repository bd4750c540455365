import { readFileSync } from 'node:fs'
import pg from 'pg'
import { AuditLogger, installSchema, type OptionalIndex } from '@entraguard/audit-log'
import { startEmbeddedPostgres } from '../test/support/embedded-postgres.ts'
import { describeMachine, median, sampleEvent } from './support.ts'

// What each optional index costs those who write: CPU time of the server process for batches of 1,000 events, as a ratio to a
// log without, in turns. Linux only. usage: npx tsx bench/indexes.ts [rounds, default 7]

const rounds = Number(process.argv[2] ?? 7)
const batches = 15
const kinds: readonly (OptionalIndex | 'none')[] = ['none', 'target', 'source_ip', 'outcome', 'details']
const server = await startEmbeddedPostgres({ major: 18, settings: ['shared_buffers=1GB', 'max_wal_size=8GB'] })
const admin = new pg.Pool({ connectionString: server.url })
admin.on('error', () => undefined)
await describeMachine(admin)
let made = 0
const batch = (): ReturnType<typeof sampleEvent>[] =>
  Array.from({ length: 1000 }, () => {
    made += 1
    return { ...sampleEvent(made), outcome: made % 100 === 0 ? 'denied' : 'success' }
  })

const logs: { kind: string; pool: pg.Pool; audit: AuditLogger; pid: number; cpu: number[] }[] = []
for (const kind of kinds) {
  const schema = `log_${kind}`
  await installSchema(admin, { schema, indexes: kind === 'none' ? [] : [kind] })
  const pool = new pg.Pool({ connectionString: server.url, max: 1, idleTimeoutMillis: 0 })
  pool.on('error', () => undefined)
  const { rows } = await pool.query<{ pid: number }>('select pg_backend_pid() as pid')
  const audit = new AuditLogger({ db: pool, schema })
  for (let filled = 0; filled < 20; filled += 1) await audit.logMany(batch())
  logs.push({ kind, pool, audit, pid: rows[0]?.pid ?? 0, cpu: [] })
}
for (let round = 0; round < rounds; round += 1) {
  for (const { audit, pid, cpu } of round % 2 === 0 ? logs : logs.toReversed()) {
    const before = ticks(pid)
    for (let written = 0; written < batches; written += 1) await audit.logMany(batch())
    cpu.push(ticks(pid) - before)
  }
}
console.log(`\nCPU of the server for 1,000 events with logMany() (n = ${rounds} rounds of ${batches})`)
for (const { kind, cpu } of logs) {
  const ratios = cpu.map((own, round) => own / (logs[0]?.cpu[round] ?? 1)).sort((a, b) => a - b)
  const ms = (median([...cpu].sort((a, b) => a - b)) * 10) / batches
  console.log(
    `  ${kind.padEnd(12)} ${median(ratios).toFixed(2)}  (${ratios[0]?.toFixed(2)}-${ratios.at(-1)?.toFixed(2)})  ${ms.toFixed(1)} ms`,
  )
}
for (const { pool } of logs) await pool.end()
await admin.end()
await server.stop()

/** User and system time of a process in hundredths of a second. */
function ticks(pid: number): number {
  const [, , , , , , , , , , , user, system] =
    readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return Number(user) + Number(system)
}
