import { type HttpReply, quoteReply } from './http-client.ts'
import { retryAll } from './http-result.ts'
import type { Control, Outcome, SendResult } from './sink.ts'

/** One item of a `_bulk` response. */
interface BulkItem {
  readonly status: number
  readonly id: string | undefined
  readonly index: string
  readonly failureStore: string | undefined
  readonly type: string
  readonly reason: string
}

/**
 * What a `_bulk` response with status 200 means: one outcome for each item, whatever its `errors` member says. A response that
 * does not account for exactly what was sent counts for nothing.
 *
 * @param ids of the events that were sent, in their order
 */
export function resultOfBulk(ids: readonly string[], reply: HttpReply): SendResult {
  const items = parseItems(reply.body)
  if (items === undefined || items.length !== ids.length || !items.every((item, index) => fits(item, ids[index]))) {
    const detail = 'the response does not account for the documents that were sent'
    return retryAll(ids.length, { kind: 'backoff', code: 'response_malformed', detail }, true)
  }
  let control: Control = { kind: 'continue' }
  const outcomes: Outcome[] = []
  for (const item of items) {
    const [outcome, next] = judge(item)
    outcomes.push(outcome)
    if (next !== undefined && severity[next.kind] > severity[control.kind]) control = next
  }
  return { outcomes, control }
}

const severity: Readonly<Record<Control['kind'], number>> = { continue: 0, isolate: 1, split: 1, backoff: 2, pause: 3 }

function judge(item: BulkItem): readonly [Outcome, Control?] {
  const { status, type } = item
  if (status === 200 || status === 201) {
    if (item.failureStore !== 'used') return [delivered]
    const reason = `Elasticsearch put the document into the failure store ${quoteReply(item.index)}`
    return [{ kind: 'quarantined', code: 'failure_store', reason }]
  }
  if (status === 409) return [{ kind: 'duplicate' }]
  const code = type === '' ? `elastic_${status}` : type
  const reason = withoutValues(item.reason)
  const detail = `Elasticsearch says: ${reason === '' ? code : reason} (status ${status})`
  const retry: Outcome = { kind: 'retry', code, ambiguous: status >= 500 }
  // The disk is full above the flood stage; it takes somebody, or time, to free it.
  const blocked = type === 'cluster_block_exception'
  if (status === 429)
    return [retry, { kind: 'backoff', code, detail, minDelayMs: blocked ? floodStageDelayMs : undefined }]
  if (status === 408 || status >= 500) return [retry, { kind: 'backoff', code, detail }]
  if (status === 401 || (status === 403 && !blocked)) return [retry, { kind: 'pause', cause: 'auth', code, detail }]
  if (status === 403 || status === 404) return [retry, { kind: 'pause', cause: 'config', code, detail }]
  return [{ kind: 'rejected', code, reason: detail }]
}

const delivered: Outcome = { kind: 'delivered' }

/** A document in the failure store has another id. */
const fits = ({ id, failureStore }: BulkItem, expected: string | undefined): boolean =>
  id === undefined || id === expected || failureStore !== undefined

function parseItems(body: string): BulkItem[] | undefined {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    return undefined
  }
  const items = isObject(value) ? value['items'] : undefined
  if (!Array.isArray(items)) return undefined
  const parsed = items.map(parseItem)
  return parsed.every((item) => item !== undefined) ? parsed : undefined
}

function parseItem(value: unknown): BulkItem | undefined {
  const item = isObject(value) ? value['create'] : undefined
  if (!isObject(item) || typeof item['status'] !== 'number') return undefined
  const error = isObject(item['error']) ? item['error'] : {}
  return {
    status: item['status'],
    id: typeof item['_id'] === 'string' ? item['_id'] : undefined,
    index: textOf(item['_index']),
    failureStore: typeof item['failure_store'] === 'string' ? item['failure_store'] : undefined,
    type: textOf(error['type']),
    reason: textOf(error['reason']),
  }
}

/** What Elasticsearch says of an error, without the values that it quotes from the document. */
export function withoutValues(reason: string): string {
  return quoteReply(
    reason
      .replaceAll(/(Preview of field's value: ).*$/gs, '$1…')
      .replaceAll(/For input string: ".*?"/gs, 'For input string: …'),
  )
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

const floodStageDelayMs = 30_000
