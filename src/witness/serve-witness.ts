import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { readBounded } from '../read-bounded.ts'
import { maximumRequestBytes } from './witness-handler.ts'

/** A witness that listens. */
export interface WitnessServer {
  /** Submission prefix, e.g. `http://127.0.0.1:8080`. */
  readonly url: string
  /** Answers what has been asked, and ends. */
  stop(): Promise<void>
}

/**
 * Serves a witness over plain HTTP; TLS belongs in front of it. Requests that are too large or too slow are cut off.
 *
 * @param handler what `createWitnessHandler` made
 * @param address `host`, by default 127.0.0.1, and `port`, by default 8080; 0 for any that is free
 */
export async function serveWitness(
  handler: (request: Request) => Promise<Response>,
  address: { readonly host?: string; readonly port?: number } = {},
): Promise<WitnessServer> {
  const { host = '127.0.0.1', port = 8080 } = address
  const limits = { headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 60_000, maxHeaderSize: 8192 }
  const server = http.createServer(limits, (incoming, outgoing) => {
    void respond(incoming, outgoing, handler).catch(() => outgoing.destroy())
  })
  server.maxConnections = 1000
  server.listen(port, host)
  await once(server, 'listening')
  const bound = server.address() as AddressInfo
  const shown = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address
  return {
    url: `http://${shown}:${bound.port}`,
    async stop() {
      const closed = once(server, 'close')
      server.close()
      server.closeIdleConnections()
      await closed
    },
  }
}

async function respond(
  incoming: http.IncomingMessage,
  outgoing: http.ServerResponse,
  handler: (request: Request) => Promise<Response>,
): Promise<void> {
  const body = await readBounded(incoming as AsyncIterable<Buffer>, maximumRequestBytes)
  if (body === undefined) {
    outgoing.writeHead(413, { connection: 'close' }).end('the request is too large\n')
    return
  }
  const { method = 'GET', url = '/' } = incoming
  const path = URL.canParse(url, 'http://witness') ? new URL(url, 'http://witness') : new URL('http://witness/')
  const hasBody = method !== 'GET' && method !== 'HEAD'
  const request = new Request(path, { method, ...(hasBody ? { body } : {}) })
  const response = await handler(request)
  outgoing.writeHead(response.status, Object.fromEntries(response.headers)).end(await response.text())
}
