import { setTimeout as sleep } from 'node:timers/promises'
import { parse } from 'csv-parse/sync'
import { describe, expect, it, vi } from 'vitest'
import type { Principal } from '../../../src/http/index.ts'
import { canonicalize, type Entry, verifyEntries } from '../../../src/index.ts'
import { asHeader, sample, testApi } from '../../support/api.ts'
import { unique } from '../../support/unique.ts'

const hostile = ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', ' =cmd|x', '＝1', 'a,"b"\r\nc', "'quoted", 'ä😀']
const api = await testApi(3300, (index) => ({
  ...sample(index),
  ...(index % 100 === 0 ? { user_id: hostile[(index / 100) % hostile.length] ?? null, action: 'hostile.name' } : {}),
}))
const all: Entry[] = []
for await (const entry of api.audit.query().stream()) all.push(entry)
const everything = 'action=scan.*,user.login,hostile.name'
const contoso: Partial<Principal> = { id: 'eve', tenants: ['contoso'] }

const request = (path: string, principal: Partial<Principal> = {}, init: RequestInit = {}): Request =>
  new Request(`http://localhost/api/audit-logs${path}`, { ...init, headers: asHeader(principal) })
const aboutExports = async (user: string): Promise<Entry[]> => {
  const { entries } = await api.audit.query().user(user).action('audit_log.*').order('oldest').page()
  return [...entries]
}

