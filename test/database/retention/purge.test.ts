import { describe, expect, it } from 'vitest'
import { AuditLogger, installSchema, Retention, verifyEntry } from '../../../src/index.ts'
import { purge } from '../../../src/retention/purge.ts'
import { Sequencer } from '../../../src/sequencer/sequencer.ts'
import { createSigner, generateKey, openCheckpoint, trustLogs } from '../../../src/tlog/index.ts'
import { Checkpoints } from '../../../src/sequencer/checkpoints.ts'
import { executorOf } from '../../../src/database/database.ts'
import { refusal, testLog } from '../../support/database.ts'
import { codeOfAsync } from '../../support/error-code.ts'
import { fillOldMonth } from '../../support/old-month.ts'

const log = await testLog()
const archivist = await log.login()
const sequencerLogin = await log.login()
await installSchema(log.admin, {
  roles: log.roles,
  grant: { archivist: [archivist.name], sequencer: [sequencerLogin.name] },
})
const archivistPool = log.pool(archivist.url)
const audit = new AuditLogger({ db: log.appPool })
const key = await generateKey('audit.example.com/retention', 'ed25519')
const sequencer = new Sequencer({
  db: log.pool(sequencerLogin.url),
  signers: [await createSigner(key.signerKey)],
  verifierKeys: [key.verifierKey],
})
const flags = { audit_extended_retention: true }
const app = new Retention({ db: log.appPool, flags })
const retention = new Retention({ db: archivistPool })

const head = async (): Promise<{ size: number; rootHash: Uint8Array }> => {
  const latest = await new Checkpoints(executorOf(log.admin), log.schema).latest()
  return openCheckpoint(latest?.note ?? '', trustLogs([key.verifierKey]))
}
const actions = async (pattern: string): Promise<string[]> =>
  (await audit.query().action(pattern).order('oldest').page()).entries.map(({ action }) => action)

describe('invariant 10: retention can only grow', () => {
  it('is a year after the installation', async () => {
    expect(await app.policy()).toMatchObject({ keepDays: 365, reason: 'installation' })
  })

  it('grows with the feature flag, as an entry of the log', async () => {
    await app.extend({ keepDays: 366, reason: 'HIPAA', actingUser: 'carol' })
    expect((await app.policy()).keepDays).toBe(366)
    const { entries } = await audit.query().action('audit_log.retention.extended').page()
    expect(entries).toMatchObject([
      { user_id: 'carol', details: { before_days: 365, after_days: 366, reason: 'HIPAA' } },
    ])
    expect(entries.every(verifyEntry)).toBe(true)
  })

  it.each([
    ['without the feature flag', {}, 400, 'feature_off'],
    [
      'with a flag client that throws',
      { getBooleanValue: () => Promise.reject(new Error('down')) },
      400,
      'feature_off',
    ],
    ['to what it is already', flags, 366, 'retention_too_young'],
    ['to a year again', flags, 365, 'retention_invalid'],
    ['to more than a hundred years', flags, 36_526, 'retention_invalid'],
    ['to no number of days', flags, Number.NaN, 'retention_invalid'],
  ] as const)('does not change %s', async (_, given, keepDays, code) => {
    expect(await codeOfAsync(new Retention({ db: log.appPool, flags: given }).extend({ keepDays, reason: 'x' }))).toBe(
      code,
    )
    expect((await app.policy()).keepDays).toBe(366)
  })

  it('cannot be changed by writing to the table, by anybody', async () => {
    for (const pool of [log.appPool, archivistPool]) {
      expect(await refusal(pool.query(`insert into audit_log.retention_policy values (36000, 'x')`))).toBe('42501')
    }
    expect(await refusal(log.admin.query(`update audit_log.retention_policy set keep_days = 365`))).toBe('WO001')
    expect(await refusal(log.admin.query(`delete from audit_log.retention_policy`))).toBe('WO001')
  })
})

describe('a legal hold', () => {
  it.each([
    ['without a reason', { reason: ' ' }, '$.reason'],
    ['without somebody who approved', { approvedBy: '' }, '$.approvedBy'],
    ['on an empty tenant, which no entry has', { tenantId: '' }, '$.tenantId'],
    ['on a user that no entry can have', { userId: 'a\0b' }, '$.userId'],
    ['on a target that no entry can have', { target: '\ud800' }, '$.target'],
  ])('%s is refused before any I/O', async (_, wrong, path) => {
    const offline = new Retention({ db: { query: () => Promise.reject(new Error('I/O')) } })
    const request = { reason: 'case 17', approvedBy: 'legal', ...wrong }
    await expect(offline.placeHold(request)).rejects.toMatchObject({ code: 'retention_invalid', path })
  })

  it('on no time at all, and one that is not there, is refused', async () => {
    const [since, until] = ['2024-02-01T00:00:00Z', '2024-01-01T00:00:00Z']
    const request = { reason: 'case 17', approvedBy: 'legal', since, until }
    expect(await codeOfAsync(app.placeHold(request))).toBe('retention_invalid')
    for (const hold of ['x', '00000000-0000-7000-8000-000000000000']) {
      expect(await codeOfAsync(retention.releaseHold(hold, { reason: 'r', approvedBy: 'a' }))).toBe('retention_invalid')
    }
    expect(await app.holds()).toEqual([])
  })
})

