/**
 * What each encoder costs, in units of JSON.stringify of the same entry, to the bytes.
 *
 *   npx tsx bench/encoders.ts
 */
import { encodeCef } from '../src/sinks/cef.ts'
import { formatCloudEvent, readCloudEventsOptions } from '../src/sinks/cloudevents.ts'
import { ElasticSink } from '../src/sinks/elastic.ts'
import { formatItem } from '../src/sinks/event-json.ts'
import { encodeLeef } from '../src/sinks/leef.ts'
import type { ForwardedEntry } from '../src/sinks/log-item.ts'
import { formatOcsf } from '../src/sinks/ocsf.ts'
import { readProduct } from '../src/sinks/product.ts'
import { formatAsimRow, formatLogRow } from '../src/sinks/sentinel-row.ts'
import type { EncodedEvent, Sink } from '../src/sinks/sink.ts'
import { SplunkSink } from '../src/sinks/splunk.ts'
import { encodeStructured } from '../src/sinks/structured-data.ts'
import { forwardedMany } from '../test/support/forwarded.ts'

const items = forwardedMany(1000)
const rounds = 20
const names = readProduct({})
const events = readCloudEventsOptions({ source: '/log' })

const encoders: Readonly<Record<string, (item: ForwardedEntry) => string>> = {
  'JSON.stringify': ({ entry }) => JSON.stringify(entry),
  'Sentinel, table log': (item) => formatLogRow(item),
  'Sentinel, table asim': (item) => formatAsimRow(item, names, undefined),
  LEEF: (item) => encodeLeef(item, names, 8192),
  CEF: (item) => encodeCef(item, names),
  'structured data': (item) => encodeStructured(item, 'audit@32473', 8192).data,
  OCSF: (item) => formatOcsf(item, names),
  CloudEvents: (item) => formatCloudEvent(item, events),
  'JSON lines': formatItem,
}
const sinks: Readonly<Record<string, Sink>> = {
  Splunk: new SplunkSink({ url: 'http://127.0.0.1', token: 'token', index: 'audit' }),
  Elastic: new ElasticSink({ url: 'http://127.0.0.1', apiKey: 'key' }),
}

const toBytes: Readonly<Record<string, (item: ForwardedEntry) => unknown>> = {
  ...Object.fromEntries(
    Object.entries(encoders).map(([name, format]) => [name, (item: ForwardedEntry) => Buffer.from(format(item))]),
  ),
  ...Object.fromEntries(
    Object.entries(sinks).map(([name, sink]) => [
      name,
      (item) => Buffer.from((sink.encode(item) as EncodedEvent).text),
    ]),
  ),
}

function measure(encode: (item: ForwardedEntry) => unknown): number {
  const start = process.cpuUsage()
  for (let round = 0; round < rounds; round += 1) for (const item of items) encode(item)
  const { user, system } = process.cpuUsage(start)
  return (user + system) / (rounds * items.length)
}

for (const encode of Object.values(toBytes)) measure(encode)
const best = Object.fromEntries(
  Object.entries(toBytes).map(([name, encode]) => [name, Math.min(...[1, 2, 3, 4, 5].map(() => measure(encode)))]),
)
const unit = best['JSON.stringify'] ?? Number.NaN
console.log(
  `Node ${process.version}, n = ${rounds * items.length}, best of five, microseconds of CPU an entry, bytes included`,
)
for (const [name, micros] of Object.entries(best)) {
  console.log(`${name.padEnd(22)} ${micros.toFixed(2).padStart(8)}  ${(micros / unit).toFixed(2).padStart(6)}`)
}
