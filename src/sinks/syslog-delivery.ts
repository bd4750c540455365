import { isIP } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import type { ConnectionOptions } from 'node:tls'
import { optionInvalid, wholeNumber } from '../option.ts'
import { backoffMs } from './forwarder/clock.ts'
import { forAll, retryAll } from './http-result.ts'
import type { LogItem } from './log-item.ts'
import type {
  AttemptOptions,
  Batch,
  Confirmation,
  ConfirmHandle,
  Control,
  EncodedEvent,
  SendResult,
  Sink,
  SinkCapabilities,
  Unencodable,
} from './sink.ts'
import { SyslogConnection, SyslogConnectError, type SyslogProblem, type SyslogTarget } from './syslog-connection.ts'

/** Certificates for TLS, as PEM. */
export interface SyslogTlsOptions {
  /** Certificate authorities to trust instead of the system's. Default is the system's. */
  readonly ca?: string | Buffer | readonly (string | Buffer)[] | undefined
  /** Client certificate and key, for receivers that ask for one. Default is none. */
  readonly cert?: string | Buffer | undefined
  readonly key?: string | Buffer | undefined
  /** Name that the certificate must carry, when it is not `host`. */
  readonly servername?: string | undefined
}

/** How to reach a syslog receiver, and when to believe that it has something. */
export interface SyslogTransportOptions {
  /** Name or address of the receiver. */
  readonly host: string
  /** Default is 6514 with TLS and 514 without. */
  readonly port?: number | undefined
  /** Certificates for TLS; `false` sends everything readable over plain TCP. Default is TLS with the system's authorities. */
  readonly tls?: SyslogTlsOptions | false | undefined
  /**
   * Syslog acknowledges nothing, so this says what counts as delivered. In both cases whatever was written on a connection
   * that breaks before is sent again.
   *
   * - `delay`: the connection has lived for `confirmDelayMs` after the operating system took the bytes. What the receiver's
   *   system holds unread when the receiver dies later than that is lost, and so is what a network swallows without breaking
   *   the connection in that time.
   * - `close`: every `confirmDelayMs` the connection is ended and a new one opened; what was sent counts when the receiver has
   *   ended its side as well, without an error, which it does after it has read everything. Costs a handshake each time, and a
   *   receiver that breaks connections instead of ending them gets everything again and again.
   *
   * Default is `delay`.
   */
  readonly confirm?: 'delay' | 'close' | undefined
  /** See `confirm`; in milliseconds, 0 to 60,000. Default is 5,000. */
  readonly confirmDelayMs?: number | undefined
  /** Longest time to connect, in milliseconds, 100 to 600,000. Default is 10,000. */
  readonly connectTimeoutMs?: number | undefined
  /** Longest time for the receiver to take a batch, and to end a connection, in milliseconds, 100 to 600,000. Default is 30,000. */
  readonly sendTimeoutMs?: number | undefined
  /**
   * Idle time after which the connection is ended, in milliseconds, 1,000 to 3,600,000: less than what load balancers on the
   * way have. Default is 45,000.
   */
  readonly idleTimeoutMs?: number | undefined
}

/** A batch that was written; `takenAt` as `performance.now()` has it, which nobody sets back. */
interface Written {
  readonly connection: SyslogConnection
  readonly takenAt: number
}

const maxBatchBytes = 256 * 1024
/** How long a receiver may take to end a connection when the sink is closed. */
const closeTimeoutMs = 5000

/**
 * Sends lines over TCP or TLS, in the order of the log. Never splits an event over messages, and never writes on a connection
 * that the receiver has ended.
 */
export class SyslogDelivery implements Sink {
  readonly description: string
  readonly capabilities: SinkCapabilities
  readonly #encode: (item: LogItem) => EncodedEvent | Unencodable
  readonly #target: SyslogTarget
  readonly #confirmBy: 'delay' | 'close'
  readonly #confirmDelayMs: number
  readonly #sendTimeoutMs: number
  #connection: SyslogConnection | undefined
  #session: Buffer | undefined
  /** Connections that we have ended and the receiver has not. */
  readonly #retiring = new Set<SyslogConnection>()
  /** Batches on each connection that are not confirmed. */
  readonly #unconfirmed = new Map<SyslogConnection, number>()
  /** Connections in a row that died with something unconfirmed on them, and the last reason, until it is reported. */
  #deaths = 0
  #unreported: SyslogProblem | undefined

