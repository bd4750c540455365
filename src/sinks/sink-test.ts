import { randomUUID } from 'node:crypto'
import { BodyWriter } from './forwarder/body-writer.ts'
import type { ForwardedNotice } from './log-item.ts'
import { type Confirmation, type Control, isUnencodable, type Outcome, type Sink } from './sink.ts'

/** What became of the event that {@link testSink} sent. */
export interface SinkTestReport {
  /** To search for in the SIEM. */
  readonly id: string
  readonly destination: string
  /** What the receiver says of itself; undefined when it cannot be asked. */
  readonly health: Control | undefined
  /** What became of the event; undefined when it could not be encoded. */
  readonly outcome: Outcome | undefined
  readonly control: Control | undefined
  /** For an event that was `pending`: what came of it in time. */
  readonly confirmation: Confirmation | undefined
  /** Whether the event has arrived, as far as the receiver says. */
  readonly delivered: boolean
}

/** Options of {@link testSink}. */
export interface SinkTestOptions {
  /** How long to wait for a confirmation, in milliseconds. Default is 30,000. */
  readonly timeoutMs?: number | undefined
  /** Gives up what is under way. Default is never. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Sends one event that is marked as a test (`audit_log.sink_test`) and says what came back. It is no entry of the log, and needs
 * no database.
 */
export async function testSink(sink: Sink, options: SinkTestOptions = {}): Promise<SinkTestReport> {
  const { timeoutMs = 30_000, signal = new AbortController().signal } = options
  const id = `test-${randomUUID()}`
  const notice: ForwardedNotice = {
    kind: 'test',
    id,
    timestamp: `${new Date().toISOString().slice(0, -1)}000Z`,
    action: 'audit_log.sink_test',
    details: { note: 'Sent to see whether events arrive. No entry of the log.' },
  }
  const base = { id, destination: sink.description }
  const health = await sink.health?.({ signal })
  const encoded = sink.encode(notice)
  if (isUnencodable(encoded)) {
    return { ...base, health, outcome: undefined, control: undefined, confirmation: undefined, delivered: false }
  }
  const body = new BodyWriter(sink.capabilities.framing)
  body.add(encoded.text, sink.capabilities.maxBatchBytes)
  const { outcomes, control } = await sink.send({ ids: [id], body: body.take() }, { signal })
  const [outcome] = outcomes
  const confirmation =
    outcome?.kind === 'pending' ? await confirmationOf(sink, outcome.handle, timeoutMs, signal) : undefined
  const delivered = outcome?.kind === 'delivered' || outcome?.kind === 'duplicate' || confirmation === 'confirmed'
  return { ...base, health, outcome, control, confirmation, delivered }
}

async function confirmationOf(
  sink: Sink,
  handle: object,
  timeoutMs: number,
  givenUp: AbortSignal,
): Promise<Confirmation | undefined> {
  const signal = AbortSignal.any([givenUp, AbortSignal.timeout(timeoutMs)])
  for (;;) {
    const [answer] = (await sink.confirm?.([handle], { signal })) ?? []
    if (answer !== 'waiting' || signal.aborted) return answer
    await new Promise((resolve) => setTimeout(resolve, sink.capabilities.confirmIntervalMs ?? 1000))
  }
}
