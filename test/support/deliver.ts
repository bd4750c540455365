import { setTimeout as sleep } from 'node:timers/promises'
import type { LogItem } from '../../src/sinks/log-item.ts'
import { type ConfirmHandle, type Control, type EncodedEvent, isUnencodable, type Sink } from '../../src/sinks/sink.ts'
import { batchOf } from './batch-of.ts'

/** What became of a delivery. */
export interface Delivered {
  /** What the sink said besides `continue`, in order. */
  readonly controls: Control[]
  readonly rejected: { readonly id: string; readonly code: string }[]
  readonly requests: number
  readonly requestIds: string[]
}

/**
 * Takes items to a sink as simply as it can be done: a batch, its confirmation, the next batch; what is not settled again, soon. Ends when everything is settled, or when the sink pauses.
 */
export async function deliver(
  sink: Sink,
  items: readonly LogItem[],
  batchItems: number = sink.capabilities.maxBatchItems,
): Promise<Delivered> {
  const controls: Control[] = []
  const rejected: { id: string; code: string }[] = []
  const requestIds: string[] = []
  const signal = new AbortController().signal
  let requests = 0
  let limit = batchItems
  let open: EncodedEvent[] = []
  for (const item of items) {
    const encoded = sink.encode(item)
    if (isUnencodable(encoded))
      rejected.push({ id: item.kind === 'entry' ? item.entry.id : item.id, code: encoded.code })
    else open.push(encoded)
  }
  while (open.length > 0) {
    const batch = takeBatch(open, sink, limit)
    const { outcomes, control, requestId } = await sink.send(batchOf(sink, batch), { signal })
    requests += 1
    if (requestId !== undefined) requestIds.push(requestId)
    if (control.kind !== 'continue') controls.push(control)
    if (control.kind === 'backoff') await sleep(5)
    const again: EncodedEvent[] = []
    const pending = new Map<EncodedEvent, ConfirmHandle>()
    const refuses = (control.kind === 'split' || control.kind === 'isolate') && batch.length === 1
    batch.forEach((event, index) => {
      const outcome = outcomes[index]!
      if (outcome.kind === 'pending') pending.set(event, outcome.handle)
      else if (outcome.kind === 'rejected') rejected.push({ id: event.id, code: outcome.code })
      else if (outcome.kind === 'retry' && refuses) rejected.push({ id: event.id, code: outcome.code })
      else if (outcome.kind === 'retry') again.push(event)
    })
    again.push(...(await confirmAll(sink, pending, signal)))
    limit =
      control.kind === 'split' || control.kind === 'isolate' ? Math.max(1, Math.ceil(batch.length / 2)) : batchItems
    open = [...again, ...open.slice(batch.length)]
    if (control.kind === 'pause') return { controls, rejected, requests, requestIds }
  }
  return { controls, rejected, requests, requestIds }
}

function takeBatch(open: readonly EncodedEvent[], sink: Sink, limit: number): EncodedEvent[] {
  const { maxBatchBytes, maxBatchItems, maxBatchSpanMs = Infinity } = sink.capabilities
  const batch: EncodedEvent[] = []
  let bytes = 1
  for (const event of open) {
    // At most one byte between two, and one at each end.
    bytes += Buffer.byteLength(event.text) + 1
    const span = Date.parse(event.timestamp) - Date.parse(batch[0]?.timestamp ?? event.timestamp)
    const full = batch.length >= Math.min(limit, maxBatchItems) || bytes > maxBatchBytes || span > maxBatchSpanMs
    if (batch.length > 0 && full) break
    batch.push(event)
  }
  return batch
}

async function confirmAll(
  sink: Sink,
  pending: Map<EncodedEvent, ConfirmHandle>,
  signal: AbortSignal,
): Promise<EncodedEvent[]> {
  const again: EncodedEvent[] = []
  while (pending.size > 0) {
    const handles = [...new Set(pending.values())]
    const answers = await sink.confirm!(handles, { signal })
    for (const [event, handle] of pending) {
      const answer = answers[handles.indexOf(handle)]
      if (answer === 'waiting') continue
      pending.delete(event)
      if (answer === 'unknown') again.push(event)
    }
    if (pending.size > 0) await sleep(10)
  }
  return again
}
