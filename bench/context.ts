import { AuditLogger } from '@entraguard/audit-log'
import { withContext } from '@entraguard/audit-log/context'
import { compare, startBench, type Variant, withWorkers } from './support.ts'

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

const none = { db: { query: () => Promise.resolve({ rows: [] }) } }
const nowhere = new AuditLogger({ ...none, onError: { onLost: () => undefined } })
// A database that answers nothing: only the work in the process is left, and both end in the same error.
const calls = (count: number, call: () => Promise<unknown>): Variant => {
  return async () => {
    for (let done = 0; done < count; done += 1) await call()
    return count
  }
}
const cpu = await compare('one call without a database', rounds, {
  'log(event)': calls(50_000, () => nowhere.log(bareEvent, none)),
  'events.scan.completed(event) in a context': () =>
    withContext(
      context,
      calls(50_000, () => nowhere.events.scan.completed(event, none)),
    ),
})
console.log(`  ratio of the time: ${(1 / (cpu['events.scan.completed(event) in a context'] ?? 1)).toFixed(2)}`)

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
