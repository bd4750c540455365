import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { Forwarder } from '../../src/sinks/forwarder/forwarder.ts'
import { sinkOfConfiguration } from '../../src/sinks/sink-kinds.ts'
import type { Sink } from '../../src/sinks/sink.ts'

// Forwards until it is killed: a process of its own for the tests of kill -9. Arguments: database URL, name, sink as JSON.

const [url, name = '', sink = '{}'] = process.argv.slice(2)
const made = sinkOfConfiguration(JSON.parse(sink) as Record<string, unknown>)
// Small batches to a receiver that takes some time, so that there is a middle of the transfer on a fast machine too.
const slow: Sink = {
  description: made.description,
  capabilities: { ...made.capabilities, maxBatchItems: 200 },
  encode: (item) => made.encode(item),
  send: (batch, options) => sleep(20).then(() => made.send(batch, options)),
  ...(made.confirm === undefined
    ? {}
    : {
        confirm: (...args: Parameters<NonNullable<Sink['confirm']>>) => made.confirm?.(...args) ?? Promise.resolve([]),
      }),
  close: () => made.close(),
}
const pool = new pg.Pool({ connectionString: url ?? '' })
pool.on('error', () => undefined)
new Forwarder({
  db: pool,
  name,
  sink: slow,
  intervalMs: 20,
  leaseMs: 500,
  checkpointIntervalMs: 200,
}).start()
