import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { Principal } from '../../../src/http/index.ts'
import { asHeader, jsonRequest, sample, testApi } from '../../support/api.ts'
import { unique } from '../../support/unique.ts'

const api = await testApi(300)
const dayMs = 86_400_000
const ago = (days: number): string => new Date(Date.now() - days * dayMs).toISOString()
const contoso: Partial<Principal> = { id: 'eve', tenants: ['contoso'] }

async function bodyOf<T>(answer: Promise<Response>): Promise<T> {
  const response = await answer
  expect(response.status).toBe(200)
  return (await response.json()) as T
}
async function problemOf(answer: Promise<Response>): Promise<string> {
  const response = await answer
  const { code, parameter, path } = (await response.json()) as Record<string, string | undefined>
  return [response.status, code, parameter, path].filter((part) => part !== undefined).join(' ')
}

describe('GET /session', () => {
  it('says who asks, what he may do and which features are on', async () => {
    const principal: Partial<Principal> = { id: 'eve', tenants: ['contoso', null], permissions: ['read', 'settings'] }
    expect(await bodyOf(api.get('/session', principal))).toEqual({
      principal: { id: 'eve', tenants: [null, 'contoso'] },
      permissions: ['read', 'settings'],
      flags: { audit_export: true, audit_extended_retention: false },
      csrf_token: null,
    })
  })

  it("hands over the host's token, and nothing when nobody is signed in", async () => {
    const handler = api.handler({ csrf: { verify: () => false, token: () => 'token-of-the-host' } })
    const ask = (headers: Record<string, string>) =>
      handler(new Request('http://localhost/api/audit-logs/session', { headers }))
    expect(await bodyOf(ask(asHeader()))).toMatchObject({ csrf_token: 'token-of-the-host' })
    expect((await ask({})).status).toBe(401)
  })
})

interface Activity {
  readonly days: readonly {
    readonly day: string
    readonly actions: readonly { action: string; success: number; failure: number; denied: number }[]
  }[]
}

describe('GET /activity', () => {
  const countsOf = ({ days }: Activity): Record<string, number[]> => {
    const counts: Record<string, number[]> = {}
    for (const { action, success, failure, denied } of days.flatMap(({ actions }) => actions)) {
      const [a = 0, b = 0, c = 0] = counts[action] ?? []
      counts[action] = [a + success, b + failure, c + denied]
    }
    return counts
  }
  const expected = (visible: (tenant: string | null | undefined) => boolean): Record<string, number[]> => {
    const counts: Record<string, number[]> = {}
    for (let index = 0; index < 300; index += 1) {
      const event = sample(index)
      if (!visible(event.tenant_id)) continue
      const count = (counts[event.action] ??= [0, 0, 0])
      count[event.outcome === 'denied' ? 2 : 0]! += 1
    }
    return counts
  }

  it('counts every entry of the range once, by day, action and outcome', async () => {
    const activity = await bodyOf<Activity>(api.get(`/activity?since=${ago(1)}`))
    expect(countsOf(activity)).toEqual(expected(() => true))
    expect(activity.days.every(({ day }) => /^\d{4}-\d{2}-\d{2}$/.test(day))).toBe(true)
    expect(await bodyOf(api.get(`/activity?since=${ago(3)}&until=${ago(2)}`))).toEqual({ days: [] })
  })

  it('counts nothing of other tenants', async () => {
    const own = await bodyOf<Activity>(api.get(`/activity?since=${ago(1)}`, contoso))
    expect(countsOf(own)).toEqual(expected((tenant) => tenant === 'contoso'))
    const none = await bodyOf<Activity>(api.get(`/activity?since=${ago(1)}&tenant_id=`))
    expect(countsOf(none)).toEqual(expected((tenant) => tenant === null))
    expect(await problemOf(api.get(`/activity?since=${ago(1)}&tenant_id=fabrikam`, contoso))).toBe(
      '403 tenant_forbidden',
    )
  })

  it('ends at the clock of the database, not at the one of the host', async () => {
    const since = ago(1)
    const whole = await bodyOf<Activity>(api.get(`/activity?since=${since}`))
    vi.useFakeTimers({ now: Date.now() - 3_600_000, toFake: ['Date'] })
    onTestFinished(() => void vi.useRealTimers())
    expect(await bodyOf<Activity>(api.get(`/activity?since=${since}`))).toEqual(whole)
  })

  it('tells the 100 most frequent actions apart and puts the others together', async () => {
    const tenant = unique('many-actions')
    const events = Array.from({ length: 130 }, (_, index) => ({ action: `many.a${index}`, tenant_id: tenant }))
    await api.audit.logMany([...events, ...events.slice(0, 100)])
    const activity = await bodyOf<Activity>(api.get(`/activity?since=${ago(1)}&tenant_id=${tenant}`))
    const counts = countsOf(activity)
    expect(Object.keys(counts)).toHaveLength(101)
    expect(counts['*']).toEqual([30, 0, 0])
    expect(counts['many.a7']).toEqual([2, 0, 0])
  })

  it.each([
    ['400 parameter_invalid since', ''],
    ['400 parameter_invalid since', '?since=yesterday'],
    ['400 parameter_invalid until', `?since=${ago(0)}&until=${ago(1)}`],
    ['400 parameter_invalid until', `?since=${ago(93)}`],
    ['400 parameter_unknown', `?since=${ago(1)}&action=scan.started`],
  ])('answers %s to %s', async (code, query) => {
    expect(await problemOf(api.get(`/activity${query}`))).toBe(code)
  })
})

