import { describe, expect, it } from 'vitest'
import type { Principal } from '../../../src/http/index.ts'
import { ForwarderSupervisor } from '../../../src/settings/index.ts'
import { asHeader } from '../../support/api.ts'
import { startFakeSplunk } from '../../support/fake-splunk.ts'
import { settingsLog } from '../../support/settings-log.ts'
import { unique } from '../../support/unique.ts'

const log = await settingsLog()
const { ask } = log
const url = 'https://splunk.example.com:8088'
const token = 'TOP-SECRET-TOKEN-2'
const draft = { kind: 'splunk', config: { url, index: 'audit' }, secrets: { token } }

describe('the forwarders', () => {
  it('are described by kind, with the fields of a form', async () => {
    const { body } = await ask('GET', '/forwarders')
    const kinds = body.kinds as { kind: string; fields: { name: string; type: string }[] }[]
    expect(kinds.map(({ kind }) => kind)).toEqual(['splunk', 'elastic', 'sentinel', 'qradar', 'syslog', 'http'])
    expect(kinds[0]?.fields).toContainEqual(expect.objectContaining({ name: 'token', type: 'secret', required: true }))
    expect(body.forwarders).toEqual([])
  })

  it('are added, changed, paused, resumed and removed, and no answer holds a secret', async () => {
    const name = unique('main')
    const path = `/forwarders/${name}`
    const added = await ask('PUT', path, draft)
    expect(added).toMatchObject({
      status: 200,
      body: { name, secrets_set: ['token'], paused: false, delivered: 0, problem: 'not_running' },
    })
    const answers = [
      added,
      await ask('PUT', path, { kind: 'splunk', config: { url, index: 'two' } }),
      await ask('POST', `${path}/pause`, {}),
      await ask('GET', '/forwarders'),
      await ask('POST', `${path}/resume`),
      await ask('DELETE', path),
    ]
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200])
    expect(answers[2]?.body).toMatchObject({ paused: true, config: { index: 'two' }, problem: null })
    expect(answers.map(({ text }) => text).join('')).not.toContain(token)
    expect((await ask('GET', '/forwarders')).body.forwarders).toEqual([])
    const { entries } = await log.audit.query().target(`forwarder:${name}`).order('oldest').page()
    expect(entries.map(({ action, user_id }) => `${user_id} ${action}`)).toEqual(
      ['added', 'changed', 'paused', 'resumed', 'removed'].map((verb) => `alice audit_log.forwarder.${verb}`),
    )
  })

  it.each([
    ['400 body_invalid $.kind', { kind: 'ndjson', config: { file: '/etc/passwd' } }],
    ['400 body_invalid $.kind', { kind: '__proto__', config: {} }],
    ['400 body_invalid $.config', { kind: 'splunk' }],
    ['400 body_invalid $.config', { kind: 'splunk', config: [] }],
    ['400 body_invalid $.config.url', { ...draft, config: {} }],
    ['400 body_invalid $.config.url', { ...draft, config: { url: 'splunk' } }],
    ['400 body_invalid $.config.url', { ...draft, config: { url: 'file:///etc/passwd' } }],
    ['400 body_invalid $.config.url', { ...draft, config: { url: 'https://user:pass@splunk.example.com' } }],
    ['400 body_invalid $.config.url', { ...draft, config: { url: 'http://splunk.example.com' } }],
    ['400 body_invalid $.config.url', { ...draft, config: { url: `https://${'a'.repeat(1100)}` } }],
    ['400 body_invalid $.config.token', { ...draft, config: { url, token } }],
    ['400 body_invalid $.config.acknowledgement', { ...draft, config: { url, acknowledgement: 'yes' } }],
    ['400 body_invalid $.config.index', { ...draft, config: { url, index: 'a\nb' } }],
    ['400 body_invalid $.config.insecure', { ...draft, config: { url, insecure: 'true' } }],
    ['400 body_invalid $.secrets.token', { kind: 'splunk', config: { url } }],
    ['400 body_invalid $.secrets.token', { ...draft, secrets: { token: `${token}\n` } }],
    ['400 body_invalid $.secrets.token', { ...draft, secrets: { token: `${token} with spaces` } }],
    ['400 body_invalid $.secrets.password', { ...draft, secrets: { token, password: 'x' } }],
    ['400 body_invalid $.secrets', { ...draft, secrets: token }],
    ['400 body_invalid $.paused', { ...draft, paused: true }],
    ['400 body_invalid $.config.port', { kind: 'syslog', config: { host: 'h', hostname: 'a', port: 65_536 } }],
    ['400 body_invalid $.config.hostname', { kind: 'syslog', config: { host: 'h', hostname: 'a b' } }],
    ['400 body_malformed', []],
    ['413 body_too_large', { ...draft, config: { url, ca: 'x'.repeat(70_000) } }],
  ])('are refused with %s, without an echo and without an entry: %#', async (expected, body) => {
    const before = await log.audit.query().action('audit_log.*').count()
    for (const [method, path, sent] of [
      ['PUT', '/forwarders/bad', body],
      ['POST', '/forwarders/test', Array.isArray(body) ? body : { name: 'bad', ...body }],
    ] as const) {
      const { status, text, body: found } = await ask(method, path, sent)
      expect([status, found.code, found.path].filter((part) => part !== undefined).join(' ')).toBe(expected)
      expect(text).not.toContain(token)
      expect(text).not.toContain('passwd')
    }
    expect(await log.audit.query().action('audit_log.*').count()).toBe(before)
  })

  it.each(['.hidden', 'a%20b', 'a'.repeat(64), '%2e%2e'])('have plain names, unlike %s', async (name) => {
    for (const [method, path] of [
      ['PUT', ''],
      ['DELETE', ''],
      ['POST', '/pause'],
      ['POST', '/test'],
    ] as const) {
      const { status } = await ask(method, `/forwarders/${name}${path}`, method === 'PUT' ? draft : undefined)
      expect([400, 404, 405]).toContain(status)
    }
  })

  it('that are not there are not found', async () => {
    for (const [method, path] of [
      ['DELETE', ''],
      ['POST', '/pause'],
      ['POST', '/resume'],
      ['POST', '/test'],
    ] as const) {
      expect(await ask(method, `/forwarders/nobody${path}`)).toMatchObject({
        status: 404,
        body: { code: 'forwarder_unknown' },
      })
    }
  })

  it('without a key of the host take no secrets', async () => {
    const keyless = log.handler({ settingsKey: undefined })
    const answer = await ask('PUT', '/forwarders/keyless', draft, {}, keyless)
    expect(answer).toMatchObject({ status: 409, body: { code: 'settings_key_missing' } })
  })
})

