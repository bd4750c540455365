// What sequencing costs, on the built package: `npm run build && npx tsx bench/sequence.ts [PART...]`, all parts by default.
//
//   growth  cost of a leaf by the size of the log, 10^4 to LEAVES (1e7 by default: some minutes and 4 GB to fill, 1e6 takes seconds)
//   rate    integrating against inserting by 16 writers
//   cost    what a running sequencer costs 16 saturating writers
//   lag     from commit to published checkpoint, beside an idle old transaction and writers that commit late
//
// `growth` compares CPU, of this process and the server, and holds on a busy machine. `cost` prints that too. The wall times of `rate`,
// `cost` and `lag` need a quiet one.
import { setTimeout as sleep } from 'node:timers/promises'
import { AuditLogger, functionPublisher, installSchema, Sequencer } from '@entraguard/audit-log'
import { createSigner, generateKey } from '@entraguard/audit-log/tlog'
import { fillTree } from './fill-tree.ts'
import { cpuMs, median, sampleEvent, startBench, withWorkers } from './support.ts'

const parts: Readonly<Record<string, () => Promise<void>>> = { growth, rate, cost, lag }
const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(parts)
for (const name of wanted) if (!Object.hasOwn(parts, name)) throw new Error(`expected ${Object.keys(parts).join(', ')}`)

const server = await startBench()
const key = await generateKey('bench.example.com/log')
const signer = await createSigner(key.signerKey)
const admin = server.pool(4)
const published: { readonly size: number; readonly at: number }[] = []
const publisher = functionPublisher('memory', ({ size }) => {
  published.push({ size, at: Date.now() })
  return Promise.resolve()
})
const make = (intervalMs: number, schema = 'audit_log'): Sequencer =>
  new Sequencer({
    db: server.pool(4),
    schema,
    signers: [signer],
    verifierKeys: [key.verifierKey],
    publishers: [publisher],
    intervalMs,
  })
const audit = new AuditLogger({ db: server.pool(16) })
for (const name of wanted) await parts[name]?.()
await audit.close()
await server.stop()

/** Logs of every size beside each other, so that their rounds take turns. */
async function growth(): Promise<void> {
  const [largest, rounds, entries] = [Number(process.env['LEAVES'] ?? 1e7), 7, 10_000]
  const logs: {
    readonly size: number
    readonly schema: string
    readonly sequencer: Sequencer
    readonly costs: [number, number][]
  }[] = []
  for (let size = 1e4; size <= largest; size *= 10) {
    const schema = `bench_${size}`
    await admin.query(`drop schema if exists ${schema} cascade`)
    await installSchema(admin, { schema })
    await fillTree(admin, schema, size, signer)
    logs.push({ size, schema, sequencer: make(500, schema), costs: [] })
    console.log(`  filled ${schema}`)
  }
  await admin.query('checkpoint')
  for (let round = -1; round < rounds; round += 1) {
    for (const { schema, sequencer, costs } of round % 2 === 0 ? logs : logs.toReversed()) {
      await admin.query(
        `insert into ${schema}.entry (action, details, user_id) select 'scan.completed', json_build_object('n', n), 'u' || n % 997 from generate_series(1, ${entries}) as n`,
      )
      const [cpu, start] = [await cpuMs(admin), performance.now()]
      await sequencer.run()
      const wall = performance.now() - start
      if (round >= 0) costs.push([(((await cpuMs(admin)) - cpu) / entries) * 1000, (wall / entries) * 1000])
    }
  }
  console.log(
    `\nCost of a leaf by the size of the log, batches of 5,000 (n = ${rounds} rounds of ${entries}, taking turns)`,
  )
  for (const { size, sequencer, costs } of logs) {
    const ratios = costs.map(([cpu], round) => cpu / (logs[0]?.costs[round]?.[0] ?? 1))
    const [cpus, walls] = [0, 1].map((place) => costs.map((costOf) => costOf[place] ?? 0))
    console.log(
      `  from ${String(size).padStart(8)} leaves on: ${spread(ratios)} of the first in CPU; ${spread(cpus)} us of CPU, ${spread(walls)} us`,
    )
    await sequencer.stop()
  }
}

/** How many events 16 writers log in a round, and how. */
function waysOfWriting(): Readonly<Record<string, [number, (index: number) => Promise<unknown>]>> {
  const pool = server.pool(16)
  const inTransaction = async (index: number): Promise<void> => {
    const client = await pool.connect()
    await client.query('begin')
    await audit.log(sampleEvent(index), { db: client })
    await client.query('commit')
    client.release()
  }
  const alone = async (index: number): Promise<void> => {
    const client = await pool.connect()
    await audit.log(sampleEvent(index), { db: client })
    client.release()
  }
  return {
    '16 writers, each entry in a transaction of the host': [10_000, inTransaction],
    '16 writers, each entry a statement of its own': [10_000, alone],
    '16 callers of log(), which share statements': [20_000, (index) => audit.log(sampleEvent(index))],
  }
}

