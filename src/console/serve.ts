import { type Place, parsePlace } from './browser/model/place.ts'
import { consoleFiles, consoleHeaders } from './files.ts'
import { policyOfPage, queryOf, writePage } from './page.ts'

/**
 * What `GET /list` answers to whoever makes the request: JSON text. Undefined, or a rejection, when he is not to have it or it
 * cannot be had: then the page goes without.
 */
export type Lister = (query: URLSearchParams, signal: AbortSignal) => Promise<string | undefined>

/**
 * Answers a request for a file of the console. Nobody has to be signed in for it: the files hold no data. Into the page go the
 * first entries of the log, for whoever may list them.
 *
 * @param path the part of the address below the handler's base path, such as `/console/app.js`
 * @param list where the page gets its first entries from
 * @returns undefined when the path is none of the console's
 */
export function serveConsole(request: Request, path: string, list?: Lister): Response | undefined {
  // Not to `console/`: some hosts take the slash away from an address, and would be sent to and fro with it.
  if (path === '/console') {
    const location = `console/index.html${new URL(request.url).search}`
    return new Response(null, { status: 308, headers: { ...consoleHeaders, location } })
  }
  if (!path.startsWith('/console/')) return undefined
  const file = consoleFiles().get(path === '/console/' ? 'index.html' : path.slice('/console/'.length))
  if (file === undefined) return undefined
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return new Response(null, {
      status: request.method === 'OPTIONS' ? 204 : 405,
      headers: { allow: 'GET, HEAD, OPTIONS' },
    })
  }
  const place = list !== undefined && file.contentType.startsWith('text/html') ? placeToBring(request) : undefined
  if (list !== undefined && place !== undefined) return bring(request, place, list)
  const compressed = accepts(request.headers.get('accept-encoding') ?? '', 'br')
  const etag = compressed ? `"${file.etag}-br"` : `"${file.etag}"`
  const headers: Record<string, string> = { ...consoleHeaders, etag, vary: 'accept-encoding' }
  // Asked for by what is in it, it never changes.
  if (new URL(request.url).searchParams.get('v') === file.etag)
    headers['cache-control'] = 'public, max-age=31536000, immutable'
  const known = (request.headers.get('if-none-match') ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  if (known.includes(etag)) return new Response(null, { status: 304, headers })
  headers['content-type'] = file.contentType
  const body = compressed ? file.brotli : file.bytes
  headers['content-length'] = String(body.length)
  if (compressed) headers['content-encoding'] = 'br'
  return new Response(body, { headers })
}

/** The place whose entries the page may bring. */
function placeToBring({ headers, url }: Request): Place | undefined {
  // Another site's link is followed by the program alone. What is fetched in advance was not looked at.
  if (headers.get('sec-fetch-site') === 'cross-site' || headers.has('sec-purpose')) return undefined
  const place = parsePlace(new URL(url).search)
  return place.view === 'log' && place.filters.range === undefined ? place : undefined
}

/** Whether the program has said that this browser has it, in the version that the page names. */
function knowsProgram({ headers }: Request): boolean {
  const [, version] = /(?:^|; ?)audit-log-console=([^;]+)/.exec(headers.get('cookie') ?? '') ?? []
  return version === consoleFiles().get('app.js')?.etag
}

/** Sends the page while its entries are being read. Whatever keeps them from coming, the page is whole, and its program asks. */
function bring(request: Request, place: Place, list: Lister): Response {
  const headers = {
    ...consoleHeaders,
    'content-security-policy': policyOfPage(),
    'cache-control': 'no-store',
    'content-type': 'text/html; charset=utf-8',
    vary: 'cookie, authorization',
  }
  if (request.method === 'HEAD') return new Response(null, { headers })
  const gone = new AbortController()
  const listed = list(queryOf(place), gone.signal).catch(() => undefined)
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      for await (const piece of writePage(place, knowsProgram(request), listed)) {
        if (gone.signal.aborted) return
        controller.enqueue(Buffer.from(piece))
      }
      controller.close()
    },
    cancel: () => gone.abort(),
  })
  return new Response(body, { headers })
}

/** Whether a client takes an encoding (RFC 9110 section 12.5.3): it names it, and not with a weight of zero. */
function accepts(header: string, encoding: string): boolean {
  return header.split(',').some((item) => {
    const [name = '', ...parameters] = item.split(';').map((part) => part.trim().toLowerCase())
    return name === encoding && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))
  })
}
