import http from 'node:http'
import https from 'node:https'
import { promisify } from 'node:util'
import zlib from 'node:zlib'
import { codeOf } from '../errors.ts'
import { httpUrl, optionInvalid, wholeNumber } from '../option.ts'
import { readBounded } from '../read-bounded.ts'
import { tlsProblemOf } from './tls-problem.ts'

/** How to reach a receiver over HTTP. The same for all sinks that use it. */
export interface HttpOptions {
  /**
   * The receiver's address: `https:`, or `http:` to this host itself. Plain HTTP to another host needs `insecure`.
   * Credentials in the URL are refused: URLs end up in logs.
   */
  readonly url: string
  /** Certificate authorities to trust instead of the system's, as PEM. Default is the system's. */
  readonly ca?: string | Buffer | readonly (string | Buffer)[] | undefined
  /** Client certificate and key for mutual TLS, as PEM. Default is none. */
  readonly cert?: string | Buffer | undefined
  readonly key?: string | Buffer | undefined
  /** Name that the certificate must carry, when it is not the host of `url`. */
  readonly servername?: string | undefined
  /** Permits plain HTTP to another host, where everybody on the way reads the log and the credentials. Default is false. */
  readonly insecure?: boolean | undefined
  /** Longest time for one request and its response, in milliseconds, 100 to 600,000. Default is 30,000. */
  readonly timeoutMs?: number | undefined
  /** Whether to compress request bodies with gzip. Default is true. */
  readonly gzip?: boolean | undefined
}

/** One request. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT'
  /** Appended to the path of the URL, with its query, e.g. `/services/collector/event`. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Uint8Array | undefined
  readonly signal: AbortSignal
}

/** What came back. Header names are in lower case. */
export interface HttpReply {
  readonly kind: 'reply'
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  /** At most the client's limit; decompressed. */
  readonly body: string
}

/**
 * Nothing usable came back. `code` is a stable word: `tls_untrusted`, `tls_refused`, `unreachable`, `connection_lost`, `timeout`,
 * `aborted`, `response_too_large`, `response_malformed`.
 */
export interface HttpFailure {
  readonly kind: 'failure'
  readonly code: string
  /** One sentence without secrets. */
  readonly detail: string
  /** Whether the receiver may have taken the request all the same. */
  readonly ambiguous: boolean
}

const gzip = promisify(zlib.gzip)
// For each chunk of what comes out, a thread and this process wait for one another; the default is 16 KiB.
const chunkSize = 256 * 1024
const gunzip = promisify(zlib.unzip)

/**
 * A client for one receiver: keeps connections, never follows a redirect (so credentials go to the host of the URL and to no
 * other), reads no more of a response than the limit, and resolves whatever happens.
 */
export class HttpClient {
  /** Where it sends, without query and credentials. */
  readonly origin: string
  readonly #url: URL
  readonly #agent: http.Agent
  readonly #timeoutMs: number
  readonly #gzip: boolean
  readonly #maximumResponseBytes: number

