import { afterEach, expect, it, vi } from 'vitest'
import { backoffMs } from '../../../src/sinks/forwarder/clock.ts'
import { HttpClient, type HttpOptions, retryAfterMs } from '../../../src/sinks/http-client.ts'
import { selfSigned, testAuthority } from '../../support/certificates.ts'
import { startFakeServer } from '../../support/fake-server.ts'

const opened: { stop(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of opened.splice(0)) await one.stop()
})

const authority = testAuthority()
const good = authority.issue({ commonName: 'receiver' })

/** What comes of a request to a receiver with these TLS settings: a status, or the code of the failure. */
async function ask(
  tls: Parameters<typeof startFakeServer>[1],
  options: Partial<HttpOptions>,
): Promise<number | string> {
  const server = await startFakeServer(() => ({ status: 200 }), tls)
  opened.push(server)
  const client = new HttpClient({ url: server.url, ...options })
  const { signal } = new AbortController()
  const answer = await client.request({ method: 'POST', path: '/', headers: {}, body: Buffer.from('x'), signal })
  client.close()
  return answer.kind === 'reply' ? answer.status : answer.code
}

it('G3 reads Retry-After as seconds and as a date, and passes over what makes no sense', () => {
  const now = Date.parse('2026-09-26T12:00:00Z')
  expect(retryAfterMs({ 'retry-after': '7' }, now)).toBe(7000)
  expect(retryAfterMs({ 'retry-after': 'Sat, 26 Sep 2026 12:00:09 GMT' }, now)).toBe(9000)
  expect(retryAfterMs({ 'retry-after': '999999999' }, now)).toBe(3_600_000)
  for (const value of ['soon', '-1', '1e3', '', 'Sat, 26 Sep 2020 12:00:09 GMT']) {
    expect(retryAfterMs({ 'retry-after': value }, now)).toBeUndefined()
  }
})

it('G3 reads a date that names no zone as GMT, wherever the host is', () => {
  vi.stubEnv('TZ', 'Asia/Tokyo')
  try {
    expect(new Date(0).getTimezoneOffset()).toBe(-540)
    const now = Date.parse('2026-09-26T12:00:00Z')
    expect(retryAfterMs({ 'retry-after': 'Sat Sep 26 12:00:09 2026' }, now)).toBe(9000)
  } finally {
    vi.unstubAllEnvs()
  }
})

it('G3 counts a date from the time that the response says it is, whichever of the clocks is wrong', () => {
  const headers = { date: 'Sat, 26 Sep 2026 12:00:00 GMT', 'retry-after': 'Sat, 26 Sep 2026 12:00:09 GMT' }
  for (const now of ['2026-09-26T11:00:00Z', '2026-09-26T13:00:00Z']) {
    expect(retryAfterMs(headers, Date.parse(now))).toBe(9000)
  }
})

it('G2 G3 waits a random part of 1, 2, 4, ... 60 seconds, and no less than the receiver wants', () => {
  for (const [failures, longest] of [
    [1, 1000],
    [2, 2000],
    [6, 32_000],
    [7, 60_000],
    [1000, 60_000],
  ] as const) {
    expect(backoffMs(failures, 0, 0)).toBe(0)
    expect(backoffMs(failures, 0, 0.999_999)).toBeGreaterThan(longest * 0.99)
    expect(backoffMs(failures, 0, 0.999_999)).toBeLessThanOrEqual(longest)
  }
  expect(backoffMs(1, 7000, 0.1)).toBe(7000)
})

it('G10 refuses certificates that are expired, for another host or from nobody, and TLS 1.1', async () => {
  const ca = authority.cert
  expect(await ask(authority.issue({ commonName: 'a', days: [-10, -1] }), { ca })).toBe('tls_untrusted')
  expect(await ask(authority.issue({ commonName: 'a', names: ['other.example'] }), { ca })).toBe('tls_untrusted')
  expect(await ask(selfSigned({ commonName: 'a' }), {})).toBe('tls_untrusted')
  expect(await ask(good, {})).toBe('tls_untrusted')
  expect(
    await ask({ ...good, minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }, { ca }),
  ).not.toBe(200)
})

it('G10 takes a private authority and presents a client certificate', async () => {
  const ca = authority.cert
  const client = authority.issue({ commonName: 'client' })
  const mutual = { ...good, ca, requestCert: true, rejectUnauthorized: true }
  expect(await ask(good, { ca })).toBe(200)
  expect(await ask(mutual, { ca, ...client })).toBe(200)
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    expect(await ask({ ...mutual, maxVersion }, { ca })).toBe('tls_refused')
  }
})
