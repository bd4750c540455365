import { describe, expect, it } from 'vitest'
import { Forwarder, type ForwarderOptions } from '../../../src/sinks/forwarder.ts'
import { SplunkSink } from '../../../src/sinks/splunk.ts'
import { type FakeSplunk, startFakeSplunk } from '../../support/fake-splunk.ts'
import { sequencedLog } from '../../support/sequenced-log.ts'
import { until } from '../../support/until.ts'

const log = await sequencedLog()
await log.grow(1200)

const sinkOf = ({ url, token }: FakeSplunk): SplunkSink => new SplunkSink({ url, token, index: 'audit' })
const forwarderOf = (fake: FakeSplunk, name: string, options: Partial<ForwarderOptions> = {}): Forwarder =>
  new Forwarder({
    db: log.sequencerPool,
    name,
    sink: sinkOf(fake),
    intervalMs: 20,
    leaseMs: 500,
    checkpointIntervalMs: 0,
    ...options,
  })

const leavesOf = (fake: FakeSplunk): number[] =>
  fake.events.flatMap(({ fields }) => (fields['leaf_index'] === undefined ? [] : Number(fields['leaf_index'])))
const noticesOf = (fake: FakeSplunk): Record<string, unknown>[] =>
  fake.events.filter(({ fields }) => fields['leaf_index'] === undefined).map(({ event }) => event)
const upTo = (size: number, from = 0): number[] => Array.from({ length: size - from }, (_, index) => from + index)

describe('a forwarder', () => {
  it('takes every leaf to the sink, and the checkpoint that covers them', async () => {
    const fake = await startFakeSplunk()
    const forwarder = forwarderOf(fake, 'all')
    forwarder.start()
    await until(() => fake.events.length >= 1201)
    await forwarder.stop()
    expect(new Set(leavesOf(fake))).toEqual(new Set(upTo(1200)))
    expect(noticesOf(fake)).toMatchObject([{ action: 'audit_log.checkpoint', details: { tree_size: 1200 } }])
    expect(forwarder.status()).toMatchObject({ state: 'stopped', nextLeafIndex: 1200, lag: 0 })
    await fake.stop()
  })
})