interface Acceptances {
  readonly acceptances: readonly Record<string, unknown>[]
  readonly next_cursor: string | null
  readonly has_more: boolean
}

describe('GET /acceptances', () => {
  const accept = (tenant_id: string, days: number, id: string, expires = Date.now() + days * dayMs) =>
    api.audit.log({
      action: 'risk.accepted',
      tenant_id,
      user_id: 'carol',
      target: `finding:${id}`,
      details: {
        acceptance_id: id,
        justification: 'compensating control',
        requester: 'bob',
        approver: 'carol',
        expires_at: new Date(expires).toISOString(),
      },
    })

  it('answers who accepted what until when, as of a time', async () => {
    const [soon] = [await accept('contoso', 10, 'soon'), await accept('contoso', 90, 'long')]
    const found = await bodyOf<Acceptances>(api.get('/acceptances'))
    expect(found.acceptances).toMatchObject([
      { target: 'finding:soon', state: 'expiring', accepted_by: 'bob', approved_by: 'carol', seq: soon?.seq },
      { target: 'finding:long', state: 'in_force', tenant_id: 'contoso', justification: 'compensating control' },
    ])
    const later = await bodyOf<Acceptances>(api.get(`/acceptances?as_of=${ago(-30)}`))
    expect(later.acceptances.map(({ state }) => state)).toEqual(['expired', 'in_force'])
    expect(await bodyOf(api.get(`/acceptances?as_of=${ago(30)}`))).toEqual({
      acceptances: [],
      next_cursor: null,
      has_more: false,
    })
  })

  it('leaves none out because the clock of the database is ahead', async () => {
    await accept('clocks', 90, 'ahead')
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 60_000 })
    onTestFinished(() => void vi.useRealTimers())
    const { acceptances } = await bodyOf<Acceptances>(api.get('/acceptances?tenant_id=clocks'))
    expect(acceptances.map(({ target }) => target)).toEqual(['finding:ahead'])
  })

  it('shows only those of the tenants that the principal may see', async () => {
    await accept('fabrikam', 90, 'foreign')
    const targets = async (principal: Partial<Principal>): Promise<unknown[]> =>
      (await bodyOf<Acceptances>(api.get('/acceptances', principal))).acceptances.map(({ tenant_id }) => tenant_id)
    expect(await targets(contoso)).toEqual(['contoso', 'contoso'])
    expect(await targets({ tenants: ['fabrikam', 'other'] })).toEqual(['fabrikam'])
    expect(await targets({ tenants: [null] })).toEqual([])
    expect(await problemOf(api.get('/acceptances', { tenants: [] }))).toBe('403 tenant_forbidden')
  })

  it('cuts nothing off: goes through more than a page by cursor, each once, also when they are renewed meanwhile', async () => {
    const many = Array.from({ length: 120 }, (_, index) => `many-${index}`)
    for (const id of many) await accept('many', 90, id)
    const principal = { tenants: ['many', 'other'] }
    const found: unknown[] = []
    let page = await bodyOf<Acceptances>(api.get('/acceptances', principal))
    expect(page.acceptances).toHaveLength(100)
    const { next_cursor: first } = page
    for (;;) {
      expect(page.has_more).toBe(page.next_cursor !== null)
      found.push(...page.acceptances.map(({ acceptance_id }) => acceptance_id))
      if (page.next_cursor === null) break
      await accept('many', 180, 'many-0')
      page = await bodyOf<Acceptances>(api.get(`/acceptances?limit=7&cursor=${page.next_cursor}`, principal))
    }
    expect(found).toEqual(many)
    const all = await bodyOf<Acceptances>(api.get('/acceptances?limit=1000', principal))
    expect(all.acceptances.map(({ acceptance_id }) => acceptance_id)).toEqual(many)
    for (const [query, who] of [
      [`cursor=${first}`, { tenants: ['many'] }],
      [`as_of=${ago(0)}&cursor=${first}`, principal],
      [`tenant_id=many&cursor=${first}`, principal],
      [`cursor=${first?.slice(1)}`, principal],
    ] as const) {
      expect(await problemOf(api.get(`/acceptances?${query}`, who))).toMatch(/^400 cursor_invalid/)
    }
    expect(await problemOf(api.get('/acceptances?limit=1001'))).toBe('400 parameter_invalid limit')
  })

  it('is refused without audit_export, like everything that hands out entries', async () => {
    const handler = api.handler({ flags: {} })
    const request = new Request('http://localhost/api/audit-logs/acceptances', { headers: asHeader() })
    expect(await problemOf(handler(request))).toBe('403 feature_disabled')
  })
})

