import { BodyWriter } from '../../src/sinks/forwarder/body-writer.ts'
import type { Batch, EncodedEvent, Sink } from '../../src/sinks/sink.ts'

/** Events as the forwarder hands them to the sink, whatever their size. */
export function batchOf(sink: Sink, events: readonly EncodedEvent[]): Batch {
  const body = new BodyWriter(sink.capabilities.framing)
  for (const { text } of events) body.add(text, Number.POSITIVE_INFINITY)
  return { ids: events.map(({ id }) => id), body: body.take() }
}
