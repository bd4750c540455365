import { optionInvalid, wholeNumber } from '../option.ts'
import {
  type DataStreamName,
  documentConstants,
  type DocumentConstants,
  formatEntryDocument,
  formatNoticeDocument,
} from './elastic-document.ts'
import { resultOfBulk, withoutValues } from './elastic-reply.ts'
import { textOf } from './entry-text.ts'
import { headerOf, HttpClient, type HttpOptions, type HttpReply } from './http-client.ts'
import { resultOfFailure, resultOfStatus } from './http-result.ts'
import type { LogItem } from './log-item.ts'
import { headerSecret } from './header-secret.ts'
import type {
  AttemptOptions,
  Batch,
  Control,
  EncodedEvent,
  Outcome,
  SendResult,
  Sink,
  SinkCapabilities,
} from './sink.ts'

/** Options of {@link ElasticSink}. `url` is that of Elasticsearch, e.g. `https://es.example.com:9200`. */
export interface ElasticOptions extends HttpOptions {
  /** API key in its encoded form, as Kibana shows it: base64 of `id:key`. Either this or `username` and `password`. */
  readonly apiKey?: string | undefined
  readonly username?: string | undefined
  readonly password?: string | undefined
  /**
   * Where documents go.
   *
   * - `{ dataStream: { dataset, namespace } }` (the default, with `entraguard.audit` and `default`): the data stream
   *   `logs-DATASET-NAMESPACE`. Sending a document again makes no copy until the data stream rolls over.
   * - `{ index: PREFIX }`: `PREFIX-2026.11`, by the month of the entry. Sending a document again never makes a copy.
   */
  readonly target?:
    | { readonly dataStream: { readonly dataset?: string | undefined; readonly namespace?: string | undefined } }
    | { readonly index: string }
    | undefined
  /**
   * Whether to read documents that are there already and compare their hash: one that differs was not written by this log, and
   * goes to the dead letter with the code `conflict_differs`. Default is false. The key then needs the privilege `read`.
   */
  readonly verifyConflicts?: boolean | undefined
  /** Largest request body before compression, in bytes, 100,000 to 100,000,000. Default is 5,000,000. */
  readonly maxBatchBytes?: number | undefined
  /** Requests at once, 1 to 16. Default is 4. */
  readonly maxInFlight?: number | undefined
}

/**
 * Elasticsearch 8 and 9, Elastic Cloud and Serverless: `_bulk` with `create` and the entry's id, so that a document that is
 * sent twice is indexed once. Documents follow the Elastic Common Schema; {@link elasticTemplate} makes the index template.
 *
 * @example
 * new ElasticSink({ url: 'https://es.example.com:9200', apiKey: process.env.ELASTIC_API_KEY })
 */
export class ElasticSink implements Sink {
  readonly description: string
  readonly capabilities: SinkCapabilities
  readonly #http: HttpClient
  readonly #authorization: string
  readonly #stream: DataStreamName
  readonly #constants: DocumentConstants
  readonly #index: string | undefined
  readonly #verifyConflicts: boolean

  /** @throws AuditLogError `option_invalid` */
  constructor(options: ElasticOptions) {
    this.#authorization = authorizationOf(options)
    const { target = { dataStream: {} } } = options
    const { dataset = 'entraguard.audit', namespace = 'default' } = 'dataStream' in target ? target.dataStream : {}
    // Elasticsearch forbids hyphens here, because they separate the parts of the name.
    if (!/^[a-z0-9][a-z0-9_.]{0,99}$/.test(dataset))
      throw optionInvalid('lower case words', '$.target.dataStream.dataset')
    if (!/^[a-z0-9][a-z0-9_.]{0,99}$/.test(namespace)) {
      throw optionInvalid('lower case words', '$.target.dataStream.namespace')
    }
    this.#stream = { type: 'logs', dataset, namespace }
    this.#constants = documentConstants(this.#stream)
    this.#index = 'index' in target ? target.index : undefined
    if (this.#index !== undefined && !/^[a-z0-9][a-z0-9_.-]{0,99}$/.test(this.#index)) {
      throw optionInvalid('a lower case name', '$.target.index')
    }
    this.#verifyConflicts = options.verifyConflicts ?? false
    const maxInFlight = wholeNumber(options.maxInFlight ?? 4, 1, 16, '$.maxInFlight')
    // A response has up to 500 bytes for each document that failed.
    this.#http = new HttpClient(options, maxInFlight + 1, 8 * 1024 * 1024)
    this.description = `elastic ${this.#http.origin}`
    this.capabilities = {
      level: 'indexed',
      idempotency: 'receiver',
      maxBatchBytes: wholeNumber(options.maxBatchBytes ?? 5_000_000, 100_000, 100_000_000, '$.maxBatchBytes'),
      maxBatchItems: 5000,
      maxInFlight,
    }
  }

  encode(item: LogItem): EncodedEvent {
    if (item.kind !== 'entry') {
      const { id, timestamp } = item
      return this.#action(id, JSON.stringify(id), timestamp, formatNoticeDocument(item, this.#constants))
    }
    const text = textOf(item)
    const [id, timestamp] = [text.id.slice(1, -1), text.timestamp.slice(1, -1)]
    return this.#action(id, text.id, timestamp, formatEntryDocument(item, text, this.#constants))
  }

