import { describe, expect, it } from 'vitest'
import { AuditLogger, type Entry, verifyEntries, verifyEntry } from '../../../src/index.ts'
import { verifyTlogProof } from '../../../src/tlog/index.ts'
import type { Principal } from '../../../src/http/index.ts'
import { asHeader, testApi } from '../../support/api.ts'
import { unique } from '../../support/unique.ts'
import { testLog } from '../../support/database.ts'
import { verificationEvent } from '../../../src/evidence/verification-record.ts'
import { verifyLog } from '../../../src/evidence/verify-log.ts'

const api = await testApi()
const all: Entry[] = []
for await (const entry of api.audit.query().stream()) all.push(entry)

interface List {
  readonly entries: Entry[]
  readonly next_cursor: string | null
  readonly has_more: boolean
  readonly checkpoint: { readonly tree_size: number; readonly note: string } | null
  readonly uncovered: number
}
const list = async (query: string, principal?: Partial<Principal>): Promise<List> => {
  const response = await api.get(`/list${query}`, principal)
  expect(response.status).toBe(200)
  return (await response.json()) as List
}
const problem = async (response: Response): Promise<{ status: number; code: string }> => {
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  const body = (await response.json()) as { status: number; code: string }
  expect(body.status).toBe(response.status)
  return body
}
const codeOf = async (path: string, principal?: Partial<Principal>): Promise<string> => {
  const { status, code } = await problem(await api.get(path, principal))
  return `${status} ${code}`
}
const contoso: Partial<Principal> = { id: 'eve', tenants: ['contoso'] }

describe('GET /list', () => {
  it('answers with the newest 100 entries, each whole and verifying, and the checkpoint', async () => {
    const { entries, has_more, checkpoint, uncovered } = await list('')
    expect(entries).toEqual(all.slice(0, 100))
    expect(entries.every(verifyEntry)).toBe(true)
    expect([has_more, checkpoint?.tree_size, uncovered]).toEqual([true, all.length, 0])
  })

  it('is a file that verifyEntries takes', async () => {
    const response = await api.get('/list?limit=1000')
    expect(await verifyEntries([await response.text()])).toMatchObject({ intact: true, entries: 1000 })
  })

  it('goes through everything by cursor, and says that nothing is left', async () => {
    const found: Entry[] = []
    let cursor = ''
    for (;;) {
      const page: List = await list(`?limit=700${cursor}`)
      found.push(...page.entries)
      expect(page.has_more).toBe(page.next_cursor !== null)
      if (page.next_cursor === null) break
      cursor = `&cursor=${page.next_cursor}`
    }
    expect(found).toEqual(all)
  })

  it.each<[string, (entry: Entry) => boolean]>([
    ['action=scan.completed', ({ action }) => action === 'scan.completed'],
    ['action=scan.*,no.such', ({ action }) => action.startsWith('scan.')],
    ['user_id=user-3', ({ user_id }) => user_id === 'user-3'],
    ['user_id=', ({ user_id }) => user_id === null],
    ['tenant_id=contoso', ({ tenant_id }) => tenant_id === 'contoso'],
    ['tenant_id=', ({ tenant_id }) => tenant_id === null],
    ['target=finding%3A4', ({ target }) => target === 'finding:4'],
    ['target=', ({ target }) => target === null],
    ['source_ip=203.0.113.7', ({ source_ip }) => source_ip === '203.0.113.7'],
    ['source_ip=203.0.113.0/28', ({ source_ip }) => Number(source_ip?.split('.')[3]) < 16],
    ['outcome=denied', ({ outcome }) => outcome === 'denied'],
    ['details=%7B%22nested%22%3A%7B%22even%22%3Atrue%7D%7D', ({ details }) => Number(details['index']) % 2 === 0],
    ['seq_from=100&seq_to=300', ({ seq }) => seq >= 100 && seq <= 300],
    [`since=${all[900]?.timestamp}`, ({ timestamp }) => timestamp >= (all[900]?.timestamp ?? '')],
    [
      `until=${all[900]?.timestamp.replace('Z', '%2B00:00')}`,
      ({ timestamp }) => timestamp < (all[900]?.timestamp ?? ''),
    ],
    [
      'action=user.login&outcome=success&tenant_id=fabrikam&user_id=user-2',
      (entry) =>
        entry.action === 'user.login' &&
        entry.outcome === 'success' &&
        entry.tenant_id === 'fabrikam' &&
        entry.user_id === 'user-2',
    ],
  ])('finds %s', async (query, matches) => {
    const expected = all.filter(matches)
    expect(expected.length).toBeGreaterThan(0)
    expect((await list(`?limit=1000&${query}`)).entries).toEqual(expected.slice(0, 1000))
    expect((await list(`?limit=1000&order=oldest&${query}`)).entries).toEqual(expected.toReversed().slice(0, 1000))
  })

  it('says how many entries of the page no checkpoint covers', async () => {
    await api.audit.logMany([{ action: 'late.one' }, { action: 'late.two' }])
    expect((await list('?limit=10')).uncovered).toBe(2)
    expect((await list('?action=late.*')).uncovered).toBe(2)
    await api.sequencer.run()
    expect((await list('?limit=10')).uncovered).toBe(0)
  })
})

