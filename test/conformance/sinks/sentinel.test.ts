import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { verifyEntry, type Entry } from '../../../src/canonical/entry.ts'
import type { TokenCredential } from '../../../src/sinks/entra-token.ts'
import type { ForwardedEntry } from '../../../src/sinks/log-item.ts'
import { SentinelSink, type SentinelOptions } from '../../../src/sinks/sentinel.ts'
import { asimColumns, logColumns } from '../../../src/sinks/sentinel-row.ts'
import { sentinelTemplate } from '../../../src/sinks/sentinel-template.ts'
import { type EncodedEvent, isUnencodable, type SendResult, type Sink } from '../../../src/sinks/sink.ts'
import { batchOf } from '../../support/batch-of.ts'
import { azureSecret, type FakeAzure, reserved, startFakeAzure, type StoredRow } from '../../support/azure.ts'
import { testAuthority } from '../../support/certificates.ts'
import { deliver } from '../../support/deliver.ts'
import { codeOf } from '../../support/error-code.ts'
import { checkpointNotice, forwarded, forwardedMany, hostileTexts } from '../../support/forwarded.ts'

const authority = testAuthority()
const identity = authority.issue({ commonName: 'azure', names: ['localhost', '127.0.0.1'] })
const signal = new AbortController().signal
const stream = 'Custom-AuditLog_CL'
const recent = (): string => `${new Date(Date.now() - 60_000).toISOString().slice(0, 23)}456Z`

const stops: (() => Promise<unknown>)[] = []
afterEach(async () => {
  vi.useRealTimers()
  for (const stop of stops.splice(0).toReversed()) await stop()
})

async function azure(now?: () => number): Promise<FakeAzure> {
  const fake = await startFakeAzure(identity, now)
  stops.push(() => fake.stop())
  return fake
}

function sentinel(fake: FakeAzure, options: Partial<SentinelOptions> = {}): SentinelSink {
  const sink = new SentinelSink({
    url: fake.url,
    ca: authority.cert,
    dcrImmutableId: fake.dcrImmutableId,
    credential: {
      tenantId: 'tenant',
      clientId: 'app-id',
      clientSecret: azureSecret,
      authorityHost: fake.url,
      ca: authority.cert,
    },
    ...options,
  })
  stops.push(() => sink.close())
  return sink
}

const encoded = (sink: Sink, items: readonly ForwardedEntry[]): EncodedEvent[] =>
  items.map((item) => sink.encode(item) as EncodedEvent)
const send = (sink: Sink, items: readonly ForwardedEntry[]): Promise<SendResult> =>
  sink.send(batchOf(sink, encoded(sink, items)), { signal })

/** The entry put together again from nothing but the row. */
function restore(row: StoredRow): Entry {
  return {
    version: row['EntryVersion'] as 1,
    seq: row['Seq'] as number,
    id: row['EntryId'] as string,
    timestamp: row['EventTime'] as string,
    tenant_id: (row['EntryTenant'] ?? null) as string | null,
    user_id: (row['UserId'] ?? null) as string | null,
    action: row['Action'] as string,
    target: (row['Target'] ?? null) as string | null,
    source_ip: (row['SourceIp'] ?? null) as string | null,
    outcome: row['Outcome'] as Entry['outcome'],
    details: JSON.parse(
      `${row['Details'] as string}${(row['Details2'] ?? '') as string}${(row['Details3'] ?? '') as string}`,
    ),
    recorded_by: row['RecordedBy'] as string,
    entry_hash: row['EntryHash'] as string,
  }
}

