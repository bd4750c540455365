import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, describe, expect, it } from 'vitest'
import { toNodeListener } from '../../../src/http/index.ts'
import { filterParameters } from '../../../src/http/parameters.ts'
import { asHeader, testApi } from '../../support/api.ts'

const errors: unknown[] = []
const api = await testApi(50)
const handler = api.handler({ onError: (error) => errors.push(error) })
const ask = (path: string): Promise<Response> =>
  handler(new Request(`http://localhost/api/audit-logs${path}`, { headers: asHeader() }))

async function problemAt(path: string): Promise<string> {
  const response = await ask(path)
  const { status, code, parameter } = (await response.json()) as { status: number; code: string; parameter?: string }
  expect(response.status).toBe(status)
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  return [status, code, ...(parameter === undefined ? [] : [parameter])].join(' ')
}

const invalid = (name: string): string => `400 parameter_invalid ${name}`
const titled = (cases: [string, string][]): [string, string, string][] =>
  cases.map(([query, expected]) => [query.slice(0, 60), expected, query])

describe('a query is refused', () => {
  it.each(
    titled([
      ['?x=1', '400 parameter_unknown'],
      ['?Since=2026-01-01T00:00:00Z', '400 parameter_unknown'],
      ['?user_id[]=a', '400 parameter_unknown'],
      ['?__proto__=a', '400 parameter_unknown'],
      ['?%ff=a', '400 parameter_unknown'],
      ['?limit=1&limit=1', '400 parameter_repeated limit'],
      ['?action=a&%61ction=b', '400 parameter_repeated action'],
      ['?since=2026-01-01T00:00:00', invalid('since')],
      ['?since=2026-01-01', invalid('since')],
      ['?since=yesterday', invalid('since')],
      ['?since=', invalid('since')],
      ['?since=2026-02-30T00:00:00Z', invalid('since')],
      ['?since=2026-13-01T00:00:00Z', invalid('since')],
      ['?since=2026-01-01T24:00:00Z', invalid('since')],
      ['?since=2026-01-01T00:00:60Z', invalid('since')],
      ['?since=2026-01-01T00:00:00%2B99:00', invalid('since')],
      ['?since=2026-01-01T00:00:00%2B16:00', invalid('since')],
      ['?since=2026-01-01T00:00:00.1234567Z', invalid('since')],
      ['?since=2026-01-01T00:00:00+01:00', invalid('since')],
      ['?since=0000-01-01T00:00:00Z', invalid('since')],
      ['?since=infinity', invalid('since')],
      ['?since=now()', invalid('since')],
      ['?since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z', invalid('until')],
      ['?since=2026-01-01T00:00:00.000001Z&until=2026-01-01T00:00:00Z', invalid('until')],
      ['?since=2026-01-01T00:00:00-01:00&until=2026-01-01T00:30:00Z', invalid('until')],
      ['?action=', invalid('action')],
      ['?action=*', invalid('action')],
      ['?action=scan*', invalid('action')],
      ['?action=*.completed', invalid('action')],
      ['?action=scan.*.failed', invalid('action')],
      ['?action=scan.**', invalid('action')],
      ['?action=Scan.started', invalid('action')],
      ['?action=scan.started,', invalid('action')],
      ['?action=scan%25', invalid('action')],
      [`?action=${Array.from({ length: 101 }, () => 'a').join(',')}`, invalid('action')],
      [`?action=${'a'.repeat(256)}`, invalid('action')],
      ['?limit=0', invalid('limit')],
      ['?limit=1001', invalid('limit')],
      ['?limit=-1', invalid('limit')],
      ['?limit=1e2', invalid('limit')],
      ['?limit=0x10', invalid('limit')],
      ['?limit=07', invalid('limit')],
      ['?limit=', invalid('limit')],
      ['?limit=10%20', invalid('limit')],
      ['?limit=NaN', invalid('limit')],
      ['?order=random', invalid('order')],
      ['?order=', invalid('order')],
      ['?outcome=ok', invalid('outcome')],
      ['?source_ip=localhost', invalid('source_ip')],
      ['?source_ip=203.0.113.7/33', invalid('source_ip')],
      ['?source_ip=203.0.113.7/', invalid('source_ip')],
      ['?source_ip=1.2.3', invalid('source_ip')],
      ['?source_ip=::1/129', invalid('source_ip')],
      ['?seq_from=-1', invalid('seq_from')],
      ['?seq_to=9007199254740992', invalid('seq_to')],
      ['?seq_from=1.5', invalid('seq_from')],
      ['?seq_from=2&seq_to=1', invalid('seq_to')],
      ['?details=', invalid('details')],
      ['?details=1', invalid('details')],
      ['?details=[]', invalid('details')],
      ['?details=null', invalid('details')],
      ['?details={a:1}', invalid('details')],
      ['?details=%7B%22a%22:1e999%7D', invalid('details')],
      ['?details=%7B%22a%22:%22%5Cud800%22%7D', invalid('details')],
      ['?details=%7B%22a%22:%22%5Cu0000%22%7D', invalid('details')],
      ['?user_id=a%0d%0aSet-Cookie:%20x=1', invalid('user_id')],
      ['?user_id=%00', invalid('user_id')],
      ['?user_id=%ff', invalid('user_id')],
      ['?user_id=%ed%a0%80', invalid('user_id')],
      ['?user_id=%', invalid('user_id')],
      [`?user_id=${'a'.repeat(1025)}`, invalid('user_id')],
      ['?tenant_id=%1b[31m', invalid('tenant_id')],
      [`?tenant_id=${'a'.repeat(1025)}`, invalid('tenant_id')],
      ['?cursor=x', '400 cursor_invalid cursor'],
      [`?cursor=${'A'.repeat(3000)}`, '400 cursor_invalid cursor'],
      [`?user_id=${'a'.repeat(8192)}`, '414 query_too_long'],
      [`?${'a'.repeat(1024 * 1024)}`, '414 query_too_long'],
      [`?details=${'%7B'.repeat(350_000)}`, '414 query_too_long'],
    ]),
  )('%s: %s', async (_, expected, query) => {
    expect(await problemAt(`/list${query}`)).toBe(expected)
  })

  it('by an export as by the list', async () => {
    for (const query of [
      'format=xml',
      'format=',
      'format=__proto__',
      'format=ndjson&format=csv',
      'limit=10',
      'cursor=x',
      'since=x',
    ]) {
      expect(await problemAt(`/export?${query}`)).toMatch(/^400 parameter_/)
    }
  })

  it('by resources without parameters', async () => {
    for (const path of ['/checkpoint', '/status', '/entries/1', '/entries/1/proof', '/openapi.json']) {
      expect(await problemAt(`${path}?x=1`)).toBe('400 parameter_unknown')
    }
  })

  it('without a word about what was in it, or about the program', async () => {
    for (const query of [
      '?since=s3cret',
      '?s3cret=1',
      '?details={s3cret',
      '?cursor=s3cret',
      '?user_id=s3cret%00',
      '?action=S3CRET',
    ]) {
      const text = await (await ask(`/list${query}`)).text()
      expect(text.toLowerCase()).not.toContain('s3cret')
      expect(text).not.toMatch(/node_modules|\.ts|\bat \w+ \(/)
    }
  })

  it('and nothing of it is an error of ours', () => expect(errors).toEqual([]))
})

describe('SQL in a parameter', () => {
  const payloads = [
    `' or '1'='1`,
    `' or 1=1 --`,
    `'; drop table audit_log.entry; --`,
    `"; select pg_sleep(5); --`,
    `\\'; select 1; --`,
    `$1`,
    `$$; select 1; $$`,
    `') union select null --`,
    `%' or true --`,
    `x' || (select string_agg(usename, ',') from pg_user) || '`,
    `1); delete from audit_log.entry; --`,
    `E'\\\\'; select 1 --`,
  ]
  const names = [...filterParameters.map(({ name }) => name), 'tenant_id', 'order', 'limit', 'cursor']

  it.each(names)('%s is a value or refused, and finds nothing', async (name) => {
    const { rows: before } = await api.log.admin.query('select count(*) from audit_log.entry')
    for (const payload of payloads) {
      for (const value of [payload, JSON.stringify({ [payload]: payload }), `a${payload}`, `203.0.113.7${payload}`]) {
        const response = await ask(`/list?${name}=${encodeURIComponent(value)}`)
        if (response.status === 200) expect(await response.json()).toMatchObject({ entries: [], has_more: false })
        else expect(response.status).toBe(400)
      }
    }
    const { rows: after } = await api.log.admin.query('select count(*) from audit_log.entry')
    expect(after).toEqual(before)
    expect(errors).toEqual([])
  })

  it('in the path and in a tenant of the principal is a value too', async () => {
    for (const payload of payloads) {
      expect((await ask(`/entries/${encodeURIComponent(payload)}`)).status).toBe(400)
      const response = await api.get('/list', { tenants: [payload] })
      expect(await response.json()).toMatchObject({ entries: [] })
    }
  })

  it('could not write in any case: what reads is a transaction that cannot', async () => {
    const { readOnly } = await import('../../../src/database/read-only.ts')
    const attempt = readOnly(api.log.admin, new AbortController().signal, (executor) =>
      executor.run('create table public.written (a integer)'),
    )
    await expect(attempt).rejects.toMatchObject({ code: '25006' })
  })
})

describe('over a socket', async () => {
  const server = http.createServer(toNodeListener(handler)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  afterAll(() => server.close())
  const { port } = server.address() as AddressInfo
  const raw = async (path: string, headers: Record<string, string> = {}): Promise<http.IncomingMessage> => {
    const request = http.get({ port, host: '127.0.0.1', path, headers: { ...asHeader(), ...headers }, agent: false })
    const [response] = (await once(request, 'response')) as [http.IncomingMessage]
    response.resume()
    return response
  }

  it('a query of 1 MB is refused, and the server goes on', async () => {
    expect((await raw(`/api/audit-logs/list?user_id=${'a'.repeat(1024 * 1024)}`)).statusCode).toBe(431)
    expect((await raw(`/api/audit-logs/list?user_id=${'a'.repeat(10_000)}`)).statusCode).toBe(414)
    expect((await raw('/api/audit-logs/list?limit=1')).statusCode).toBe(200)
  })

  it('a path that tries to get out is not found, and a CRLF in it reaches no header', async () => {
    for (const path of [
      '/api/audit-logs/../../etc/passwd',
      '/api/audit-logs/%2e%2e/list',
      '//evil.example/api/audit-logs/x',
      '/api/audit-logs/list%0d%0aset-cookie:%20x=1',
    ]) {
      const response = await raw(path)
      expect([response.statusCode, response.headers['set-cookie']]).toEqual([404, undefined])
    }
  })
})
