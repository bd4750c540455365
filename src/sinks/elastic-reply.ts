import { type HttpReply, quoteReply } from './http-client.ts'
import { retryAll } from './http-result.ts'
import type { Control, Outcome, SendResult } from './sink.ts'

/** One item of a `_bulk` response: of what else stands there, nothing is taken for granted. */
interface BulkItem {
  readonly status: number
  readonly _id?: unknown
  readonly _index?: unknown
  readonly failure_store?: unknown
  readonly error?: unknown
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
    if (isTaken(item)) {
      outcomes.push(delivered)
      continue
    }
    const [outcome, next] = judge(item)
    outcomes.push(outcome)
    if (next !== undefined && severity[next.kind] > severity[control.kind]) control = next
  }
  return { outcomes, control }
}

const severity: Readonly<Record<Control['kind'], number>> = { continue: 0, isolate: 1, split: 1, backoff: 2, pause: 3 }

const isSuccess = ({ status }: BulkItem): boolean => status === 200 || status === 201
const isTaken = (item: BulkItem): boolean => isSuccess(item) && item.failure_store !== 'used'

function judge(item: BulkItem): readonly [Outcome, Control?] {
  const { status, _index: index } = item
  if (isSuccess(item)) {
    const reason = `Elasticsearch put the document into the failure store ${quoteReply(textOf(index))}`
    return [{ kind: 'quarantined', code: 'failure_store', reason }]
  }
  if (status === 409) return [{ kind: 'duplicate' }]
  const error = isObject(item.error) ? item.error : {}
  const type = textOf(error['type'])
  const code = type === '' ? `elastic_${status}` : type
  const reason = withoutValues(textOf(error['reason']))
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
const fits = ({ _id: id, failure_store: store }: BulkItem, expected: string | undefined): boolean =>
  typeof id !== 'string' || id === expected || typeof store === 'string'

function parseItems(body: string): BulkItem[] | undefined {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    return undefined
  }
  const items = isObject(value) ? value['items'] : undefined
  if (!Array.isArray(items)) return undefined
  const parsed = items.map((item: unknown) => (isObject(item) ? item['create'] : undefined))
  return parsed.every(isItem) ? parsed : undefined
}

const isItem = (item: unknown): item is BulkItem => isObject(item) && typeof item['status'] === 'number'

/** What Elasticsearch says of an error, without the values that it quotes from the document. */
export function withoutValues(reason: string): string {
  return quoteReply(
    reason
      .replaceAll(/(Preview of field's value: ).*$/gs, '$1…')
      // The bytes of it as numbers.
      .replaceAll(/(The prefix of the first immense term is: ).*$/gs, '$1…')
      .replaceAll(/For input string: ".*?"/gs, 'For input string: …'),
  )
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

const floodStageDelayMs = 30_000