describe('Microsoft Sentinel', () => {
  it('M1 posts to the stream of the rule with the documented headers and scope', async () => {
    const fake = await azure()
    await deliver(sentinel(fake), forwardedMany(2))
    const [request] = fake.requests
    expect(request!.path).toBe(`/dataCollectionRules/${fake.dcrImmutableId}/streams/${stream}?api-version=2023-01-01`)
    expect(request!.headers).toMatchObject({
      authorization: 'Bearer token-1',
      'content-type': 'application/json',
      'x-ms-client-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
    })
    expect(fake.tokenRequests).toEqual(['https://monitor.azure.com/.default'])
  })

  it.each([
    ['china', 'https://monitor.azure.cn/.default'],
    ['usgovernment', 'https://monitor.azure.us/.default'],
  ] as const)('M1 asks for the scope of the %s cloud', async (cloud, scope) => {
    const fake = await azure()
    await deliver(sentinel(fake, { cloud }), [forwarded()])
    expect(fake.tokenRequests).toEqual([scope])
  })

  it('M1 keeps a token, and asks for another before it expires', async () => {
    const fake = await azure()
    const sink = sentinel(fake)
    for (let round = 0; round < 5; round += 1) await send(sink, [forwarded()])
    expect(fake.tokenRequests).toHaveLength(1)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + (3600 - 299) * 1000 })
    await send(sink, [forwarded()])
    expect(fake.tokenRequests).toHaveLength(2)
  })

  it('M1 asks once for all who wait', async () => {
    const fake = await azure()
    const sink = sentinel(fake, { maxInFlight: 8 })
    const results = await Promise.all(Array.from({ length: 8 }, () => send(sink, [forwarded()])))
    expect(results.every(({ control }) => control.kind === 'continue')).toBe(true)
    expect(fake.tokenRequests).toHaveLength(1)
  })

  it('M1 replaces a token that is refused exactly once', async () => {
    const fake = await azure()
    const sink = sentinel(fake)
    await send(sink, [forwarded()])
    fake.revokeTokens()
    expect((await send(sink, [forwarded()])).outcomes).toEqual([{ kind: 'delivered' }])
    expect(fake.tokenRequests).toHaveLength(2)
    fake.script.push({ status: 401 }, { status: 401 })
    expect((await send(sink, [forwarded()])).control).toMatchObject({ kind: 'pause', cause: 'auth', code: 'http_401' })
    expect(fake.tokenRequests).toHaveLength(3)
  })

  it('M2 posts an array even for one row, and never an empty one', async () => {
    const fake = await azure()
    await deliver(sentinel(fake), [forwarded()])
    expect(JSON.parse(fake.requests[0]!.body)).toHaveLength(1)
    await deliver(sentinel(fake), [])
    expect(fake.requests).toHaveLength(1)
  })

  it('M3 keeps the whole array within 1,000,000 bytes', async () => {
    const fake = await azure()
    const items = forwardedMany(40, () => ({ details: { note: 'x'.repeat(60_000) } }))
    await deliver(sentinel(fake), items)
    expect(fake.requests.length).toBeGreaterThan(1)
    for (const { body } of fake.requests) expect(Buffer.byteLength(body)).toBeLessThanOrEqual(1_000_000)
    expect(fake.rows[stream]).toHaveLength(40)
  })

  it('M3 splits what is too large, down to the one that is', async () => {
    const fake = await azure()
    const items = forwardedMany(4)
    const tooLarge = { status: 413, body: '{"error":{"code":"ContentLengthLimitExceeded","message":"Maximum"}}' }
    fake.script.push(tooLarge, tooLarge, tooLarge)
    const { controls, rejected } = await deliver(sentinel(fake), items)
    expect(controls.map(({ kind }) => kind)).toEqual(['split', 'split', 'split'])
    expect(rejected).toEqual([{ id: items[0]!.entry.id, code: 'http_413' }])
    expect(fake.rows[stream]!.map((row) => row['EntryId'])).toEqual(items.slice(1).map(({ entry }) => entry.id))
  })

  it('M4 compresses', async () => {
    const fake = await azure()
    await deliver(sentinel(fake), forwardedMany(20))
    expect(fake.requests[0]!.headers['content-encoding']).toBe('gzip')
    expect(fake.requests[0]!.wireBytes).toBeLessThan(fake.requests[0]!.body.length / 2)
    expect(fake.rows[stream]).toHaveLength(20)
  })

  it('M5 uses no reserved name and none that is too long, and the identity survives', async () => {
    for (const name of [...Object.keys(logColumns), ...Object.keys(asimColumns)]) {
      expect(reserved.has(name)).toBe(false)
      expect(name).toMatch(/^[A-Za-z][A-Za-z0-9_]{0,44}$/)
    }
    const fake = await azure()
    const item = forwarded()
    await deliver(sentinel(fake, { table: 'asim' }), [item])
    expect(fake.rows['Custom-AuditLogAsim']![0]).toMatchObject({
      EventOriginalUid: item.entry.id,
      EventStartTime: item.entry.timestamp,
      EventType: 'Set',
      EventResult: 'Success',
      EventCount: 1,
      Operation: 'user.role.update',
      ObjectId: 'usr_77',
      OriginalObjectType: 'user',
      ActorUserId: 'usr_42',
      SrcIpAddr: '203.0.113.9',
      AdditionalFields: {
        leaf_index: 7,
        seq: 1_048_577,
        entry_hash: item.entry.entry_hash,
        previous_entry_hash: item.previousEntryHash,
        details: item.entry.details,
      },
    })
  })

  it('M6 keeps the time of an entry that is three days old, which TimeGenerated does not', async () => {
    const timestamp = '2026-09-26T12:00:00.123456Z'
    const now = Date.parse(timestamp) + 72 * 3_600_000
    const fake = await azure(() => now)
    await deliver(sentinel(fake), [forwarded({ timestamp })])
    await deliver(sentinel(fake, { table: 'asim' }), [forwarded({ timestamp })])
    expect(fake.rows[stream]![0]).toMatchObject({ EventTime: timestamp, TimeGenerated: new Date(now).toISOString() })
    expect(fake.rows['Custom-AuditLogAsim']![0]).toMatchObject({ EventStartTime: timestamp })
  })

  it('G9 keeps the digits of the time', async () => {
    const fake = await azure()
    const start = recent().slice(0, 20)
    const times = ['000000', '000001', '999999'].map((micros) => `${start}${micros}Z`)
    await deliver(
      sentinel(fake),
      times.map((timestamp) => forwarded({ timestamp })),
    )
    expect(fake.rows[stream]!.map((row) => row['TimeGenerated'])).toEqual(times)
  })

  it.each([
    ['64 KiB of emoji', { note: '😀'.repeat(16_000) }],
    ['64 KiB of two-byte characters', { note: 'ä'.repeat(32_000) }],
    ['64 KiB of letters', { note: 'x'.repeat(65_000) }],
    ['64 KiB of what JSON escapes', { note: '"\\\n'.repeat(10_900) }],
  ])('M7, G8 stores details of %s whole, in columns that are not cut', async (_, details) => {
    const fake = await azure()
    const item = forwarded({ details })
    await deliver(sentinel(fake), [item])
    const [row] = fake.rows[stream]!
    expect(verifyEntry(restore(row!))).toBe(true)
    for (const name of ['Details', 'Details2', 'Details3']) {
      const value = (row![name] ?? '') as string
      expect(value.length).toBeLessThanOrEqual(30_000)
      expect(value.isWellFormed()).toBe(true)
    }
    await deliver(sentinel(fake, { table: 'asim' }), [item])
    expect(fake.rows['Custom-AuditLogAsim']![0]!['AdditionalFields']).toMatchObject({
      details_truncated: true,
      entry_hash: item.entry.entry_hash,
    })
  })

  it.each(Object.entries(hostileTexts))('G8 forges and loses nothing with %s', async (_, text) => {
    const fake = await azure()
    await deliver(sentinel(fake), [
      forwarded({ user_id: text, target: text, tenant_id: text, details: { note: text, [text]: [text] } }),
    ])
    expect(fake.rows[stream]).toHaveLength(1)
    expect(verifyEntry(restore(fake.rows[stream]![0]!))).toBe(true)
  })

  it.each([
    ['seconds', { 'retry-after': '7' }, 7000],
    ['milliseconds', { 'retry-after-ms': '1500' }, 1500],
    ['milliseconds of another name', { 'x-ms-retry-after-ms': '2500' }, 2500],
    ['garbage', { 'retry-after': 'soon' }, undefined],
    ['nothing', {}, undefined],
  ])('M8, G3 waits when Azure says 429 with %s', async (_, headers, expected) => {
    const fake = await azure()
    fake.script.push({ status: 429, headers })
    const { outcomes, control } = await send(sentinel(fake), [forwarded()])
    expect(outcomes[0]).toMatchObject({ kind: 'retry', ambiguous: false })
    expect(control).toMatchObject({ kind: 'backoff', code: 'http_429' })
    expect((control as { minDelayMs?: number }).minDelayMs).toBe(expected)
  })

  it('M8, G3 waits until a date', async () => {
    const fake = await azure()
    fake.script.push({ status: 429, headers: { 'retry-after': new Date(Date.now() + 30_000).toUTCString() } })
    const { control } = await send(sentinel(fake), [forwarded()])
    expect((control as { minDelayMs: number }).minDelayMs).toBeGreaterThan(25_000)
  })

  it('M9, G5 pauses without the role, says why, and recovers when it is given', async () => {
    const fake = await azure()
    fake.permitted = false
    const sink = sentinel(fake)
    const { control } = await send(sink, [forwarded()])
    expect(control).toMatchObject({ kind: 'pause', cause: 'auth', code: 'http_403' })
    expect((control as { detail: string }).detail).toContain(
      'OperationFailed: The authentication token provided does not have',
    )
    fake.permitted = true
    expect((await send(sink, [forwarded()])).outcomes).toEqual([{ kind: 'delivered' }])
  })

  it('M10 pauses when there is no such rule, and takes a 400 for final', async () => {
    const fake = await azure()
    fake.exists = false
    expect((await send(sentinel(fake), [forwarded()])).control).toMatchObject({ kind: 'pause', cause: 'config' })
    fake.exists = true
    const { rejected, controls } = await deliver(sentinel(fake, { stream: 'Custom-Other' }), forwardedMany(2))
    expect(rejected).toHaveLength(2)
    expect(controls.every(({ kind }) => kind === 'isolate')).toBe(true)
    const bodies = fake.requests.slice(1).map(({ body }) => body)
    expect(new Set(bodies).size).toBe(bodies.length)
  })

  it('M11 repeats what was stored without an answer; one per EntryId remains in the documented query', async () => {
    const fake = await azure()
    fake.script.push({ store: true, instead: 'hang' }, { store: true, instead: 'reset' }, { store: true, status: 503 })
    const timestamp = recent()
    const items = forwardedMany(3, () => ({ timestamp }))
    const { controls } = await deliver(sentinel(fake, { timeoutMs: 1000 }), items)
    expect(controls.map((control) => 'code' in control && control.code)).toEqual([
      'timeout',
      'connection_lost',
      'http_503',
    ])
    expect(fake.rows[stream]).toHaveLength(12)
    const latest = new Map(fake.rows[stream]!.map((row) => [row['EntryId'], row]))
    expect([...latest.keys()]).toEqual(items.map(({ entry }) => entry.id))
    expect(new Set(fake.rows[stream]!.map((row) => JSON.stringify(row))).size).toBe(3)
  })

  it('M12 refuses before it sends what the rule would drop silently', async () => {
    const fake = await azure()
    const { EntryHash: _, ...without } = logColumns
    const missing = sentinel(fake, { columns: without }).encode(forwarded())
    expect(isUnencodable(missing) && missing.code).toBe('column_undeclared')
    const mistyped = sentinel(fake, { columns: { ...logColumns, Seq: 'string' } }).encode(forwarded())
    expect(isUnencodable(mistyped) && mistyped.reason).toContain('Seq')
    for (const table of ['log', 'asim'] as const) {
      for (const item of [forwarded(), checkpointNotice()]) {
        const columns = table === 'log' ? logColumns : asimColumns
        expect(isUnencodable(sentinel(fake, { table, columns }).encode(item))).toBe(false)
      }
    }
  })

  it('M13 lets no batch span more than it is allowed to', async () => {
    const fake = await azure()
    const minutes = (count: number): string => `2026-09-26T12:${String(count).padStart(2, '0')}:00.000000Z`
    const items = forwardedMany(6, (index) => ({ timestamp: minutes(index * 10) }))
    await deliver(sentinel(fake, { maxBatchSpanMs: 1_800_000 }), items)
    expect(fake.requests.map(({ body }) => (JSON.parse(body) as unknown[]).length)).toEqual([4, 2])
  })

  it('M14 tells what Azure calls the request', async () => {
    const fake = await azure()
    expect((await send(sentinel(fake), [forwarded()])).requestId).toBe('request-1')
  })

  it.each([
    ['200 with a page', { status: 200, body: '<html>proxy</html>' }, 'pause'],
    ['a redirect', { status: 302, headers: { location: 'https://evil.example/' } }, 'pause'],
    ['garbage', { status: 500, body: '{{{' }, 'backoff'],
  ])('takes %s for no acceptance', async (_, reply, kind) => {
    const fake = await azure()
    fake.script.push(reply)
    const { outcomes, control } = await send(sentinel(fake), [forwarded()])
    expect(control.kind).toBe(kind)
    expect(outcomes[0]!.kind).toBe('retry')
  })

  it('G7 is broken off while the credential takes its time', async () => {
    const fake = await azure()
    const never: TokenCredential = { getToken: () => new Promise(() => undefined) }
    const aborting = new AbortController()
    const sink = sentinel(fake, { credential: never })
    const sending = sink.send(batchOf(sink, encoded(sink, [forwarded()])), { signal: aborting.signal })
    aborting.abort()
    expect((await sending).outcomes[0]).toMatchObject({ kind: 'retry', ambiguous: false })
  })

  it('says so when a credential never answers, and asks it again', async () => {
    const fake = await azure()
    let asked = 0
    const hanging: TokenCredential = {
      getToken() {
        asked += 1
        if (asked === 1) return new Promise(() => undefined)
        return Promise.resolve({ token: 'x', expiresOnTimestamp: Date.now() + 3_600_000 })
      },
    }
    const sink = sentinel(fake, { credential: hanging, timeoutMs: 500 })
    const { outcomes, control } = await send(sink, [forwarded()])
    expect(outcomes[0]).toMatchObject({ kind: 'retry', ambiguous: false })
    expect(control).toMatchObject({ kind: 'backoff', code: 'token_unavailable' })
    await send(sink, [forwarded()])
    expect(asked).toBeGreaterThan(1)
  })

  it('G5, G11 pauses with a wrong secret and shows no secret anywhere', async () => {
    const fake = await azure()
    const secret = 'wrong~Secret'
    const credential = {
      tenantId: 'tenant',
      clientId: 'app-id',
      clientSecret: secret,
      authorityHost: fake.url,
      ca: authority.cert,
    }
    const sink = sentinel(fake, { credential })
    const result = await send(sink, [forwarded()])
    expect(result.control).toMatchObject({
      kind: 'pause',
      cause: 'auth',
      code: 'token_refused',
      detail: 'Entra ID refuses a token (status 401, invalid_client AADSTS 7000215)',
    })
    expect(await sink.health({ signal })).toMatchObject({ kind: 'pause' })
    expect(JSON.stringify([result, sink])).not.toContain(secret)
    const good = sentinel(fake)
    await send(good, [forwarded()])
    for (const { path } of fake.requests) expect(path).not.toContain('token-')
  })

  it('waits when the issuer is not there', async () => {
    const fake = await azure()
    const down: TokenCredential = { getToken: () => Promise.reject(new Error(`secret ${azureSecret}`)) }
    const { control } = await send(sentinel(fake, { credential: down }), [forwarded()])
    expect(control).toEqual({ kind: 'backoff', code: 'token_unavailable', detail: 'the credential failed (Error)' })
  })

  it('sends the checkpoint as a row of its own', async () => {
    const fake = await azure()
    const notice = checkpointNotice()
    await deliver(sentinel(fake), [notice])
    const [row] = fake.rows[stream]!
    expect(row).toMatchObject({ Kind: 'checkpoint', EntryId: notice.id, Action: 'audit_log.checkpoint' })
    expect(JSON.parse(row!['Details'] as string)).toEqual(notice.details)
  })

  it.each<[string, Partial<SentinelOptions>]>([
    ['a rule ID of another form', { dcrImmutableId: 'my-rule' }],
    ['an unknown table', { table: 'other' as 'log' }],
    ['an unknown cloud', { cloud: 'moon' as 'public' }],
    ['a stream with a slash', { stream: 'Custom-a/b' }],
    ['plain HTTP to another host', { url: 'http://ingest.example' }],
    ['an empty secret', { credential: { tenantId: 't', clientId: 'c', clientSecret: '' } }],
  ])('refuses %s before any I/O', async (_, options) => {
    const fake = await azure()
    expect(codeOf(() => sentinel(fake, options))).toBe('option_invalid')
  })
})

