import { describe, expect, it } from 'vitest'
import type { Outcome, SendResult, Sink } from '../../../../src/sinks/sink.ts'
import { fakeClock } from '../../../support/fake-clock.ts'
import { forwardedMany } from '../../../support/forwarded.ts'
import { deliver, deliverAll, memoryLog } from '../../../support/memory-log.ts'

/** A sink that answers as told, and how many events each of its requests had. */
function sinkOf(answer: (count: number) => SendResult | Promise<SendResult>): { sink: Sink; requests: number[] } {
  const requests: number[] = []
  const sink: Sink = {
    description: 'a receiver',
    capabilities: { level: 'accepted', idempotency: 'query', maxBatchBytes: 1e6, maxBatchItems: 50, maxInFlight: 1 },
    encode: (item) => ({ id: item.kind === 'entry' ? item.entry.id : item.id, timestamp: '', text: '.' }),
    send: ({ ids }) => {
      requests.push(ids.length)
      return Promise.resolve(answer(ids.length))
    },
    close: () => Promise.resolve(),
  }
  return { sink, requests }
}
const answerOf = (outcome: Outcome, count: number): SendResult => ({
  outcomes: Array.from({ length: count }, () => outcome),
  control: { kind: 'continue' },
})
const delivered: Outcome = { kind: 'delivered' }
const rejected: Outcome = { kind: 'rejected', code: 'bad_event', reason: 'no such index' }

describe('a receiver that rejects one event after the other', () => {
  it('pauses the sink, and only the events of its probes go to the dead letter', async () => {
    let well = false
    const { sink, requests } = sinkOf((count) => answerOf(well ? delivered : rejected, count))
    const log = memoryLog(forwardedMany(200))
    const clock = fakeClock()
    const start = clock.now()
    const running = deliver(log, sink, clock)
    await running.until(() => requests.length >= 3)
    expect(running.delivery.problem).toMatchObject({ cause: 'config', code: 'everything_rejected' })
    expect(running.delivery.problem?.detail).toContain('bad_event: no such index')
    expect(requests.slice(0, 3)).toEqual([50, 10, 10])
    expect(clock.now() - start).toBeGreaterThanOrEqual(120_000)
    well = true
    await running.until(() => log.position.leafIndex === 200)
    await running.stop()
    expect(running.delivery.problem).toBeUndefined()
    const probes = requests.filter((count) => count === 10).length - 1
    expect(log.deadLetters.map(({ code, firstLeafIndex }) => [code, firstLeafIndex])).toEqual(
      Array.from({ length: probes * 10 }, (_, leaf) => ['bad_event', leaf]),
    )
  })

  it('does not pause it for 20 events', async () => {
    let sent = 0
    const { sink } = sinkOf((count) => answerOf((sent += count) <= 20 ? rejected : delivered, count))
    const log = memoryLog(forwardedMany(20))
    const running = deliver(log, sink, fakeClock())
    await running.until(() => log.position.leafIndex === 20)
    await running.stop()
    expect(running.delivery.problem).toBeUndefined()
    expect(log.deadLetters.length).toBe(20)
  })
})

describe('a sink of the host with a fault', () => {
  it.each<[string, string, (count: number) => SendResult | Promise<SendResult>]>([
    ['that does not say what became of each event', 'outcomes_incomplete', (count) => answerOf(delivered, count - 1)],
    [
      'that says something of events that it was not given',
      'outcomes_incomplete',
      (count) => answerOf(delivered, count + 1),
    ],
    ['whose send() fails', 'sink_broken', () => Promise.reject(new Error('s3cret'))],
  ])('%s: nothing is taken for delivered, and nothing is lost', async (_, code, fault) => {
    let well = false
    const { sink, requests } = sinkOf((count) => (well ? answerOf(delivered, count) : fault(count)))
    const log = memoryLog(forwardedMany(30))
    const running = deliver(log, sink, fakeClock())
    await running.until(() => requests.length >= 3)
    expect(running.delivery.problem).toMatchObject({ cause: 'receiver', code })
    expect(JSON.stringify(running.delivery.problem)).not.toContain('s3cret')
    expect([log.position.leafIndex, running.delivery.counters.delivered]).toEqual([0, 0])
    well = true
    await running.until(() => log.position.leafIndex === 30)
    await running.stop()
    expect(running.delivery.problem).toBeUndefined()
    expect([running.delivery.counters.delivered, log.deadLetters]).toEqual([30, []])
  })
})

it('a sink whose confirm() fails is reported for as long as it does', async () => {
  let well = false
  const { sink } = sinkOf((count) => answerOf({ kind: 'pending', handle: {} }, count))
  const log = memoryLog(forwardedMany(3))
  const confirm: Sink['confirm'] = (handles) =>
    well ? Promise.resolve(handles.map(() => 'confirmed')) : Promise.reject(new Error('s3cret'))
  const running = deliver(log, { ...sink, confirm }, fakeClock())
  await running.until(() => running.delivery.problem !== undefined)
  expect(running.delivery.problem).toMatchObject({ cause: 'receiver', code: 'unconfirmed' })
  expect(JSON.stringify(running.delivery.problem)).not.toContain('s3cret')
  well = true
  await running.until(() => log.position.leafIndex === 3)
  await running.stop()
  expect(running.delivery.problem).toBeUndefined()
})

it('no batch spans more time than the receiver takes, in whichever order the events are', async () => {
  const minutes = [0, 20, 10, 31, 61, 30, 62]
  const batches: string[][] = []
  const { sink } = sinkOf((count) => answerOf(delivered, count))
  const log = memoryLog(forwardedMany(minutes.length))
  await deliverAll(
    log,
    {
      ...sink,
      capabilities: { ...sink.capabilities, maxBatchSpanMs: 30 * 60_000 },
      encode: (item) => {
        const minute = item.kind === 'entry' ? (minutes[item.leafIndex] ?? 0) : 0
        return { id: `${minute}`, timestamp: new Date(minute * 60_000).toISOString(), text: '.' }
      },
      send: (batch, options) => {
        batches.push([...batch.ids])
        return sink.send(batch, options)
      },
    },
    fakeClock(),
  )
  expect(batches).toEqual([['0', '20', '10'], ['31', '61'], ['30'], ['62']])
})

it('what is pending is asked for once in each interval, and sent again when the receiver does not know it', async () => {
  const clock = fakeClock()
  const asked: number[] = []
  const { sink, requests } = sinkOf((count) =>
    answerOf({ kind: 'pending', handle: { request: requests.length } }, count),
  )
  const log = memoryLog(forwardedMany(3))
  await deliverAll(
    log,
    {
      ...sink,
      capabilities: { ...sink.capabilities, confirmIntervalMs: 5000 },
      confirm: (handles) => {
        asked.push(clock.now())
        const answer = requests.length > 1 ? 'confirmed' : asked.length < 3 ? 'waiting' : 'unknown'
        return Promise.resolve(handles.map(() => answer))
      },
    },
    clock,
  )
  expect(requests).toEqual([3, 3])
  expect(asked.slice(1, 4).map((time, index) => time - (asked[index] ?? 0))).toEqual([5000, 5000, 5000])
})
