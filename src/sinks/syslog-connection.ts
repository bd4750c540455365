import net from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import tls from 'node:tls'
import { codeOf } from '../errors.ts'
import { addressTimeoutMs } from './http-client.ts'
import { isAlert, tlsProblemOf } from './tls-problem.ts'

/** Where and how to connect, checked. */
export interface SyslogTarget {
  readonly host: string
  readonly port: number
  /** Options for TLS; plain TCP without. */
  readonly tls: tls.ConnectionOptions | undefined
  readonly connectTimeoutMs: number
  readonly idleTimeoutMs: number
}

/** Why there is no connection, or why it is no longer there. `code` is a stable word, `detail` one sentence. */
export interface SyslogProblem {
  readonly code:
    'unreachable' | 'tls_untrusted' | 'tls_refused' | 'connection_lost' | 'peer_closed' | 'stalled' | 'aborted'
  readonly detail: string
}

/** Carries a {@link SyslogProblem}; never leaves the sink. */
export class SyslogConnectError extends Error {
  override readonly name: string = 'SyslogConnectError'
  readonly problem: SyslogProblem

  constructor(problem: SyslogProblem) {
    super(problem.detail)
    this.problem = problem
  }
}

const keepAliveMs = 30_000
const verdictMs = 250

/**
 * One connection to a syslog receiver. Syslog acknowledges nothing, so all that can be known is this:
 *
 * - a write is done when the operating system has taken the bytes, not when the receiver has them;
 * - when the receiver ends the connection (FIN) or breaks it (RST), anything that was written on it before may be lost, and
 *   whatever is written afterwards is lost, although the first such write succeeds. So the reading side is always watched,
 *   and a FIN makes the connection dead at once;
 * - when we end the connection and the receiver then ends it too, without an error, it has read everything.
 */
export class SyslogConnection {
  /** When the first bytes were written, in milliseconds since 1970; undefined before. */
  firstWriteAt: number | undefined
  readonly #socket: net.Socket
  readonly #closed: Promise<void>
  #problem: SyslogProblem | undefined
  #retiring = false
  #peerEndedAfterUs = false
  #isClosed = false

