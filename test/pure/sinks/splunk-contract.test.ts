import { SplunkSink } from '../../../src/sinks/splunk.ts'
import { type FakeSplunk, startFakeSplunk } from '../../support/fake-splunk.ts'
import { httpMisbehaviours, misbehave } from '../../support/misbehave.ts'
import { type SinkAndReceiver, testSinkContract } from '../../support/sink-contract.ts'

for (const acknowledgement of ['none', 'required'] as const) {
  const start = (timeoutMs: number): Promise<SinkAndReceiver> => open(acknowledgement, timeoutMs)
  testSinkContract(`Splunk, acknowledgement ${acknowledgement}`, start, httpMisbehaviours)
}

async function open(acknowledgement: 'none' | 'required', timeoutMs: number): Promise<SinkAndReceiver> {
  const fake: FakeSplunk = await startFakeSplunk({ useAck: acknowledgement === 'required' })
  const { url, token } = fake
  const sink = new SplunkSink({ url, token, index: 'audit', acknowledgement, timeoutMs, ackIntervalMs: 10 })
  return {
    sink,
    secret: token,
    received: () => fake.events.map(({ fields, text }) => ({ id: String(fields['audit_id']), text })),
    detailsOf: (text) => (JSON.parse(text) as { event: { details: unknown } }).event.details,
    misbehave: (how) => {
      if (how === 'refuses the credentials') fake.disabled = true
      else misbehave(fake, how)
    },
    mend: () => {
      fake.disabled = false
      fake.fault = undefined
    },
    stop: () => fake.stop(),
  }
}
