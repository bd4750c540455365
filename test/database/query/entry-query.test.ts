import { describe, expect, it } from 'vitest'
import { AuditLogError, AuditLogger, type Entry, type EntryQuery, verifyEntry } from '../../../src/index.ts'
import { testLog } from '../../support/database.ts'

const log = await testLog()
const audit = new AuditLogger({ db: log.appPool })

const actions = [
  'scan.started',
  'scan.completed',
  'scan',
  'scanner.updated',
  'scan-job.queued',
  'user.login',
  'user.login.failed',
  'risk_x.accepted',
]
const users = ['alice', 'bob', null, 'ä"\\%_', "o'hara"]
const outcomes = ['success', 'failure', 'denied'] as const
const addresses = ['203.0.113.7', '203.0.113.200', '198.51.100.1', '2001:db8::1', '2001:db8:1::1', null]
const events = Array.from({ length: 3000 }, (_, index) => ({
  action: actions[index % actions.length] ?? '',
  user_id: users[index % users.length] ?? null,
  tenant_id: ['contoso', 'fabrikam', null][index % 3] ?? null,
  target: index % 11 === 0 ? `finding:${index % 7}` : null,
  source_ip: addresses[index % addresses.length] ?? null,
  outcome: outcomes[index % 7] ?? ('success' as const),
  details: { index, nested: { even: index % 2 === 0, tags: [index % 5, 'x'] } },
}))
// Batches of 50: the entries of a batch have the same time.
for (let index = 0; index < events.length; index += 50) await audit.logMany(events.slice(index, index + 50))
const all: Entry[] = []
for await (const entry of audit.query().order('oldest').stream()) all.push(entry)
const newest = all.toReversed()

async function pagesOf(query: EntryQuery, limit: number): Promise<Entry[]> {
  const found: Entry[] = []
  let paged = query.limit(limit)
  for (;;) {
    const { entries, nextCursor } = await paged.page()
    expect(entries.length).toBeLessThanOrEqual(limit)
    found.push(...entries)
    if (nextCursor === null) return found
    expect(entries.length).toBe(limit)
    paged = query.limit(limit).after(nextCursor)
  }
}

