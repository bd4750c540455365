import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { serveConsole } from '../../../src/console/serve.ts'
import type { HandlerOptions, Principal } from '../../../src/http/index.ts'
import { asHeader, sample, testApi } from '../../support/api.ts'

const api = await testApi(300)
const bad = '<img src=x onerror=alert(1)></script><!--\u202E'
await api.audit.logMany([
  { action: 'hostile.markup', tenant_id: 'hostile', user_id: bad, target: bad, details: { [bad]: bad.repeat(1000) } },
])

interface Page {
  readonly status: number
  readonly headers: Headers
  readonly html: string
  /** Numbers of the entries that can be read in it. */
  readonly rows: number[]
  /** What the program takes for the answer of the list. */
  readonly list: { entries: { seq: number; tenant_id: string | null }[]; next_cursor: string | null } | undefined
}

async function open(
  path = '',
  principal: Partial<Principal> | null = {},
  { headers, method, ...options }: Partial<HandlerOptions> & { headers?: Record<string, string>; method?: string } = {},
): Promise<Page> {
  const signedIn = principal === null ? {} : asHeader(principal)
  const request = new Request(`http://localhost/api/audit-logs/console/${path}`, {
    method: method ?? 'GET',
    headers: { ...signedIn, ...headers },
  })
  const response = await api.handler(options)(request)
  const html = await response.text()
  const data = /<script type="application\/json">([^<]*)<\/script>/.exec(html)?.[1]
  return {
    status: response.status,
    headers: response.headers,
    html,
    rows: [...html.matchAll(/class="c-seq">(\d+)</g)].map(([, seq]) => Number(seq)),
    list: data === undefined ? undefined : (JSON.parse(data) as Page['list']),
  }
}

