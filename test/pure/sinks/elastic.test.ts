import { Client } from '@elastic/elasticsearch'
import { afterEach, describe, expect, it } from 'vitest'
import { sha256Hex } from '../../../src/canonical/sha256.ts'
import { withoutValues } from '../../../src/sinks/elastic-reply.ts'
import { ElasticSink, type ElasticOptions } from '../../../src/sinks/elastic.ts'
import { elasticTemplate } from '../../../src/sinks/elastic-template.ts'
import type { EncodedEvent, SendResult } from '../../../src/sinks/sink.ts'
import { batchOf } from '../../support/batch-of.ts'
import { codeOf } from '../../support/error-code.ts'
import { type FakeElastic, type FakeElasticOptions, startFakeElastic } from '../../support/fake-elastic.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { checkpointNotice, forwarded, forwardedMany } from '../../support/forwarded.ts'
import { deliver, deliverAll, memoryLog } from '../../support/memory-log.ts'

// Checklist 10.3: what Elasticsearch does, and what must follow.

const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close()
})

async function open(
  fakeOptions: FakeElasticOptions = {},
  options: Partial<ElasticOptions> = {},
): Promise<{ fake: FakeElastic; sink: ElasticSink }> {
  const fake = await startFakeElastic(fakeOptions)
  const sink = new ElasticSink({ url: fake.url, apiKey: fake.apiKey, ...options })
  opened.push({ close: () => fake.stop() }, sink)
  return { fake, sink }
}

const { signal } = new AbortController()
const encode = (sink: ElasticSink, count: number): EncodedEvent[] =>
  forwardedMany(count).map((item) => sink.encode(item))
const kindsOf = ({ outcomes }: SendResult): string[] => outcomes.map(({ kind }) => kind)
type Json = Record<string, any>
const documentOf = (sink: ElasticSink, item: Parameters<ElasticSink['encode']>[0]): Json =>
  JSON.parse(sink.encode(item).text.split('\n')[1]!) as Json

