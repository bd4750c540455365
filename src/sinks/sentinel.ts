import { randomUUID } from 'node:crypto'
import { optionInvalid, wholeNumber } from '../option.ts'
import {
  type ClientSecretOptions,
  clientSecretCredential,
  controlOfTokenError,
  TokenCache,
  type TokenCredential,
} from './entra-token.ts'
import { headerOf, HttpClient, type HttpFailure, type HttpOptions, type HttpReply, quoteReply } from './http-client.ts'
import { forAll, resultOfFailure, resultOfStatus, retryAll } from './http-result.ts'
import { idOf, timestampOf } from './item-text.ts'
import type { LogItem } from './log-item.ts'
import { type ProductNames, type ProductOptions, readProduct } from './product.ts'
import { type Columns, findColumnFault, formatAsimRow, formatLogRow } from './sentinel-row.ts'
import {
  type AttemptOptions,
  type Batch,
  type Control,
  type EncodedEvent,
  jsonArray,
  type SendResult,
  type Sink,
  type SinkCapabilities,
  type Unencodable,
} from './sink.ts'
import { untilAborted } from './until-aborted.ts'

/**
 * Options of {@link SentinelSink}. `url` is the logs ingestion endpoint of the data collection rule (`logsIngestion` in its JSON
 * view) or of a data collection endpoint, e.g. `https://audit-abcd.westeurope-1.ingest.monitor.azure.com`.
 */
export interface SentinelOptions extends HttpOptions, ProductOptions {
  /** Immutable ID of the data collection rule: `dcr-` and 32 hexadecimal digits. */
  readonly dcrImmutableId: string
  /** Either a credential of `@azure/identity`, or anything of its shape, or what an application's secret needs. */
  readonly credential: TokenCredential | ClientSecretOptions
  /**
   * Which form the rows have.
   *
   * - `log`: the log's own table `AuditLog_CL`, which can be verified (the default)
   * - `asim`: Sentinel's table `ASimAuditEventLogs`, which its rules read; details over about 26,000 characters are cut there
   */
  readonly table?: 'log' | 'asim' | undefined
  /** Stream of the rule. Default is `Custom-AuditLog_CL` or `Custom-AuditLogAsim`, as in the template. */
  readonly stream?: string | undefined
  /** Columns of the stream, when the rule is not made from the template: what it would drop silently is refused here. */
  readonly columns?: Columns | undefined
  /** Which Azure. Default is `public`. */
  readonly cloud?: 'public' | 'china' | 'usgovernment' | undefined
  /** Name of this service's host for `DvcHostname`. Default is none. */
  readonly hostname?: string | undefined
  /** Longest time between the first and the last event of a batch, in milliseconds: 1,800,000 for Auxiliary tables. */
  readonly maxBatchSpanMs?: number | undefined
  /** Requests at once, 1 to 16. Default is 1, which keeps the order of the log. */
  readonly maxInFlight?: number | undefined
}

const scopes = {
  public: 'https://monitor.azure.com/.default',
  china: 'https://monitor.azure.cn/.default',
  usgovernment: 'https://monitor.azure.us/.default',
} as const

const streams = { log: 'Custom-AuditLog_CL', asim: 'Custom-AuditLogAsim' } as const

/** A request's body with its brackets and commas; Azure refuses more than 1 MiB. */
const longestBodyBytes = 1_000_000

/**
 * Microsoft Sentinel through the Logs Ingestion API of Azure Monitor (api-version 2023-01-01).
 *
 * Azure answers 204 before it has read the rows, and drops without a word what the data collection rule does not know;
 * {@link sentinelTemplate} makes a rule that knows all of it. Rows that are sent twice are stored twice: queries take one per
 * `EntryId`, see docs/siem/sentinel.md.
 *
 * @example
 * new SentinelSink({ url, dcrImmutableId: 'dcr-...', credential: new DefaultAzureCredential() })
 */
export class SentinelSink implements Sink {
  readonly description: string
  readonly capabilities: SinkCapabilities
  readonly #http: HttpClient
  readonly #tokens: TokenCache
  readonly #path: string
  readonly #table: 'log' | 'asim'
  /** Undefined for the columns of the template, which the rows are made for. */
  readonly #columns: Columns | undefined
  readonly #names: ProductNames
  readonly #hostname: string | undefined

