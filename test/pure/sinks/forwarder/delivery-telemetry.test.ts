import { expect, it } from 'vitest'
import { Delivery } from '../../../../src/sinks/forwarder/delivery.ts'
import { systemClock } from '../../../../src/sinks/forwarder/clock.ts'
import type { SendResult, Sink } from '../../../../src/sinks/sink.ts'
import type { EndOperation, OperationInfo, Telemetry } from '../../../../src/telemetry/telemetry.ts'
import { forwardedMany } from '../../../support/forwarded.ts'

const items = forwardedMany(10, () => ({ details: { secret: 'never-in-telemetry' } }))

/** Sends the entries in batches of four to a receiver that answers as told, and collects what telemetry was shown. */
async function watched(answers: readonly (() => Promise<SendResult>)[], telemetry: Telemetry): Promise<Delivery> {
  const ending = new AbortController()
  let attempt = 0
  const sink: Sink = {
    description: 'a receiver',
    capabilities: { level: 'accepted', idempotency: 'query', maxBatchBytes: 1e6, maxBatchItems: 4, maxInFlight: 1 },
    encode: (item) => ({ id: item.kind, timestamp: '', text: JSON.stringify(item) }),
    send: (batch) => answers[attempt++]?.() ?? Promise.resolve(answer('delivered', batch.ids.length)),
    close: () => Promise.resolve(),
  }
  const delivery = new Delivery({
    sink,
    name: 'splunk',
    telemetry,
    start: { leafIndex: 0, checkpointSize: 0 },
    read: ({ leafIndex }) =>
      Promise.resolve(
        items.slice(leafIndex).map((item) => ({ item, after: { leafIndex: item.leafIndex + 1, checkpointSize: 0 } })),
      ),
    commit: ({ position }) => {
      if (position.leafIndex === items.length) ending.abort()
      return Promise.resolve()
    },
    clock: { ...systemClock, random: () => 0 },
    intervalMs: 1000,
    maxBufferedBytes: 1024 * 1024,
    stopTimeoutMs: 1000,
  })
  await delivery.run(ending.signal)
  return delivery
}

const answer = (kind: 'delivered' | 'duplicate', count: number): SendResult => ({
  outcomes: Array.from({ length: count }, () => ({ kind })),
  control: { kind: 'continue' },
})

it('each request is one operation, with the name of the forwarder and what the receiver has taken', async () => {
  const seen: unknown[] = []
  const begin = (operation: string, info: OperationInfo): EndOperation => {
    const shown = [operation, info] as unknown[]
    seen.push(shown)
    return (result) => shown.push(result)
  }
  await watched(
    [
      () => Promise.resolve(answer('delivered', 4)),
      () => Promise.reject(Object.assign(new Error('never-in-telemetry'), { code: 'ECONNRESET' })),
      () => Promise.resolve(answer('duplicate', 4)),
    ],
    { begin },
  )
  expect(seen).toEqual([
    ['forward', { name: 'splunk', entries: 4 }, { entries: 4 }],
    ['forward', { name: 'splunk', entries: 4 }, { error: 'ECONNRESET' }],
    ['forward', { name: 'splunk', entries: 4 }, { entries: 0 }],
    ['forward', { name: 'splunk', entries: 2 }, { entries: 2 }],
  ])
  expect(JSON.stringify(seen)).not.toContain('never-in-telemetry')
})

it('telemetry that throws stops nothing', async () => {
  const fails = (): never => {
    throw new Error('telemetry is broken')
  }
  for (const begin of [fails, () => fails]) {
    expect((await watched([], { begin })).counters).toMatchObject({ delivered: 10, requests: 3, repeated: 0 })
  }
})