const middle = all[1500]?.timestamp ?? ''
const cases: [string, (query: EntryQuery) => EntryQuery, (entry: Entry) => boolean][] = [
  ['everything', (query) => query, () => true],
  ['since', (query) => query.since(middle), ({ timestamp }) => timestamp >= middle],
  ['until', (query) => query.until(middle), ({ timestamp }) => timestamp < middle],
  [
    'since with another zone',
    (query) => query.since(middle.replace('Z', '+00:00')),
    ({ timestamp }) => timestamp >= middle,
  ],
  [
    'since a Date',
    (query) => query.since(new Date(middle)),
    ({ timestamp }) => timestamp >= `${middle.slice(0, 23)}000Z`,
  ],
  ['an action', (query) => query.action('scan'), ({ action }) => action === 'scan'],
  ['actions below another', (query) => query.action('scan.*'), ({ action }) => action.startsWith('scan.')],
  [
    'actions below one with an underscore',
    (query) => query.action('risk_x.*'),
    ({ action }) => action.startsWith('risk_x.'),
  ],
  [
    'several actions',
    (query) => query.action(['scan', 'user.login.*', 'no.such']),
    ({ action }) => action === 'scan' || action === 'user.login.failed',
  ],
  ['a user', (query) => query.user('ä"\\%_'), ({ user_id }) => user_id === 'ä"\\%_'],
  ['the system', (query) => query.user(null), ({ user_id }) => user_id === null],
  ['users', (query) => query.user(['alice', null]), ({ user_id }) => user_id === 'alice' || user_id === null],
  ['a tenant', (query) => query.tenant('contoso'), ({ tenant_id }) => tenant_id === 'contoso'],
  ['tenants', (query) => query.tenant(['fabrikam', null]), ({ tenant_id }) => tenant_id !== 'contoso'],
  ['entries without a target', (query) => query.target(null), ({ target }) => target === null],
  [
    'targets',
    (query) => query.target(['finding:1', 'finding:2', "finding:' or 1=1 --"]),
    ({ target }) => target === 'finding:1' || target === 'finding:2',
  ],
  [
    'a time range',
    (query) => query.since(all[700]?.timestamp ?? '').until(middle),
    ({ timestamp }) => timestamp >= (all[700]?.timestamp ?? '') && timestamp < middle,
  ],
  ['every address', (query) => query.sourceIp('0.0.0.0/0'), ({ source_ip }) => source_ip?.includes('.') ?? false],
  ['a target', (query) => query.target('finding:3'), ({ target }) => target === 'finding:3'],
  ['an address', (query) => query.sourceIp('203.0.113.7'), ({ source_ip }) => source_ip === '203.0.113.7'],
  ['a mapped address', (query) => query.sourceIp('::ffff:203.0.113.7'), ({ source_ip }) => source_ip === '203.0.113.7'],
  ['a network', (query) => query.sourceIp('203.0.113.0/25'), ({ source_ip }) => source_ip === '203.0.113.7'],
  [
    'an IPv6 network',
    (query) => query.sourceIp('2001:DB8::/32'),
    ({ source_ip }) => source_ip?.startsWith('2001:db8:') ?? false,
  ],
  ['an outcome', (query) => query.outcome('denied'), ({ outcome }) => outcome === 'denied'],
  [
    'details',
    (query) => query.details({ nested: { even: true, tags: [3] } }),
    ({ details }) => Number(details['index']) % 10 === 8,
  ],
  ['a range of numbers', (query) => query.seq({ from: 100, to: 200 }), ({ seq }) => seq >= 100 && seq <= 200],
  ['numbers up to', (query) => query.seq({ to: 10 }), ({ seq }) => seq <= 10],
  [
    'details with everything in them',
    (query) => query.details({ index: 7, nested: { even: false, tags: [2, 'x'] } }),
    ({ details }) => details['index'] === 7,
  ],
  ['any details', (query) => query.details({}), () => true],
  ['numbers from', (query) => query.seq({ from: 2990 }), ({ seq }) => seq >= 2990],
  [
    'all at once',
    (query) => query.since(middle).action('scan.*').user('alice').tenant('contoso').outcome('success'),
    (entry) =>
      entry.timestamp >= middle &&
      entry.action.startsWith('scan.') &&
      entry.user_id === 'alice' &&
      entry.tenant_id === 'contoso' &&
      entry.outcome === 'success',
  ],
  ['nothing', (query) => query.action('no.such.action'), () => false],
]

