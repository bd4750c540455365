import { consoleFiles, consoleHeaders } from './files.ts'

/**
 * Answers a request for a file of the console. Nobody has to be signed in for it: the files hold no data.
 *
 * @param path the part of the address below the handler's base path, such as `/console/app.js`
 * @returns undefined when the path is none of the console's
 */
export function serveConsole(request: Request, path: string): Response | undefined {
  if (path === '/console')
    return new Response(null, { status: 308, headers: { ...consoleHeaders, location: `console/` } })
  if (!path.startsWith('/console/')) return undefined
  const file = consoleFiles().get(path === '/console/' ? 'index.html' : path.slice('/console/'.length))
  if (file === undefined) return undefined
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return new Response(null, {
      status: request.method === 'OPTIONS' ? 204 : 405,
      headers: { allow: 'GET, HEAD, OPTIONS' },
    })
  }
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

/** Whether a client takes an encoding (RFC 9110 section 12.5.3): it names it, and not with a weight of zero. */
function accepts(header: string, encoding: string): boolean {
  return header.split(',').some((item) => {
    const [name = '', ...parameters] = item.split(';').map((part) => part.trim().toLowerCase())
    return name === encoding && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))
  })
}
