import { brotliDecompressSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { consoleFiles } from '../../src/console/files.ts'
import { serveConsole } from '../../src/console/serve.ts'

const ask = (path: string, init: RequestInit = {}): Response | undefined =>
  serveConsole(new Request(`https://host.example/api/audit-logs${path}`, init), path.replace(/\?.*/, ''))

describe('the files of the console', () => {
  test('are under 60 KB in all when compressed, with gzip too', () => {
    const files = [...consoleFiles().values()]
    expect(files.reduce((sum, { brotli }) => sum + brotli.length, 0)).toBeLessThan(60_000)
    expect(files.reduce((sum, { bytes }) => sum + gzipSync(bytes).length, 0)).toBeLessThan(60_000)
  })

  test.each([
    ['/console/', 'text/html; charset=utf-8'],
    ['/console/index.html', 'text/html; charset=utf-8'],
    ['/console/app.js', 'text/javascript; charset=utf-8'],
    ['/console/app.css', 'text/css; charset=utf-8'],
    ['/console/start.js', 'text/javascript; charset=utf-8'],
  ])('%s is served under the strict policy', async (path, type) => {
    const response = ask(path)!
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe(type)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'SAMEORIGIN',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'permissions-policy': expect.stringContaining('camera=()') as string,
    })
    expect(response.headers.get('content-security-policy')!.split('; ')).toEqual([
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "connect-src 'self'",
      "img-src 'self' data:",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'self'",
      "require-trusted-types-for 'script'",
    ])
    expect((await response.arrayBuffer()).byteLength).toBe(Number(response.headers.get('content-length')))
  })

  test('hold no script and no style in the page itself, and name no other host', () => {
    const page = Buffer.from(consoleFiles().get('index.html')!.bytes).toString()
    expect(page).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=|https?:\/\//)
  })

  test('use nothing that turns text into markup or code', () => {
    for (const name of ['app.js', 'start.js']) {
      const program = Buffer.from(consoleFiles().get(name)!.bytes).toString()
      expect(program).not.toMatch(
        /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc|DOMParser/,
      )
    }
  })

  test('are not sent again to whoever has them', async () => {
    for (const encoding of ['br', 'identity']) {
      const headers = { 'accept-encoding': encoding }
      const first = ask('/console/app.js', { headers })!
      const etag = first.headers.get('etag')!
      const again = ask('/console/app.js', { headers: { ...headers, 'if-none-match': `"x", W/${etag}` } })!
      expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', etag])
      expect(ask('/console/app.js', { headers: { ...headers, 'if-none-match': '"x"' } })!.status).toBe(200)
    }
  })

  test('are not even asked for again where the page names them by what is in them', () => {
    const page = Buffer.from(consoleFiles().get('index.html')!.bytes).toString()
    const named = [...page.matchAll(/(?:href|src)="([^"?]+)\?v=([^"]+)"/g)]
    expect(new Set(named.map(([, name]) => name))).toEqual(new Set(['app.css', 'app.js', 'start.js']))
    for (const [, name, version] of named) {
      const controlOf = (version: string | undefined): string | null =>
        serveConsole(new Request(`https://host.example/console/${name}?v=${version}`), `/console/${name}`)!.headers.get(
          'cache-control',
        )
      expect(controlOf(version)).toBe('public, max-age=31536000, immutable')
      // Another version of the package: what is there now must not be kept under its name.
      expect(controlOf('another')).toBe('no-cache')
    }
    expect(ask('/console/')!.headers.get('cache-control')).toBe('no-cache')
  })

  test('are compressed for whoever takes that', async () => {
    const response = ask('/console/app.css', { headers: { 'accept-encoding': 'gzip, br;q=0.8' } })!
    expect(response.headers.get('content-encoding')).toBe('br')
    expect(response.headers.get('vary')).toBe('accept-encoding')
    const plain = ask('/console/app.css', { headers: { 'accept-encoding': 'br;q=0' } })!
    expect(plain.headers.get('content-encoding')).toBeNull()
    const bytes = brotliDecompressSync(Buffer.from(await response.arrayBuffer()))
    expect(bytes.equals(Buffer.from(await plain.arrayBuffer()))).toBe(true)
  })

  test.each(['/console/x.js', '/console/../list', '/console/%2e%2e/secret', '/console/app.js/', '/consoles/', '/list'])(
    '%s is none of them',
    (path) => {
      expect(ask(path)).toBeUndefined()
    },
  )

  test('can only be read', () => {
    expect(ask('/console/app.js', { method: 'POST', body: 'x' })!.status).toBe(405)
    expect(ask('/console/app.js', { method: 'OPTIONS' })!.headers.get('allow')).toBe('GET, HEAD, OPTIONS')
  })

  test('are found from the address without a slash, also where a host takes slashes away, with its query', () => {
    const response = ask('/console?view=log&entry=42')!
    expect(response.status).toBe(308)
    const { pathname, search } = new URL(
      response.headers.get('location')!,
      'https://host.example/api/audit-logs/console',
    )
    expect([pathname, search]).toEqual(['/api/audit-logs/console/index.html', '?view=log&entry=42'])
    expect(ask(pathname.slice('/api/audit-logs'.length))!.status).toBe(200)
  })
})