describe('invariant 10: a purge', () => {
  it('refuses a month that is younger than the retention', async () => {
    await audit.log({ action: 'fresh.event' })
    await sequencer.run()
    const month = new Date().toISOString().slice(0, 7)
    const [result] = await purge(archivistPool, { archive: await head(), months: [month] })
    expect(result).toMatchObject({ month, outcome: 'refused', reason: { code: 'retention_too_young' } })
  })

  it('refuses a month whose entries are not covered by the checkpoint of the archive', async () => {
    const before = await head()
    await fillOldMonth(log, '2024-01', 500, '{}', 'finding:42')
    const archive = { ...before, rootHash: before.rootHash }
    const [unsequenced] = await purge(archivistPool, { archive })
    expect(unsequenced).toMatchObject({ month: '2024-01', outcome: 'refused', reason: { code: 'month_uncovered' } })
    await sequencer.run()
    const [older] = await purge(archivistPool, { archive })
    expect(older?.reason?.code).toBe('month_uncovered')
  })

  it('refuses an archive of a checkpoint that the log has not signed', async () => {
    const forged = { ...(await head()), rootHash: new Uint8Array(32) }
    expect((await purge(archivistPool, { archive: forged }))[0]?.reason?.code).toBe('month_uncovered')
  })

  it('refuses a month under legal hold, and goes on when it is released', async () => {
    const hold = await app.placeHold({
      tenantId: 'tenant-1',
      until: '2024-01-20T00:00:00Z',
      reason: 'case 17',
      approvedBy: 'legal@contoso.example',
      actingUser: 'carol',
    })
    expect((await purge(archivistPool, { archive: await head(), dryRun: true }))[0]?.reason?.code).toBe('legal_hold')
    const release = { reason: 'case closed', approvedBy: 'legal@contoso.example' }
    expect(await codeOfAsync(app.releaseHold(hold, release))).toBe('privilege_missing')
    await retention.releaseHold(hold, release)
    await retention.releaseHold(hold, release)
    const [stored] = await app.holds()
    expect(stored).toMatchObject({ holdId: hold, tenantId: 'tenant-1', userId: null, placedBy: log.app.name })
    expect(stored?.releasedAt).not.toBeNull()
    expect(await actions('audit_log.legal_hold.*')).toEqual([
      'audit_log.legal_hold.placed',
      'audit_log.legal_hold.released',
    ])
  })

  // Of the 500 entries number 10 has tenant-1 and user-0, on the 2nd of January.
  it.each([
    ['nothing, which is everything', {}],
    ['a tenant', { tenantId: 'tenant-1' }],
    ['a user', { userId: 'user-0' }],
    ['a target', { target: 'finding:42' }],
    ['a time range', { since: '2024-01-21T00:00:00Z', until: '2024-02-01T00:00:00Z' }],
    ['a time', { since: '2024-01-21T23:00:00Z' }],
    [
      'all of them together',
      { tenantId: 'tenant-1', userId: 'user-0', target: 'finding:42', until: '2024-01-03T00:00:00Z' },
    ],
  ])('is held up by a legal hold on %s', async (_, scope) => {
    const hold = await app.placeHold({ ...scope, reason: 'r', approvedBy: 'a' })
    expect((await purge(archivistPool, { archive: await head(), dryRun: true }))[0]?.reason?.code).toBe('legal_hold')
    await retention.releaseHold(hold, { reason: 'r', approvedBy: 'a' })
  })

  it.each([
    ['another tenant', { tenantId: 'tenant-9' }],
    ['another user', { userId: 'user-99' }],
    ['another target', { target: 'finding:9' }],
    ['times without entries of the month', { since: '2024-01-25T00:00:00Z', until: '2024-02-01T00:00:00Z' }],
    ['another month', { since: '2024-02-01T00:00:00Z' }],
    ['a user that has no entries with that target', { userId: 'user-1', target: 'finding:1' }],
  ])('is not held up by a legal hold on %s', async (_, scope) => {
    const hold = await app.placeHold({ ...scope, reason: 'r', approvedBy: 'a' })
    expect((await purge(archivistPool, { archive: await head(), dryRun: true }))[0]?.outcome).toBe('purgeable')
    await retention.releaseHold(hold, { reason: 'r', approvedBy: 'a' })
  })

  it('gives up instead of queueing up while a transaction has written into the month', async () => {
    const client = await log.connect()
    await client.query('begin')
    await client.query(`lock table audit_log.entry_2024_01 in row exclusive mode`)
    const [result] = await purge(archivistPool, { archive: await head(), attempts: 1 })
    expect(result).toMatchObject({ outcome: 'refused', reason: { code: 'purge_busy' } })
    await client.query('rollback')
  })

  it('gives up on a lock that a reader of the month holds, and drops nothing', async () => {
    const client = await log.connect()
    await client.query('begin')
    await client.query(`select count(*) from audit_log.entry_2024_01`)
    const [result] = await purge(archivistPool, { archive: await head(), attempts: 1 })
    expect(result).toMatchObject({ outcome: 'refused', reason: { code: 'purge_busy' } })
    await client.query('rollback')
    expect(await audit.query().until('2024-02-01T00:00:00Z').count()).toBe(500)
    expect(await actions('audit_log.purged')).toEqual([])
  })

  it('drops nothing in a dry run', async () => {
    const [result] = await purge(archivistPool, { archive: await head(), dryRun: true })
    expect(result).toEqual({ month: '2024-01', outcome: 'purgeable', entries: 500, reason: undefined })
    expect(await audit.query().until('2024-02-01T00:00:00Z').count()).toBe(500)
  })

  it.each([
    ['the writer', () => log.appPool],
    ['the reader', () => log.pool(log.reader.url)],
  ])('is refused to %s', async (_, pool) => {
    expect(await codeOfAsync(purge(pool(), { archive: await head(), months: ['2024-01'] }))).toBe('privilege_missing')
    expect(await refusal(pool().query(`select audit_log.purge_month('2024-01-01')`))).toBe('42501')
  })

  it('needs the month to have been cleared, also for the archivist', async () => {
    await fillOldMonth(log, '2024-03', 10)
    expect(await refusal(archivistPool.query(`select audit_log.purge_month('2024-03-01')`))).toBe('WO023')
  })

  it('drops what has expired, keeps the rest, and is an entry of the log', async () => {
    await sequencer.run()
    const results = await purge(archivistPool, { archive: await head(), actingUser: 'carol' })
    expect(results).toEqual([
      { month: '2024-01', outcome: 'purged', entries: 500, reason: undefined },
      { month: '2024-03', outcome: 'purged', entries: 10, reason: undefined },
    ])
    expect(await audit.query().until('2024-04-01T00:00:00Z').count()).toBe(0)
    expect((await app.months()).some(({ expired }) => expired)).toBe(false)
    const { entries } = await audit.query().action('audit_log.purged').order('oldest').page()
    expect(entries).toMatchObject([
      {
        user_id: 'carol',
        target: 'audit_log:entry_2024_01',
        recorded_by: archivist.name,
        details: { entries: 500, leaves: [[2, 502]] },
      },
      { target: 'audit_log:entry_2024_03' },
    ])
    const { rows } = await log.admin.query(
      `select count(*)::integer as leaves from audit_log.leaf where timestamp < '2024-04-01'`,
    )
    expect(rows).toEqual([{ leaves: 510 }])
  })

  it('keeps the proofs of what was purged and of what remains', async () => {
    await sequencer.run()
    const { rows } = await log.admin.query<{ seq: string }>('select seq from audit_log.leaf order by leaf_index')
    for (const { seq } of [rows[3], rows.at(-1)] as { seq: string }[]) {
      expect(await audit.proveEntry(Number(seq))).toContain('c2sp.org/tlog-proof')
    }
  })

  it('refuses what is no month', async () => {
    expect(await codeOfAsync(purge(archivistPool, { archive: await head(), months: ['2024-13'] }))).toBe(
      'option_invalid',
    )
    expect((await purge(archivistPool, { archive: await head(), months: ['1999-01'] }))[0]?.reason?.code).toBe(
      'month_unknown',
    )
  })
})

it('says that the database failed', async () => {
  const down = new Retention({ db: { query: () => Promise.reject(new Error('down')) } })
  for (const work of [down.policy(), down.holds(), down.months()]) {
    expect(await codeOfAsync(work)).toBe('retention_failed')
  }
  const archive = { size: 1, rootHash: new Uint8Array(32) }
  const months = ['2024-01']
  expect(await codeOfAsync(purge({ query: () => Promise.reject(new Error('down')) }, { archive, months }))).toBe(
    'retention_failed',
  )
})
