import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { verifyEntry } from '../../../src/canonical/entry.ts'
import { HttpSink, type HttpSinkOptions } from '../../../src/sinks/http-sink.ts'
import { parseCef } from '../../support/cef-parser.ts'
import { deliver } from '../../support/deliver.ts'
import { codeOf } from '../../support/error-code.ts'
import { checkpointNotice, forwarded, forwardedMany, hostileTexts } from '../../support/forwarded.ts'
import { ocsfFaults } from '../../support/ocsf-schema.ts'

interface Collector {
  readonly url: string
  readonly bodies: string[]
  readonly headers: IncomingHttpHeaders[]
  readonly script: ((response: ServerResponse) => void)[]
}

const stops: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop()
})

async function collector(): Promise<Collector> {
  const bodies: string[] = []
  const headers: IncomingHttpHeaders[] = []
  const script: ((response: ServerResponse) => void)[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks)
      bodies.push((request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString())
      headers.push(request.headers)
      const next = script.shift()
      if (next === undefined) response.writeHead(202).end()
      else next(response)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  stops.push(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`, bodies, headers, script }
}

function sinkFor({ url }: { url: string }, options: Partial<HttpSinkOptions> = {}): HttpSink {
  const sink = new HttpSink({ url, ...options })
  stops.push(() => sink.close())
  return sink
}

const noAnswer = 'timeout'
const texts = Object.values(hostileTexts)
const hostile = forwardedMany(texts.length, (index) => ({ user_id: texts[index]!, details: { note: texts[index]! } }))

describe('events over HTTPS', () => {
  it('G8 posts entries as a JSON array', async () => {
    const receiving = await collector()
    await deliver(sinkFor(receiving, { token: 'secret' }), [...hostile, checkpointNotice()])
    expect(receiving.headers[0]).toMatchObject({ 'content-type': 'application/json', authorization: 'Bearer secret' })
    const events = JSON.parse(receiving.bodies[0]!) as Record<string, unknown>[]
    expect(events).toHaveLength(hostile.length + 1)
    events.slice(0, -1).forEach(({ leaf_index: leaf, previous_entry_hash: previous, ...entry }, index) => {
      expect(leaf).toBe(index)
      expect(previous === null).toBe(index === 0)
      expect(verifyEntry(entry)).toBe(true)
    })
  })

  it('says what it posts as the host wants it', async () => {
    const receiving = await collector()
    await deliver(sinkFor(receiving, { contentType: 'text/json; charset=utf-8', headers: { 'X-Key': '1' } }), hostile)
    expect(receiving.headers[0]).toMatchObject({ 'content-type': 'text/json; charset=utf-8', 'x-key': '1' })
    const newer = await collector()
    await deliver(sinkFor(newer, { format: 'ocsf', ocsfVersion: '1.9.0' }), [forwarded()])
    expect(JSON.parse(newer.bodies[0]!)).toMatchObject([{ metadata: { version: expect.stringMatching(/^1\.9\.0/) } }])
  })

  it('G8 posts one JSON text a line that no reader breaks', async () => {
    const receiving = await collector()
    await deliver(sinkFor(receiving, { body: 'lines' }), hostile)
    expect(receiving.headers[0]!['content-type']).toBe('application/x-ndjson')
    const lines = receiving.bodies[0]!.split(/[\n\r\u0085\u2028\u2029\v\f]/)
    expect(lines.pop()).toBe('')
    expect(lines).toHaveLength(hostile.length)
    lines.forEach((line, index) => expect(JSON.parse(line)).toMatchObject({ user_id: texts[index] }))
  })

  it('10.5 posts CloudEvents as a batch', async () => {
    const receiving = await collector()
    await deliver(sinkFor(receiving, { format: 'cloudevents', cloudEvents: { source: '/log' } }), hostile)
    expect(receiving.headers[0]!['content-type']).toBe('application/cloudevents-batch+json')
    const events = JSON.parse(receiving.bodies[0]!) as { id: string; source: string }[]
    expect(new Set(events.map(({ source, id }) => `${source} ${id}`)).size).toBe(hostile.length)
  })

  it('10.5 posts OCSF', async () => {
    const receiving = await collector()
    await deliver(sinkFor(receiving, { format: 'ocsf' }), hostile)
    const events = JSON.parse(receiving.bodies[0]!) as Record<string, unknown>[]
    expect(events.flatMap(ocsfFaults)).toEqual([])
  })

  it('10.5 posts CEF', async () => {
    const receiving = await collector()
    await deliver(sinkFor(receiving, { format: 'cef' }), hostile)
    const lines = receiving.bodies[0]!.trimEnd().split('\n')
    expect(lines.map((line) => parseCef(line).extension['cn1'])).toEqual(hostile.map((_, index) => String(index)))
  })

  it('keeps batches within their limits', async () => {
    const receiving = await collector()
    await deliver(sinkFor(receiving, { maxBatchBytes: 100_000, maxBatchItems: 3 }), hostile)
    for (const body of receiving.bodies) expect((JSON.parse(body) as unknown[]).length).toBeLessThanOrEqual(3)
  })

  it.each<[string, (response: ServerResponse) => void, object]>([
    ['410', (r) => r.writeHead(410).end(), { kind: 'pause', cause: 'config', code: 'http_410' }],
    ['415', (r) => r.writeHead(415).end(), { kind: 'pause', cause: 'config', code: 'http_415' }],
    ['401', (r) => r.writeHead(401).end(), { kind: 'pause', cause: 'auth', code: 'http_401' }],
    ['413', (r) => r.writeHead(413).end(), { kind: 'split' }],
    ['422', (r) => r.writeHead(422).end(), { kind: 'isolate' }],
    [
      '429 with Retry-After',
      (r) => r.writeHead(429, { 'retry-after': '7' }).end(),
      { kind: 'backoff', minDelayMs: 7000 },
    ],
    [
      'a redirect',
      (r) => r.writeHead(307, { location: 'http://127.0.0.1:1/' }).end(),
      { kind: 'pause', cause: 'config' },
    ],
    [
      'a page for people',
      (r) => r.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
      { code: 'html_page' },
    ],
    ['no answer', () => undefined, { kind: 'backoff', code: noAnswer }],
    ['a reset', (r) => r.socket?.destroy(), { kind: 'backoff', code: 'connection_lost' }],
    [
      'a reset within the body',
      (r) => {
        r.writeHead(200, { 'content-length': '10' })
        r.write('1')
        setTimeout(() => r.socket?.destroy(), 20)
      },
      { kind: 'backoff' },
    ],
    [
      'a reply without end',
      (r) => {
        const more = (): void => void (r.destroyed || (r.write('x'.repeat(100_000)), setImmediate(more)))
        more()
      },
      { code: 'response_too_large' },
    ],
  ])('takes %s for no acceptance, and the events again afterwards', async (_, answer, expected) => {
    const receiving = await collector()
    receiving.script.push(answer)
    const sink = sinkFor(receiving, 'code' in expected && expected.code === noAnswer ? { timeoutMs: 500 } : {})
    const first = await deliver(sink, [forwarded()])
    expect(first.controls[0]).toMatchObject(expected)
    if (first.rejected.length === 0) await deliver(sink, [forwarded()])
    expect(new Set(receiving.bodies).size).toBe(1)
  })

  it.each<[string, Partial<HttpSinkOptions>]>([
    ['an unknown format', { format: 'xml' as 'json' }],
    ['CloudEvents without a source', { format: 'cloudevents' }],
    ['a header that splits', { headers: { 'x-key': 'a\r\nhost: evil' } }],
    ['a header that the request has', { headers: { 'Content-Length': '1' } }],
    ['a token with a line end', { token: 'a\n' }],
    ['a content type that splits', { contentType: 'text/plain\r\nhost: evil' }],
    ['a version of OCSF that it cannot write', { format: 'ocsf', ocsfVersion: '2.0.0' as '1.9.0' }],
  ])('refuses %s before any I/O', (_, options) => {
    expect(codeOf(() => sinkFor({ url: 'https://collector.example' }, options))).toBe('option_invalid')
  })
})