describe('a query', () => {
  it.each(cases)('finds %s', async (_, build, matches) => {
    const query = build(audit.query())
    expect(await pagesOf(query, 1000)).toEqual(newest.filter(matches))
    expect(await pagesOf(query.order('oldest'), 37 + (all.filter(matches).length >> 3))).toEqual(all.filter(matches))
    expect(await query.count()).toBe(all.filter(matches).length)
    const streamed: Entry[] = []
    for await (const entry of query.stream()) streamed.push(entry)
    expect(streamed).toEqual(newest.filter(matches))
  })

  it('returns entries that verify', () => {
    expect(all.length).toBe(3000)
    expect(all.every(verifyEntry)).toBe(true)
  })

  it('is immutable', async () => {
    const query = audit.query()
    query.action('scan').limit(1).order('oldest')
    expect((await query.page()).entries).toEqual(newest.slice(0, 100))
  })

  it('returns entries of the same microsecond once each', async () => {
    const same = await testLog()
    await same.admin.query(`
      alter table audit_log.entry disable trigger user; alter table audit_log.entry_default disable trigger user;
      insert into audit_log.entry_default (seq, id, timestamp, action, recorded_by, entry_hash, xid)
      select n, gen_random_uuid(), '2020-01-01T00:00:00Z', 'same.time', 'x', '\\x00', '3' from generate_series(1, 50) n`)
    const query = new AuditLogger({ db: same.appPool }).query()
    expect((await pagesOf(query, 7)).map(({ seq }) => seq)).toEqual(
      Array.from({ length: 50 }, (_, index) => 50 - index),
    )
    expect((await pagesOf(query.order('oldest'), 7)).map(({ seq }) => seq)).toEqual(
      Array.from({ length: 50 }, (_, index) => index + 1),
    )
  })

  it('never shows an entry twice while others are written', async () => {
    const there: number[] = []
    for await (const { seq } of audit.query().stream()) there.push(seq)
    const seen: number[] = []
    for await (const { seq } of audit.query().stream()) {
      if (seen.push(seq) % 500 === 0) await audit.log({ action: 'written.meanwhile' })
    }
    expect(seen).toEqual(there)
  })

  it('tells entries apart that are a microsecond apart', async () => {
    const [a, b] = all.filter(({ timestamp }, index) => timestamp !== all[index + 1]?.timestamp).slice(0, 2)
    const [before, after] = [a?.timestamp ?? '', b?.timestamp ?? '']
    expect(await audit.query().since(before).until(after).count()).toBe(50)
    const later = `${after.slice(0, 20)}${String(Number(after.slice(20, 26)) + 1).padStart(6, '0')}Z`
    expect(await audit.query().since(after).until(later).count()).toBe(50)
    expect(await audit.query().since(later).count()).toBe(
      await audit
        .query()
        .since(after)
        .count()
        .then((n) => n - 50),
    )
  })

  it('shows an entry that was committed late at its own place, once', async () => {
    const own = await testLog()
    const lateLog = new AuditLogger({ db: own.appPool })
    const client = await own.connect(own.app.url)
    await lateLog.log({ action: 'is.first' })
    await client.query('begin')
    await lateLog.log({ action: 'is.late' }, { db: client })
    for (let index = 0; index < 3; index += 1) await lateLog.log({ action: 'is.prompt' })
    const newestFirst = lateLog.query().limit(2)
    const oldestFirst = newestFirst.order('oldest')
    const pages = [await newestFirst.page(), await oldestFirst.page()]
    const streaming = lateLog.query().stream()
    expect((await streaming.next()).value).toMatchObject({ action: 'is.prompt' })
    await client.query('commit')
    const actions = (page: { entries: readonly Entry[] }): string[] => page.entries.map(({ action }) => action)
    // Going back in time the reader still comes to it; going forward it has passed its place, as the page says.
    expect(actions(await newestFirst.after(pages[0]?.nextCursor ?? '').page())).toEqual(['is.prompt', 'is.late'])
    expect(
      actions(
        await oldestFirst
          .limit(9)
          .after(pages[1]?.nextCursor ?? '')
          .page(),
      ),
    ).toEqual(['is.prompt', 'is.prompt'])
    expect(actions(await lateLog.query().page())).toEqual([
      'is.prompt',
      'is.prompt',
      'is.prompt',
      'is.late',
      'is.first',
    ])
    await streaming.return()
  })

  it('gives the Kysely query for what it does not offer', async () => {
    const rows = await audit
      .query()
      .action('scan.*')
      .toKysely()
      .select((is) => ['action', is.fn.countAll<string>().as('entries')])
      .groupBy('action')
      .orderBy('action')
      .execute()
    expect(rows).toEqual([
      { action: 'scan.completed', entries: '375' },
      { action: 'scan.started', entries: '375' },
    ])
  })
})

describe('a cursor', () => {
  const cursorOf = async (query: EntryQuery): Promise<string> => (await query.limit(5).page()).nextCursor ?? ''

  it('only fits the query that it came from', async () => {
    const cursor = await cursorOf(audit.query().action('scan'))
    for (const other of [audit.query(), audit.query().action('scan.*'), audit.query().action('scan').order('oldest')]) {
      await expect(other.after(cursor).page()).rejects.toMatchObject({ code: 'cursor_invalid' })
      await expect(other.after(cursor).stream().next()).rejects.toMatchObject({ code: 'cursor_invalid' })
    }
    const reordered = audit.query().user('alice').action('scan')
    expect(
      (await reordered.after(await cursorOf(audit.query().action('scan').user('alice'))).page()).entries.length,
    ).toBeGreaterThan(0)
  })

  it.each([
    '',
    'x',
    '!!!',
    'a'.repeat(300),
    Buffer.from('1 2026-99-99T00:00:00.000000Z 1 0000000000000000').toString('base64url'),
    5,
    null,
  ])('that is damaged (%j) is refused', async (cursor) => {
    await expect(
      audit
        .query()
        .after(cursor as string)
        .page(),
    ).rejects.toMatchObject({ code: 'cursor_invalid' })
  })
})

