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
  test('carries the token of the host when it changes something, and never else', async () => {
    const api = new Api('/api', send as typeof fetch)
    api.csrfToken = 'token-of-the-host'
    for (const method of ['GET', 'PUT', 'POST', 'DELETE'] as const) await api.json('/x', { method })
    expect(sent.splice(0).map(({ method, headers }) => [method, headers.get('x-csrf-token')])).toEqual([
      ['GET', null],
      ['PUT', 'token-of-the-host'],
      ['POST', 'token-of-the-host'],
      ['DELETE', 'token-of-the-host'],
    ])
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