  async send({ ids, body }: Batch, { signal }: AttemptOptions): Promise<SendResult> {
    const path =
      this.#index === undefined
        ? `/logs-${this.#stream.dataset}-${this.#stream.namespace}/_bulk?require_data_stream=true&${filter}`
        : `/_bulk?${filter}`
    const reply = await this.#http.request({
      method: 'POST',
      path,
      headers: { authorization: this.#authorization, 'content-type': 'application/x-ndjson' },
      body,
      signal,
    })
    if (reply.kind === 'failure') return resultOfFailure(ids.length, reply)
    const requestId = headerOf(reply, 'x-request-id') ?? headerOf(reply, 'x-found-handling-cluster')
    if (reply.status !== 200) return { ...resultOfStatus(ids.length, reply, explain(reply)), requestId }
    const { outcomes, control } = resultOfBulk(ids, reply)
    if (!this.#verifyConflicts) return { outcomes, control, requestId }
    return { outcomes: await this.#compareDuplicates({ ids, body }, outcomes, signal), control, requestId }
  }

  async health({ signal }: AttemptOptions): Promise<Control> {
    const reply = await this.#http.request({
      method: 'GET',
      path: '/',
      headers: { authorization: this.#authorization },
      signal,
    })
    if (reply.kind === 'failure') return resultOfFailure(1, reply).control
    return reply.status === 200 ? { kind: 'continue' } : resultOfStatus(1, reply, explain(reply)).control
  }

  close(): Promise<void> {
    this.#http.close()
    return Promise.resolve()
  }

  #action(id: string, idText: string, timestamp: string, document: string): EncodedEvent {
    const index =
      this.#index === undefined ? '' : `"_index":"${this.#index}-${timestamp.slice(0, 4)}.${timestamp.slice(5, 7)}",`
    return { id, timestamp, text: `{"create":{${index}"_id":${idText}}}\n${document}\n` }
  }

  /** A document under the entry's id whose hash is another one was put there by somebody else. */
  async #compareDuplicates(
    { ids, body }: Batch,
    outcomes: readonly Outcome[],
    signal: AbortSignal,
  ): Promise<readonly Outcome[]> {
    const duplicates = ids.filter((_, index) => outcomes[index]?.kind === 'duplicate')
    if (duplicates.length === 0) return outcomes
    const target =
      this.#index === undefined ? `logs-${this.#stream.dataset}-${this.#stream.namespace}` : `${this.#index}-*`
    const query = { size: duplicates.length, _source: ['event.hash'], query: { ids: { values: duplicates } } }
    const reply = await this.#http.request({
      method: 'POST',
      path: `/${target}/_search?filter_path=hits.hits._id,hits.hits._source`,
      headers: { authorization: this.#authorization, 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify(query)),
      signal,
    })
    const stored = reply.kind === 'reply' && reply.status === 200 ? hashesOf(reply.body) : new Map<string, string>()
    const lines = Buffer.from(body.buffer, body.byteOffset, body.length).toString().split('\n')
    return outcomes.map((outcome, index) => {
      const found = stored.get(ids[index] ?? '')
      const sent = /"hash":"([0-9a-f]{64})"/.exec(lines[index * 2 + 1] ?? '')?.[1] ?? ''
      if (outcome.kind !== 'duplicate' || found === undefined || found === sent) return outcome
      const reason = 'Elasticsearch has a document with the id of this entry and another event.hash'
      return { kind: 'quarantined', code: 'conflict_differs', reason }
    })
  }
}

const filter =
  'filter_path=errors,items.*.status,items.*._id,items.*._index,items.*.failure_store,items.*.error.type,items.*.error.reason'

function authorizationOf({ apiKey, username, password }: ElasticOptions): string {
  if (apiKey !== undefined && username === undefined && password === undefined) {
    return `ApiKey ${headerSecret(apiKey, '$.apiKey')}`
  }
  if (apiKey !== undefined || username === undefined || password === undefined) {
    throw optionInvalid('either an API key or a user name and a password', '$.apiKey')
  }
  if (username.includes(':')) throw optionInvalid('a name without a colon', '$.username')
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

/** What Elasticsearch says of a request that failed as a whole. */
function explain({ status, body }: HttpReply): string {
  try {
    const { error } = JSON.parse(body) as { error?: { type?: unknown; reason?: unknown } }
    if (typeof error?.type === 'string') {
      const reason = typeof error.reason === 'string' ? withoutValues(error.reason) : ''
      return `Elasticsearch says: ${reason} (${error.type}, status ${status})`
    }
  } catch {
    // Not Elasticsearch's: a proxy's page, or nothing.
  }
  return `the receiver answered with status ${status}`
}

function hashesOf(body: string): Map<string, string> {
  const found = new Map<string, string>()
  try {
    const { hits } = JSON.parse(body) as { hits?: { hits?: { _id: string; _source: { event?: { hash?: string } } }[] } }
    for (const { _id: id, _source: source } of hits?.hits ?? []) found.set(id, source.event?.hash ?? '')
  } catch {
    // Nothing can be said about the documents, so nothing is.
  }
  return found
}
