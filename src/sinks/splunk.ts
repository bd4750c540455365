import { randomUUID } from 'node:crypto'
import { optionInvalid, wholeNumber } from '../option.ts'
import { textOf } from './entry-text.ts'
import { formatEntry, formatEvent } from './event-json.ts'
import { HttpClient, type HttpOptions, type HttpReply } from './http-client.ts'
import { resultOfFailure, resultOfStatus, retryAll } from './http-result.ts'
import type { LogItem } from './log-item.ts'
import { headerSecret } from './header-secret.ts'
import type {
  AttemptOptions,
  Batch,
  Confirmation,
  ConfirmHandle,
  Control,
  EncodedEvent,
  Outcome,
  SendResult,
  Sink,
  SinkCapabilities,
} from './sink.ts'
import { controlOfCode, parseHecReply, resultOfHec } from './splunk-reply.ts'

/** Options of {@link SplunkSink}. `url` is that of the collector, e.g. `https://splunk.example.com:8088`. */
export interface SplunkOptions extends HttpOptions {
  /** Token of the HTTP Event Collector. */
  readonly token: string
  /** Index to write to. Default is the token's. */
  readonly index?: string | undefined
  /** Default is `entraguard:audit:json`. docs/siem/splunk.md has the settings for it. */
  readonly sourcetype?: string | undefined
  /** Default is `entraguard-audit-log`. */
  readonly source?: string | undefined
  /** Where the events come from; the same for all processes of a service. Default is Splunk's choice. */
  readonly host?: string | undefined
  /**
   * Whether the position waits until Splunk's indexers have the events.
   *
   * - `none`: accepted is enough (the default)
   * - `required`: the token must have indexer acknowledgement on; without it the sink pauses
   * - `if_available`: as `required` where Splunk gives acknowledgements, and as `none` where it does not
   */
  readonly acknowledgement?: 'none' | 'required' | 'if_available' | undefined
  /**
   * How long to wait for an acknowledgement before events are sent again, in milliseconds, 100 to 86,400,000. Default is
   * 300,000.
   */
  readonly ackTimeoutMs?: number | undefined
  /** How often to ask for acknowledgements, in milliseconds, 10 to 60,000. Default is 1,000. */
  readonly ackIntervalMs?: number | undefined
  /** Largest request body before compression, in bytes, 100,000 to 800,000,000. Default is 1,000,000, which every Splunk takes. */
  readonly maxBatchBytes?: number | undefined
  /** Requests at once, 1 to 16. Default is 4 without acknowledgement and 1 with it. */
  readonly maxInFlight?: number | undefined
}

/** The acknowledgements of one indexer in one of its lives: it counts from 0, and forgets all when it is started again. */
interface Numbering {
  /** Leads to the indexer. */
  readonly cookie: string
  newest: number
  isOver: boolean
}

interface Ack extends ConfirmHandle {
  readonly ackId: number
  readonly numbering: Numbering
  readonly acceptedAt: number
}

const numberingOf = (cookie: string): Numbering => ({ cookie, newest: -1, isOver: false })

/**
 * Splunk's HTTP Event Collector, for Splunk Enterprise and Splunk Cloud: JSON envelopes to `/services/collector/event`, and
 * `/services/collector/ack`.
 *
 * Splunk indexes an event that is sent twice twice: `| dedup audit_id` removes the copies in a search.
 *
 * @example
 * new SplunkSink({ url: 'https://splunk.example.com:8088', token: process.env.SPLUNK_HEC_TOKEN, index: 'audit' })
 */
export class SplunkSink implements Sink {
  readonly description: string
  readonly capabilities: SinkCapabilities
  readonly #http: HttpClient
  readonly #token: string
  readonly #acknowledgement: 'none' | 'required' | 'if_available'
  readonly #ackTimeoutMs: number
  /** Acknowledgements are numbered within it. */
  #channel: string = randomUUID()
  readonly #envelope: string
  #numbering: Numbering = numberingOf('')
  /** What `/ack` said when it had no acknowledgements to give. */
  #ackProblem: Control | undefined