  /** @throws AuditLogError `option_invalid` */
  constructor(kind: string, encode: (item: LogItem) => EncodedEvent | Unencodable, options: SyslogTransportOptions) {
    this.#encode = encode
    this.#target = readTarget(options)
    this.#confirmBy = readConfirm(options.confirm)
    this.#confirmDelayMs = wholeNumber(options.confirmDelayMs ?? 5000, 0, 60_000, '$.confirmDelayMs')
    this.#sendTimeoutMs = wholeNumber(options.sendTimeoutMs ?? 30_000, 100, 600_000, '$.sendTimeoutMs')
    const { host, port, tls } = this.#target
    this.description = `${kind} ${tls === undefined ? 'tcp' : 'tls'}://${isIP(host) === 6 ? `[${host}]` : host}:${port}`
    this.capabilities = {
      level: 'sent',
      idempotency: 'query',
      maxBatchBytes,
      maxBatchItems: 1000,
      maxInFlight: 1,
      confirmIntervalMs: Math.min(1000, Math.max(20, this.#confirmDelayMs)),
    }
  }

  encode(item: LogItem): EncodedEvent | Unencodable {
    return this.#encode(item)
  }

  async send({ ids, body }: Batch, { signal }: AttemptOptions): Promise<SendResult> {
    const problem = this.#takeUnreported()
    if (problem !== undefined) {
      const minDelayMs = backoffMs(this.#deaths, 0, Math.random())
      return retryAll(ids.length, controlOf(problem, minDelayMs), false)
    }
    let connection: SyslogConnection
    try {
      connection = await this.#connect(signal)
    } catch (error) {
      if (!(error instanceof SyslogConnectError)) throw error
      return retryAll(ids.length, controlOf(error.problem), false)
    }
    const taken = await connection.write(body, this.#sendTimeoutMs, signal)
    if (!taken) {
      const lost: SyslogProblem = connection.problem ?? { code: 'connection_lost', detail: 'the connection was lost' }
      connection.destroy(lost)
      return retryAll(ids.length, controlOf(lost), true)
    }
    this.#unconfirmed.set(connection, (this.#unconfirmed.get(connection) ?? 0) + 1)
    const handle: Written = { connection, takenAt: performance.now() }
    return { outcomes: forAll(ids.length, { kind: 'pending', handle }), control: { kind: 'continue' } }
  }

  confirm(handles: readonly ConfirmHandle[]): Promise<readonly Confirmation[]> {
    return Promise.resolve(handles.map((handle) => this.#confirmOne(handle as Written)))
  }

  async health({ signal }: AttemptOptions): Promise<Control> {
    try {
      await this.#connect(signal)
      return { kind: 'continue' }
    } catch (error) {
      if (!(error instanceof SyslogConnectError)) throw error
      return controlOf(error.problem)
    }
  }

  async close(): Promise<void> {
    const open = [...this.#retiring, ...(this.#connection === undefined ? [] : [this.#connection])]
    await Promise.all(open.map((connection) => connection.retire(Math.min(closeTimeoutMs, this.#sendTimeoutMs))))
  }

  #confirmOne(written: Written): Confirmation {
    const { connection, takenAt } = written
    if (connection.problem !== undefined) {
      if (this.#unconfirmed.delete(connection)) {
        this.#deaths += 1
        this.#unreported = connection.problem
      }
      return 'unknown'
    }
    if (connection.isEndedCleanly) return this.#confirmed(connection)
    if (this.#confirmBy === 'delay') {
      return performance.now() - takenAt >= this.#confirmDelayMs ? this.#confirmed(connection) : 'waiting'
    }
    if (connection.isOpen && performance.now() - (connection.firstWriteAt ?? takenAt) >= this.#confirmDelayMs) {
      this.#retire(connection)
    }
    return 'waiting'
  }

  #confirmed(connection: SyslogConnection): Confirmation {
    this.#deaths = 0
    const left = (this.#unconfirmed.get(connection) ?? 1) - 1
    if (left === 0) this.#unconfirmed.delete(connection)
    else this.#unconfirmed.set(connection, left)
    return 'confirmed'
  }

  #takeUnreported(): SyslogProblem | undefined {
    const problem = this.#unreported
    this.#unreported = undefined
    return problem
  }

  async #connect(signal: AbortSignal): Promise<SyslogConnection> {
    // One turn of the event loop, so that an end which has arrived is seen before anything is written after it.
    await turn()
    if (this.#connection?.isOpen === true) return this.#connection
    this.#connection = undefined
    const connection = await SyslogConnection.open(
      this.#target,
      this.#session,
      (session) => {
        this.#session = session
      },
      signal,
    )
    this.#connection = connection
    return connection
  }

  #retire(connection: SyslogConnection): void {
    if (this.#connection === connection) this.#connection = undefined
    this.#retiring.add(connection)
    void connection.retire(this.#sendTimeoutMs).finally(() => this.#retiring.delete(connection))
  }
}

function controlOf({ code, detail }: SyslogProblem, minDelayMs?: number): Control {
  // What must be set up by somebody does not get better by waiting.
  return code === 'tls_untrusted' || code === 'tls_refused'
    ? { kind: 'pause', cause: code === 'tls_refused' ? 'auth' : 'config', code, detail }
    : { kind: 'backoff', code, detail, minDelayMs }
}

function readTarget(options: SyslogTransportOptions): SyslogTarget {
  const { host } = options
  if (typeof host !== 'string' || (isIP(host) === 0 && !/^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9.])?$/.test(host))) {
    throw optionInvalid('a host name or an IP address', '$.host')
  }
  return {
    host,
    port: wholeNumber(options.port ?? (options.tls === false ? 514 : 6514), 1, 65_535, '$.port'),
    tls: options.tls === false ? undefined : readTls(host, options.tls ?? {}),
    connectTimeoutMs: wholeNumber(options.connectTimeoutMs ?? 10_000, 100, 600_000, '$.connectTimeoutMs'),
    idleTimeoutMs: wholeNumber(options.idleTimeoutMs ?? 45_000, 1000, 3_600_000, '$.idleTimeoutMs'),
  }
}

function readTls(host: string, { ca, cert, key, servername }: SyslogTlsOptions): ConnectionOptions {
  if ((cert === undefined) !== (key === undefined)) throw optionInvalid('both cert and key, or neither', '$.tls')
  return {
    minVersion: 'TLSv1.2',
    // Server Name Indication carries names only (RFC 6066 section 3).
    servername: servername ?? (isIP(host) === 0 ? host : ''),
    ...(ca === undefined ? {} : { ca: ca as string }),
    ...(cert === undefined ? {} : { cert, key }),
  }
}

function readConfirm(confirm: unknown = 'delay'): 'delay' | 'close' {
  if (confirm === 'delay' || confirm === 'close') return confirm
  throw optionInvalid('delay or close', '$.confirm')
}