describe('a page for which nothing is asked', () => {
  it('is planned once for each connection, and no other page is', async () => {
    const pool = api.log.pool(api.log.app.url, { max: 1 })
    const handler = api.handler({ db: pool, audit: api.audit })
    const ask = async (query: string, tenants: Principal['tenants'] = 'all'): Promise<List> => {
      const url = `http://localhost/api/audit-logs/list${query}`
      return (await (await handler(new Request(url, { headers: asHeader({ tenants }) }))).json()) as List
    }
    const prepared = async (): Promise<string[]> => {
      const found = await pool.query<{ plans: string }>(
        `select generic_plans || ' of ' || generic_plans + custom_plans as plans from pg_prepared_statements`,
      )
      return found.rows.map(({ plans }) => plans)
    }
    const { next_cursor } = await ask('')
    expect(await prepared()).toEqual(['1 of 1'])
    expect((await ask('')).entries).toEqual((await list('?limit=100')).entries)
    expect(await prepared()).toEqual(['2 of 2'])
    for (const query of ['?limit=7', '?action=scan.*', '?user_id=user-1', '?since=2026-01-01T00:00:00Z'])
      await ask(query)
    await ask(`?cursor=${next_cursor}`)
    await ask('', ['contoso'])
    expect(await prepared()).toEqual(['2 of 2'])
  })
})

describe('a principal of one tenant', () => {
  it('sees the entries of that tenant alone, whatever the filter', async () => {
    const own = all.filter(({ tenant_id }) => tenant_id === 'contoso')
    expect((await list('?limit=1000', contoso)).entries).toEqual(own.slice(0, 1000))
    expect((await list('?limit=1000&action=scan.*', contoso)).entries).toEqual(own.slice(0, 1000))
    expect((await list('?limit=1000&tenant_id=contoso', contoso)).entries).toEqual(own.slice(0, 1000))
    expect((await list('?action=user.login', contoso)).entries).toEqual([])
  })

  it('is refused another tenant, and the entries of none', async () => {
    expect(await codeOf('/list?tenant_id=fabrikam', contoso)).toBe('403 tenant_forbidden')
    expect(await codeOf('/list?tenant_id=', contoso)).toBe('403 tenant_forbidden')
    expect(await codeOf('/export?tenant_id=fabrikam', contoso)).toBe('403 tenant_forbidden')
    expect(await codeOf('/list', { tenants: [] })).toBe('403 tenant_forbidden')
  })

  it('sees entries of no tenant when null is among its tenants', async () => {
    const { entries } = await list('?limit=1000&action=scan.*,user.login', { tenants: ['contoso', null] })
    expect(entries).toEqual(all.filter(({ tenant_id }) => tenant_id !== 'fabrikam').slice(0, 1000))
  })

  it("does not find another tenant's entry, nor its proof, as if there were none", async () => {
    const foreign = all.find(({ tenant_id }) => tenant_id === 'fabrikam')?.seq
    expect(await codeOf(`/entries/${foreign}`, contoso)).toBe('404 entry_not_found')
    expect(await codeOf(`/entries/${foreign}/proof`, contoso)).toBe('404 entry_not_found')
    expect(await codeOf('/entries/9007199254740991', contoso)).toBe('404 entry_not_found')
  })
})

