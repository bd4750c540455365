import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { BodyWriter } from '../src/sinks/forwarder/body-writer.ts'
import { systemClock } from '../src/sinks/forwarder/clock.ts'
import { Delivery } from '../src/sinks/forwarder/delivery.ts'
import { ElasticSink } from '../src/sinks/elastic.ts'
import { HttpClient } from '../src/sinks/http-client.ts'
import { LeafEntry } from '../src/sinks/leaf-entry.ts'
import type { ForwardedEntry } from '../src/sinks/log-item.ts'
import { LogSource } from '../src/sinks/forwarder/log-source.ts'
import type { EncodedEvent, Sink } from '../src/sinks/sink.ts'
import { SplunkSink } from '../src/sinks/splunk.ts'
import { Forwarder } from '../src/sinks/forwarder/forwarder.ts'
import { fillLog } from './fill.ts'
import { compare, startBench } from './support.ts'

// How fast entries drain from PostgreSQL, and from memory, into a receiver on this host, next to the bare HTTP client posting the same bodies, prepared beforehand; what CPU that takes; and what memory a stopped sink takes with a backlog. What encoders cost: bench/encoders.ts.

const total = Number(process.env['BENCH_ENTRIES'] ?? 50_000)
const rounds = Number(process.env['BENCH_ROUNDS'] ?? 5)
const server = await startBench()
const db = server.pool(2)
await fillLog(db, 'audit_log', total)

/** The entries of the log, from the first one on. */
async function* entries(): AsyncGenerator<ForwardedEntry> {
  const source = new LogSource(db, 'audit_log', systemClock, 60_000)
  let position = { leafIndex: 0, checkpointSize: 0 }
  while (position.leafIndex < total) {
    for (const { item, after } of await source.read(position)) {
      if (item.kind === 'entry') yield item
      position = after
    }
  }
}

const lines: { readonly line: string; readonly entryHash: string; readonly previousEntryHash: string | null }[] = []
for await (const { line, entryHash, previousEntryHash } of entries()) {
  lines.push({ line, entryHash, previousEntryHash })
  if (lines.length === 2000) break
}
/** As when it is read from the database one by one: the line is parsed. */
function item(leafIndex: number): LeafEntry {
  const { line, entryHash, previousEntryHash } = lines[leafIndex % lines.length]!
  return new LeafEntry(leafIndex, line, entryHash, previousEntryHash)
}

const receiver = spawn(process.execPath, ['--import', 'tsx', new URL('receiver.ts', import.meta.url).pathname], {
  stdio: ['pipe', 'pipe', 'inherit'],
})
const [port] = (await once(receiver.stdout, 'data')) as [Buffer]
const url = `http://127.0.0.1:${String(port).trim()}`

const sinks = {
  Splunk: (): Sink => new SplunkSink({ url, token: 'token', index: 'audit' }),
  Elastic: (): Sink => new ElasticSink({ url, apiKey: 'key' }),
}

async function drain(sink: Sink): Promise<number> {
  let position = 0
  const ending = new AbortController()
  await new Delivery({
    sink,
    start: { leafIndex: 0, checkpointSize: 0 },
    read: ({ leafIndex }) => {
      const count = Math.min(1000, total - leafIndex)
      return Promise.resolve(
        Array.from({ length: count }, (_, offset) => ({
          item: item(leafIndex + offset),
          after: { leafIndex: leafIndex + offset + 1, checkpointSize: 0 },
        })),
      )
    },
    commit: (progress) => {
      position = progress.position.leafIndex
      if (position === total) ending.abort()
      return Promise.resolve()
    },
    clock: systemClock,
    intervalMs: 1000,
    maxBufferedBytes: 16 * 1024 * 1024,
    stopTimeoutMs: 5000,
  }).run(ending.signal)
  await sink.close()
  return total
}

let forwarders = 0
/** The forwarder itself: reads leaves from the database, and writes its position there. */
async function forward(sink: Sink): Promise<number> {
  forwarders += 1
  const forwarder = new Forwarder({ db, name: `bench-${forwarders}`, sink })
  forwarder.start()
  while (forwarder.status().nextLeafIndex < total) await sleep(5)
  await forwarder.stop()
  return total
}

