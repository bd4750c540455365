import { optionInvalid, wholeNumber } from '../option.ts'
import { encodeCef } from './cef.ts'
import { type CloudEventsOptions, formatCloudEvent, readCloudEventsOptions } from './cloudevents.ts'
import { formatItem } from './event-json.ts'
import { HttpClient, type HttpOptions, type HttpReply } from './http-client.ts'
import { forAll, resultOfFailure, resultOfStatus, retryAll } from './http-result.ts'
import { idOf, timestampOf } from './item-text.ts'
import { escapeJsonLine } from './line-text.ts'
import type { LogItem } from './log-item.ts'
import { formatOcsf, type OcsfVersion, readOcsfVersion } from './ocsf.ts'
import { headerSecret } from './header-secret.ts'
import { type ProductOptions, readProduct } from './product.ts'
import {
  type AttemptOptions,
  type Batch,
  type EncodedEvent,
  jsonArray,
  type SendResult,
  type Sink,
  type SinkCapabilities,
  type Unencodable,
} from './sink.ts'

/** Options of {@link HttpSink}. `url` is where batches are posted. */
export interface HttpSinkOptions extends HttpOptions, ProductOptions {
  /**
   * What an event looks like.
   *
   * - `json`: the entry, with `leaf_index` and `previous_entry_hash` (the default)
   * - `cloudevents`: CloudEvents 1.0 in JSON; needs `cloudEvents`
   * - `ocsf`: Open Cybersecurity Schema Framework
   * - `cef`: Common Event Format, one event a line
   */
  readonly format?: 'json' | 'cloudevents' | 'ocsf' | 'cef' | undefined
  /** Whether a batch is a JSON array or one event a line. Default is `array`; `cef` is always `lines`. */
  readonly body?: 'array' | 'lines' | undefined
  /** For `cloudevents`. */
  readonly cloudEvents?: CloudEventsOptions | undefined
  /** For `ocsf`. Default is `1.8.0`. */
  readonly ocsfVersion?: OcsfVersion | undefined
  /** Sent as `Authorization: Bearer ...`. Default is none. */
  readonly token?: string | undefined
  /** Other headers, e.g. an API key. They go to the host of `url` and to no other. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Content-Type, when it is not what the format has: e.g. `application/json` for CloudEvents. */
  readonly contentType?: string | undefined
  /** Largest request body before compression, in bytes, 100,000 to 100,000,000. Default is 1,000,000. */
  readonly maxBatchBytes?: number | undefined
  /** Events in a request, 1 to 10,000: 1 where the receiver takes one event a request. Default is 1,000. */
  readonly maxBatchItems?: number | undefined
  /** Requests at once, 1 to 16. Default is 1, which keeps the order of the log. */
  readonly maxInFlight?: number | undefined
}

const contentTypes = {
  json: { array: 'application/json', lines: 'application/x-ndjson' },
  cloudevents: { array: 'application/cloudevents-batch+json', lines: 'application/x-ndjson' },
  ocsf: { array: 'application/json', lines: 'application/x-ndjson' },
  cef: { array: 'text/plain; charset=utf-8', lines: 'text/plain; charset=utf-8' },
} as const

const accepted: ReadonlySet<number> = new Set([200, 201, 202, 204])

/**
 * Any receiver that takes batches of events over HTTPS. An answer of 200, 201, 202 or 204 counts as accepted, unless it is a
 * page for people, which no receiver of events sends.
 *
 * @example
 * new HttpSink({ url: 'https://collector.example.com/events', token, format: 'ocsf' })
 */
export class HttpSink implements Sink {
  readonly description: string
  readonly capabilities: SinkCapabilities
  readonly #http: HttpClient
  readonly #format: (item: LogItem) => string
  readonly #isArray: boolean
  readonly #headers: Readonly<Record<string, string>>