/** Each round integrates what it has inserted. */
async function rate(): Promise<void> {
  const rounds = 7
  const sequencer = make(500)
  const ways = waysOfWriting()
  const seen = new Map<string, { ratio: number; leaves: number; entries: number }[]>()
  await sequencer.run()
  for (let round = -1; round < rounds; round += 1) {
    for (const [name, [total, write]] of Object.entries(ways)) {
      const start = performance.now()
      await withWorkers(16, total, write)
      const middle = performance.now()
      await sequencer.run()
      const [inserting, integrating] = [middle - start, performance.now() - middle]
      const figures = seen.get(name) ?? []
      if (round >= 0) seen.set(name, figures)
      figures.push({
        ratio: inserting / integrating,
        leaves: (total / integrating) * 1000,
        entries: (total / inserting) * 1000,
      })
    }
  }
  await sequencer.stop()
  console.log(`\nIntegrating against inserting (n = ${rounds} rounds)`)
  for (const [name, figures] of seen) {
    const of = (key: 'ratio' | 'leaves' | 'entries'): string => spread(figures.map((figure) => figure[key]))
    console.log(`  ${name}: ${of('ratio')} times as fast; ${of('leaves')} leaves/s, ${of('entries')} entries/s`)
  }
}

async function cost(): Promise<void> {
  for (const [name, [, write]] of Object.entries(waysOfWriting())) await costTo(name, write)
}

/** Each stretch begins with nothing to catch up, so that none pays for the one before. */
async function costTo(writers: string, write: (index: number) => Promise<unknown>): Promise<void> {
  const [stretchMs, rounds] = [6000, 7]
  const intervals: Readonly<Record<string, number | undefined>> = {
    'no sequencer': undefined,
    'once a second': 1000,
    'every 500 ms (default)': 500,
  }
  const names = Object.keys(intervals)
  const rates = new Map<string, [number, number][]>(names.map((name) => [name, []]))
  for (let round = -1; round < rounds; round += 1) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const after = make(500)
      await after.run()
      await after.stop()
      const interval = intervals[name]
      const sequencer = interval === undefined ? undefined : make(interval)
      sequencer?.start()
      const begun = (): boolean => sequencer === undefined || sequencer.status().state === 'active'
      while (!begun()) await sleep(10)
      const [cpu, start] = [await cpuMs(admin), performance.now()]
      let events = 0
      await Promise.all(
        Array.from({ length: 16 }, async () => {
          while (performance.now() - start < stretchMs) {
            await write(events)
            events += 1
          }
        }),
      )
      const [seconds, used] = [(performance.now() - start) / 1000, (await cpuMs(admin)) - cpu]
      await sequencer?.stop()
      if (round >= 0) rates.get(name)?.push([events / seconds, (used * 1000) / events])
    }
  }
  console.log(
    `\nWhat a running sequencer costs ${writers}, saturating (n = ${rounds} rounds of ${stretchMs / 1000} s each)`,
  )
  const base = rates.get('no sequencer') ?? []
  for (const name of names) {
    const own = rates.get(name) ?? []
    const against = (place: 0 | 1): number[] => own.map((costOf, round) => costOf[place] / (base[round]?.[place] ?? 1))
    console.log(
      `  ${name.padEnd(24)} ${spread(against(0))} of the throughput, ${spread(against(1))} of the CPU an entry; ${spread(own.map(([each]) => each))}/s`,
    )
  }
}

async function lag(): Promise<void> {
  const idle = await admin.connect()
  await idle.query('begin')
  await idle.query(`insert into audit_log.entry (action) values ('idle.transaction')`)
  const running = make(500)
  running.start()
  while (running.status().state !== 'active' || (await running.backlog()).entries > 0) await sleep(100)
  const commits: { readonly seq: number; readonly at: number }[] = []
  const writers = server.pool(16)
  await withWorkers(16, 1600, async (index) => {
    const client = await writers.connect()
    await client.query('begin')
    const { seq } = await audit.log(sampleEvent(index), { db: client })
    if (index % 3 === 0) await sleep(Math.random() * 500)
    await client.query('commit')
    commits.push({ seq, at: Date.now() })
    client.release()
    await sleep(Math.random() * 300)
  })
  while ((await running.backlog()).entries > 0) await sleep(100)
  await sleep(2500)
  await running.stop()
  await idle.query('rollback')
  idle.release()
  const { rows } = await admin.query<{ seq: string; leaf_index: string }>(
    `select seq, leaf_index from audit_log.leaf where seq = any ($1::bigint[])`,
    [commits.map(({ seq }) => seq)],
  )
  const leafOf = new Map(rows.map((row) => [Number(row.seq), Number(row.leaf_index)]))
  const lags = commits.map(({ seq, at }) => {
    const leaf = leafOf.get(seq) ?? Number.POSITIVE_INFINITY
    return (published.find(({ size, at: when }) => when >= at && size > leaf)?.at ?? Number.POSITIVE_INFINITY) - at
  })
  const sorted = lags.toSorted((one, other) => one - other)
  console.log(
    `\nFrom commit to published checkpoint, beside an idle old transaction and late committers, n = ${lags.length}`,
  )
  console.log(
    `  p50 ${median(sorted)} ms, p95 ${sorted[Math.floor(lags.length * 0.95)]} ms, largest ${sorted.at(-1)} ms`,
  )
}

function spread(values: readonly number[] = []): string {
  const sorted = values.toSorted((one, other) => one - other)
  const text = (value = Number.NaN): string => value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)
  return `${text(median(sorted))} (${text(sorted[0])}-${text(sorted.at(-1))})`
}