/** Microseconds of CPU that a process of this host has used; hundredths of a second is how fine it is told. */
function cpuOf(pid: number | undefined): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * 10_000
}
async function serverCpu(): Promise<ReadonlyMap<number, number>> {
  const { rows } = await db.query<{ pid: number }>(
    `select pid from pg_stat_activity where datname = current_database() and backend_type = 'client backend'`,
  )
  return new Map(rows.map(({ pid }) => [pid, cpuOf(pid)]))
}

for (const [name, make] of Object.entries(sinks)) {
  const encoder = make()
  const { maxBatchBytes } = encoder.capabilities
  const bodies: Buffer[] = []
  const body = new BodyWriter(encoder.capabilities.framing)
  for await (const entry of entries()) {
    const { text } = encoder.encode(entry) as EncodedEvent
    if (body.add(text, maxBatchBytes) !== undefined) continue
    bodies.push(body.take())
    body.add(text, maxBatchBytes)
  }
  bodies.push(body.take())
  const path = name === 'Splunk' ? '/services/collector/event' : '/x/_bulk'
  const bare = async (): Promise<number> => {
    const client = new HttpClient({ url }, 4, 16 * 1024 * 1024)
    const { signal } = new AbortController()
    let next = 0
    await Promise.all(
      Array.from({ length: 4 }, async () => {
        while (next < bodies.length) {
          next += 1
          await client.request({ method: 'POST', path, headers: {}, body: bodies[next - 1]!, signal })
        }
      }),
    )
    client.close()
    return total
  }
  const variants = {
    'the bare HTTP client with prepared bodies': bare,
    'from memory: parse, encode, send': () => drain(make()),
    'from PostgreSQL: read, parse, encode, send, commit': () => forward(make()),
  }
  await compare(`${name}: draining ${total} entries against posting prepared bodies`, rounds, variants)
  console.log('  Microseconds of CPU an entry, least of the rounds: this process, PostgreSQL, the receiver')
  for (const [variant, run] of Object.entries(variants)) {
    const costs: number[][] = []
    for (let round = 0; round < rounds; round += 1) {
      const [start, database, receiving] = [process.cpuUsage(), await serverCpu(), cpuOf(receiver.pid)]
      await run()
      const { user, system } = process.cpuUsage(start)
      let queries = 0
      for (const [pid, micros] of await serverCpu()) queries += micros - (database.get(pid) ?? 0)
      costs.push([user + system, queries, cpuOf(receiver.pid) - receiving])
    }
    const least = [0, 1, 2].map((part) => Math.min(...costs.map((cost) => cost[part] ?? 0)) / total)
    console.log(`  ${variant.padEnd(58)} ${least.map((cost) => cost.toFixed(1)).join(', ')}`)
  }
}
receiver.stdin.end()

// A stopped sink with a backlog of a million.
const stopped = new SplunkSink({ url: 'http://127.0.0.1:9', token: 'token' })
const ending = new AbortController()
const delivery = new Delivery({
  sink: stopped,
  start: { leafIndex: 0, checkpointSize: 0 },
  read: ({ leafIndex }) =>
    Promise.resolve(
      Array.from({ length: Math.min(1000, 1_000_000 - leafIndex) }, (_, offset) => ({
        item: item(leafIndex + offset),
        after: { leafIndex: leafIndex + offset + 1, checkpointSize: 0 },
      })),
    ),
  commit: () => Promise.resolve(),
  clock: systemClock,
  intervalMs: 1000,
  maxBufferedBytes: 16 * 1024 * 1024,
  stopTimeoutMs: 0,
})
const running = delivery.run(ending.signal)
const memory = async (): Promise<number> => {
  await sleep(2000)
  globalThis.gc?.()
  return Math.round(process.memoryUsage().heapUsed / 2 ** 20)
}
const [first, second] = [await memory(), await memory()]
console.log(
  `\nA stopped sink with 1,000,000 waiting: ${Math.round(delivery.bufferedBytes / 2 ** 20)} MiB of events held; heap ${first} MiB after 2 s, ${second} MiB after 4 s`,
)
ending.abort()
await running
await server.stop()
