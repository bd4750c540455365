import { describe, expect, it } from 'vitest'
import { AuditLogger, type Entry, hashEntry } from '../../../../src/index.ts'
import { trustLogs, verifyTlogProof } from '../../../../src/tlog/index.ts'
import { testLog } from '../../../support/database.ts'
import { codeOfAsync } from '../../../support/error-code.ts'
import { sequencedLog } from '../../../support/sequenced-log.ts'
import { unique } from '../../../support/unique.ts'
import { until } from '../../../support/until.ts'

const log = await sequencedLog()
const { audit, appPool, admin } = log
const day = 86_400_000
const inDays = (days: number): Date => new Date(Date.now() + days * day)
const terms = (acceptance_id: string, expires_at: Date): never =>
  ({ acceptance_id, justification: 'because', requester: 'alice', approver: 'bob', expires_at }) as never
const accept = (id: string, days: number, options = {}): Promise<Entry> =>
  audit.events.risk.accepted({ target: 'finding:1', details: terms(id, inDays(days)) }, options)

/** What another writer may record: the table does not know the catalogue. */
async function recordInSql(action: string, details: object, target = 'finding:1'): Promise<number> {
  const { rows } = await appPool.query<{ seq: string }>('select seq from audit_log.log($1, $2, details => $3)', [
    action,
    target,
    JSON.stringify(details),
  ])
  return Number(rows[0]!.seq)
}
const statusOf = async (id: string, options = {}): Promise<string | undefined> =>
  (await audit.risk.accepted({ proofs: false, ...options })).find(({ acceptance_id }) => acceptance_id === id)?.status

describe('audit.risk.accepted', () => {
  it('answers for any date, with the entries and proofs that verify offline', async () => {
    const id = unique('dated')
    const accepted = await accept(id, 60)
    await log.grow(0)
    const between = new Date(Date.parse(accepted.timestamp) + 1)
    while (Date.now() <= between.getTime()) await until(() => Date.now() > between.getTime())
    const revoked = await audit.events.risk.revoked({
      target: 'finding:1',
      details: { acceptance_id: id, reason: 'exploited' },
    })
    await log.grow(0)
    expect(await statusOf(id, { asOf: new Date(Date.parse(accepted.timestamp) - 1) })).toBeUndefined()
    expect(await statusOf(id, { asOf: accepted.timestamp })).toBe('in_force')
    expect(await statusOf(id, { asOf: between, soonDays: 90 })).toBe('about_to_expire')
    expect(await statusOf(id)).toBe('revoked')

    const registered = await audit.risk.accepted({ target: 'finding:1' })
    const found = registered.find(({ acceptance_id }) => acceptance_id === id)
    expect(found?.decidedBy.entry).toEqual(revoked)
    expect(found?.history.map(({ entry }) => entry)).toEqual([accepted, revoked])
    for (const { entry, proof, leafIndex } of found!.history) {
      const { entry_hash: _, ...content } = entry
      const verified = await verifyTlogProof(
        proof!,
        Buffer.from(hashEntry(content), 'hex'),
        trustLogs([log.verifierKey]),
      )
      expect(verified.index).toBe(leafIndex)
    }
  })

  it('says what will be the case at a date that is to come', async () => {
    const id = unique('future')
    await accept(id, 10)
    expect(await statusOf(id, { soonDays: 0 })).toBe('in_force')
    expect(await statusOf(id, { asOf: inDays(11) })).toBe('expired')
  })

  it('counts what is not sequenced yet, and says that its proof is to come', async () => {
    const id = unique('fresh')
    const { seq } = await accept(id, 10)
    const found = (await audit.risk.accepted()).find(({ acceptance_id }) => acceptance_id === id)
    expect(found?.history).toMatchObject([
      { entry: { seq }, leafIndex: null, proof: undefined, missing: 'proof_pending' },
    ])
  })

  it('follows the order of the log when a transaction commits late', async () => {
    const id = unique('late')
    await accept(id, 60)
    const client = await log.connect(log.app.url)
    await client.query('begin')
    // Has a lower seq than the revocation, and a later place in the log.
    await accept(id, 90, { db: client })
    await audit.events.risk.revoked({ target: 'finding:1', details: { acceptance_id: id, reason: 'x' } })
    await log.grow(0)
    expect(await statusOf(id)).toBe('revoked')
    await client.query('commit')
    await log.grow(0)
    expect(await statusOf(id)).toBe('in_force')
  })

  it('does not count what another writer records against the rules, and shows it', async () => {
    const id = unique('own')
    const seq = await recordInSql('risk.accepted', { acceptance_id: id, requester: 'alice', approver: 'Alice' })
    const found = (await audit.risk.accepted()).find(({ acceptance_id }) => acceptance_id === id)
    expect(found).toMatchObject({
      status: 'invalid',
      history: [{ entry: { seq }, faults: ['no_justification', 'approver_is_requester', 'no_expiry'] }],
    })
  })

  it('does not count an acceptance that was altered, with a hash that fits or not', async () => {
    const ids = [unique('altered'), unique('rehashed')] as const
    const [plain, rehashed] = [await accept(ids[0], 20), await accept(ids[1], 20)]
    await log.grow(0)
    // As a superuser would: nothing in the database stops one.
    const guards = (how: 'disable' | 'enable always'): Promise<unknown> =>
      admin.query(`do $$ declare guard record; begin
        for guard in select relid, tgname from pg_partition_tree('audit_log.entry') join pg_trigger on tgrelid = relid
          where not tgisinternal or tgparentid <> 0 loop
          execute format('alter table %s ${how} trigger %I', guard.relid, guard.tgname);
        end loop; end $$`)
    await guards('disable')
    await admin.query(
      `update audit_log.entry set details = replace(details::text, 'because', 'BECAUSE')::json where seq = any ($1)`,
      [[plain.seq, rehashed.seq]],
    )
    await admin.query(
      `update audit_log.entry set entry_hash = sha256(convert_to(audit_log.entry_line(entry), 'UTF8')) where seq = $1`,
      [rehashed.seq],
    )
    await guards('enable always')
    for (const id of ids) {
      const found = (await audit.risk.accepted({ proofs: false })).find(({ acceptance_id }) => acceptance_id === id)
      expect([found?.status, found?.history[0]?.faults]).toEqual(['invalid', ['altered']])
    }
  })

  it('filters by tenant and refuses options that cannot be meant', async () => {
    expect(await audit.risk.accepted({ tenant: 'nobody' })).toEqual([])
    expect((await audit.risk.accepted({ tenant: null, proofs: false })).length).toBeGreaterThan(3)
    for (const options of [{ asOf: 'yesterday' }, { soonDays: -1 }, { soonDays: 1.5 }]) {
      expect(await codeOfAsync(audit.risk.accepted(options))).toBe('query_invalid')
    }
    const writer = new AuditLogger({ db: log.pool(log.writer.url) })
    expect(await codeOfAsync(writer.risk.accepted())).toBe('privilege_missing')
  })
})