  /**
   * @param connections how many at most
   * @param maximumResponseBytes how much of a response is read before the connection is cut
   * @throws AuditLogError `option_invalid`
   */
  constructor(options: HttpOptions, connections: number = 4, maximumResponseBytes: number = 1024 * 1024) {
    this.#url = httpUrl(options)
    if (this.#url.search !== '' || this.#url.hash !== '') throw optionInvalid('a URL without a query', '$.url')
    this.origin = this.#url.origin
    this.#timeoutMs = wholeNumber(options.timeoutMs ?? 30_000, 100, 600_000, '$.timeoutMs')
    this.#gzip = options.gzip ?? true
    this.#maximumResponseBytes = maximumResponseBytes
    this.#agent = makeAgent(this.#url, options, connections)
  }

  /** Sends one request and reads the response. Never rejects. */
  async request(request: HttpRequest): Promise<HttpReply | HttpFailure> {
    const { body } = request
    const compressed =
      body !== undefined && body.length > 1024 && this.#gzip ? await gzip(body, { level: 1, chunkSize }) : undefined
    return this.#exchange(request, compressed ?? body, compressed !== undefined)
  }

  /** Ends the connections that are kept. */
  close(): void {
    this.#agent.destroy()
  }

  async #exchange(
    request: HttpRequest,
    body: Uint8Array | undefined,
    compressed: boolean,
  ): Promise<HttpReply | HttpFailure> {
    const cut = AbortSignal.timeout(this.#timeoutMs)
    const signal = AbortSignal.any([cut, request.signal])
    let sent = false
    try {
      const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
        const outgoing = (this.#url.protocol === 'https:' ? https : http).request(
          {
            protocol: this.#url.protocol,
            // Brackets belong to the URL and not to the address.
            hostname: this.#url.hostname.replace(/^\[(.*)\]$/, '$1'),
            port: this.#url.port,
            path: joinPath(this.#url.pathname, request.path),
            method: request.method,
            headers: {
              ...request.headers,
              'accept-encoding': 'gzip',
              ...(body === undefined ? {} : { 'content-length': String(body.length) }),
              ...(compressed ? { 'content-encoding': 'gzip' } : {}),
            },
            agent: this.#agent,
            signal,
          },
          resolve,
        )
        outgoing.on('error', reject)
        outgoing.on('socket', (socket) => {
          // Before the connection stands, nothing can have arrived.
          const established = (): void => void (sent = true)
          if (outgoing.reusedSocket) established()
          else socket.once(this.#url.protocol === 'https:' ? 'secureConnect' : 'connect', established)
        })
        outgoing.end(body)
      })
      return await this.#read(response)
    } catch (error) {
      if (cut.aborted) return failure('timeout', `no answer within ${this.#timeoutMs} ms`, sent)
      if (request.signal.aborted) return failure('aborted', 'the attempt was broken off', sent)
      return explain(error, sent)
    }
  }

  async #read(response: http.IncomingMessage): Promise<HttpReply | HttpFailure> {
    const raw = await readBounded(response as AsyncIterable<Buffer>, this.#maximumResponseBytes)
    if (raw === undefined) {
      return failure('response_too_large', `the response is larger than ${this.#maximumResponseBytes} bytes`, true)
    }
    const body =
      response.headers['content-encoding'] === 'gzip' && raw.length > 0
        ? await gunzip(raw, { maxOutputLength: this.#maximumResponseBytes }).catch(() => undefined)
        : raw
    if (body === undefined) return failure('response_malformed', 'the response cannot be decompressed', true)
    return { kind: 'reply', status: response.statusCode ?? 0, headers: response.headers, body: body.toString('utf8') }
  }
}

/**
 * The least time to wait that a response asks for, in milliseconds: `Retry-After` in seconds or as a date (RFC 9110 section
 * 10.2.3), or Azure's `retry-after-ms` and `x-ms-retry-after-ms`. Undefined when there is none or it makes no sense. At most
 * an hour: a receiver does not switch a log off. A date counts from the response's own `Date`, whatever our clock says.
 *
 * @param now milliseconds since 1970
 */
export function retryAfterMs(headers: http.IncomingHttpHeaders, now: number): number | undefined {
  for (const name of ['retry-after-ms', 'x-ms-retry-after-ms']) {
    const value = headers[name]
    if (typeof value === 'string' && /^\d{1,15}$/.test(value)) return Math.min(Number(value), longestWaitMs)
  }
  const value = headers['retry-after']?.trim()
  if (value === undefined) return undefined
  if (/^\d{1,15}$/.test(value)) return Math.min(Number(value) * 1000, longestWaitMs)
  // A date of HTTP is in GMT, also in the old form that does not say so (RFC 9110 section 5.6.7).
  const date = /^[A-Z][a-z]+,? /.test(value) ? Date.parse(value.endsWith('GMT') ? value : `${value} GMT`) : Number.NaN
  const sentAt = Date.parse(headers.date ?? '')
  const wait = date - (Number.isNaN(sentAt) ? now : sentAt)
  return wait > 0 ? Math.min(wait, longestWaitMs) : undefined
}

/**
 * A receiver's own words for a status or a dead letter: one line, without control characters, at most 300 characters.
 * Never pass what may hold contents of an event.
 */
export function quoteReply(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is taken out
  const line = text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g, ' ').trim()
  return line.length > 300 ? `${line.slice(0, 299).toWellFormed()}…` : line
}

/** A header that is there once. */
export function headerOf({ headers }: HttpReply, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' ? quoteReply(value) : undefined
}

const longestWaitMs = 3_600_000
/**
 * How long one of several addresses of a name may take before the next is tried: time for one packet to get lost. Node's 250
 * milliseconds never reach a receiver that is far away, when its other address is dead.
 */
export const addressTimeoutMs = 2500

function makeAgent(url: URL, options: HttpOptions, connections: number): http.Agent {
  const common = {
    keepAlive: true,
    keepAliveMsecs: 30_000,
    maxSockets: connections,
    scheduling: 'lifo',
    autoSelectFamilyAttemptTimeout: addressTimeoutMs,
  } as const
  if (url.protocol === 'http:') return new http.Agent(common)
  const { ca, cert, key, servername } = options
  return new https.Agent({
    ...common,
    minVersion: 'TLSv1.2',
    ...(ca === undefined ? {} : { ca: ca as string }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(servername === undefined ? {} : { servername }),
  })
}

const joinPath = (base: string, path: string): string => `${base.replace(/\/$/, '')}${path}`

const failure = (code: string, detail: string, ambiguous: boolean): HttpFailure => ({
  kind: 'failure',
  code,
  detail,
  ambiguous,
})

function explain(error: unknown, sent: boolean): HttpFailure {
  const code = codeOf(error)
  const problem = tlsProblemOf(code)
  if (problem !== undefined) return failure(problem.code, problem.detail, false)
  if (!sent) return failure('unreachable', `no connection (${code})`, false)
  // HPE: what came back is not HTTP.
  if (code.startsWith('HPE_')) return failure('response_malformed', `the response is not HTTP (${code})`, true)
  return failure('connection_lost', `the connection was lost before the response was complete (${code})`, true)
}