  /** @throws AuditLogError `option_invalid` */
  constructor(options: SplunkOptions) {
    this.#token = headerSecret(options.token, '$.token')
    this.#acknowledgement = options.acknowledgement ?? 'none'
    if (!['none', 'required', 'if_available'].includes(this.#acknowledgement)) {
      throw optionInvalid('"none", "required" or "if_available"', '$.acknowledgement')
    }
    const acknowledged = this.#acknowledgement !== 'none'
    this.#ackTimeoutMs = wholeNumber(options.ackTimeoutMs ?? 300_000, 100, 86_400_000, '$.ackTimeoutMs')
    const maxInFlight = wholeNumber(options.maxInFlight ?? (acknowledged ? 1 : 4), 1, 16, '$.maxInFlight')
    this.#http = new HttpClient(options, maxInFlight + 1)
    this.description = `splunk ${this.#http.origin}`
    this.capabilities = {
      level: acknowledged ? 'indexed' : 'accepted',
      idempotency: 'query',
      maxBatchBytes: wholeNumber(options.maxBatchBytes ?? 1_000_000, 100_000, 800_000_000, '$.maxBatchBytes'),
      maxBatchItems: 5000,
      maxInFlight,
      confirmIntervalMs: wholeNumber(options.ackIntervalMs ?? 1000, 10, 60_000, '$.ackIntervalMs'),
    }
    const { host, source = 'entraguard-audit-log', sourcetype = 'entraguard:audit:json', index } = options
    this.#envelope = JSON.stringify({ host, source, sourcetype, index }).slice(1, -1)
  }

  encode(item: LogItem): EncodedEvent {
    if (item.kind !== 'entry') {
      const fields = JSON.stringify({ audit_id: item.id, audit_notice: item.kind })
      return this.#enclose(item.id, item.timestamp, formatEvent(item), fields)
    }
    const text = textOf(item)
    // Indexed fields, which tstats counts and joins without reading the events.
    const fields = `{"audit_id":${text.id},"audit_seq":"${text.seq}","leaf_index":"${item.leafIndex}","entry_hash":"${item.entryHash}"}`
    return this.#enclose(text.id.slice(1, -1), text.timestamp.slice(1, -1), formatEntry(item, text), fields)
  }

  async send({ ids, body }: Batch, { signal }: AttemptOptions): Promise<SendResult> {
    const count = ids.length
    const problem = await this.#stillWithoutAcks(signal)
    if (problem !== undefined) return retryAll(count, problem, false)
    const { newest } = this.#numbering
    const under = this.#numbering
    const reply = await this.#post('/services/collector/event', body, under.cookie, signal)
    if (reply.kind === 'failure') return resultOfFailure(count, reply)
    const moved = this.#keepCookies(reply)
    const acceptedAt = performance.now()
    const result = resultOfHec(count, body.length, reply, (ackId): Outcome => {
      if (this.#acknowledgement === 'none') return { kind: 'delivered' }
      if (ackId === undefined) {
        if (this.#acknowledgement === 'if_available') return { kind: 'delivered' }
        return noAck
      }
      const numbering = moved ? this.#number(ackId, this.#numbering, -1) : this.#number(ackId, under, newest)
      const handle: Ack = { ackId, numbering, acceptedAt }
      return { kind: 'pending', handle }
    })
    if (this.#acknowledgement === 'none' && 'code' in result.control && result.control.code === 'splunk_code_27') {
      // The token makes acknowledgements that nobody asks for, and the channel is full of them.
      this.#channel = randomUUID()
    }
    if (!result.outcomes.includes(noAck) || result.control.kind !== 'continue') return result
    const detail = 'Splunk took the events and gave no ackId: indexer acknowledgement is off for this token'
    return { ...result, control: { kind: 'pause', cause: 'config', code: 'splunk_no_ack', detail } }
  }

  async confirm(handles: readonly ConfirmHandle[], { signal }: AttemptOptions): Promise<readonly Confirmation[]> {
    const acks = handles as readonly Ack[]
    const confirmed = new Set<Ack>()
    for (const numbering of new Set(acks.map(({ numbering }) => numbering))) {
      if (numbering.isOver) continue
      const group = acks.filter((ack) => ack.numbering === numbering)
      for (const ack of await this.#askFor(group, numbering.cookie, signal)) confirmed.add(ack)
    }
    const oldest = performance.now() - this.#ackTimeoutMs
    return acks.map((ack) => {
      if (confirmed.has(ack)) return 'confirmed'
      return ack.numbering.isOver || ack.acceptedAt < oldest ? 'unknown' : 'waiting'
    })
  }

  async health({ signal }: AttemptOptions): Promise<Control> {
    const reply = await this.#http.request({
      method: 'GET',
      path: '/services/collector/health',
      headers: { authorization: `Splunk ${this.#token}` },
      signal,
    })
    if (reply.kind === 'failure') return resultOfFailure(1, reply).control
    const hec = parseHecReply(reply.body)
    if (reply.status === 200) return { kind: 'continue' }
    const detail = `Splunk's health is: ${hec?.text ?? `status ${reply.status}`}`
    const control =
      hec === undefined ? undefined : controlOfCode(hec.code, `splunk_code_${hec.code}`, detail, undefined)
    return control ?? resultOfStatus(1, reply, detail).control
  }

  close(): Promise<void> {
    this.#http.close()
    return Promise.resolve()
  }

  #enclose(id: string, timestamp: string, event: string, fields: string): EncodedEvent {
    const text = `{"time":${epochSeconds(timestamp)},${this.#envelope},"event":${event},"fields":${fields}}`
    return { id, timestamp, text }
  }

  /** Those of the acknowledgements of one indexer that are true. Splunk says so once. */
  async #askFor(acks: readonly Ack[], cookie: string, signal: AbortSignal): Promise<readonly Ack[]> {
    const body = Buffer.from(JSON.stringify({ acks: acks.map(({ ackId }) => ackId) }))
    const reply = await this.#post('/services/collector/ack', body, cookie, signal)
    if (reply.kind === 'failure') return []
    const hec = parseHecReply(reply.body)
    if (hec?.code === 14) {
      if (this.#acknowledgement === 'if_available') return acks
      this.#ackProblem = controlOfCode(14, 'splunk_code_14', `Splunk says: ${hec.text} (code 14)`, undefined)
      return []
    }
    const states = acksOf(reply.body)
    return acks.filter(({ ackId }) => states[String(ackId)] === true)
  }

  /** With acknowledgement required and found to be off, nothing is sent before it is on. */
  async #stillWithoutAcks(signal: AbortSignal): Promise<Control | undefined> {
    if (this.#ackProblem === undefined) return undefined
    const reply = await this.#post(
      '/services/collector/ack',
      Buffer.from('{"acks":[0]}'),
      this.#numbering.cookie,
      signal,
    )
    if (reply.kind === 'reply' && parseHecReply(reply.body)?.code !== 14) this.#ackProblem = undefined
    return this.#ackProblem
  }

