import { afterEach, describe, expect, it } from 'vitest'
import type { EncodedEvent, SendResult, Sink } from '../../../src/sinks/sink.ts'
import { SplunkSink, type SplunkOptions } from '../../../src/sinks/splunk.ts'
import { batchOf } from '../../support/batch-of.ts'
import { codeOf } from '../../support/error-code.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import type { FakeReply } from '../../support/fake-server.ts'
import { type FakeSplunk, type FakeSplunkOptions, startFakeSplunk } from '../../support/fake-splunk.ts'
import { checkpointNotice, forwarded, forwardedMany } from '../../support/forwarded.ts'
import { deliver, deliverAll, memoryLog } from '../../support/memory-log.ts'

// Checklist 10.1: what Splunk's HTTP Event Collector does, and what must follow.

const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close()
})

async function open(
  fakeOptions: FakeSplunkOptions = {},
  options: Partial<SplunkOptions> = {},
): Promise<{ fake: FakeSplunk; sink: SplunkSink }> {
  const fake = await startFakeSplunk(fakeOptions)
  const sink = new SplunkSink({
    url: fake.url,
    token: fake.token,
    index: 'audit',
    ackIntervalMs: 10,
    acknowledgement: fakeOptions.useAck === true ? 'required' : 'none',
    ...options,
  })
  opened.push({ close: () => fake.stop() }, sink)
  return { fake, sink }
}

const { signal } = new AbortController()
const encode = (sink: SplunkSink, count: number): EncodedEvent[] =>
  forwardedMany(count).map((item) => sink.encode(item))
const kindsOf = ({ outcomes }: SendResult): string => outcomes.map(({ kind }) => kind[0]).join('')
const idsOf = (fake: FakeSplunk): string[] => fake.events.map(({ fields }) => String(fields['audit_id']))
const hec = (status: number, code: number, more: object = {}, text = 'Text'): FakeReply & { kind: 'reply' } => ({
  kind: 'reply',
  status,
  body: JSON.stringify({ text, code, ...more }),
})