describe('the page', () => {
  it('brings what the list answers: rows to read, and all of it for its program', async () => {
    const { status, headers, rows, list, html } = await open()
    expect(status).toBe(200)
    const answer = (await (await api.get('/list?limit=100')).json()) as NonNullable<Page['list']>
    expect(list).toEqual({ ...answer, next_cursor: expect.any(String) as string })
    expect(rows).toEqual(answer.entries.slice(0, 11).map(({ seq }) => seq))
    expect(html).toMatch(/<script type="module" async data-first="\.\.\/list\?limit=100" src="app\.js/)
    expect(html).toContain(`href="?view=log&amp;entry=${rows[0]}"`)
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('vary')).toBe('cookie, authorization')
    expect(headers.get('etag')).toBeNull()
  })

  it('runs no script from itself, and takes the styles at its head and no others', async () => {
    const { headers, html } = await open()
    const policy = headers.get('content-security-policy')?.split('; ')
    const [element = '', styles = ''] = /<style>([^]*?)<\/style>/.exec(html) ?? []
    expect(styles).toContain('.rows .row')
    const hash = createHash('sha256').update(styles).digest('base64')
    expect(policy).toEqual(expect.arrayContaining(["script-src 'self'", `style-src 'sha256-${hash}'`]))
    expect(policy?.join()).not.toMatch(/unsafe|nonce/)
    expect(html.replaceAll('<script type="application/json">', '').replace(element, '')).not.toMatch(
      /<script(?![^>]*\bsrc=)|<style|<[^>]*\s(?:on\w+|style)=|(?:src|href)="https?:/,
    )
    expect(html).not.toContain('start.js')
  })

  it('brings what its filters find', async () => {
    const { list, html } = await open('?view=log&action=user.*&user_id=user-1&entry=3&order=oldest')
    const answer = await api.get('/list?action=user.*&user_id=user-1&order=oldest&limit=100')
    expect(list?.entries).toEqual(((await answer.json()) as NonNullable<Page['list']>).entries)
    expect(html).toContain('data-first="../list?action=user.*&amp;user_id=user-1&amp;order=oldest&amp;limit=100"')
    expect(html).toMatch(/<input type="text" name="action" value="user\.\*"/)
  })

  it('says what hostile filters and entries say, and does nothing of it', async () => {
    const found = await open('?action=hostile.markup')
    expect(found.list?.entries).toHaveLength(1)
    expect(found.html).toContain('&lt;img src=x onerror=alert(1)&gt;&lt;/script&gt;&lt;!--')
    const sought = await open(`?target=${encodeURIComponent(`"><script>${bad}`)}`)
    expect(sought.list?.entries).toEqual([])
    for (const { html } of [found, sought]) {
      expect(html).not.toMatch(/<img|<!--|<script>|<\/script><!/)
      expect(html.match(/<\/script>/g)).toHaveLength(2)
    }
  })

  it.each(['contoso', 'fabrikam'])('holds entries of %s alone for who may see no other', async (tenant) => {
    const { rows, list } = await open('', { tenants: [tenant] })
    const mine = Array.from({ length: 300 }, (_, index) => sample(index)).filter(
      ({ tenant_id }) => tenant_id === tenant,
    )
    expect(new Set(list?.entries.map(({ tenant_id }) => tenant_id))).toEqual(new Set([tenant]))
    expect(list?.entries).toHaveLength(Math.min(100, mine.length))
    expect(rows).toEqual(list?.entries.slice(0, 11).map(({ seq }) => seq))
    expect((await open('?tenant_id=hostile', { tenants: [tenant] })).html).not.toContain('hostile.markup')
  })

  it('has each entry that it shows in one record of a view', async () => {
    const recorded: unknown[] = []
    const audit = { log: async (event: unknown) => void recorded.push(event) }
    const options = { auditViews: true, audit }
    await open('?action=user.*', { id: 'eve' }, options)
    expect(recorded).toEqual([
      expect.objectContaining({
        action: 'audit_log.viewed',
        user_id: 'eve',
        details: { resource: 'list', parameters: { action: 'user.*', limit: '100' } },
      }),
    ])
    await open('', { id: 'eve' }, { ...options, method: 'HEAD' })
    await open('', { id: 'eve' }, { ...options, headers: { 'sec-fetch-site': 'cross-site' } })
    await open('', { id: 'eve' }, { ...options, headers: { 'sec-purpose': 'prefetch' } })
    await open('?view=integrity', { id: 'eve' }, options)
    expect(recorded).toHaveLength(1)
  })

  it.each<[string, string, Partial<Principal> | null, Parameters<typeof open>[2]]>([
    ['nobody is signed in', '', null, {}],
    ['somebody may not read', '', { permissions: ['export'] }, {}],
    ['somebody may see no tenant', '', { tenants: [] }, {}],
    ['the feature is off', '', {}, { flags: { audit_export: false } }],
    [
      'the flag cannot be read',
      '',
      {},
      { flags: { getBooleanValue: () => Promise.reject(new Error('down')) } as never },
    ],
    ['authorize throws', '', {}, { authorize: () => Promise.reject(new Error('no session store')) }],
    ['authorize answers by itself', '', {}, { authorize: () => new Response(null, { status: 303 }) }],
    ['a filter is not valid', '?seq_from=x', {}, {}],
    ['the view cannot be recorded', '', {}, { auditViews: true, audit: { log: () => Promise.reject(new Error('x')) } }],
  ])('is whole without entries when %s', async (_, path, principal, options) => {
    const { status, rows, list, html } = await open(path, principal, options)
    expect([status, rows, list]).toEqual([200, [], undefined])
    expect(html).toMatch(/<\/audit-log-console>[^]*<\/html>\s*$/)
    expect(html).toContain('src="app.js?v=')
  })

  it.each<[string, string, Record<string, string>]>([
    ['another site led here', '', { 'sec-fetch-site': 'cross-site' }],
    ['it is fetched in advance', '', { 'sec-purpose': 'prefetch' }],
    ['the time moves with the clock', '?range=1h', {}],
    ['another view is asked for', '?view=risks', {}],
  ])('is a file as any other when %s', async (_, path, headers) => {
    const answer = await open(path, {}, { headers, authorize: () => expect.unreachable('nobody is asked') })
    expect(answer.html).not.toMatch(/data-first|class="row|application\/json/)
    expect(answer.html).toContain('src="start.js?v=')
    expect(answer.headers.get('cache-control')).toBe('no-cache')
    expect(answer.headers.get('etag')).not.toBeNull()
  })

  it('sends its head, then what is around the rows, and the program on its way, before anybody has been asked', async () => {
    let release = (): void => undefined
    const asked = new Promise<void>((resolve) => (release = resolve))
    const handler = api.handler({
      authorize: async () => {
        await asked
        return null
      },
    })
    const { body } = await handler(new Request('http://localhost/api/audit-logs/console/'))
    const reader = body!.pipeThrough(new TextDecoderStream()).getReader()
    expect((await reader.read()).value).toMatch(/^<!doctype html>[^]*<style>[^]*<\/head>\s*$/)
    expect((await reader.read()).value).toMatch(
      /^<body>[^]*class="rows" role="rowgroup"><script type="module" async [^>]* src="app\.js[^>]*><\/script>$/,
    )
    release()
    let rest = ''
    for (let next = await reader.read(); !next.done; next = await reader.read()) rest += next.value
    expect(rest).not.toContain('<script')
    expect(rest).toMatch(/<\/html>\s*$/)
  })

  it('is not read for any longer when the browser goes away', async () => {
    let reading: AbortSignal | undefined
    const request = new Request('http://localhost/api/audit-logs/console/')
    const page = serveConsole(request, '/console/', (_, signal) => {
      reading = signal
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve('{"entries":[]}')))
    })
    expect(reading?.aborted).toBe(false)
    await page!.body!.cancel()
    expect(reading?.aborted).toBe(true)
  })

  it('answers HEAD with the same headers and no body', async () => {
    const [got, head] = [await open(), await open('', {}, { method: 'HEAD' })]
    expect(head.html).toBe('')
    expect(Object.fromEntries(head.headers)).toEqual(Object.fromEntries(got.headers))
  })

  it('lets a browser that has the program wait for that, and has the rows for who runs none', async () => {
    const program = /app\.js\?v=([\w-]+)/.exec((await open()).html)?.[1]
    const { html, rows } = await open('', {}, { headers: { cookie: `a=b; audit-log-console=${program}` } })
    expect(html).toMatch(
      / async data-first="[^"]*" blocking="render" src="app\.js[^]*<audit-log-console[^>]*><noscript><div class="console">/,
    )
    expect(html.match(/<noscript>/g)).toHaveLength(2)
    expect(rows).toHaveLength(11)
    for (const cookie of ['audit-log-console=another', `x-audit-log-console=${program}`, 'audit-log-console=']) {
      expect((await open('', {}, { headers: { cookie } })).html).not.toContain('blocking="render"')
    }
  })

  it('tells the host of what is its own to mend, and of nothing else', async () => {
    const errors: unknown[] = []
    const onError = (error: unknown): void => void errors.push(error)
    const broken = new Error('no session store')
    await open('', null, { onError })
    await open('', {}, { onError, authorize: () => Promise.reject(broken) })
    expect(errors).toEqual([broken])
  })
})