  /** @throws AuditLogError `option_invalid` */
  constructor(options: HttpSinkOptions) {
    const { format = 'json', body = 'array' } = options
    if (!Object.hasOwn(contentTypes, format)) throw optionInvalid('json, cloudevents, ocsf or cef', '$.format')
    if (!['array', 'lines'].includes(body)) throw optionInvalid('array or lines', '$.body')
    this.#format = formatter(format, options)
    this.#isArray = body === 'array' && format !== 'cef'
    const { contentType = contentTypes[format][body] } = options
    if (!isHeaderValue(contentType)) throw optionInvalid('printable ASCII', '$.contentType')
    this.#headers = { ...readHeaders(options), 'content-type': contentType }
    const maxInFlight = wholeNumber(options.maxInFlight ?? 1, 1, 16, '$.maxInFlight')
    this.#http = new HttpClient(options, maxInFlight)
    this.description = `http ${this.#http.origin} ${format}`
    this.capabilities = {
      level: 'accepted',
      idempotency: 'query',
      framing: this.#isArray ? jsonArray : undefined,
      maxBatchBytes: wholeNumber(options.maxBatchBytes ?? 1_000_000, 100_000, 100_000_000, '$.maxBatchBytes'),
      maxBatchItems: wholeNumber(options.maxBatchItems ?? 1000, 1, 10_000, '$.maxBatchItems'),
      maxInFlight,
    }
  }

  encode(item: LogItem): EncodedEvent | Unencodable {
    const text = this.#format(item)
    return { id: idOf(item), timestamp: timestampOf(item), text: this.#isArray ? text : `${escapeLine(text)}\n` }
  }

  async send({ ids, body }: Batch, { signal }: AttemptOptions): Promise<SendResult> {
    const reply = await this.#http.request({ method: 'POST', path: '', headers: this.#headers, body, signal })
    if (reply.kind === 'failure') return resultOfFailure(ids.length, reply)
    if (!accepted.has(reply.status)) return resultOfStatus(ids.length, reply)
    if (isPage(reply)) {
      const detail = `the receiver answered with status ${reply.status} and an HTML page: is a proxy or a login in the way?`
      return retryAll(ids.length, { kind: 'pause', cause: 'config', code: 'html_page', detail }, true)
    }
    return { outcomes: forAll(ids.length, { kind: 'delivered' }), control: { kind: 'continue' } }
  }

  close(): Promise<void> {
    this.#http.close()
    return Promise.resolve()
  }
}

function formatter(format: string, options: HttpSinkOptions): (item: LogItem) => string {
  switch (format) {
    case 'json':
      return formatItem
    case 'cloudevents': {
      if (options.cloudEvents === undefined) throw optionInvalid('a source', '$.cloudEvents')
      const names = readCloudEventsOptions(options.cloudEvents)
      return (item) => formatCloudEvent(item, names)
    }
    case 'ocsf': {
      const names = readProduct(options)
      const version = readOcsfVersion(options.ocsfVersion ?? '1.8.0')
      return (item) => formatOcsf(item, names, version)
    }
    case 'cef': {
      const names = readProduct(options)
      return (item) => encodeCef(item, names)
    }
    default:
      throw optionInvalid('json, cloudevents, ocsf or cef', '$.format')
  }
}

const isHeaderValue = (value: unknown): boolean => typeof value === 'string' && /^[\t\x20-\x7e]*$/.test(value)

function readHeaders({ token, headers = {} }: HttpSinkOptions): Record<string, string> {
  const read: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(name)) throw optionInvalid('names of headers (RFC 9110)', '$.headers')
    if (/^(content-|host$|transfer-encoding$)/i.test(name))
      throw optionInvalid('no header that the request has', '$.headers')
    if (!isHeaderValue(value)) throw optionInvalid('printable ASCII', '$.headers')
    read[name.toLowerCase()] = value
  }
  if (token === undefined) return read
  return { ...read, authorization: `Bearer ${headerSecret(token, '$.token')}` }
}

// CEF is one plain line already, and its escapes are not those of JSON.
const escapeLine = (text: string): string => (text.startsWith('{') ? escapeJsonLine(text) : text)

const isPage = ({ headers, body }: HttpReply): boolean =>
  (headers['content-type'] ?? '').startsWith('text/html') || /^\s*<(!doctype|html)/i.test(body)
