import { AuditLogger } from '@entraguard/audit-log'
import { withContext } from '@entraguard/audit-log/context'
import { compare, median, startBench, type Variant, withWorkers } from './support.ts'

// What the catalogue and the context add to a call: alone, and with the database included.

const rounds = Number(process.argv[2] ?? 9)
const details = { duration_ms: 1200, findings: 3, findings_by_severity: { critical: 1, high: 2 }, checks: 120 }
const context = { user_id: 'user-7@contoso.example', tenant_id: 'contoso', source_ip: '203.0.113.7', request_id: 'r-1' }
const event = { target: 'scan:7', details } as const
const bare = {
  ...context,
  action: 'scan.completed',
  target: 'scan:7',
  details: { ...details, context: { request_id: 'r-1' } },
}
const { request_id: _, ...bareEvent } = bare

// A database that answers nothing: only the work in the process is left, and both end in the same error. Processor time
// and not the clock's, so that other programs do not count.
const none = { db: { query: () => Promise.resolve({ rows: [] }) } }
const nowhere = new AuditLogger({ ...none, onError: { onLost: () => undefined } })
const microsPerCall = async (count: number, call: () => Promise<unknown>): Promise<number> => {
  const before = process.cpuUsage()
  for (let done = 0; done < count; done += 1) await call()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / count
}
const added: number[] = []
for (let round = -1; round < rounds; round += 1) {
  const plain = await microsPerCall(10_000, () => nowhere.log(bareEvent, none))
  const full = await withContext(context, () => microsPerCall(10_000, () => nowhere.events.scan.completed(event, none)))
  if (round >= 0) added.push(full - plain)
}
added.sort((a, b) => a - b)
console.log(
  `catalogue and context add ${median(added).toFixed(1)} us of processor time to a call (${added[0]?.toFixed(1)} to ${added.at(-1)?.toFixed(1)}, n = ${rounds} rounds of 10,000)`,
)

const bench = await startBench()
const audit = new AuditLogger({ db: bench.pool(8) })
const written = (workers: number, total: number, call: () => Promise<unknown>): Variant => {
  return () => withWorkers(workers, total, call)
}
for (const [workers, total] of [
  [1, 500],
  [16, 4000],
] as const) {
  await compare(`${workers} calls at a time, with the database`, rounds, {
    'log(event)': written(workers, total, () => audit.log(bareEvent)),
    'events.scan.completed(event) in a context': () =>
      withContext(
        context,
        written(workers, total, () => audit.events.scan.completed(event)),
      ),
  })
}
await audit.close()
await bench.stop()