  /** @throws AuditLogError `option_invalid` */
  constructor(options: SentinelOptions) {
    const { dcrImmutableId, credential, table = 'log', cloud = 'public' } = options
    if (!/^dcr-[0-9a-f]{32}$/.test(dcrImmutableId))
      throw optionInvalid('dcr- and 32 hexadecimal digits', '$.dcrImmutableId')
    if (!Object.hasOwn(streams, table)) throw optionInvalid('log or asim', '$.table')
    if (!Object.hasOwn(scopes, cloud)) throw optionInvalid('public, china or usgovernment', '$.cloud')
    const stream = options.stream ?? streams[table]
    if (!/^(Custom|Microsoft)-[A-Za-z][A-Za-z0-9_]*$/.test(stream))
      throw optionInvalid('Custom- and a name', '$.stream')
    this.#table = table
    this.#columns = options.columns
    this.#names = readProduct(options)
    this.#hostname = options.hostname
    this.#path = `/dataCollectionRules/${dcrImmutableId}/streams/${stream}?api-version=2023-01-01`
    const usable = 'getToken' in credential ? credential : clientSecretCredential(credential)
    this.#tokens = new TokenCache(usable, scopes[cloud], options.timeoutMs)
    const maxInFlight = wholeNumber(options.maxInFlight ?? 1, 1, 16, '$.maxInFlight')
    this.#http = new HttpClient(options, maxInFlight)
    this.description = `sentinel ${this.#http.origin} ${stream}`
    this.capabilities = {
      level: 'accepted',
      idempotency: 'query',
      framing: jsonArray,
      maxBatchBytes: longestBodyBytes,
      maxBatchItems: 5000,
      maxBatchSpanMs: options.maxBatchSpanMs,
      maxInFlight,
    }
  }

  encode(item: LogItem): EncodedEvent | Unencodable {
    const row = this.#table === 'log' ? formatLogRow(item) : formatAsimRow(item, this.#names, this.#hostname)
    const fault = this.#columns === undefined ? undefined : findColumnFault(row, this.#columns)
    if (fault !== undefined) {
      return {
        code: 'column_undeclared',
        reason: `the stream has no column ${fault} of that type, and Azure would drop it`,
      }
    }
    return { id: idOf(item), timestamp: timestampOf(item), text: row }
  }

  async send({ ids, body }: Batch, { signal }: AttemptOptions): Promise<SendResult> {
    const reply = await this.#post(body, signal)
    if ('token' in reply) return retryAll(ids.length, reply.token, false)
    if (reply.kind === 'failure') return resultOfFailure(ids.length, reply)
    const requestId = headerOf(reply, 'x-ms-request-id')
    if (reply.status === 204) {
      return { outcomes: forAll(ids.length, { kind: 'delivered' }), control: { kind: 'continue' }, requestId }
    }
    return { ...resultOfStatus(ids.length, reply, explain(reply)), requestId }
  }

  async health({ signal }: AttemptOptions): Promise<Control> {
    try {
      await untilAborted(this.#tokens.get(), signal)
      return { kind: 'continue' }
    } catch (error) {
      return controlOfTokenError(error)
    }
  }

  close(): Promise<void> {
    this.#http.close()
    return Promise.resolve()
  }

  // A token that is refused is replaced once: it may have been revoked since.
  async #post(body: Uint8Array, signal: AbortSignal): Promise<HttpReply | HttpFailure | { readonly token: Control }> {
    for (let attempt = 1; ; attempt += 1) {
      let token: string
      try {
        token = await untilAborted(this.#tokens.get(), signal)
      } catch (error) {
        return { token: controlOfTokenError(error) }
      }
      const reply = await this.#http.request({
        method: 'POST',
        path: this.#path,
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          'x-ms-client-request-id': randomUUID(),
        },
        body,
        signal,
      })
      if (reply.kind === 'failure' || reply.status !== 401 || attempt === 2) return reply
      this.#tokens.refuse(token)
    }
  }
}

/** What Azure says of a request that it refused; of a 400 the code only, because its text may quote the rows. */
function explain(reply: HttpReply): string {
  const status = `the receiver answered with status ${reply.status}`
  try {
    const { error } = JSON.parse(reply.body) as { error?: { code?: unknown; message?: unknown } }
    if (typeof error?.code !== 'string') return status
    const code = quoteReply(error.code).slice(0, 100)
    return reply.status === 400 || typeof error.message !== 'string'
      ? `${status} (${code})`
      : `${status} (${code}: ${quoteReply(error.message)})`
  } catch {
    return status
  }
}