describe('expiry', () => {
  it('is recorded once, by however many processes', async () => {
    const shared = await testLog()
    const loggers = Array.from(
      { length: 4 },
      () => new AuditLogger({ db: shared.pool(shared.app.url), onlyKnownActions: true }),
    )
    const [first] = loggers as [AuditLogger]
    const record = (id: string, expires_at: string, target: string | null): Promise<unknown> =>
      shared.appPool.query(`select audit_log.log('risk.accepted', $1, details => $2)`, [
        target,
        JSON.stringify({ ...(terms(id, new Date()) as object), expires_at }),
      ])
    for (let index = 0; index < 30; index += 1) await record(`old-${index}`, '2026-01-01T00:00:00Z', `finding:${index}`)
    await record('odd', '2026-01-01T00:00:00Z', null)
    await record('running', '2999-01-01T00:00:00Z', 'finding:99')

    const rounds = await Promise.all([...loggers, ...loggers].map(({ risk }) => risk.recordExpiries()))
    expect(rounds.flat().length).toBe(31)
    expect(await first.risk.recordExpiries()).toEqual([])
    const { entries } = await first.query().action('risk.expired').limit(1000).page()
    expect(new Set(entries.map(({ details }) => details['acceptance_id'])).size).toBe(31)
    expect(entries.length).toBe(31)
    expect(entries.find(({ target }) => target === 'finding:7')).toMatchObject({
      user_id: null,
      details: { acceptance_id: 'old-7', expired_at: '2026-01-01T00:00:00.000Z' },
    })

    // Renewed with another date that is over, it expires once more.
    await shared.appPool.query(`select audit_log.log('risk.renewed', 'finding:7', details => $1)`, [
      JSON.stringify({ ...(terms('old-7', new Date()) as object), expires_at: '2026-02-01T00:00:00Z' }),
    ])
    expect((await first.risk.recordExpiries()).length).toBe(1)
    expect(await first.risk.recordExpiries()).toEqual([])
  })

  it('is expired all the same when somebody keeps it from being recorded', async () => {
    const held = await testLog()
    const { appPool: pool } = held
    const own = new AuditLogger({ db: pool })
    await pool.query(`select audit_log.log('risk.accepted', 'finding:1', details => $1)`, [
      JSON.stringify({ ...(terms('held', new Date()) as object), expires_at: '2026-01-01T00:00:00Z' }),
    ])
    const other = await held.connect(held.app.url)
    await other.query(`select pg_advisory_lock(hashtextextended('risk.expired audit_log', 0))`)
    expect(await own.risk.recordExpiries()).toEqual([])
    expect((await own.risk.accepted()).map(({ status }) => status)).toEqual(['expired'])
    await other.query('select pg_advisory_unlock_all()')
    expect((await own.risk.recordExpiries()).length).toBe(1)
  })

  it('is watched for until the watch is stopped, also when the database was away', async () => {
    const { appPool: pool } = await testLog()
    const own = new AuditLogger({ db: pool })
    await pool.query(`select audit_log.log('risk.accepted', 'finding:1', details => $1)`, [
      JSON.stringify({ ...(terms('watched', new Date()) as object), expires_at: '2026-01-01T00:00:00Z' }),
    ])
    const watch = own.risk.watch({ everyMs: 1000 })
    await until(async () => (await own.query().action('risk.expired').count()) === 1)
    await watch.stop()

    const codes: string[] = []
    const away = new AuditLogger({ db: { query: () => Promise.reject(new Error('away')) } })
    const failing = away.risk.watch({
      onError: ({ code }) => {
        codes.push(code)
        throw new Error('of the host')
      },
    })
    await until(() => codes.length > 0)
    await failing.stop()
    expect(codes).toEqual(['read_failed'])
    expect(() => own.risk.watch({ everyMs: 5 })).toThrow(expect.objectContaining({ code: 'option_invalid' }))
  })
})