describe('an export', () => {
  it('has a line of canonical JSON for each entry in NDJSON, and verifies', async () => {
    const response = await api.get(`/export?${everything}`)
    expect(response.headers.get('content-type')).toBe('application/x-ndjson')
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="audit-log.ndjson"')
    const text = await response.text()
    expect(text).toBe(all.map((entry) => `${canonicalize(entry)}\n`).join(''))
    expect(await verifyEntries([text])).toMatchObject({ intact: true, entries: all.length })
  })

  it('is an object with the entries in JSON, and verifies', async () => {
    const text = await (await api.get(`/export?format=json&order=oldest&${everything}`)).text()
    expect(JSON.parse(text)).toEqual({ entries: all.toReversed() })
    expect(await verifyEntries([text])).toMatchObject({ intact: true, entries: all.length })
  })

  it.each([
    [403, 'cross-site'],
    [403, 'same-site'],
    [200, 'same-origin'],
    [200, 'none'],
  ])('is answered with %i when a page of another origin may have asked for it: %s', async (status, site) => {
    const user = unique('led-')
    const send = async (path: string, options: Parameters<typeof api.handler>[0] = {}): Promise<number> => {
      const headers = { ...asHeader({ id: user }), 'sec-fetch-site': site }
      const response = await api.handler(options)(new Request(`http://localhost/api/audit-logs${path}`, { headers }))
      await response.text()
      return response.status
    }
    expect(await send('/export?action=none')).toBe(status)
    const [first] = (await aboutExports(user)).map(({ outcome, details }) => [outcome, details['reason']])
    expect(first).toEqual(status === 403 ? ['denied', 'csrf'] : ['success', undefined])
    expect(await send('/export?action=none', { csrf: { verify: () => true } })).toBe(200)
    // What is not recorded may be asked for: no other page can read it.
    expect(await send('/list')).toBe(200)
    expect(await send('/list', { auditViews: true })).toBe(status)
  })

  it('has a record for each entry in CSV, with formulas disarmed and nothing else changed', async () => {
    const response = await api.get(`/export?format=csv&${everything}`)
    const text = await response.text()
    const records = parse<Record<string, string>>(text, { columns: true, record_delimiter: '\r\n' })
    expect(records).toHaveLength(all.length)
    for (const [index, record] of records.entries()) {
      const { details, ...entry } = all[index] as Entry
      const user = /^[\s]*[=+\-@＝]/.test(entry.user_id ?? '') ? `'${entry.user_id}` : (entry.user_id ?? '')
      expect(record['details']).toBe(canonicalize(details))
      expect(record).toMatchObject({
        ...Object.fromEntries(Object.entries(entry).map(([name, value]) => [name, String(value ?? '')])),
        user_id: user,
      })
    }
    // Whatever a spreadsheet makes of it, no cell begins with a sign that starts a formula.
    expect(records.flatMap(Object.values).filter((cell) => /^[\s]*[=+\-@＝＋－＠]/.test(cell as string))).toEqual([])
  })

  it.each([
    ['ndjson', ''],
    ['json', '{"entries":[\n\n]}\n'],
    [
      'csv',
      'version,seq,id,timestamp,tenant_id,user_id,action,target,source_ip,outcome,details,recorded_by,entry_hash\r\n',
    ],
  ])('of nothing is an empty file in %s', async (format, expected) => {
    expect(await (await api.get(`/export?action=no.such&format=${format}`)).text()).toBe(expected)
  })

  it('of one tenant has the entries of that tenant alone', async () => {
    const text = await (await api.get(`/export?${everything}`, contoso)).text()
    const own = all.filter(({ tenant_id }) => tenant_id === 'contoso')
    expect(text).toBe(own.map((entry) => `${canonicalize(entry)}\n`).join(''))
  })

  it('is an entry before the first byte, and another when it is over', async () => {
    const user = unique('auditor-7')
    const principal = { id: user, tenants: ['contoso'], sourceIp: '2001:db8::7' }
    const response = await api.get('/export?action=scan.*&format=csv', principal)
    const [started] = await aboutExports(user)
    expect(started).toMatchObject({
      action: 'audit_log.export_started',
      tenant_id: 'contoso',
      source_ip: '2001:db8::7',
      details: { parameters: { action: 'scan.*', format: 'csv' } },
    })
    const text = await response.text()
    const [, ended] = await aboutExports(user)
    expect(ended).toMatchObject({
      action: 'audit_log.export_ended',
      outcome: 'success',
      details: {
        export: started?.details['export'],
        complete: true,
        entries: all.filter(({ tenant_id, action }) => tenant_id === 'contoso' && action.startsWith('scan.')).length,
        bytes: Buffer.byteLength(text),
      },
    })
  })

  it('that is refused is an entry too', async () => {
    const user = unique('nosy')
    await api.get('/export', { id: user, permissions: ['read'] })
    await api.get('/export?tenant_id=fabrikam', { ...contoso, id: user })
    const off = api.handler({ flags: {} })
    expect((await off(request('/export', { id: user }))).status).toBe(403)
    const refused = await aboutExports(user)
    expect(refused.map(({ outcome, details }) => [outcome, details['reason']])).toEqual([
      ['denied', 'permission_missing'],
      ['denied', 'tenant_forbidden'],
      ['denied', 'feature_disabled'],
    ])
  })

  it('does not take place when it cannot be recorded', async () => {
    const handler = api.handler({ db: api.log.pool(api.log.reader.url) })
    expect((await handler(request('/export'))).status).toBe(500)
    const failing = api.handler({ audit: { log: () => Promise.reject(new Error('no')) } })
    expect((await failing(request('/export'))).status).toBe(500)
  })

  it('is refused while as many as are allowed are under way, and taken again when one is over', async () => {
    const handler = api.handler({ maxExports: 2 })
    const [first, second] = [await handler(request('/export')), await handler(request('/export'))]
    const third = await handler(request('/export'))
    expect([third.status, third.headers.get('retry-after')]).toEqual([429, '5'])
    expect(await third.json()).toMatchObject({ code: 'export_busy' })
    await first.body?.cancel()
    const fourth = await handler(request('/export'))
    expect(fourth.status).toBe(200)
    await Promise.all([second.text(), fourth.text()])
    for (let index = 0; index < 3; index += 1) await (await handler(request('/export?action=no.such'))).text()
  })

  it('of a client that takes nothing is given up, and its place is free again', async () => {
    const user = unique('sleepy')
    const handler = api.handler({ maxExports: 1, exportStallMs: 100 })
    const stalled = await handler(request(`/export?${everything}`, { id: user }))
    const reader = stalled.body!.getReader()
    await reader.read()
    while ((await handler(request('/export?action=no.such'))).status === 429) await sleep(20)
    await expect(reader.read().then(() => reader.read())).rejects.toThrow()
    // Its place is free a little before its end is on record.
    await vi.waitFor(async () => {
      const [, ended] = await aboutExports(user)
      expect(ended).toMatchObject({ outcome: 'failure', details: { complete: false, entries: 1000 } })
    }, 10_000)
  })

  it('of a client that never reads is given up too', async () => {
    const user = unique('gone')
    const handler = api.handler({ maxExports: 1, exportStallMs: 100 })
    await handler(request('/export', { id: user }))
    while ((await handler(request('/export?action=no.such'))).status === 429) await sleep(20)
    await vi.waitFor(async () => {
      const recorded = await aboutExports(user)
      expect(recorded).toMatchObject([{}, { outcome: 'failure', details: { entries: 0, bytes: 0 } }])
    }, 10_000)
  })

  it('that fails half-way breaks off, tells the host, and is recorded as incomplete', async () => {
    const user = unique('unlucky')
    const errors: unknown[] = []
    const pool = api.log.pool(api.log.app.url)
    const handler = api.handler({ db: pool, audit: api.audit, onError: (error) => errors.push(error) })
    const response = await handler(request(`/export?${everything}`, { id: user }))
    const reader = response.body!.getReader()
    await reader.read()
    await api.log.admin.query(`revoke select on audit_log.entry from ${api.log.roles.reader}`)
    try {
      await expect(
        (async () => {
          while (!(await reader.read()).done);
        })(),
      ).rejects.toThrow()
    } finally {
      await api.log.admin.query(`grant select on audit_log.entry to ${api.log.roles.reader}`)
    }
    expect(errors).toMatchObject([{ code: 'privilege_missing' }])
    const [, ended] = await aboutExports(user)
    expect(ended).toMatchObject({ outcome: 'failure', details: { complete: false } })
  })

  it('of a client that goes away cancels the statement in the server', async () => {
    const user = unique('leaver')
    const blocker = await api.log.connect()
    const client = new AbortController()
    const response = await api.handler()(request(`/export?${everything}`, { id: user }, { signal: client.signal }))
    await blocker.query('begin; lock table audit_log.entry in access exclusive mode')
    try {
      const reading = response.text().catch((error: unknown) => error)
      await waitingFor(1, '/* audit-log%')
      client.abort()
      expect(await reading).toBeInstanceOf(Error)
      // The entry about the end waits for the lock, and nothing else does.
      await waitingFor(1, 'insert%')
      await waitingFor(0, '/* audit-log%')
    } finally {
      await blocker.query('rollback')
    }
    while ((await aboutExports(user)).length < 2) await sleep(20)
    expect((await aboutExports(user))[1]).toMatchObject({ outcome: 'failure', details: { entries: 0 } })
  })
})

/** Resolves when so many statements of the app at least wait for a lock, or none. */
async function waitingFor(count: number, like = '%'): Promise<void> {
  for (;;) {
    const { rows } = await api.log.admin.query(
      `select from pg_stat_activity where usename = $1 and wait_event_type = 'Lock' and query ilike $2`,
      [api.log.app.name, like],
    )
    if (count === 0 ? rows.length === 0 : rows.length >= count) return
    await sleep(20)
  }
}
