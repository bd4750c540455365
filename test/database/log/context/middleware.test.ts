import { once } from 'node:events'
import { request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { serve, type ServerType } from '@hono/node-server'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import { afterAll, describe, expect, it } from 'vitest'
import { AuditLogger, type Entry } from '../../../../src/index.ts'
import {
  type AuditContext,
  expressContext,
  fastifyContext,
  honoContext,
  withContext,
} from '../../../../src/log/context/index.ts'
import { testLog } from '../../../support/database.ts'

const { appPool } = await testLog()
const audit = new AuditLogger({ db: appPool })
const stops: (() => Promise<unknown>)[] = []
afterAll(async () => {
  for (const stop of stops) await stop()
})

type Details = Record<string, unknown>
interface Options {
  readonly trustedProxies?: number | readonly string[]
  readonly header?: 'x-forwarded-for' | 'forwarded'
  readonly identify?: (request: object) => AuditContext
}
/** Starts a server that logs one event for each POST, after it has read the body and found out who the user is. */
type Start = (options: Options) => Promise<number>
const users = new WeakMap<object, string>()
const identify = (key: object): AuditContext => ({ user_id: users.get(key), tenant_id: 'contoso' })

const startExpress: Start = async (options) => {
  const app = express()
  app.use(expressContext<express.Request>({ identify, ...options }))
  app.use(express.json())
  app.use((req, _res, next) => {
    users.set(req, 'alice')
    next()
  })
  app.post('/', (req, res, next) => {
    audit.log({ action: 'request.made', details: req.body as Details }).then((entry) => res.json(entry), next)
  })
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  stops.push(() => new Promise((resolve) => server.close(resolve)))
  return (server.address() as AddressInfo).port
}

const startFastify: Start = async (options) => {
  const app = fastify()
  await app.register(fastifyContext({ identify, ...options }))
  app.addHook('preHandler', (req, _reply, done) => {
    users.set(req, 'alice')
    done()
  })
  app.post('/', (req) => audit.log({ action: 'request.made', details: req.body as Details }))
  await app.listen({ port: 0, host: '127.0.0.1' })
  stops.push(() => app.close())
  return (app.server.address() as AddressInfo).port
}

const startHono: Start = async (options) => {
  const app = new Hono()
  app.use(honoContext({ identify, ...options }))
  app.use(async (c, next) => {
    users.set(c, 'alice')
    await next()
  })
  app.post('/', async (c) => c.json(await audit.log({ action: 'request.made', details: await c.req.json<Details>() })))
  const server: ServerType = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' })
  await once(server, 'listening')
  stops.push(() => new Promise((resolve) => server.close(resolve)))
  return (server.address() as AddressInfo).port
}

/** Sends a request whose body arrives in two parts, with the headers as they are given. */
async function post(port: number, body: object, headers: string[] = []): Promise<Entry> {
  const text = JSON.stringify(body)
  const sent = request({
    port,
    host: '127.0.0.1',
    method: 'POST',
    headers: [
      'host',
      'x',
      'content-type',
      'application/json',
      'content-length',
      String(Buffer.byteLength(text)),
      ...headers,
    ],
  })
  sent.write(text.slice(0, 3))
  setImmediate(() => sent.end(text.slice(3)))
  const [response] = (await once(sent, 'response')) as [AsyncIterable<Buffer>]
  let answer = ''
  for await (const chunk of response) answer += String(chunk)
  return JSON.parse(answer) as Entry
}

describe.each([
  ['Express', startExpress],
  ['Fastify', startFastify],
  ['Hono', startHono],
])('the middleware for %s', (_, start) => {
  it('records who the request is of, where it came from, and its id, after the body was read', async () => {
    const port = await start({})
    const entries = await Promise.all(Array.from({ length: 8 }, (_, index) => post(port, { index })))
    for (const [index, entry] of entries.entries()) {
      expect(entry).toMatchObject({
        user_id: 'alice',
        tenant_id: 'contoso',
        source_ip: '127.0.0.1',
        details: { index },
      })
    }
    const ids = entries.map(({ details }) => (details['context'] as { request_id: string }).request_id)
    expect(new Set(ids).size).toBe(8)
    const [entry] = entries
    const found = await audit
      .query()
      .details({ context: { request_id: ids[0]! } })
      .page()
    expect(found.entries).toEqual([entry])
  })

  it('believes no header of a client, whatever it claims', async () => {
    const port = await start({})
    const forged = ['x-forwarded-for', '198.51.100.1', 'forwarded', 'for=198.51.100.1', 'x-real-ip', '198.51.100.1']
    const entry = await post(port, { context: { request_id: 'forged' } }, [...forged, 'x-request-id', 'forged'])
    expect(entry.source_ip).toBe('127.0.0.1')
    expect(JSON.stringify(entry)).not.toMatch(/forged|198\.51/)
  })

  it('reads what the configured number of proxies has written, and nothing that stands before it', async () => {
    const port = await start({ trustedProxies: 2 })
    const headers = [
      'x-forwarded-for',
      '1.1.1.1',
      'x-forwarded-for',
      '198.51.100.1, 10.0.0.2',
      'forwarded',
      'for=2.2.2.2',
    ]
    expect((await post(port, {}, headers)).source_ip).toBe('198.51.100.1')
    expect((await post(port, {}, ['x-forwarded-for', '1.1.1.1'])).source_ip).toBe('127.0.0.1')
    const forwarded = await start({ trustedProxies: ['127.0.0.0/8'], header: 'forwarded' })
    const both = ['forwarded', 'for="1.1.1.1', 'forwarded', 'for="[2001:db8::7]:99"', 'x-forwarded-for', '3.3.3.3']
    expect((await post(forwarded, {}, both)).source_ip).toBe('2001:db8::7')
  })

  it('goes on without what it cannot find out', async () => {
    const fail = (): never => {
      throw new Error('no session')
    }
    const port = await start({ identify: fail })
    expect(await post(port, {})).toMatchObject({ user_id: null, tenant_id: null, source_ip: '127.0.0.1' })
  })
})

it('refuses an async identify, of which nothing would be recorded', () => {
  const later = (async () => Promise.resolve({ user_id: 'alice' })) as never
  for (const middleware of [expressContext, fastifyContext, honoContext] as ((options: object) => unknown)[]) {
    expect(() => middleware({ identify: later })).toThrow(
      expect.objectContaining({ code: 'option_invalid', path: '$.identify' }),
    )
  }
})

describe('audit.withContext', () => {
  it('refuses an async function, of which nothing would be recorded', () => {
    const later = (async () => Promise.resolve({ user_id: 'alice' })) as never
    expect(() => audit.withContext(later, () => 1)).toThrow(expect.objectContaining({ code: 'option_invalid' }))
  })

  it('fills in what an event does not say itself', async () => {
    const context = { user_id: 'alice', tenant_id: 'contoso', source_ip: '::ffff:203.0.113.7', request_id: 'r1' }
    const [plain, own, many] = await audit.withContext(context, async () => [
      await audit.log({ action: 'a.b' }),
      await audit.events.user.login({ user_id: null, tenant_id: 'other', details: { method: 'saml' } }),
      (await audit.logMany([{ action: 'a.b', source_ip: '::1' }]))[0],
    ])
    const recorded = {
      user_id: 'alice',
      tenant_id: 'contoso',
      source_ip: '203.0.113.7',
      details: { context: { request_id: 'r1' } },
    }
    expect(plain).toMatchObject(recorded)
    expect(many).toMatchObject({ ...recorded, source_ip: '::1' })
    expect(own).toMatchObject({
      user_id: null,
      tenant_id: 'other',
      details: { method: 'saml', context: { request_id: 'r1' } },
    })
    expect((await audit.log({ action: 'a.b' })).user_id).toBeNull()
  })

  it('belongs to the caller, also when calls share a statement', async () => {
    const entries = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        withContext({ user_id: `u${index}` }, () => audit.log({ action: 'a.b' })),
      ),
    )
    expect(entries.map(({ user_id }) => user_id)).toEqual(Array.from({ length: 50 }, (_, index) => `u${index}`))
  })
})