describe('who may change settings', () => {
  const changes = [
    ['PUT', '/forwarders/main'],
    ['DELETE', '/forwarders/main'],
    ['POST', '/forwarders/main/test'],
    ['POST', '/forwarders/test'],
    ['POST', '/forwarders/main/pause'],
    ['POST', '/forwarders/main/resume'],
    ['POST', '/retention/extend'],
    ['POST', '/legal-holds'],
  ] as const

  it.each(changes)(
    '%s %s needs the permission, and says so in an entry when somebody lacks it',
    async (method, path) => {
      const id = unique(`mallory ${method} ${path}`)
      for (const permissions of [['read', 'export', 'inspect'], []] satisfies Principal['permissions'][]) {
        expect(await ask(method, path, draft, { id, permissions })).toMatchObject({
          status: 403,
          body: { code: 'permission_missing' },
        })
      }
      const { entries } = await log.audit.query().user(id).page()
      expect(entries.map(({ action, outcome, details }) => [action, outcome, details['reason']])).toEqual(
        Array.from({ length: 2 }, () => ['audit_log.settings.changed', 'denied', 'permission_missing']),
      )
    },
  )

  it('seeing them takes settings or inspect', async () => {
    for (const path of ['/forwarders', '/retention', '/forwarders/main/dead-letters']) {
      expect((await ask('GET', path, undefined, { permissions: ['inspect'] })).status).toBe(200)
      expect((await ask('GET', path, undefined, { permissions: ['settings'] })).status).toBe(200)
      expect((await ask('GET', path, undefined, { permissions: ['read', 'export'] })).status).toBe(403)
    }
  })

  const send = async (headers: Record<string, string>, method = 'POST', verify?: (request: Request) => boolean) => {
    const handler = log.handler(verify === undefined ? {} : { csrf: { verify } })
    const request = new Request('http://app.example.com/api/audit-logs/settings/forwarders/csrf/pause', {
      method,
      headers: { ...asHeader({ id: 'eve' }), ...headers },
    })
    const response = await handler(request)
    return `${response.status} ${((await response.json()) as { code: string }).code}`
  }
  const through = '404 forwarder_unknown'

  it.each([
    [through, { 'sec-fetch-site': 'same-origin' }],
    [through, { 'sec-fetch-site': 'same-origin', origin: 'https://app.example.com' }],
    [through, { origin: 'http://app.example.com' }],
    [through, { origin: 'https://app.example.com' }],
    ['403 csrf', {}],
    ['403 csrf', { 'sec-fetch-site': 'cross-site' }],
    ['403 csrf', { 'sec-fetch-site': 'same-site' }],
    ['403 csrf', { 'sec-fetch-site': 'none' }],
    ['403 csrf', { 'sec-fetch-site': 'cross-site', origin: 'http://app.example.com' }],
    ['403 csrf', { origin: 'null' }],
    ['403 csrf', { origin: 'https://evil.example.net' }],
    ['403 csrf', { origin: 'https://app.example.com.evil.example.net' }],
    ['403 csrf', { origin: 'https://app.example.com:8443' }],
    ['403 csrf', { referer: 'https://app.example.com/' }],
    ['403 csrf', { 'x-csrf-token': 'anything' }],
    ['403 csrf', { cookie: 'session=1', 'content-type': 'text/plain' }],
  ] as [string, Record<string, string>][])('%s from a page that shows %j', async (expected, headers) => {
    expect(await send(headers)).toBe(expected)
  })

  it("takes the host's own token in place of the browser's word", async () => {
    const verify = ({ headers }: Request): boolean => headers.get('x-csrf-token') === 'right'
    expect(await send({ 'x-csrf-token': 'right' }, 'POST', verify)).toBe(through)
    expect(await send({ 'x-csrf-token': 'wrong' }, 'POST', verify)).toBe('403 csrf')
    expect(await send({}, 'POST', (() => 'yes') as unknown as () => boolean)).toBe('403 csrf')
    const broken = (): boolean => {
      throw new Error('the session store is down')
    }
    expect(await send({ 'x-csrf-token': 'right' }, 'POST', broken)).toBe('500 internal_error')
  })

  it('takes nothing but JSON', async () => {
    const proof = { 'sec-fetch-site': 'same-origin' }
    expect(await send({ ...proof, 'content-type': 'text/plain' })).toBe('415 media_type_unsupported')
    expect(await send({ ...proof, 'content-type': 'application/jsonp' })).toBe('415 media_type_unsupported')
    const response = await log.handler()(
      new Request('http://localhost/api/audit-logs/settings/forwarders/x', {
        method: 'PUT',
        headers: { ...asHeader(), ...proof },
        body: new Blob([JSON.stringify(draft)]),
      }),
    )
    expect(response.status).toBe(415)
  })
})

