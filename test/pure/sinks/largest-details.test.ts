import { describe, expect, it } from 'vitest'
import { ElasticSink } from '../../../src/sinks/elastic.ts'
import { HttpSink } from '../../../src/sinks/http-sink.ts'
import { NdjsonSink } from '../../../src/sinks/ndjson.ts'
import { SentinelSink } from '../../../src/sinks/sentinel.ts'
import type { EncodedEvent, Sink } from '../../../src/sinks/sink.ts'
import { SplunkSink } from '../../../src/sinks/splunk.ts'
import { forwarded } from '../../support/forwarded.ts'

// G8 for what has room for it: the largest details, the deepest, and a row that somebody altered.

type Json = Record<string, any>
const url = 'https://siem.example.com'
const sentinel = {
  url,
  dcrImmutableId: `dcr-${'0a'.repeat(16)}`,
  credential: { getToken: () => Promise.resolve(null) },
}
const http = (format: 'json' | 'cloudevents' | 'ocsf'): Sink =>
  new HttpSink({ url, format, maxBatchBytes: 10_000_000, cloudEvents: { source: '/log' } })

/** The details in an event, as the receiver's JSON parser reads them. */
const readers: Readonly<Record<string, readonly [Sink, (event: Json, text: string) => unknown]>> = {
  Splunk: [new SplunkSink({ url, token: 'token' }), ({ event }) => event.details],
  Elastic: [
    new ElasticSink({ url, apiKey: 'key' }),
    (_, text) => (JSON.parse(text.split('\n')[1]!) as Json)['audit_log'].details,
  ],
  JSON: [http('json'), ({ details }) => details],
  CloudEvents: [http('cloudevents'), ({ data }) => data.details],
  OCSF: [http('ocsf'), ({ unmapped }) => unmapped.details],
  'JSON lines': [new NdjsonSink({ file: 'audit.ndjson' }), ({ details }) => details],
}
const textOf = (sink: Sink, item: Parameters<Sink['encode']>[0]): string => (sink.encode(item) as EncodedEvent).text
function detailsIn(name: string, item: Parameters<Sink['encode']>[0]): unknown {
  const [sink, read] = readers[name]!
  const text = textOf(sink, item)
  return read(name === 'Elastic' ? {} : (JSON.parse(text) as Json), text)
}

const deep = (depth: number): Json => (depth === 0 ? { end: true } : { member: deep(depth - 1) })

describe.each(Object.keys(readers))('%s', (name) => {
  it('G8 takes a string of 1 MB and details of depth 50', () => {
    const details = { text: 'x😀"\\\u2028'.repeat(150_000), nested: deep(50) }
    expect(detailsIn(name, forwarded({ details }))).toEqual(details)
  })

  it('sends details that were altered in the database in one line, and as they are', () => {
    const item = forwarded({ details: { a: 1, b: [2] } })
    const altered = { ...item, line: item.line.replace('{"a":1,"b":[2]}', '{\n "a" : 1,\r\n\t"b":[2] }') }
    expect(altered.line).not.toBe(item.line)
    expect(detailsIn(name, altered)).toEqual({ a: 1, b: [2] })
    expect(textOf(readers[name]![0], altered).trimEnd().split('\n').length).toBe(name === 'Elastic' ? 2 : 1)
  })
})

describe('Sentinel', () => {
  it('G8 takes the longest details that the log holds, in columns of less than 64 KB', () => {
    const details = { text: '😀"\\'.repeat(8000), nested: deep(50) }
    const item = forwarded({ details })
    const row = JSON.parse(textOf(new SentinelSink(sentinel), item)) as Record<string, string>
    expect(JSON.parse(`${row['Details']}${row['Details2'] ?? ''}${row['Details3'] ?? ''}`)).toEqual(details)
    for (const name of ['Details', 'Details2']) expect(Buffer.byteLength(row[name]!)).toBeLessThan(64_000)
  })
})