describe('Elastic', () => {
  it('E1 sends NDJSON with an API key: action and document by turns, and a newline at the end', async () => {
    const { fake, sink } = await open()
    await sink.send(batchOf(sink, [...encode(sink, 3), sink.encode(checkpointNotice())]), { signal })
    const [request] = fake.requests
    expect(request?.headers['content-type']).toBe('application/x-ndjson')
    expect(request?.headers.authorization).toBe(`ApiKey ${fake.apiKey}`)
    expect(request?.path).toBe('/logs-entraguard.audit-default/_bulk')
    expect(request?.body.endsWith('\n')).toBe(true)
    const lines = request!.body.slice(0, -1).split('\n')
    expect(lines.length).toBe(8)
    for (const [index, line] of lines.entries())
      expect(Object.keys(JSON.parse(line) as Json)[0]).toBe(index % 2 === 0 ? 'create' : '@timestamp')
  })

  it('E1 authenticates with a name and a password too', async () => {
    const { fake } = await open()
    const sink = new ElasticSink({ url: fake.url, username: 'elastic', password: 'password' })
    opened.push(sink)
    expect(kindsOf(await sink.send(batchOf(sink, encode(sink, 1)), { signal }))).toEqual(['delivered'])
  })

  it('E2 every action is create with the id of the entry', async () => {
    const { fake, sink } = await open()
    await sink.send(batchOf(sink, encode(sink, 5)), { signal })
    const ids = forwardedMany(5).map(({ entry }) => entry.id)
    expect(fake.documents.map(({ id }) => id)).toEqual(ids)
    const actions = fake.requests[0]!.body.split('\n').filter((_, index) => index % 2 === 0 && index < 10)
    expect(actions).toEqual(ids.map((id) => JSON.stringify({ create: { _id: id } })))
  })

  it('E3 judges each item alone, and sends only what is open again, in order', async () => {
    const { fake, sink } = await open({}, { maxInFlight: 1 })
    const log = memoryLog(forwardedMany(5))
    const ids = forwardedMany(5).map(({ entry }) => entry.id)
    fake.itemFaults.set(ids[1]!, [{ status: 409, type: 'version_conflict_engine_exception' }])
    fake.itemFaults.set(ids[2]!, [{ status: 429, type: 'es_rejected_execution_exception' }])
    fake.itemFaults.set(ids[3]!, [
      {
        status: 400,
        type: 'document_parsing_exception',
        reason: "failed to parse [x]. Preview of field's value: 'secret'",
      },
    ])
    fake.itemFaults.set(ids[4]!, [{ status: 503, type: 'unavailable_shards_exception' }])
    const delivery = await deliverAll(log, sink, fakeClock())
    expect(fake.requests.length).toBe(2)
    expect(fake.requests[1]!.body.match(/"_id":"[^"]+"/g)).toEqual([`"_id":"${ids[2]}"`, `"_id":"${ids[4]}"`])
    expect(delivery.counters).toMatchObject({ delivered: 4, duplicates: 1, rejected: 1, repeated: 2 })
    expect(log.deadLetters).toMatchObject([{ item: ids[3], kind: 'rejected', code: 'document_parsing_exception' }])
    expect(log.deadLetters[0]?.reason).not.toContain('secret')
  })

  it('E3 what Elasticsearch quotes of a term that is too long goes no further', () => {
    const said = `Document contains at least one immense term in field="x". The prefix of the first immense term is: '[115, 101]...', original message: bytes can be at most 32766 in length`
    expect(withoutValues(said)).toContain('immense term in field="x"')
    expect(withoutValues(said)).not.toContain('115')
  })

  it('E4 a batch that is sent twice is there once', async () => {
    const { fake, sink } = await open()
    await sink.send(batchOf(sink, encode(sink, 20)), { signal })
    const log = memoryLog(forwardedMany(20))
    const delivery = await deliverAll(log, sink, fakeClock())
    expect(delivery.counters).toMatchObject({ delivered: 20, duplicates: 20 })
    expect(log.position.leafIndex).toBe(20)
    expect(fake.documents.length).toBe(20)
  })

  it('E5 a document under the id of an entry with another hash raises an alarm', async () => {
    const { fake, sink } = await open({}, { verifyConflicts: true })
    await sink.send(batchOf(sink, encode(sink, 3)), { signal })
    const [, second] = fake.documents
    second!.source['event'].hash = 'f'.repeat(64)
    const { outcomes } = await sink.send(batchOf(sink, [...encode(sink, 3), sink.encode(checkpointNotice())]), {
      signal,
    })
    expect(outcomes).toMatchObject([
      { kind: 'duplicate' },
      { kind: 'quarantined', code: 'conflict_differs' },
      { kind: 'duplicate' },
      { kind: 'delivered' },
    ])
    const again = await sink.send(batchOf(sink, [sink.encode(checkpointNotice())]), { signal })
    expect(kindsOf(again)).toEqual(['duplicate'])
  })

  it('E6 what goes to the failure store is quarantined: in the dead letter, and not sent again', async () => {
    const { fake, sink } = await open()
    fake.failureStore = true
    fake.cannotMap = ({ event }) => (event as Json)['sequence'] === 3
    const log = memoryLog(forwardedMany(5))
    const delivery = await deliverAll(log, sink, fakeClock())
    expect(delivery.counters).toMatchObject({ delivered: 4, quarantined: 1 })
    expect(log.deadLetters).toMatchObject([{ firstLeafIndex: 2, kind: 'quarantined', code: 'failure_store' }])
    expect(fake.documents.length).toBe(5)
  })

  it('E7 after a rollover a data stream takes a copy, and an index by month does not', async () => {
    const stream = await open()
    const byMonth = await open({}, { target: { index: 'audit-acme' } })
    for (const { fake, sink } of [stream, byMonth]) {
      fake.faults.push({ kind: 'reset', after: true })
      await sink.send(batchOf(sink, encode(sink, 1)), { signal })
      fake.rollover('logs-entraguard.audit-default')
      await sink.send(batchOf(sink, encode(sink, 1)), { signal })
    }
    expect(stream.fake.documents.map(({ index }) => index)).toEqual([
      '.ds-logs-entraguard.audit-default-000001',
      '.ds-logs-entraguard.audit-default-000002',
    ])
    expect(byMonth.fake.documents.map(({ index }) => index)).toEqual(['audit-acme-2026.09'])
  })

  it('E8 judges the request as a whole by its status', async () => {
    const { fake, sink } = await open()
    const expected: readonly (readonly [number, object])[] = [
      [413, { kind: 'split' }],
      [429, { kind: 'backoff', minDelayMs: 7000 }],
      [401, { kind: 'pause', cause: 'auth' }],
      [403, { kind: 'pause', cause: 'auth' }],
      [404, { kind: 'pause', cause: 'config' }],
      [406, { kind: 'pause', cause: 'config' }],
      [415, { kind: 'pause', cause: 'config' }],
      [400, { kind: 'isolate' }],
      [502, { kind: 'backoff' }],
      [503, { kind: 'backoff' }],
    ]
    for (const [status, control] of expected) {
      fake.faults.push({ kind: 'reply', status, headers: { 'retry-after': '7' }, body: '' })
      const result = await sink.send(batchOf(sink, encode(sink, 2)), { signal })
      expect(result.control).toMatchObject(control)
      expect(kindsOf(result)).toEqual(['retry', 'retry'])
    }
  })

  it('E8 pauses while the data stream is missing, says so, and goes on when it is there', async () => {
    const { fake, sink } = await open({ dataStreams: [] })
    const log = memoryLog(forwardedMany(30))
    const running = deliver(log, sink, fakeClock())
    await running.until(() => running.delivery.problem !== undefined)
    expect(running.delivery.problem).toMatchObject({
      cause: 'config',
      detail: expect.stringContaining('no such data stream') as string,
    })
    fake.dataStreams.add('logs-entraguard.audit-default')
    await running.until(() => log.position.leafIndex === 30)
    await running.stop()
  })

  it('E8 halves a body that is too large', async () => {
    const { fake, sink } = await open({ maximumBytes: 100_000 })
    await deliverAll(memoryLog(forwardedMany(1000)), sink, fakeClock())
    expect(fake.documents.length).toBe(1000)
  })

  it('E9 reads a response that is indented and compressed', async () => {
    const { fake, sink } = await open()
    fake.pretty = true
    fake.compress = true
    fake.itemFaults.set(forwardedMany(1)[0]!.entry.id, [{ status: 400, type: 'document_parsing_exception' }])
    expect(kindsOf(await sink.send(batchOf(sink, encode(sink, 3)), { signal }))).toEqual([
      'rejected',
      'delivered',
      'delivered',
    ])
  })

  it.each([
    ['fewer items', (items: unknown[]): unknown[] => items.slice(1)],
    ['more items', (items: unknown[]): unknown[] => [...items, ...items]],
    ['items in another order', (items: unknown[]): unknown[] => items.toReversed()],
    ['items of another kind', (items: unknown[]): unknown[] => items.map(() => ({ index: { status: 201 } }))],
  ])('E9 a response with %s than were sent counts for nothing', async (_, reshape) => {
    const { fake, sink } = await open()
    fake.reshape = ({ errors, items }) => ({ errors, items: reshape(items) })
    const result = await sink.send(batchOf(sink, encode(sink, 3)), { signal })
    for (const outcome of result.outcomes) expect(outcome).toMatchObject({ kind: 'retry', ambiguous: true })
    expect(result.control).toMatchObject({ kind: 'backoff', code: 'response_malformed' })
  })

  it('E10 after a connection is lost behind indexing, the copies are found to be there', async () => {
    const { fake, sink } = await open()
    fake.faults.push({ kind: 'reset', after: true })
    const delivery = await deliverAll(memoryLog(forwardedMany(50)), sink, fakeClock())
    expect(delivery.counters).toMatchObject({ delivered: 50, duplicates: 50 })
    expect(fake.documents.length).toBe(50)
  })

  it('E11 documents have only the categories and types that ECS allows', async () => {
    const { sink } = await open()
    const allowed: Readonly<Record<string, readonly string[]>> = {
      authentication: ['start', 'end', 'info'],
      session: ['start', 'end', 'info'],
      iam: ['user', 'group', 'admin', 'creation', 'change', 'deletion', 'info'],
      configuration: ['creation', 'change', 'deletion', 'access', 'info'],
      process: ['access', 'change', 'end', 'info', 'start'],
      api: ['access', 'admin', 'allowed', 'denied', 'creation', 'change', 'deletion', 'info', 'start', 'end', 'user'],
      file: ['access', 'creation', 'change', 'deletion', 'info'],
    }
    const actions = [
      'user.login',
      'user.logout',
      'session.revoked',
      'user.role.update',
      'group.member.added',
      'user.deleted',
      'policy.updated',
      'api_key.created',
      'scan.completed',
      'finding.acknowledged',
      'report.exported',
      'data.purged',
      'settings.read',
      'x',
    ]
    for (const action of actions) {
      for (const outcome of ['success', 'failure', 'denied'] as const) {
        const { event } = documentOf(sink, forwarded({ action, outcome })) as { event: Json }
        for (const category of event['category'] as string[]) {
          expect(Object.keys(allowed)).toContain(category)
          expect(allowed[category]).toEqual(expect.arrayContaining(event['type']))
        }
        expect(event['outcome']).toBe(outcome === 'success' ? 'success' : 'failure')
      }
    }
    expect(documentOf(sink, forwarded({ action: 'user.login' }))['event'].category).toEqual([
      'authentication',
      'session',
    ])
    expect(documentOf(sink, forwarded({ action: 'user.role.update' }))['event']).toMatchObject({
      category: ['iam'],
      type: ['user', 'change'],
    })
    expect(documentOf(sink, forwarded({ action: 'invoice.read', outcome: 'denied' }))['event'].type).toContain('denied')
  })

  it('E11 leaves out what is absent, and an address that is none', async () => {
    const { sink } = await open()
    const bare = documentOf(sink, forwarded({ user_id: null, target: null, source_ip: null, tenant_id: null }))
    for (const field of ['user', 'source', 'organization']) expect(bare).not.toHaveProperty(field)
    expect(documentOf(sink, forwarded({ source_ip: 'somewhere' }))).toMatchObject({ source: { address: 'somewhere' } })
    expect(documentOf(sink, forwarded({ source_ip: 'somewhere' }))['source']).not.toHaveProperty('ip')
    expect(documentOf(sink, forwarded({ source_ip: '2001:db8::1' }))).toMatchObject({
      source: { ip: '2001:db8::1' },
      related: { ip: ['2001:db8::1'] },
    })
  })

  it('E12 details are one flattened field, and names that Elasticsearch has no fields for stay in event.original', async () => {
    const { sink } = await open()
    const { body } = elasticTemplate() as unknown as { body: Json }
    expect(body['template'].mappings.properties.audit_log.properties.details.type).toBe('flattened')
    expect(documentOf(sink, forwarded({ details: { a: 'text' } }))['audit_log'].details).toEqual({ a: 'text' })
    expect(documentOf(sink, forwarded({ details: { a: { b: 1 } } }))['audit_log'].details).toEqual({ a: { b: 1 } })
    for (const details of [{ '': 1 }, { a: [{ ' ': 1 }] }]) {
      expect(documentOf(sink, forwarded({ details }))['audit_log']).not.toHaveProperty('details')
    }
  })

  it('E13 event.original hashes to the entry hash', async () => {
    const { sink } = await open()
    const { event } = documentOf(sink, forwarded()) as { event: Json }
    expect(sha256Hex(event['original'] as string)).toBe(event['hash'])
    expect(event['hash']).toBe(forwarded().entry.entry_hash)
  })

  it('E14 an index that is read-only pauses; a disk above the flood stage waits for long', async () => {
    const { fake, sink } = await open()
    const [id] = forwardedMany(1).map(({ entry }) => entry.id)
    fake.itemFaults.set(id!, [
      { status: 403, type: 'cluster_block_exception', reason: 'index [x] blocked by: [FORBIDDEN/8/index write (api)]' },
      { status: 429, type: 'cluster_block_exception', reason: 'disk usage exceeded flood-stage watermark' },
      { status: 404, type: 'index_not_found_exception' },
    ])
    expect((await sink.send(batchOf(sink, encode(sink, 1)), { signal })).control).toMatchObject({
      kind: 'pause',
      cause: 'config',
    })
    expect((await sink.send(batchOf(sink, encode(sink, 1)), { signal })).control).toMatchObject({
      kind: 'backoff',
      minDelayMs: 30_000,
    })
    expect((await sink.send(batchOf(sink, encode(sink, 1)), { signal })).control).toMatchObject({
      kind: 'pause',
      cause: 'config',
    })
  })

  it('E15 the name of the data stream is that of the data_stream fields', async () => {
    const target = { dataStream: { dataset: 'acme.audit', namespace: 'prod' } }
    const { fake, sink } = await open({ dataStreams: ['logs-acme.audit-prod'] }, { target })
    await sink.send(batchOf(sink, encode(sink, 1)), { signal })
    expect(fake.documents[0]?.index).toContain('logs-acme.audit-prod')
    expect(fake.documents[0]?.source['data_stream']).toEqual({ type: 'logs', dataset: 'acme.audit', namespace: 'prod' })
  })

  it.each(['000000', '000001', '999999'])('G9 keeps microsecond %s', async (digits) => {
    const { sink } = await open()
    const timestamp = `2026-09-26T12:00:00.${digits}Z`
    expect(documentOf(sink, forwarded({ timestamp }))['@timestamp']).toBe(timestamp)
  })

  it("is understood by Elastic's own client, which takes the fake for the real thing", async () => {
    const { fake, sink } = await open()
    const client = new Client({ node: fake.url, auth: { apiKey: fake.apiKey } })
    expect((await client.info()).version.number).toBe('9.4.0')
    const { name, body } = elasticTemplate()
    await client.indices.putIndexTemplate({ name, ...body })
    expect(fake.templates.get('logs-entraguard.audit')).toMatchObject({ index_patterns: ['logs-entraguard.audit-*'] })
    // The client sends what our encoder made: both are one protocol to the receiver.
    const operations = forwardedMany(3).flatMap((item) => sink.encode(item).text.trimEnd().split('\n'))
    const index = 'logs-entraguard.audit-default'
    const first = await client.bulk({ index, operations })
    expect(first.items.map(({ create }) => create?.status)).toEqual([201, 201, 201])
    expect(kindsOf(await sink.send(batchOf(sink, encode(sink, 3)), { signal }))).toEqual([
      'duplicate',
      'duplicate',
      'duplicate',
    ])
    fake.disabled = true
    await expect(client.bulk({ index, operations })).rejects.toMatchObject({ statusCode: 401 })
    await client.close()
  })

  it.each<Partial<ElasticOptions>>([
    { apiKey: undefined },
    { username: 'a', password: 'b' },
    { apiKey: undefined, username: 'a:b', password: 'c' },
    { target: { dataStream: { dataset: 'With-Hyphen' } } },
    { target: { index: '../x' } },
    { url: 'ftp://es' },
  ])('refuses %o', (options) => {
    expect(codeOf(() => new ElasticSink({ url: 'https://es.example.com:9200', apiKey: 'k', ...options }))).toBe(
      'option_invalid',
    )
  })
})