describe('a test event', () => {
  it('says whether it arrived, with stored settings and with new ones, and is an entry', async () => {
    const name = unique('probe')
    const tested = log.audit.query().action('audit_log.forwarder.tested')
    const before = await tested.count()
    const fake = await startFakeSplunk()
    const mine = { kind: 'splunk', config: { url: fake.url, index: 'audit' }, secrets: { token: fake.token } }
    expect(await ask('POST', '/forwarders/test', { name, ...mine })).toMatchObject({
      status: 200,
      body: { ok: true, code: 'delivered' },
    })
    await ask('PUT', `/forwarders/${name}`, mine)
    expect((await ask('POST', `/forwarders/${name}/test`)).body).toMatchObject({ ok: true })
    const { secrets: _, ...kept } = mine
    expect((await ask('POST', '/forwarders/test', { name, ...kept })).body).toMatchObject({ ok: true })
    expect(fake.events.map(({ event }) => event['action'])).toEqual(
      Array.from({ length: 3 }, () => 'audit_log.sink_test'),
    )
    const wrong = await ask('POST', '/forwarders/test', { name, ...mine, secrets: { token: 'WRONG-TOKEN' } })
    expect(wrong.body).toMatchObject({ ok: false, code: 'splunk_code_4' })
    expect(wrong.text).not.toContain('WRONG-TOKEN')
    const { entries } = await tested.page()
    expect(entries.slice(0, entries.length - before).map(({ user_id, outcome }) => `${user_id} ${outcome}`)).toEqual([
      'alice failure',
      ...Array.from({ length: 3 }, () => 'alice success'),
    ])
    await ask('DELETE', `/forwarders/${name}`)
    await fake.stop()
  })

  it('tells nothing of what a server that is no SIEM answers', async () => {
    const { startFakeServer } = await import('../../support/fake-server.ts')
    const internal = await startFakeServer(() => ({ status: 200, body: 'ami-id: i-0123 SECRET-OF-THE-INTRANET' }))
    for (const kind of ['splunk', 'http', 'elastic']) {
      const secrets = kind === 'elastic' ? { api_key: 'a2V5' } : { token: 't' }
      const answer = await ask('POST', '/forwarders/test', {
        name: 'ssrf',
        kind,
        config: { url: internal.url },
        secrets,
      })
      expect(answer.status).toBe(200)
      expect(answer.text).not.toContain('SECRET-OF')
      expect(Object.keys(answer.body as object)).toEqual(['ok', 'code', 'message'])
      expect(String(answer.body.message).length).toBeLessThanOrEqual(160)
    }
    await internal.stop()
  })

  it('goes nowhere that the host does not permit, and the attempt is an entry', async () => {
    const id = unique('prober')
    const careful = log.handler({ allowDestination: ({ hostname }) => hostname === 'splunk.example.com' })
    const evil = { name: 'evil', kind: 'http', config: { url: 'https://169.254.169.254/latest' } }
    const answer = await ask('POST', '/forwarders/test', evil, { id }, careful)
    expect(answer).toMatchObject({ status: 403, body: { code: 'destination_forbidden' } })
    const { entries } = await log.audit.query().user(id).page()
    expect(entries).toMatchObject([{ outcome: 'denied', details: { reason: 'destination_forbidden' } }])
  })
})

