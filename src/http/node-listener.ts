import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Handler } from './handler.ts'

/** A request as Express hands it on: with the path before it was mounted, and perhaps a body that was parsed. */
type NodeRequest = IncomingMessage & { readonly originalUrl?: string; readonly body?: unknown }

/**
 * Serves a Web-standard handler from `node:http`, and from everything built on it: Express takes it as a middleware, Fastify
 * with `reply.hijack()`.
 *
 * Writes no faster than the client reads, aborts the request's signal when the client goes away, and breaks the connection
 * off when a stream fails, so that half an answer never looks like a whole one.
 *
 * @example
 * createServer(toNodeListener(createHandler(options))).listen(8080)
 */
export function toNodeListener(handler: Handler): (request: NodeRequest, response: ServerResponse) => void {
  return (request, response) => void answer(handler, request, response)
}

async function answer(handler: Handler, request: NodeRequest, response: ServerResponse): Promise<void> {
  const gone = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) gone.abort()
  })
  try {
    await send(await handler(toRequest(request, gone.signal)), response)
  } catch {
    // A broken connection is all that can be said once an answer has begun.
    if (response.headersSent) response.destroy()
    else response.writeHead(400).end()
  }
}

function toRequest(request: NodeRequest, signal: AbortSignal): Request {
  const { method = 'GET' } = request
  const protocol = 'encrypted' in request.socket ? 'https' : 'http'
  const host = request.headers.host ?? 'localhost'
  const headers = new Headers()
  for (let at = 0; at < request.rawHeaders.length; at += 2) {
    const name = request.rawHeaders[at] ?? ''
    if (!name.startsWith(':')) headers.append(name, request.rawHeaders[at + 1] ?? '')
  }
  const url = new URL(`${protocol}://${host}${request.originalUrl ?? request.url ?? '/'}`)
  if (method === 'GET' || method === 'HEAD') return new Request(url, { method, headers, signal })
  return new Request(url, { method, headers, signal, ...bodyOf(request) })
}

function bodyOf(request: NodeRequest): RequestInit {
  const { body } = request
  // A body parser of the host has read the stream already; what it made of it is written down again.
  if (request.readableEnded && body !== undefined && body !== null) {
    return { body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body) }
  }
  return { body: Readable.toWeb(request), duplex: 'half' }
}

async function send(answer: Response, response: ServerResponse): Promise<void> {
  const headers: Record<string, string | string[]> = Object.fromEntries(answer.headers)
  const cookies = answer.headers.getSetCookie()
  if (cookies.length > 0) headers['set-cookie'] = cookies
  response.writeHead(answer.status, headers)
  if (answer.body === null) {
    response.end()
    return
  }
  // Destroys the response when the body fails, and cancels the body when the response is closed.
  await pipeline(Readable.fromWeb(answer.body), response)
}
