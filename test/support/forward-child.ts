import pg from 'pg'
import { Forwarder } from '../../src/sinks/forwarder.ts'
import { sinkOfConfiguration } from '../../src/sinks/sink-kinds.ts'

// Forwards until it is killed: a process of its own for the tests of kill -9. Arguments: database URL, name, sink as JSON.

const [url, name = '', sink = '{}'] = process.argv.slice(2)
const pool = new pg.Pool({ connectionString: url ?? '' })
pool.on('error', () => undefined)
new Forwarder({
  db: pool,
  name,
  sink: sinkOfConfiguration(JSON.parse(sink) as Record<string, unknown>),
  intervalMs: 20,
  leaseMs: 500,
  checkpointIntervalMs: 200,
}).start()