describe('a cursor', () => {
  it('is refused when it is forged, altered, of another query, of another resource, or of somebody else', async () => {
    const { next_cursor } = await list('?limit=5&action=scan.*')
    const cursor = next_cursor ?? ''
    const [inner = '', mac = ''] = cursor.split('.')
    const altered = `${inner.slice(0, -2)}${inner.endsWith('A') ? 'B' : 'A'}${inner.slice(-1)}.${mac}`
    const checkpoints = (await (await api.get('/checkpoints?limit=1')).json()) as { next_cursor: string | null }
    expect(await codeOf(`/list?action=scan.*&cursor=${inner}`)).toBe('400 cursor_invalid')
    expect(await codeOf(`/list?action=scan.*&cursor=${inner}.${'A'.repeat(22)}`)).toBe('400 cursor_invalid')
    expect(await codeOf(`/list?action=scan.*&cursor=${altered}`)).toBe('400 cursor_invalid')
    expect(await codeOf(`/list?cursor=${cursor}`)).toBe('400 cursor_invalid')
    expect(await (await api.get(`/list?cursor=${cursor}`)).json()).toMatchObject({ parameter: 'cursor' })
    expect(await codeOf(`/list?action=scan.*&order=oldest&cursor=${cursor}`)).toBe('400 cursor_invalid')
    expect(await codeOf(`/list?action=scan.*&cursor=${cursor}`, contoso)).toBe('400 cursor_invalid')
    expect(await codeOf(`/list?action=scan.*&cursor=${checkpoints.next_cursor}`)).toBe('400 cursor_invalid')
    expect(await codeOf(`/list?action=scan.*&cursor=`)).toBe('400 cursor_invalid')
    expect((await list(`?limit=7&action=scan.*&cursor=${cursor}`)).entries).toHaveLength(7)
  })

  it('is taken by every process on the same database, and by none with a key of its own', async () => {
    const { next_cursor } = await list('?limit=5')
    const request = (): Request =>
      new Request(`http://localhost/api/audit-logs/list?cursor=${next_cursor}`, { headers: asHeader() })
    expect((await api.handler()(request())).status).toBe(200)
    expect((await api.handler({ cursorKey: Buffer.alloc(32, 7) })(request())).status).toBe(400)
  })
})

describe('GET /entries/{seq}', () => {
  it('answers with the entry and a proof that verifies', async () => {
    const expected = all[1234] as Entry
    const { entry, leaf_index, proof } = (await (await api.get(`/entries/${expected.seq}`)).json()) as {
      entry: Entry
      leaf_index: number
      proof: string
    }
    expect(entry).toEqual(expected)
    expect(await verifyTlogProof(proof, Buffer.from(entry.entry_hash, 'hex'), api.policy)).toMatchObject({
      index: leaf_index,
    })
    const file = await api.get(`/entries/${expected.seq}/proof`)
    expect(file.headers.get('content-disposition')).toContain(`entry-${expected.seq}.tlog-proof`)
    expect(await file.text()).toBe(proof)
  })

  it('answers without a proof while no checkpoint covers the entry', async () => {
    const { seq } = await api.audit.log({ action: 'not.yet' })
    expect(await (await api.get(`/entries/${seq}`)).json()).toMatchObject({
      leaf_index: null,
      proof: null,
      entry: { seq },
    })
    const pending = await api.get(`/entries/${seq}/proof`)
    expect(pending.headers.get('retry-after')).toBe('1')
    expect(await problem(pending)).toMatchObject({ status: 404, code: 'proof_pending' })
  })

  it.each(['0', '1001x', '-1', '9007199254740992', '1e3', '%31', "1'--"])('refuses the number %s', async (seq) => {
    expect(await codeOf(`/entries/${seq}`)).toBe('400 parameter_invalid')
  })
})