  private constructor(socket: net.Socket, idleTimeoutMs: number) {
    this.#socket = socket
    socket.setKeepAlive(true, keepAliveMs)
    socket.setNoDelay(true)
    // An idle connection is ended by us before a load balancer forgets it without a word.
    socket.setTimeout(idleTimeoutMs, () => void this.retire(idleTimeoutMs))
    socket.on('data', () => undefined)
    socket.on('error', (error) => this.#fail(problemOf(error)))
    socket.on('end', () => {
      if (this.#retiring && socket.writableFinished) this.#peerEndedAfterUs = true
      else this.#fail({ code: 'peer_closed', detail: 'the receiver ended the connection' })
    })
    this.#closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.#isClosed = true
        if (!this.#peerEndedAfterUs) this.#fail({ code: 'connection_lost', detail: 'the connection was lost' })
        resolve()
      })
    })
  }

  /**
   * Connects; the name is resolved anew each time.
   *
   * @throws SyslogConnectError
   */
  static async open(
    target: SyslogTarget,
    session: Buffer | undefined,
    onSession: (session: Buffer) => void,
    signal: AbortSignal,
  ): Promise<SyslogConnection> {
    const { host, port } = target
    const address = { host, port, autoSelectFamilyAttemptTimeout: addressTimeoutMs }
    const socket =
      target.tls === undefined
        ? net.connect(address)
        : tls.connect({ ...target.tls, ...address, ...(session === undefined ? {} : { session }) })
    if (socket instanceof tls.TLSSocket) socket.on('session', onSession)
    await new Promise<void>((resolve, reject) => {
      const end = (problem: SyslogProblem): void => {
        release()
        socket.on('error', () => undefined)
        socket.destroy()
        reject(new SyslogConnectError(problem))
      }
      const fail = (error: Error): void => end(connectProblem(error))
      const release = onLimit(signal, target.connectTimeoutMs, (aborted) =>
        end(
          aborted
            ? { code: 'aborted', detail: 'the attempt was broken off' }
            : { code: 'unreachable', detail: `no connection within ${target.connectTimeoutMs} ms` },
        ),
      )
      socket.once('error', fail)
      socket.once(target.tls === undefined ? 'connect' : 'secureConnect', () => {
        release()
        socket.off('error', fail)
        resolve()
      })
    })
    const connection = new SyslogConnection(socket, target.idleTimeoutMs)
    if (socket instanceof tls.TLSSocket) await connection.#awaitVerdict(socket)
    // A ticket is announced in the middle of reading a record. What is written there is reported as taken, and stays in the
    // TLS layer until something else moves.
    await turn()
    if (connection.problem !== undefined) throw new SyslogConnectError(connection.problem)
    return connection
  }

  /** Whether more can be written. */
  get isOpen(): boolean {
    return this.#problem === undefined && !this.#retiring
  }

  /** Why it is dead; undefined while it lives and after a clean end. */
  get problem(): SyslogProblem | undefined {
    return this.#problem
  }

  /** Whether both sides have ended it, the receiver last and without an error: it has read everything. */
  get isEndedCleanly(): boolean {
    return this.#isClosed && this.#problem === undefined
  }

  /**
   * Writes and waits until the operating system has taken everything: a receiver that reads slowly slows the log down, and
   * nothing gathers in memory. What was written may have arrived in part when it fails, and the connection is dead then.
   *
   * @returns whether everything was taken
   */
  async write(bytes: Uint8Array, timeoutMs: number, signal: AbortSignal): Promise<boolean> {
    const release = onLimit(signal, timeoutMs, (aborted) =>
      this.#fail(
        aborted
          ? { code: 'aborted', detail: 'the attempt was broken off' }
          : { code: 'stalled', detail: `the receiver did not take what was sent within ${timeoutMs} ms` },
      ),
    )
    this.firstWriteAt ??= performance.now()
    const taken = await new Promise<boolean>((resolve) => {
      // Also called, with an error, when the connection is destroyed meanwhile.
      if (this.isOpen) this.#socket.write(bytes, (error) => resolve(error === undefined || error === null))
      else resolve(false)
    })
    release()
    return taken && this.#problem === undefined
  }

  /** Ends our side, and waits for the receiver to end its own. Dead when it does not in time. */
  async retire(timeoutMs: number): Promise<void> {
    if (!this.#retiring && this.#problem === undefined) {
      this.#retiring = true
      this.#socket.setTimeout(0)
      this.#socket.end()
    }
    const detail = `the receiver did not end the connection within ${timeoutMs} ms after us`
    const timer = setTimeout(() => this.#fail({ code: 'stalled', detail }), timeoutMs)
    await this.#closed
    clearTimeout(timer)
  }

  /** Breaks it. */
  destroy(problem: SyslogProblem): void {
    this.#fail(problem)
  }

  // With TLS 1.3 the handshake is over for us before the receiver has looked at our certificate. Receivers send a session
  // ticket after that, so its arrival is a yes; for those that send none a short wait must do.
  // A session that is resumed has been through that before.
  async #awaitVerdict(socket: tls.TLSSocket): Promise<void> {
    if (socket.getProtocol() !== 'TLSv1.3' || socket.isSessionReused()) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, verdictMs)
      const done = (): void => {
        clearTimeout(timer)
        resolve()
      }
      socket.once('session', done)
      socket.once('close', done)
    })
  }

  #fail(problem: SyslogProblem): void {
    if (this.#isClosed && this.#peerEndedAfterUs) return
    this.#problem ??= problem
    this.#socket.destroy()
  }
}

function connectProblem(error: Error): SyslogProblem {
  const code = codeOf(error)
  return tlsProblemOf(code) ?? { code: 'unreachable', detail: `no connection (${code})` }
}

function problemOf(error: Error): SyslogProblem {
  const code = codeOf(error)
  // With TLS 1.3 a receiver refuses our certificate after the handshake is over for us.
  const refused = isAlert(code) ? tlsProblemOf(code) : undefined
  return refused ?? { code: 'connection_lost', detail: `the connection was lost (${code})` }
}

/** Calls back once when time is up or the signal aborts, unless released before. */
function onLimit(signal: AbortSignal, ms: number, callback: (aborted: boolean) => void): () => void {
  const timer = setTimeout(() => callback(false), ms)
  const abort = (): void => callback(true)
  if (signal.aborted) queueMicrotask(abort)
  else signal.addEventListener('abort', abort, { once: true })
  return () => {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
  }
}