describe('bad input', () => {
  const query = audit.query()
  it.each<[string, () => unknown, string]>([
    ['a time without a zone', () => query.since('2026-11-23T00:00:00'), '$.since'],
    ['a date', () => query.until('2026-11-23'), '$.until'],
    ['a time that does not exist', () => query.since('2026-13-01T00:00:00Z'), '$.since'],
    ['an invalid Date', () => query.since(new Date(Number.NaN)), '$.since'],
    ['a number as time', () => query.since(0 as unknown as string), '$.since'],
    ['a wildcard in the middle', () => query.action('scan.*.done'), '$.action'],
    ['a lone wildcard', () => query.action('*'), '$.action'],
    ['SQL in an action', () => query.action(`x' or '1'='1`), '$.action'],
    ['no actions', () => query.action([]), '$.action'],
    ['101 actions', () => query.action(Array.from({ length: 101 }, () => 'a')), '$.action'],
    ['a number as user', () => query.user(5 as unknown as string), '$.user'],
    ['NUL in a user', () => query.user('a\0b'), '$.user'],
    ['half a character in a target', () => query.target('\ud800'), '$.target'],
    ['no tenants', () => query.tenant([]), '$.tenant'],
    ['an address that is none', () => query.sourceIp('203.0.113'), '$.sourceIp'],
    ['a mask that is none', () => query.sourceIp('203.0.113.0/33'), '$.sourceIp'],
    ['a mask of an address in another form', () => query.sourceIp('::ffff:203.0.113.0/24'), '$.sourceIp'],
    ['two masks', () => query.sourceIp('203.0.113.0/24/24'), '$.sourceIp'],
    ['an unknown outcome', () => query.outcome('maybe' as 'denied'), '$.outcome'],
    ['an array as details', () => query.details([] as unknown as object as Record<string, never>), '$.details'],
    ['a second tenant', () => query.tenant('own').tenant('foreign'), '$.tenant'],
    ['a second time', () => query.since('2026-01-01T00:00:00Z').since('2025-01-01T00:00:00Z'), '$.since'],
    ['a member that a range has not', () => query.seq({ form: 7 } as { from?: number }), '$.seq'],
    ['half a number', () => query.seq({ from: 1.5 }), '$.seq.from'],
    ['a number beyond 2^53', () => query.seq({ to: 2 ** 53 }), '$.seq.to'],
    ['an unknown order', () => query.order('up' as 'oldest'), '$.order'],
    ['limit 0', () => query.limit(0), '$.limit'],
    ['limit 1001', () => query.limit(1001), '$.limit'],
    ['limit NaN', () => query.limit(Number.NaN), '$.limit'],
  ])('%s is refused before any I/O', (_, build, path) => {
    const error = (() => {
      try {
        return build()
      } catch (reason) {
        return reason
      }
    })()
    expect(error).toBeInstanceOf(AuditLogError)
    expect(error).toMatchObject({ code: 'query_invalid', path })
  })

  it('finds nothing where SQL is injected through a value', async () => {
    for (const hostile of [`' or 1=1 --`, `"; drop table audit_log.entry; --`, '$1', '\\', '%', '_']) {
      expect(await query.user(hostile).count()).toBe(0)
      expect(await query.target(hostile).count()).toBe(0)
      expect(await query.details({ [hostile]: hostile }).count()).toBe(0)
    }
  })
})

describe('Invariant 9: reads never cut silently', () => {
  it('has a cursor whenever there is more, and none at the end', async () => {
    const query = audit.query().until(middle)
    const total = await query.count()
    expect((await query.limit(1000).page()).nextCursor).not.toBeNull()
    const rest = query.seq({ to: total - 1000 })
    const count = await rest.count()
    expect((await rest.limit(count).page()).nextCursor).toBeNull()
    expect((await rest.limit(count - 1).page()).nextCursor).not.toBeNull()
  })
})