describe('checkpoints and status', () => {
  it('answers with the newest checkpoint as the note that it is, and with all of them by page', async () => {
    const note = await (await api.get('/checkpoint')).text()
    const pages: { tree_size: number; note: string }[] = []
    let cursor = ''
    for (;;) {
      const page = (await (await api.get(`/checkpoints?limit=1${cursor}`)).json()) as {
        checkpoints: typeof pages
        next_cursor: string | null
      }
      pages.push(...page.checkpoints)
      if (page.next_cursor === null) break
      cursor = `&cursor=${page.next_cursor}`
    }
    expect(pages[0]?.note).toBe(note)
    expect(pages.map(({ tree_size }) => tree_size)).toEqual(
      [...pages].map(({ tree_size }) => tree_size).sort((a, b) => b - a),
    )
    expect(pages.length).toBeGreaterThan(1)
  })

  it('says that nothing has been signed yet', async () => {
    const fresh = await testLog()
    await new AuditLogger({ db: fresh.appPool }).log({ action: 'first.entry' })
    const handler = api.handler({ db: fresh.appPool, roles: fresh.roles })
    const ask = async (path: string): Promise<unknown> => {
      const response = await handler(new Request(`http://localhost/api/audit-logs${path}`, { headers: asHeader() }))
      return { status: response.status, body: await response.json() }
    }
    expect(await ask('/checkpoint')).toMatchObject({ status: 404, body: { code: 'checkpoint_missing' } })
    expect(await ask('/checkpoints')).toMatchObject({ status: 200, body: { checkpoints: [], next_cursor: null } })
    expect(await ask('/list')).toMatchObject({ status: 200, body: { checkpoint: null, uncovered: 1 } })
    expect(await ask('/status')).toMatchObject({ status: 200, body: { tree_size: 0, checkpoint: null } })
  })

  it('says how far the log has come, what waits, and whether the guards hold', async () => {
    const { seq } = await api.audit.log({ action: 'waits.here' })
    expect(await (await api.get('/status')).json()).toMatchObject({
      anomalies: 0,
      checkpoint: { tree_size: expect.any(Number) },
      backlog: { oldest: { age_ms: expect.any(Number) } },
      posture: { tamper_resistant: expect.any(Boolean), critical: expect.any(Number) },
    })
    await api.sequencer.run()
    expect(await (await api.get('/status')).json()).toMatchObject({
      tree_size: seq,
      checkpoint: { tree_size: seq },
      backlog: { entries: 0, oldest: null, held_by: null },
    })
  })

  it('says that the log was never verified', async () => {
    expect(await (await api.get('/status')).json()).toMatchObject({ last_verification: null })
  })

  it('says when the log was last verified, and with what verdict', async () => {
    const status = async (): Promise<unknown> => (await api.get('/status')).json()
    await api.sequencer.run()
    const verified = await verifyLog(api.log.admin, { policy: api.policy })
    const { seq, timestamp } = await api.audit.log(verificationEvent(verified))
    expect(await status()).toMatchObject({
      last_verification: { verified_at: timestamp, seq, ok: true, verdict: 'intact', tree_size: verified.size },
    })
    // Whoever may write may write such an entry, and anything in it.
    const odd = await api.audit.log({ action: 'audit_log.verified', outcome: 'failure', details: { tree_size: 'x' } })
    expect(await status()).toMatchObject({
      last_verification: { seq: odd.seq, ok: false, verdict: null, tree_size: null, recorded_by: api.log.app.name },
    })
  })

  it('names what is wrong with the guards, and how to mend it', async () => {
    const findings = async (): Promise<unknown[]> => {
      const report = (await (await api.get('/posture')).json()) as { findings: { subject: string }[] }
      return report.findings.filter(({ subject }) => subject.includes('leaf.refuse_change'))
    }
    await api.log.admin.query('alter table audit_log.leaf disable trigger refuse_change')
    const found = await findings()
    await api.log.admin.query('alter table audit_log.leaf enable always trigger refuse_change')
    expect(found).toMatchObject([{ severity: 'critical', fix: expect.stringContaining('enable always trigger') }])
    expect(await findings()).toEqual([])
  })
})