describe('the template to deploy', () => {
  it('declares exactly the columns that the sink fills', () => {
    const template = sentinelTemplate() as any
    const [table, rule, assignment] = template.resources
    const declared = (stream: string): Record<string, string> =>
      Object.fromEntries(rule.properties.streamDeclarations[stream].columns.map(({ name, type }: any) => [name, type]))
    expect(declared('Custom-AuditLog_CL')).toEqual(logColumns)
    expect(declared('Custom-AuditLogAsim')).toEqual(asimColumns)
    expect(table.properties.schema.columns.map(({ name }: any) => name)).toEqual(Object.keys(logColumns))
    expect(rule.properties.dataFlows.map(({ outputStream }: any) => outputStream)).toEqual([
      'Custom-AuditLog_CL',
      'Microsoft-ASimAuditEventLogs',
    ])
    expect(assignment.scope).toContain('dataCollectionRules')
  })

  it('puts out what the sink is configured with, and gives the sender one role that only publishes', () => {
    const template = sentinelTemplate() as any
    expect(Object.keys(template.outputs).toSorted()).toEqual(['dcrImmutableId', 'url'])
    const roles = template.resources.filter(({ type }: any) => type === 'Microsoft.Authorization/roleAssignments')
    // Monitoring Metrics Publisher.
    expect(roles.map(({ properties }: any) => properties.roleDefinitionId)).toEqual([
      expect.stringContaining('3913510d-42f4-4e42-8a64-420c390055eb'),
    ])
    // What an expression names is there.
    const names = [...JSON.stringify(template).matchAll(/parameters\('(\w+)'\)/g)].map(([, name]) => name)
    expect(new Set(names)).toEqual(new Set(Object.keys(template.parameters)))
  })

  it('fills only columns that ASimAuditEventLogs has', () => {
    const native = readFileSync(new URL('../../support/asim-audit-event-logs.txt', import.meta.url), 'utf8')
    const columns = Object.fromEntries(
      native
        .trim()
        .split('\n')
        .map((line) => line.split(' ')),
    )
    for (const [name, type] of Object.entries(asimColumns)) expect(`${name} ${type}`).toBe(`${name} ${columns[name]}`)
  })
})
