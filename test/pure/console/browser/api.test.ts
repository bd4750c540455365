import { describe, expect, test } from 'vitest'
import { Api } from '../../../../src/console/browser/api.ts'

const sent: Request[] = []
const send = (url: string, init?: RequestInit): Promise<Response> => {
  sent.push(new Request(new URL(url, 'https://host.example/'), init))
  return Promise.resolve(Response.json({ from: 'fetch' }))
}
const firstCall = (url: string): ConstructorParameters<typeof Api>[2] & object => ({
  url,
  response: Promise.resolve(Response.json({ from: 'first' })),
  stop: new AbortController(),
})

describe('a call of the API', () => {
  test('carries the token of the host when it changes something or takes an export, and never else', async () => {
    const api = new Api('/api', ((url: string, init?: RequestInit) =>
      url === '/api/session'
        ? Promise.resolve(Response.json({ csrf_token: 'token-of-the-host' }))
        : send(url, init)) as typeof fetch)
    await api.session()
    for (const method of ['GET', 'PUT', 'POST', 'DELETE'] as const) await api.json('/x', { method })
    await api.stream('/export')
    expect(sent.splice(0).map(({ method, headers }) => [method, headers.get('x-csrf-token')])).toEqual([
      ['GET', null],
      ['PUT', 'token-of-the-host'],
      ['POST', 'token-of-the-host'],
      ['DELETE', 'token-of-the-host'],
      ['GET', 'token-of-the-host'],
    ])
  })

  test('is made once more with the token that holds now, when the host has another one', async () => {
    let token = 'old'
    const tokens: (string | null)[] = []
    const api = new Api('/api', ((url: string, init?: RequestInit) => {
      if (url === '/api/session') return Promise.resolve(Response.json({ csrf_token: token }))
      const given = new Headers(init?.headers).get('x-csrf-token')
      tokens.push(given)
      if (given === 'new') return Promise.resolve(Response.json({ done: true }))
      return Promise.resolve(Response.json({ code: 'csrf' }, { status: 403 }))
    }) as typeof fetch)
    await api.session()
    await expect(api.json('/x', { method: 'POST' })).rejects.toMatchObject({ kind: 'csrf' })
    token = 'new'
    expect(await api.json('/x', { method: 'POST' })).toEqual({ done: true })
    expect(tokens).toEqual(['old', 'old', 'new'])
  })

  test('is made again after Retry-After by itself only when it changes nothing', async () => {
    const busy = (): Promise<Response> =>
      Promise.resolve(Response.json({}, { status: 503, headers: { 'retry-after': '5' } }))
    const api = new Api('/api', busy)
    await expect(api.json('/x')).rejects.toMatchObject({ kind: 'busy', retryAfterMs: 5000 })
    await expect(api.json('/x', { method: 'POST' })).rejects.toMatchObject({ kind: 'busy', retryAfterMs: undefined })
  })

  test('takes the answer that was asked for already once, for the same question only', async () => {
    const first = firstCall('/api/list?limit=100')
    const api = new Api('/api', send as typeof fetch, first)
    const query = new URLSearchParams({ limit: '100' })
    expect(await api.json('/list', { query })).toEqual({ from: 'first' })
    expect(await api.json('/list', { query })).toEqual({ from: 'fetch' })
    expect(first.stop.signal.aborted).toBe(false)
    const other = firstCall('/api/list?limit=100')
    expect(await new Api('/api', send as typeof fetch, other).json('/list')).toEqual({ from: 'fetch' })
    expect(other.stop.signal.aborted).toBe(true)
    const change = firstCall('/api/x')
    expect(await new Api('/api', send as typeof fetch, change).json('/x', { method: 'POST' })).toEqual({
      from: 'fetch',
    })
  })

  test('breaks that off when it is not wanted any more', async () => {
    const stop = new AbortController()
    const response = new Promise<Response>((_, reject) => {
      stop.signal.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')))
    })
    const leaving = new AbortController()
    const asked = new Api('/api', send as typeof fetch, { url: '/api/list', response, stop }).json('/list', {
      signal: leaving.signal,
    })
    leaving.abort(new Error('left'))
    await expect(asked).rejects.toThrow('left')
  })
})
