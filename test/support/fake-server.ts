import { once } from 'node:events'
import http from 'node:http'
import https from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { gunzipSync, gzipSync } from 'node:zlib'

/** A request as a fake receiver sees it. */
export interface FakeRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: http.IncomingHttpHeaders
  /** Decompressed. */
  readonly body: string
  /** Length as it came over the wire. */
  readonly wireBytes: number
  /** Milliseconds since 1970. */
  readonly at: number
}

export interface FakeReply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string | string[]>>
  readonly body?: string
}

/**
 * What a receiver can do instead of answering as it should. With `after`, it first does what the request asks for.
 *
 * `garbage` is no HTTP at all, `huge` never ends, `reset` closes the connection, `cut` in the middle of the response.
 */
export type Fault =
  | { readonly kind: 'hang' | 'reset' | 'garbage' | 'huge' | 'cut'; readonly after?: boolean }
  | ({ readonly kind: 'reply'; readonly after?: boolean } & FakeReply)

export interface FakeServer {
  readonly url: string
  readonly port: number
  readonly requests: FakeRequest[]
  /** Faults for the next requests, in turn; undefined is none. */
  readonly faults: (Fault | undefined)[]
  /** Which requests `faults` are for. Default is all. */
  faultsFor: (request: FakeRequest) => boolean
  /** The fault of all requests for which `faults` has none. */
  fault: Fault | undefined
  /** Whether replies are compressed for clients that say they take it. */
  compress: boolean
  stop(): Promise<void>
}

/** Starts a receiver on loopback. With `tls`, it speaks HTTPS. */
export async function startFakeServer(
  handle: (request: FakeRequest) => FakeReply,
  tls?: https.ServerOptions,
): Promise<FakeServer> {
  const sockets = new Set<Socket>()
  const requests: FakeRequest[] = []
  const listener = (incoming: http.IncomingMessage, response: http.ServerResponse): void => {
    void readRequest(incoming).then(
      (request) => {
        requests.push(request)
        const fault = fake.faults.length > 0 && fake.faultsFor(request) ? fake.faults.shift() : fake.fault
        if (fault === undefined) return reply(response, incoming, handle(request))
        if (fault.after === true) handle(request)
        return misbehave(fault, response, incoming)
      },
      () => undefined,
    )
  }
  const reply = (response: http.ServerResponse, incoming: http.IncomingMessage, answer: FakeReply): void => {
    const { status, headers = {}, body = '' } = answer
    const gzip = fake.compress && incoming.headers['accept-encoding']?.includes('gzip') === true
    response.writeHead(status, { ...headers, ...(gzip ? { 'content-encoding': 'gzip' } : {}) })
    response.end(gzip ? gzipSync(body) : body)
  }
  const misbehave = (fault: Fault, response: http.ServerResponse, incoming: http.IncomingMessage): void => {
    if (fault.kind === 'reply') return reply(response, incoming, fault)
    if (fault.kind === 'hang') return
    const { socket } = response
    if (fault.kind === 'garbage') return void socket?.end('\u0016\u0003 this is not HTTP\r\n\r\n')
    if (fault.kind === 'reset') return void (socket as Socket & { resetAndDestroy(): void }).resetAndDestroy()
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': String(2 ** 30) })
    if (fault.kind === 'cut') return void response.write('{"text":', () => socket?.destroy())
    const chunk = Buffer.alloc(65_536, 0x20)
    const more = (): void => {
      while (!response.destroyed && response.write(chunk));
      response.once('drain', more)
    }
    more()
  }
  const server = tls === undefined ? http.createServer(listener) : https.createServer(tls, listener)
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined)
  })
  server.on('tlsClientError', () => undefined)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const fake: FakeServer = {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    port,
    requests,
    faults: [],
    faultsFor: () => true,
    fault: undefined,
    compress: false,
    async stop() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
  return fake
}

async function readRequest(incoming: http.IncomingMessage): Promise<FakeRequest> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  const raw = Buffer.concat(chunks)
  const { pathname, searchParams } = new URL(incoming.url ?? '/', 'http://fake')
  return {
    method: incoming.method ?? '',
    path: pathname,
    query: searchParams,
    headers: incoming.headers,
    body: (incoming.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw).toString('utf8'),
    wireBytes: raw.length,
    at: Date.now(),
  }
}