describe('the dead letters', () => {
  it('are listed newest first, page by page', async () => {
    const name = unique('full')
    await log.sequencerPool.query(
      `insert into audit_log.dead_letter (forwarder, item, first_leaf_index, last_leaf_index, kind, code, reason)
       select $1, 'item-' || n, n, n, 'rejected', 'too_large', '<b>no</b>' from generate_series(1, 5) as n`,
      [name],
    )
    const found: string[] = []
    let cursor = ''
    for (;;) {
      const { body } = await ask('GET', `/forwarders/${name}/dead-letters?limit=2${cursor}`)
      found.push(...(body.dead_letters as { item: string }[]).map(({ item }) => item))
      if (body.has_more === false) break
      cursor = `&cursor=${String(body.next_cursor)}`
    }
    expect(found).toEqual([5, 4, 3, 2, 1].map((number) => `item-${number}`))
    const stolen = await ask('GET', `/forwarders/other/dead-letters?limit=2${cursor}`)
    expect(stolen).toMatchObject({ status: 400, body: { code: 'cursor_invalid' } })
  })
})

it('what a supervisor cannot start shows as the problem of the forwarder', async () => {
  await ask('PUT', '/forwarders/locked', draft)
  const supervisor = new ForwarderSupervisor({ db: log.sequencerPool, pollMs: 50 })
  supervisor.start()
  const problem = async (): Promise<unknown> =>
    ((await ask('GET', '/forwarders')).body.forwarders as { name: string; problem: string }[]).find(
      ({ name }) => name === 'locked',
    )?.problem
  await expect.poll(problem).toBe('settings_key_missing')
  await supervisor.stop()
})