  #post(path: string, body: Uint8Array, cookie: string, signal: AbortSignal): ReturnType<HttpClient['request']> {
    return this.#http.request({
      method: 'POST',
      path,
      headers: {
        authorization: `Splunk ${this.#token}`,
        'content-type': 'application/json',
        'x-splunk-request-channel': this.#channel,
        ...(cookie === '' ? {} : { cookie }),
      },
      body,
      signal,
    })
  }

  /**
   * Where an acknowledgement belongs that came for a request of which it was known, when it was sent, how far the numbers
   * were. One that is not beyond them is a number of a new life, in which the earlier numbers mean other requests.
   */
  #number(ackId: number, under: Numbering, newest: number): Numbering {
    if (ackId <= newest && under === this.#numbering) {
      under.isOver = true
      this.#numbering = numberingOf(under.cookie)
    }
    const numbering = ackId > newest ? under : this.#numbering
    numbering.newest = Math.max(numbering.newest, ackId)
    return numbering
  }

  /** A load balancer's cookie keeps the channel at one indexer. @returns whether it leads to another one now */
  #keepCookies({ headers }: HttpReply): boolean {
    const given = (headers['set-cookie'] ?? []).map((cookie) => cookie.split(';')[0]?.trim() ?? '')
    if (given.length === 0) return false
    const before = this.#numbering.cookie
    const pairs = before === '' ? given : [...before.split('; '), ...given]
    const cookie = [...new Map(pairs.map((pair) => [pair.split('=', 1)[0], pair])).values()].join('; ')
    if (cookie === before) return false
    this.#numbering = numberingOf(cookie)
    return true
  }
}

const noAck: Outcome = { kind: 'retry', code: 'splunk_no_ack', ambiguous: true }

/** Seconds since 1970 with six decimals: exact, which a floating point number is not bound to be. */
function epochSeconds(timestamp: string): string {
  const date = timestamp.slice(0, 10)
  if (date !== lastDate) [lastDate, midnight] = [date, Date.parse(date) / 1000]
  const [hour, minute, second] = [timestamp.slice(11, 13), timestamp.slice(14, 16), timestamp.slice(17, 19)]
  return `${midnight + Number(hour) * 3600 + Number(minute) * 60 + Number(second)}.${timestamp.slice(20, 26)}`
}

// Events that are sent together are of one day, or of few.
let lastDate = ''
let midnight = 0

function acksOf(body: string): Readonly<Record<string, unknown>> {
  try {
    const { acks } = JSON.parse(body) as { acks?: unknown }
    return typeof acks === 'object' && acks !== null ? (acks as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
