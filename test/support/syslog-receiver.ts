import { once } from 'node:events'
import net from 'node:net'
import tls from 'node:tls'
import type { SyslogFraming } from '../../src/sinks/syslog-message.ts'

/** How a receiver behaves. Members may be changed while it runs. */
export interface ReceiverBehaviour {
  /** Breaks a connection (RST) as soon as so many messages have been read from it. */
  resetAfter?: number | undefined
  /** Ends a connection (FIN) as soon as so many messages have been read from it, and reads nothing more. */
  endAfter?: number | undefined
  /** Does not read. */
  deaf?: boolean | undefined
  /** Breaks a connection as soon as it stands. */
  refuse?: boolean | undefined
  /** Answers the end of a connection with RST instead of FIN. */
  rude?: boolean | undefined
  /** Throws away what QRadar takes for repetitions: after the third event with equal event ID and user within 10 s. */
  coalescing?: boolean | undefined
}

/** A syslog receiver on loopback that tells what it has read. */
export interface SyslogReceiver {
  readonly port: number
  readonly behaviour: ReceiverBehaviour
  /** Every message in the order of its arrival, over all connections. */
  readonly messages: string[]
  /** How many connections there have been. */
  readonly connections: number
  /** Names that clients asked for (Server Name Indication). */
  readonly serverNames: readonly string[]
  /** How many handshakes resumed a session. */
  readonly resumed: number
  /** Ends every open connection (FIN). */
  end(): void
  /** Breaks every open connection (RST). */
  reset(): void
  /** Reads again after having been deaf. */
  listen(): void
  /** Resolves when so many messages have arrived. */
  until(count: number): Promise<void>
  stop(): Promise<void>
}

/** Starts a receiver, with TLS when there are options for it. */
export async function startSyslogReceiver(
  framing: SyslogFraming,
  tlsOptions?: tls.TlsOptions,
  port = 0,
): Promise<SyslogReceiver> {
  const behaviour: ReceiverBehaviour = {}
  const messages: string[] = []
  const serverNames: string[] = []
  const sockets = new Set<net.Socket>()
  const waiting: { count: number; resolve: () => void }[] = []
  const counts = { connections: 0, resumed: 0 }

  const isRepetition = repetitions()
  const take = (message: string): void => {
    if (behaviour.coalescing === true && isRepetition(message)) return
    messages.push(message)
    for (const waiter of waiting) if (messages.length >= waiter.count) waiter.resolve()
  }
  const onConnection = (socket: net.Socket): void => {
    counts.connections += 1
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    if (socket instanceof tls.TLSSocket) {
      if (typeof socket.servername === 'string') serverNames.push(socket.servername)
      if (socket.isSessionReused()) counts.resumed += 1
    }
    if (behaviour.refuse === true) {
      reset(socket)
      return
    }
    const read = framing === 'lf' ? readLines() : readCounted()
    let seen = 0
    socket.on('data', (chunk: Buffer) => {
      for (const message of read(chunk)) {
        if (socket.destroyed || socket.writableEnded) return
        take(message)
        seen += 1
        if (seen === behaviour.resetAfter) {
          reset(socket)
          return
        }
        if (seen === behaviour.endAfter) {
          socket.pause()
          socket.end()
        }
      }
    })
    socket.on('end', () => (behaviour.rude === true ? reset(socket) : socket.end()))
    if (behaviour.deaf === true) socket.pause()
  }
  const server =
    tlsOptions === undefined
      ? net.createServer({ allowHalfOpen: true }, onConnection)
      : tls.createServer({ ...tlsOptions, allowHalfOpen: true } as tls.TlsOptions, onConnection)
  // Also those that never come through the handshake.
  const raw = new Set<net.Socket>()
  server.on('connection', (socket: net.Socket) => {
    raw.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => raw.delete(socket))
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')

  return {
    port: (server.address() as net.AddressInfo).port,
    behaviour,
    messages,
    serverNames,
    get connections() {
      return counts.connections
    },
    get resumed() {
      return counts.resumed
    },
    end: () => sockets.forEach((socket) => socket.end()),
    reset: () => sockets.forEach(reset),
    listen: () => {
      behaviour.deaf = false
      sockets.forEach((socket) => socket.resume())
    },
    until: (count) =>
      new Promise((resolve) => {
        if (messages.length >= count) resolve()
        else waiting.push({ count, resolve })
      }),
    async stop() {
      server.close()
      for (const socket of [...sockets, ...raw]) socket.destroy()
      await once(server, 'close')
    },
  }
}

function reset(socket: net.Socket): void {
  // oxlint-disable-next-line no-underscore-dangle -- of a TLS socket the one below, which alone can be reset
  const raw = (socket as { _parent?: net.Socket })._parent ?? socket
  raw.resetAndDestroy()
  socket.destroy()
}

/** QRadar's coalescing: of events with equal event ID, user and source within ten seconds, it keeps the payloads of three. */
function repetitions(): (message: string) => boolean {
  const times = new Map<string, number[]>()
  return (message) => {
    const event = /LEEF:2\.0(?:\|[^|]*){3}\|([^|]*)\|/.exec(message)?.[1]
    const [user, source] = ['usrName', 'src'].map((key) => new RegExp(`[\\t|]${key}=([^\\t]*)`).exec(message)?.[1])
    const key = JSON.stringify([event, user, source])
    const recent = (times.get(key) ?? []).filter((time) => time > Date.now() - 10_000)
    times.set(key, [...recent, Date.now()])
    return recent.length >= 3
  }
}

type Reader = (chunk: Buffer) => string[]

/** RFC 6587 section 3.4.2. */
function readLines(): Reader {
  let rest = Buffer.alloc(0)
  return (chunk) => {
    rest = Buffer.concat([rest, chunk])
    const lines: string[] = []
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      lines.push(rest.toString('utf8', 0, end))
      rest = rest.subarray(end + 1)
    }
    return lines
  }
}

/** RFC 6587 section 3.4.1. */
function readCounted(): Reader {
  let rest = Buffer.alloc(0)
  return (chunk) => {
    rest = Buffer.concat([rest, chunk])
    const messages: string[] = []
    for (;;) {
      const space = rest.indexOf(32)
      if (space < 0) return messages
      const text = rest.toString('latin1', 0, space)
      if (!/^[1-9]\d*$/.test(text)) throw new Error('no MSG-LEN')
      const end = space + 1 + Number(text)
      if (rest.length < end) return messages
      messages.push(rest.toString('utf8', space + 1, end))
      rest = rest.subarray(end)
    }
  }
}