describe('who may', () => {
  it.each<[string, string, Partial<Principal>]>([
    ['/list', '403 permission_missing', { permissions: [] }],
    ['/entries/1', '403 permission_missing', { permissions: ['export', 'inspect'] }],
    ['/checkpoint', '403 permission_missing', { permissions: ['export'] }],
    ['/export', '403 permission_missing', { permissions: ['read', 'inspect'] }],
    ['/status', '403 permission_missing', { permissions: ['read', 'export'] }],
    ['/posture', '403 permission_missing', { permissions: ['read', 'export'] }],
  ])('answers %s with %s to a principal without the permission', async (path, expected, principal) => {
    expect(await codeOf(path, principal)).toBe(expected)
  })

  it('answers 401 when nobody is signed in, and with the answer that the host gives', async () => {
    const request = new Request('http://localhost/api/audit-logs/list')
    const nobody = await api.handler()(request)
    expect(nobody.headers.get('www-authenticate')).toBe('Bearer')
    expect(await problem(nobody)).toMatchObject({ status: 401, code: 'unauthenticated' })
    const moved = await api.handler({
      authorize: () => new Response(null, { status: 302, headers: { location: '/login' } }),
    })(request)
    expect(moved.status).toBe(302)
  })

  it('lets nobody in when authorize() fails or returns what is no principal, and tells the host alone', async () => {
    const seen: unknown[] = []
    const onError = (error: unknown): number => seen.push(error)
    for (const authorize of [
      () => Promise.reject(new Error('password=hunter2')),
      () => ({ id: 'x' }) as Principal,
      () => ({ id: '', tenants: 'all', permissions: ['read'] }) as Principal,
      () => ({ id: 'x', tenants: ['a\0'], permissions: ['read'] }) as Principal,
      () => true as unknown as Principal,
    ]) {
      const response = await api.handler({ authorize, onError })(new Request('http://localhost/api/audit-logs/list'))
      expect(response.status).toBe(500)
      expect(await response.text()).not.toContain('hunter2')
    }
    expect(seen).toHaveLength(5)
  })

  it('answers although the host cannot be told', async () => {
    for (const onError of [
      () => {
        throw new Error('no logger')
      },
      () => Promise.reject(new Error('no logger')) as never,
    ]) {
      const authorize = (): never => {
        throw new Error('down')
      }
      const response = await api.handler({ authorize, onError })(new Request('http://localhost/api/audit-logs/list'))
      expect(response.status).toBe(500)
    }
  })

  it('requires authorize and flags', () => {
    expect(() => api.handler({ authorize: undefined as never })).toThrow(/authorize/)
    expect(() => api.handler({ flags: undefined as never })).toThrow(/flags/)
    expect(() => api.handler({ flags: { audit_export: 'yes' } as never })).toThrow(/flags/)
  })

  it.each(['/list', '/entries/1', '/entries/1/proof', '/export'])(
    'answers %s with 403 while audit_export is off',
    async (path) => {
      const flags = { audit_export: true }
      const handler = api.handler({ flags })
      const ask = (): Promise<Response> =>
        handler(new Request(`http://localhost/api/audit-logs${path}`, { headers: asHeader() }))
      expect((await ask()).status).toBe(200)
      flags.audit_export = false
      expect(await (await ask()).json()).toMatchObject({
        status: 403,
        code: 'feature_disabled',
        feature: 'audit_export',
      })
    },
  )
})

