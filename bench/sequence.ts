// npx tsx bench/sequence.ts  (after npm run build). LEAVES=1e7 makes the first part go on to ten million leaves.
import { setTimeout as sleep } from 'node:timers/promises'
import { AuditLogger, functionPublisher, Sequencer } from '@entraguard/audit-log'
import { createSigner, generateKey } from '@entraguard/audit-log/tlog'
import { compare, median, sampleEvent, startBench, withWorkers } from './support.ts'

const server = await startBench()
const key = await generateKey('bench.example.com/log')
const signer = await createSigner(key.signerKey)
const admin = server.pool(4)
const published: { readonly size: number; readonly at: number }[] = []
const publisher = functionPublisher('memory', ({ size }) => {
  published.push({ size, at: Date.now() })
  return Promise.resolve()
})
const make = (intervalMs: number): Sequencer =>
  new Sequencer({
    db: server.pool(4),
    signers: [signer],
    verifierKeys: [key.verifierKey],
    publishers: [publisher],
    intervalMs,
  })
const audit = new AuditLogger({ db: server.pool(16) })
const catchUp = make(500)

// The cost of a leaf in a log of every size.
const leaves = Number(process.env['LEAVES'] ?? 1e6)
console.log('\nCost of a leaf by the size of the log, batches of 5,000')
const growing = make(500)
let base: number | undefined
for (let target = 1e4; target <= leaves; target *= Math.sqrt(10)) {
  while (growing.status().treeSize < target) {
    await admin.query(
      `insert into audit_log.entry (action, details, user_id) select 'scan.completed', json_build_object('n', n), 'u' || n % 997 from generate_series(1, 10000) as n`,
    )
    await growing.run()
  }
  const costs: number[] = []
  for (let round = 0; round < 5; round += 1) {
    await admin.query(
      `insert into audit_log.entry (action, details, user_id) select 'scan.completed', json_build_object('n', n), 'u' || n % 997 from generate_series(1, 10000) as n`,
    )
    const start = performance.now()
    await growing.run()
    costs.push(((performance.now() - start) / 10_000) * 1000)
  }
  const cost = median(costs.sort((a, b) => a - b))
  base ??= cost
  console.log(
    `  ${String(growing.status().treeSize).padStart(9)} leaves: ${cost.toFixed(1)} us, ${(cost / base).toFixed(2)}`,
  )
}
await growing.stop()

const total = 20_000
const inserted = async (logger: AuditLogger): Promise<number> =>
  withWorkers(16, total, (index) => logger.log(sampleEvent(index)))
// Each round integrates what it has inserted.
const ratios: number[] = []
const rates: number[] = []
for (let round = -1; round < 5; round += 1) {
  const start = performance.now()
  await inserted(audit)
  const middle = performance.now()
  await catchUp.run()
  const ratio = (middle - start) / (performance.now() - middle)
  if (round < 0) continue
  ratios.push(ratio)
  rates.push((total / (performance.now() - middle)) * 1000)
}
console.log(`\nIntegrating against inserting by 16 writers (n = ${ratios.length} rounds of ${total})`)
const ordered = ratios.toSorted((a, b) => a - b)
console.log(
  `  ${median(ordered).toFixed(1)} times as fast (${ordered[0]?.toFixed(1)}-${ordered.at(-1)?.toFixed(1)}), ${Math.round(median(rates.toSorted((a, b) => a - b)))} leaves/s`,
)
await catchUp.stop()

const forAWhile = (intervalMs: number | undefined) => async (): Promise<number> => {
  const writing = { isOver: false }
  const sequencer = intervalMs === undefined ? undefined : make(intervalMs)
  sequencer?.start()
  const timer = setTimeout(() => (writing.isOver = true), 4000)
  let events = 0
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      while (!writing.isOver) {
        events += 1
        await audit.log(sampleEvent(events))
      }
    }),
  )
  clearTimeout(timer)
  // The end of the sequencer's work is not the writers' cost.
  void sequencer?.stop()
  return events
}
await compare('What a running sequencer costs 16 saturating writers, 4 s each', 3, {
  'no sequencer': forAWhile(undefined),
  'once a second': forAWhile(1000),
  'every 500 ms (default)': forAWhile(500),
})
await sleep(1000)

// From commit to published checkpoint, beside an idle old transaction and writers that commit late.
const idle = await admin.connect()
await idle.query('begin')
await idle.query(`insert into audit_log.entry (action) values ('idle.transaction')`)
const running = make(500)
running.start()
while (running.status().state !== 'active' || (await running.backlog()).entries > 0) await sleep(100)
const commits: { readonly seq: number; readonly at: number }[] = []
const writers = server.pool(16)
await withWorkers(16, 800, async (index) => {
  const client = await writers.connect()
  await client.query('begin')
  const { seq } = await audit.log(sampleEvent(index), { db: client })
  if (index % 3 === 0) await sleep(Math.random() * 500)
  await client.query('commit')
  commits.push({ seq, at: Date.now() })
  client.release()
  await sleep(Math.random() * 300)
})
await sleep(2500)
await running.stop()
await idle.query('rollback')
idle.release()
const { rows } = await admin.query<{ seq: string; leaf_index: string }>(
  `select seq, leaf_index from audit_log.leaf where seq = any ($1::bigint[])`,
  [commits.map(({ seq }) => seq)],
)
const leafOf = new Map(rows.map((row) => [Number(row.seq), Number(row.leaf_index)]))
const lags = commits
  .map(
    ({ seq, at }) =>
      (published.find(({ size, at: when }) => when >= at && size > (leafOf.get(seq) ?? 0))?.at ?? 0) - at,
  )
  .sort((a, b) => a - b)
console.log(`\nFrom commit to published checkpoint, ms, n = ${lags.length}`)
console.log(`  p50 ${median(lags)}, p95 ${lags[Math.floor(lags.length * 0.95)]}, largest ${lags.at(-1)}`)

await server.stop()