describe('Splunk', () => {
  it('S1 authorizes, and sends one channel for the life of the sink, to /ack too', async () => {
    const { fake, sink } = await open({ useAck: true })
    await deliverAll(memoryLog(forwardedMany(20)), sink, fakeClock())
    expect(fake.requests.some(({ path }) => path === '/services/collector/ack')).toBe(true)
    const channels = new Set(fake.requests.map(({ headers }) => headers['x-splunk-request-channel']))
    expect(channels.size).toBe(1)
    expect([...channels][0]).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    for (const { headers } of fake.requests) expect(headers.authorization).toBe(`Splunk ${fake.token}`)
  })

  it('S2 sends concatenated envelopes of the seven keys, flat fields, and a time of six decimals', async () => {
    const { fake, sink } = await open({}, { host: 'app01' })
    await sink.send(batchOf(sink, [...encode(sink, 2), sink.encode(checkpointNotice())]), { signal })
    expect(fake.requests[0]?.body).toMatch(/^\{"time":1790424000\.123456,"host":"app01",.*\}\{"time":.*\}$/s)
    for (const { text, fields, event } of fake.events) {
      const keys = ['time', 'host', 'source', 'sourcetype', 'index', 'event', 'fields']
      expect(keys).toEqual(expect.arrayContaining(Object.keys(JSON.parse(text) as object)))
      for (const value of Object.values(fields)) expect(typeof value).toBe('string')
      expect(event['id']).toBe(fields['audit_id'])
    }
  })

  it.each(['000000', '000001', '999999', '500000'])('G9 keeps microsecond %s', async (digits) => {
    const { fake, sink } = await open()
    const timestamp = `2026-09-26T12:00:00.${digits}Z`
    await sink.send(batchOf(sink, [sink.encode(forwarded({ timestamp }))]), { signal })
    expect(fake.events[0]?.text).toContain(`{"time":1790424000.${digits},`)
    expect(fake.events[0]?.event['timestamp']).toBe(timestamp)
  })

  it('S3 compresses bodies, and pauses when the receiver does not take that', async () => {
    const { fake, sink } = await open()
    await sink.send(batchOf(sink, encode(sink, 50)), { signal })
    const [request] = fake.requests
    expect(request?.headers['content-encoding']).toBe('gzip')
    expect(request?.wireBytes).toBeLessThan((request?.body.length ?? 0) / 2)
    fake.faults.push({ kind: 'reply', status: 415, body: '<html>Unsupported</html>' })
    const { control } = await sink.send(batchOf(sink, encode(sink, 50)), { signal })
    expect(control).toMatchObject({ kind: 'pause', cause: 'config', code: 'http_415' })
  })

  it('S4 keeps bodies within 1,000,000 bytes, and halves what is too large all the same', async () => {
    const { fake, sink } = await open({ maximumBytes: 100_000 })
    await deliverAll(memoryLog(forwardedMany(2000)), sink, fakeClock())
    expect(Math.max(...fake.requests.map(({ body }) => body.length))).toBeLessThanOrEqual(1_000_000)
    expect(new Set(idsOf(fake)).size).toBe(2000)
    expect(fake.events.length).toBe(2000)
  })

  it('S4 a single event that is too large is rejected, and its neighbours are delivered', async () => {
    const { fake, sink } = await open({ maximumBytes: 20_000 })
    const log = memoryLog(forwardedMany(9, (index) => (index === 4 ? { details: { text: 'x'.repeat(30_000) } } : {})))
    await deliverAll(log, sink, fakeClock())
    expect(fake.events.length).toBe(8)
    expect(log.deadLetters).toMatchObject([{ firstLeafIndex: 4, kind: 'rejected', code: 'http_413' }])
  })

  it('S5 code 6 at event 3 of 10: three are delivered, one is rejected, and only the rest is sent again', async () => {
    const { fake, sink } = await open()
    fake.rejects = (event) => (event['leaf_index'] === 3 ? 6 : undefined)
    const log = memoryLog(forwardedMany(10))
    await deliverAll(log, sink, fakeClock())
    expect(idsOf(fake)).toEqual(
      log.items.filter((_, index) => index !== 3).map((item) => (item as { entry: { id: string } }).entry.id),
    )
    expect(log.deadLetters).toMatchObject([{ firstLeafIndex: 3, kind: 'rejected', code: 'splunk_code_6' }])
    expect(fake.requests.length).toBe(2)
  })

  it.each([6, 12, 13, 15])('S6 code %i: at the first, at the last, and without a number', async (code) => {
    const { fake, sink } = await open()
    const batch = encode(sink, 5)
    fake.faults.push(
      hec(400, code, { 'invalid-event-number': 0 }),
      hec(400, code, { 'invalid-event-number': 4 }),
      hec(400, code),
    )
    const first = await sink.send(batchOf(sink, batch), { signal })
    expect(first.outcomes.map(({ kind }) => kind)).toEqual(['rejected', 'retry', 'retry', 'retry', 'retry'])
    expect(first.control.kind).toBe('continue')
    const last = await sink.send(batchOf(sink, batch), { signal })
    expect(kindsOf(last)).toBe('ddddr')
    expect(last.outcomes[4]).toMatchObject({ kind: 'rejected' })
    expect((await sink.send(batchOf(sink, batch), { signal })).control).toMatchObject({ kind: 'isolate' })
  })

  it('S6 a batch that is refused without a number is halved until the bad event is found', async () => {
    const { fake, sink } = await open({}, { maxInFlight: 1 })
    const bad = forwardedMany(64)[41]!.entry.id
    fake.faultsFor = ({ body }) => body.includes(bad)
    fake.faults.push(...Array.from({ length: 100 }, () => hec(400, 6)))
    const log = memoryLog(forwardedMany(64))
    await deliverAll(log, sink, fakeClock())
    expect(fake.events.length).toBe(63)
    expect(log.deadLetters).toMatchObject([{ item: bad, firstLeafIndex: 41, code: 'splunk_code_6' }])
  })

  it('S7 code 6 at event 0 of a body over 5 MiB: splits, and drops nothing', async () => {
    const { fake, sink } = await open(
      { maximumBytes: 5_300_000, cloud: true },
      { maxBatchBytes: 20_000_000, maxInFlight: 1, gzip: false },
    )
    const log = memoryLog(forwardedMany(200, () => ({ details: { text: 'x'.repeat(60_000) } })))
    await deliverAll(log, sink, fakeClock())
    expect(new Set(idsOf(fake)).size).toBe(200)
    expect(log.deadLetters).toEqual([])
    expect(fake.requests.some(({ body }) => body.length > 5_300_000)).toBe(true)
  })

  it('S8 code 7 names the event after the one with the wrong index: pauses, and does not send the others again', async () => {
    const { fake, sink } = await open()
    fake.faults.push(hec(400, 7, { 'invalid-event-number': 4 }, 'Incorrect index'))
    const { outcomes, control } = await sink.send(batchOf(sink, encode(sink, 6)), { signal })
    expect(outcomes.map(({ kind }) => kind)).toEqual(['delivered', 'delivered', 'delivered', 'retry', 'retry', 'retry'])
    expect(control).toMatchObject({ kind: 'pause', cause: 'config', code: 'splunk_code_7' })
  })

  it('S8 goes on by itself once the index is there', async () => {
    const { fake, sink } = await open({ indexes: [] })
    const log = memoryLog(forwardedMany(30))
    const running = deliver(log, sink, fakeClock())
    await running.until(() => running.delivery.problem !== undefined)
    expect(running.delivery.problem).toMatchObject({ cause: 'config', code: 'splunk_code_7' })
    fake.indexes.add('audit')
    await running.until(() => log.position.leafIndex === 30)
    await running.stop()
    expect(idsOf(fake).length).toBe(30)
  })

  it('S9 code 9 without a number: nothing was taken; with one: so many were', async () => {
    const { fake, sink } = await open()
    fake.faults.push(hec(503, 9), hec(503, 9, { 'invalid-event-number': 10 }))
    expect(kindsOf(await sink.send(batchOf(sink, encode(sink, 15)), { signal }))).toBe('r'.repeat(15))
    const result = await sink.send(batchOf(sink, encode(sink, 15)), { signal })
    expect(kindsOf(result)).toBe('d'.repeat(10) + 'r'.repeat(5))
    expect(result.control.kind).toBe('backoff')
  })

  it('S10 codes 24 and 25 are a success that asks to slow down; 26 and 27 are none', async () => {
    const { fake, sink } = await open()
    for (const code of [24, 25]) {
      fake.faults.push(hec(200, code))
      expect(await sink.send(batchOf(sink, encode(sink, 2)), { signal })).toMatchObject({
        outcomes: [{ kind: 'delivered' }, { kind: 'delivered' }],
        control: { kind: 'continue', slowDown: true },
      })
    }
    fake.faults.push(hec(429, 26), hec(429, 27))
    expect((await sink.send(batchOf(sink, encode(sink, 1)), { signal })).control).toMatchObject({
      kind: 'backoff',
      untilConfirmed: false,
    })
    expect((await sink.send(batchOf(sink, encode(sink, 1)), { signal })).control).toMatchObject({
      kind: 'backoff',
      untilConfirmed: true,
    })
  })

  it('G3 the next attempt is not before Retry-After says, whatever the back-off', async () => {
    const { fake, sink } = await open()
    fake.faults.push({ ...hec(503, 9), headers: { 'retry-after': '600' } })
    const clock = fakeClock(() => 0)
    const attempts: number[] = []
    const timed: Sink = {
      description: sink.description,
      capabilities: sink.capabilities,
      encode: (item) => sink.encode(item),
      send(batch, options) {
        attempts.push(clock.now())
        return sink.send(batch, options)
      },
      close: () => sink.close(),
    }
    await deliverAll(memoryLog(forwardedMany(3)), timed, clock)
    expect(attempts).toHaveLength(2)
    expect(attempts[1]! - attempts[0]!).toBeGreaterThanOrEqual(600_000)
  })

  it('S10 after code 27 nothing new is sent before an acknowledgement has come', async () => {
    const { fake, sink } = await open({ useAck: true }, { maxBatchBytes: 100_000 })
    fake.ackAfter = 50
    fake.faultsFor = ({ path }) => path.endsWith('/event')
    fake.faults.push(undefined, hec(429, 27))
    const log = memoryLog(forwardedMany(400))
    await deliverAll(log, sink, fakeClock())
    const paths = fake.requests.map(({ path }) => path.split('/').at(-1))
    const refused = paths.indexOf('event', paths.indexOf('event') + 1)
    const next = paths.indexOf('event', refused + 1)
    expect(paths.slice(refused + 1, next).filter((path) => path === 'ack').length).toBeGreaterThan(3)
    expect(new Set(idsOf(fake)).size).toBe(400)
  })

  it('S10 after code 27 takes a new channel where nobody asks for acknowledgements, because that one stays full', async () => {
    const { fake, sink } = await open({ useAck: true }, { acknowledgement: 'none' })
    fake.faults.push(hec(429, 27))
    await deliverAll(memoryLog(forwardedMany(3)), sink, fakeClock())
    expect(new Set(fake.requests.map(({ headers }) => headers['x-splunk-request-channel'])).size).toBe(2)
    expect(fake.events.length).toBe(3)
  })

  it('S11 what may have been indexed is sent again, under the same audit_id', async () => {
    for (const fault of [
      { ...hec(500, 8), after: true },
      { kind: 'reply', status: 502, after: true } as const,
      { kind: 'reset', after: true } as const,
      { kind: 'hang', after: true } as const,
    ]) {
      const { fake, sink } = await open({}, fault.kind === 'hang' ? { timeoutMs: 1000 } : {})
      fake.faults.push(fault)
      await deliverAll(memoryLog(forwardedMany(5)), sink, fakeClock())
      expect(fake.events.length).toBe(10)
      expect(new Set(idsOf(fake)).size).toBe(5)
      expect(new Set(fake.events.map(({ text }) => text)).size).toBe(5)
    }
  })

  it('S12 the position waits until the acknowledgement is true, which is asked for no more then', async () => {
    const { fake, sink } = await open({ useAck: true })
    fake.ackAfter = 3
    const log = memoryLog(forwardedMany(5))
    const running = deliver(log, sink, fakeClock())
    await running.until(() => fake.requests.filter(({ path }) => path.endsWith('/ack')).length === 3)
    expect(log.position.leafIndex).toBe(0)
    await running.until(() => log.position.leafIndex === 5)
    await running.stop()
    expect(fake.acknowledged.length).toBe(1)
    expect(fake.requests.filter(({ path }) => path.endsWith('/ack')).length).toBe(4)
    expect(fake.events.length).toBe(5)
  })

  it('S12 without an acknowledgement in time, events are sent again and not lost', async () => {
    const { fake, sink } = await open({ useAck: true }, { ackTimeoutMs: 100 })
    fake.ackAfter = Number.POSITIVE_INFINITY
    const log = memoryLog(forwardedMany(5))
    const running = deliver(log, sink, fakeClock())
    await running.until(() => fake.events.length === 10)
    fake.ackAfter = 0
    await running.until(() => log.position.leafIndex === 5)
    await running.stop()
    expect(log.deadLetters).toEqual([])
    expect(new Set(idsOf(fake)).size).toBe(5)
  })

  it('S12 while no acknowledgement ever comes, the status says so the whole time', async () => {
    const { fake, sink } = await open({ useAck: true }, { ackTimeoutMs: 100 })
    fake.ackAfter = Number.POSITIVE_INFINITY
    const log = memoryLog(forwardedMany(5))
    const running = deliver(log, sink, fakeClock())
    await running.until(() => running.delivery.counters.repeated === 5)
    const since = running.delivery.problem?.since
    expect(running.delivery.problem).toMatchObject({ cause: 'receiver', code: 'unconfirmed' })
    await running.until(() => running.delivery.counters.repeated === 10 && running.delivery.unconfirmed === 5)
    expect(running.delivery.problem).toMatchObject({ code: 'unconfirmed', since })
    fake.ackAfter = 0
    await running.until(() => log.position.leafIndex === 5)
    await running.stop()
    expect(running.delivery.problem).toBeUndefined()
  })

  it('S12 an indexer that was started again and counts from 0 confirms nothing that it has lost', async () => {
    const { fake, sink } = await open({ useAck: true })
    const handleOf = ({ outcomes }: SendResult): object => (outcomes[0] as { handle: object }).handle
    const send = async (): Promise<object> => handleOf(await sink.send(batchOf(sink, encode(sink, 1)), { signal }))
    fake.ackAfter = Number.POSITIVE_INFINITY
    const lost = [await send(), await send()]
    fake.restart()
    fake.ackAfter = 0
    const taken = [await send(), await send()]
    expect(await sink.confirm([...lost, ...taken], { signal })).toEqual([
      'unknown',
      'unknown',
      'confirmed',
      'confirmed',
    ])
  })

  it('S13 ackId 0 counts, and a reply without one, or with ackID, is reported', async () => {
    const { fake, sink } = await open({ useAck: true })
    const first = await sink.send(batchOf(sink, encode(sink, 1)), { signal })
    expect(first.outcomes).toMatchObject([{ kind: 'pending', handle: { ackId: 0 } }])
    fake.ackName = 'ackID'
    const { outcomes, control } = await sink.send(batchOf(sink, encode(sink, 1)), { signal })
    expect(outcomes).toMatchObject([{ kind: 'retry', code: 'splunk_no_ack' }])
    expect(control).toMatchObject({ kind: 'pause', cause: 'config', code: 'splunk_no_ack' })
  })

  it('S13 with acknowledgements if available, a reply without one is a delivery', async () => {
    const { sink } = await open({}, { acknowledgement: 'if_available' })
    expect((await sink.send(batchOf(sink, encode(sink, 1)), { signal })).outcomes).toEqual([{ kind: 'delivered' }])
  })

  it('S14 behind a balancer, an acknowledgement is asked of the indexer that numbered it', async () => {
    const { fake, sink } = await open({ useAck: true, indexers: 2 })
    const other = new SplunkSink({ url: fake.url, token: fake.token, index: 'audit', acknowledgement: 'required' })
    opened.push(other)
    const mine = await sink.send(batchOf(sink, encode(sink, 1)), { signal })
    const theirs = await other.send(batchOf(other, encode(other, 1)), { signal })
    const handleOf = ({ outcomes }: SendResult): object => (outcomes[0] as { handle: object }).handle
    expect(await sink.confirm([handleOf(mine)], { signal })).toEqual(['confirmed'])
    expect(await other.confirm([handleOf(theirs)], { signal })).toEqual(['confirmed'])
    expect(new Set(fake.acknowledged.map((key) => key[0]))).toEqual(new Set(['0', '1']))
    // The same number at the other indexer confirms nothing.
    const again = await sink.send(batchOf(sink, encode(sink, 1)), { signal })
    expect(await other.confirm([handleOf(again)], { signal })).toEqual(['waiting'])
  })

  it('S14 keeps the cookie of each balancer on the way, whichever of them sends one anew', async () => {
    const { fake, sink } = await open()
    const reply = (...cookies: string[]): FakeReply & { kind: 'reply' } => ({
      ...hec(200, 0),
      headers: { 'set-cookie': cookies.map((cookie) => `${cookie}; Path=/`) },
    })
    fake.faults.push(reply('outer=1', 'inner=1'), reply('inner=2'))
    for (let request = 0; request < 3; request += 1) await sink.send(batchOf(sink, encode(sink, 1)), { signal })
    expect(fake.requests.map(({ headers }) => headers.cookie)).toEqual([
      undefined,
      'outer=1; inner=1',
      'outer=1; inner=2',
    ])
  })

  it('S15 code 14 at /ack: stops where acknowledgement is required, and goes on without where it is not', async () => {
    const required = await open({ useAck: true }, { ackTimeoutMs: 100 })
    required.fake.ackOff = true
    const log = memoryLog(forwardedMany(3))
    const running = deliver(log, required.sink, fakeClock())
    await running.until(() => running.delivery.problem?.code === 'splunk_code_14')
    expect(log.position.leafIndex).toBe(0)
    required.fake.ackOff = false
    await running.until(() => log.position.leafIndex === 3)
    await running.stop()

    const optional = await open({ useAck: true }, { acknowledgement: 'if_available' })
    optional.fake.ackOff = true
    const delivery = await deliverAll(memoryLog(forwardedMany(3)), optional.sink, fakeClock())
    expect(delivery.counters).toMatchObject({ delivered: 3, repeated: 0 })
  })

  it.each([10, 11, 16, 28])('S15 code %i pauses, with what Splunk says', async (code) => {
    const { fake, sink } = await open()
    fake.faults.push(hec(400, code, {}, 'Data channel is missing'))
    expect((await sink.send(batchOf(sink, encode(sink, 1)), { signal })).control).toMatchObject({
      kind: 'pause',
      cause: 'config',
      detail: `Splunk says: Data channel is missing (code ${code})`,
    })
  })

  it.each([
    [403, 1],
    [401, 2],
    [401, 3],
    [403, 4],
  ])('S16 status %i with code %i pauses for credentials', async (status, code) => {
    const { fake, sink } = await open()
    fake.faults.push(hec(status, code))
    const { control, outcomes } = await sink.send(batchOf(sink, encode(sink, 2)), { signal })
    expect(control).toMatchObject({ kind: 'pause', cause: 'auth', code: `splunk_code_${code}` })
    expect(outcomes).toMatchObject([{ kind: 'retry' }, { kind: 'retry' }])
  })

  it.each([
    [503, 'backoff'],
    [502, 'backoff'],
    [408, 'backoff'],
    [413, 'split'],
    [403, 'pause'],
    [404, 'pause'],
    [200, 'backoff'],
  ])('S17 a page or an empty body with status %i leads to %s', async (status, kind) => {
    const { fake, sink } = await open()
    for (const body of ['<html>Service unavailable</html>', '', '[]', 'null', '{"text":1}']) {
      fake.faults.push({ kind: 'reply', status, body })
      const { control, outcomes } = await sink.send(batchOf(sink, encode(sink, 2)), { signal })
      expect(control.kind).toBe(kind)
      expect(outcomes).toMatchObject([{ kind: 'retry' }, { kind: 'retry' }])
    }
  })

  it.each([0, 24, 25])('code %i, which says success, confirms nothing under the status of a failure', async (code) => {
    const { fake, sink } = await open()
    fake.faults.push(hec(500, code))
    const { control, outcomes } = await sink.send(batchOf(sink, encode(sink, 2)), { signal })
    expect(control.kind).toBe('backoff')
    expect(outcomes).toMatchObject([{ kind: 'retry' }, { kind: 'retry' }])
  })

  it('asks for its health', async () => {
    const { fake, sink } = await open()
    expect(await sink.health({ signal })).toEqual({ kind: 'continue' })
    fake.faults.push(hec(503, 18, {}, 'HEC is unhealthy, queues are full'))
    expect(await sink.health({ signal })).toMatchObject({ kind: 'backoff', code: 'splunk_code_18' })
  })

  it.each<Partial<SplunkOptions>>([
    { url: 'http://splunk.example.com:8088' },
    { url: 'https://user:secret@splunk.example.com' },
    { url: 'splunk' },
    { token: 'two\r\nlines' },
    { token: '' },
    { acknowledgement: 'yes' as 'none' },
    { maxBatchBytes: 1 },
    { timeoutMs: 0 },
  ])('refuses %o', (options) => {
    expect(codeOf(() => new SplunkSink({ url: 'https://splunk.example.com:8088', token: 't', ...options }))).toBe(
      'option_invalid',
    )
  })
})