describe('methods and headers', () => {
  it('answers HEAD as GET without a body, and OPTIONS with the methods', async () => {
    for (const path of ['/list', '/export', '/status', '/openapi.json', '/no-such']) {
      const [get, head] = [await api.get(path), await api.get(path, {}, { method: 'HEAD' })]
      await get.body?.cancel()
      expect([head.status, head.headers.get('content-type'), await head.text()]).toEqual([
        get.status,
        get.headers.get('content-type'),
        '',
      ])
    }
    const options = await api.handler()(new Request('http://localhost/api/audit-logs/list', { method: 'OPTIONS' }))
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'GET, HEAD, OPTIONS'])
  })

  it('refuses other methods and paths', async () => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      const response = await api.get('/list', {}, { method })
      expect(response.headers.get('allow')).toBe('GET, HEAD, OPTIONS')
      expect(await problem(response)).toMatchObject({ status: 405, code: 'method_not_allowed' })
    }
    for (const path of ['', '/', '/list/', '/LIST', '/entries', '/entries/1/2', '/../list/x', '//list']) {
      expect(await codeOf(path)).toBe('404 not_found')
    }
  })

  it('forbids caches, sniffing, frames and scripts on every answer', async () => {
    for (const path of ['/list', '/export', '/checkpoint', '/no-such', '/list?x=1']) {
      const response = await api.get(path)
      await response.body?.cancel()
      expect(response.headers.get('cache-control')).toBe('no-store')
      expect(response.headers.get('x-content-type-options')).toBe('nosniff')
      expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
    }
  })

  it('is mounted where the host says', async () => {
    const request = new Request('http://localhost/logs/list', { headers: asHeader() })
    expect((await api.handler({ basePath: '/logs/' })(request)).status).toBe(200)
    expect((await api.handler()(request)).status).toBe(404)
    const root = new Request('http://localhost/list', { headers: asHeader() })
    expect((await api.handler({ basePath: '/' })(root)).status).toBe(200)
  })
})

describe('who looked', () => {
  it('records views where the host wants it, before it answers', async () => {
    const principal = { id: unique('mallory'), tenants: ['contoso'], sourceIp: '198.51.100.9' }
    const request = new Request('http://localhost/api/audit-logs/list?limit=3&action=scan.*', {
      headers: asHeader(principal),
    })
    await api.handler()(request.clone())
    expect(await api.audit.query().user(principal.id).count()).toBe(0)
    await api.handler({ auditViews: true })(request)
    const { entries } = await api.audit.query().user(principal.id).page()
    expect(entries).toMatchObject([
      {
        action: 'audit_log.viewed',
        tenant_id: 'contoso',
        source_ip: '198.51.100.9',
        details: { resource: 'list', parameters: { limit: '3', action: 'scan.*' } },
      },
    ])
  })

  it('answers with nothing when the view cannot be recorded', async () => {
    const handler = api.handler({ auditViews: true, db: api.log.pool(api.log.reader.url) })
    const response = await handler(new Request('http://localhost/api/audit-logs/list', { headers: asHeader() }))
    expect(response.status).toBe(500)
  })
})

describe('a database in trouble', () => {
  it('is answered with 503 and not with its own words', async () => {
    const errors: unknown[] = []
    const pool = api.log.pool('postgres://nobody:secret@127.0.0.1:1/none')
    const handler = api.handler({ db: pool, onError: (error) => errors.push(error) })
    const response = await handler(new Request('http://localhost/api/audit-logs/list', { headers: asHeader() }))
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5'])
    expect(await response.json()).toMatchObject({ code: 'log_unavailable' })
    expect(errors).toMatchObject([{ code: 'read_failed' }])
  })

  it('cancels in the server a query that takes too long, or whose client is gone', async () => {
    const blocker = await api.log.connect()
    await blocker.query('begin; lock table audit_log.entry in access exclusive mode')
    try {
      const handler = api.handler({ timeoutMs: 300 })
      const slow = await handler(new Request('http://localhost/api/audit-logs/list', { headers: asHeader() }))
      expect(await slow.json()).toMatchObject({ status: 503, code: 'query_timeout' })
      const client = new AbortController()
      const going = api.handler()(
        new Request('http://localhost/api/audit-logs/list', { headers: asHeader(), signal: client.signal }),
      )
      await waitingFor(1)
      client.abort()
      await going
      await waitingFor(0)
    } finally {
      await blocker.query('rollback')
    }
    expect((await api.get('/list?limit=1')).status).toBe(200)
  })
})

/** Resolves when so many statements of the app wait for a lock. */
async function waitingFor(count: number): Promise<void> {
  for (;;) {
    const { rows } = await api.log.admin.query(
      `select from pg_stat_activity where usename = $1 and wait_event_type = 'Lock'`,
      [api.log.app.name],
    )
    if (rows.length === count) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