describe('the retention', () => {
  const extending = api.handler({ flags: { audit_extended_retention: true } })
  const post = (path: string, body: unknown, principal: Partial<Principal> = {}) =>
    extending(
      new Request(`http://localhost/api/audit-logs${path}`, {
        ...jsonRequest('POST', body),
        headers: { ...asHeader(principal), ...(jsonRequest('POST').headers as Record<string, string>) },
      }),
    )

  it('is shown with its months and holds to those who may see settings', async () => {
    const state = await bodyOf<Record<string, unknown>>(api.get('/settings/retention', { permissions: ['inspect'] }))
    expect(state).toMatchObject({ keep_days: 365, reason: 'installation', extendable: false, holds: [] })
    expect(state['months']).toContainEqual(
      expect.objectContaining({ month: new Date().toISOString().slice(0, 7), expired: false }),
    )
    expect(await problemOf(api.get('/settings/retention', { permissions: ['read', 'export'] }))).toBe(
      '403 permission_missing',
    )
  })

  // As a socket of both kinds reports it.
  const dora = { id: 'dora', sourceIp: '::ffff:203.0.113.9' }
  it('grows, never shrinks, and says who did it', async () => {
    expect(await bodyOf(post('/settings/retention/extend', { keep_days: 800, reason: 'contract' }, dora))).toEqual({
      keep_days: 800,
    })
    expect(await problemOf(post('/settings/retention/extend', { keep_days: 700, reason: 'cheaper' }))).toBe(
      '409 retention_too_young',
    )
    expect(await bodyOf(api.get('/settings/retention'))).toMatchObject({ keep_days: 800, reason: 'contract' })
    const { entries } = await api.audit.query().action('audit_log.retention.extended').page()
    expect(entries).toMatchObject([{ user_id: 'dora', source_ip: '203.0.113.9', details: { after_days: 800 } }])
  })

  it('stays as it is while audit_extended_retention is off, and the attempt is an entry', async () => {
    const id = unique('mallory')
    const answer = api.send('POST', '/settings/retention/extend', { keep_days: 900, reason: 'x' }, { id })
    expect(await problemOf(answer)).toBe('403 feature_disabled')
    const { entries } = await api.audit.query().user(id).page()
    expect(entries).toMatchObject([
      {
        action: 'audit_log.settings.changed',
        outcome: 'denied',
        details: { operation: 'extendRetention', reason: 'feature_disabled' },
      },
    ])
  })

  it('gets a legal hold, which is an entry too', async () => {
    const hold = { tenant_id: 'contoso', since: '2026-01-01T00:00:00Z', reason: 'case 17', approved_by: 'legal' }
    const { hold_id } = await bodyOf<{ hold_id: string }>(post('/settings/legal-holds', hold, dora))
    const { holds } = await bodyOf<{ holds: unknown[] }>(api.get('/settings/retention'))
    expect(holds).toMatchObject([
      { hold_id, tenant_id: 'contoso', user_id: null, since: '2026-01-01T00:00:00.000000Z', released_at: null },
    ])
    const { entries } = await api.audit.query().action('audit_log.legal_hold.placed').page()
    expect(entries).toMatchObject([{ user_id: 'dora', source_ip: '203.0.113.9', target: `legal_hold:${hold_id}` }])
  })

  it.each([
    ['400 body_invalid $.keep_days', '/settings/retention/extend', { reason: 'x' }],
    ['400 body_invalid $.keep_days', '/settings/retention/extend', { keep_days: '900', reason: 'x' }],
    ['400 body_invalid $.keep_days', '/settings/retention/extend', { keep_days: 36_526, reason: 'x' }],
    ['400 body_invalid $.reason', '/settings/retention/extend', { keep_days: 900, reason: ' ' }],
    ['400 body_invalid $.months', '/settings/retention/extend', { keep_days: 900, reason: 'x', months: 1 }],
    ['400 body_invalid $', '/settings/retention/extend', { keep_days: 900, reason: 'x', '<b>': 1 }],
    ['400 body_malformed', '/settings/retention/extend', [900]],
    ['400 body_malformed', '/settings/retention/extend', null],
    ['413 body_too_large', '/settings/retention/extend', { keep_days: 900, reason: 'x'.repeat(70_000) }],
    ['400 body_invalid $.reason', '/settings/legal-holds', { approved_by: 'x' }],
    ['400 body_invalid $.since', '/settings/legal-holds', { reason: 'x', approved_by: 'x', since: 'monday' }],
    [
      '400 body_invalid $.until',
      '/settings/legal-holds',
      { reason: 'x', approved_by: 'x', since: '2026-02-01T00:00:00Z', until: '2026-01-01T00:00:00Z' },
    ],
    ['400 body_invalid $.target', '/settings/legal-holds', { reason: 'x', approved_by: 'x', target: 'a\u0000b' }],
  ])('answers %s to POST %s with %j', async (code, path, body) => {
    expect(await problemOf(post(path, body))).toBe(code)
  })
})
