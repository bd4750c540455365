import { once } from 'node:events'
import http, { type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import express from 'express'
import type { Pool } from 'pg'
import { afterAll, describe, expect, it } from 'vitest'
import { listen as onExpress } from '../../../examples/express.ts'
import { listen as onFastify } from '../../../examples/fastify.ts'
import { listen as onHono } from '../../../examples/hono.ts'
import { listen as onNode } from '../../../examples/node-http.ts'
import { toNodeListener } from '../../../src/http/index.ts'
import { verifyEntries } from '../../../src/index.ts'
import { asHeader, sample, testApi } from '../../support/api.ts'
import { unique } from '../../support/unique.ts'

// The examples as they stand, over real sockets and a real database. Entries of 2 kB, so that no buffer holds an export.

const entries = 6000
const pages = 6
const api = await testApi(entries, (index) => ({ ...sample(index), details: { index, filler: 'x'.repeat(2000) } }))
const servers: Server[] = []
afterAll(() => {
  for (const server of servers) server.closeAllConnections()
  for (const server of servers) server.close()
})

async function urlOf(started: Server | Promise<Server>): Promise<string> {
  const server = await started
  servers.push(server)
  if (!server.listening) await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe.each([
  ['node:http', onNode],
  ['Express', onExpress],
  ['Fastify', onFastify],
  ['Hono', onHono],
])('on %s', async (name, listen) => {
  const db = countingPool(api.log.pool(api.log.app.url))
  const url = await urlOf(listen(api.handler({ db: db.pool, audit: api.audit }), 0))
  const ask = (path: string, init: RequestInit = {}, user = name): Promise<Response> =>
    fetch(`${url}/api/audit-logs${path}`, { ...init, headers: { ...asHeader({ id: user }), ...init.headers } })
  const endsOf = async (user: string): Promise<unknown[]> => {
    const { entries: found } = await api.audit.query().user(user).action('audit_log.export_ended').page()
    return found.map(({ outcome, details }) => ({
      outcome,
      complete: details['complete'],
      entries: details['entries'],
    }))
  }

  it('lists entries', async () => {
    const response = await ask('/list?limit=10&action=scan.*,user.login')
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json'])
    expect(await verifyEntries([await response.text()])).toMatchObject({ intact: true, entries: 10 })
  })

  it('sees repeated parameters as they were sent, and answers with the problem', async () => {
    const response = await ask('/list?user_id=a&user_id=b')
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(await response.json()).toMatchObject({ status: 400, code: 'parameter_repeated', parameter: 'user_id' })
  })

  it('answers HEAD, OPTIONS and other methods with a body', async () => {
    expect((await ask('/list', { method: 'HEAD' })).status).toBe(200)
    expect((await ask('/list', { method: 'OPTIONS' })).headers.get('allow')).toBe('GET, HEAD, OPTIONS')
    const posted = await ask('/list', {
      method: 'POST',
      body: '{"a":1}',
      headers: { 'content-type': 'application/json' },
    })
    expect([posted.status, ((await posted.json()) as { code: string }).code]).toEqual([405, 'method_not_allowed'])
  })

  it('streams an export of everything', async () => {
    const user = unique('whole')
    const response = await ask('/export?action=scan.*,user.login', {}, user)
    const report = await verifyEntries(response.body as unknown as AsyncIterable<Uint8Array>)
    expect(report).toMatchObject({ intact: true, entries })
    expect(await endsOf(user)).toEqual([{ outcome: 'success', complete: true, entries }])
  })

  it('reads no further than a slow client, and stops when it goes away', async () => {
    const user = unique('leaver')
    const before = db.connected
    const [response] = (await once(
      http.get(`${url}/api/audit-logs/export?action=scan.*,user.login`, { headers: asHeader({ id: user }) }),
      'response',
    )) as [http.IncomingMessage]
    await once(response, 'readable')
    await sleep(400)
    // One connection for each page, and one to begin with. Buffers of sockets and streams hold some pages, not all.
    const during = db.connected - before
    response.destroy()
    while ((await endsOf(user)).length < 1) await sleep(20)
    expect((await endsOf(user))[0]).toMatchObject({ outcome: 'failure', complete: false })
    expect(during).toBeLessThan(pages + 1)
  })
})

/** A pool that counts how often it gives a connection. */
function countingPool(pool: Pool): { readonly pool: Pool; connected: number } {
  const counted = { pool, connected: 0 }
  counted.pool = new Proxy(pool, {
    get(target, name) {
      if (name === 'connect') counted.connected += 1
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  return counted
}

describe('toNodeListener', () => {
  it('hands on a body whether or not somebody has parsed it', async () => {
    const echo = toNodeListener(async (request) => new Response(await request.text(), { status: 201 }))
    const parsed = express().use(express.json(), express.text(), express.raw(), echo)
    for (const url of [
      await urlOf(parsed.listen(0, '127.0.0.1')),
      await urlOf(http.createServer(echo).listen(0, '127.0.0.1')),
    ]) {
      for (const type of ['application/json', 'text/plain', 'application/octet-stream', 'application/x-other']) {
        const response = await fetch(url, { method: 'POST', body: '{"a":["ä"]}', headers: { 'content-type': type } })
        expect([response.status, await response.text()]).toEqual([201, '{"a":["ä"]}'])
      }
    }
  })

  it('sends every cookie, and no body with a status that has none', async () => {
    const headers = new Headers([
      ['set-cookie', 'a=1'],
      ['set-cookie', 'b=2'],
    ])
    const url = await urlOf(
      http
        .createServer(toNodeListener(() => Promise.resolve(new Response(null, { status: 204, headers }))))
        .listen(0, '127.0.0.1'),
    )
    const response = await fetch(url)
    expect([response.status, response.headers.getSetCookie()]).toEqual([204, ['a=1', 'b=2']])
  })

  it('breaks the connection off when the body fails, so that half an answer does not look whole', async () => {
    const url = await urlOf(
      http
        .createServer(
          toNodeListener(() => {
            const body = new ReadableStream({
              pull(controller) {
                controller.enqueue(Buffer.from('half'))
                controller.error(new Error('no more'))
              },
            })
            return Promise.resolve(new Response(body))
          }),
        )
        .listen(0, '127.0.0.1'),
    )
    await expect(fetch(url).then((response) => response.text())).rejects.toThrow()
  })

  it('answers 400 to a request that no URL can be made of', async () => {
    const url = await urlOf(
      http.createServer(toNodeListener(() => Promise.resolve(new Response('ok')))).listen(0, '127.0.0.1'),
    )
    const { port } = new URL(url)
    const [response] = (await once(
      http.request({ port, host: '127.0.0.1', path: '/', headers: { host: 'a b<>' } }).end(),
      'response',
    )) as [http.IncomingMessage]
    expect(response.statusCode).toBe(400)
  })
})
