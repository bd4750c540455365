import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { verifyArchive } from '../../../src/evidence/verify-archive.ts'
import { writeArchive } from '../../../src/evidence/write-archive.ts'
import { AuditLogger, installSchema, Retention } from '../../../src/index.ts'
import { Sequencer } from '../../../src/sequencer/sequencer.ts'
import { createSigner, generateKey, trustLogs } from '../../../src/tlog/index.ts'
import { buildCli } from '../../support/cli.ts'
import { testLog } from '../../support/database.ts'
import { fillOldMonth } from '../../support/old-month.ts'

const cli = await buildCli()
const log = await testLog()
const archivist = await log.login()
await installSchema(log.admin, { roles: log.roles, grant: { archivist: [archivist.name] } })

const folder = await mkdtemp(join(tmpdir(), 'audit-log-purge-'))
afterAll(() => rm(folder, { recursive: true, force: true }))
const key = await generateKey('audit.example.com/purge', 'ed25519')
const sequencer = new Sequencer({
  db: log.admin,
  signers: [await createSigner(key.signerKey)],
  verifierKeys: [key.verifierKey],
})
const entriesOf = async (month: string): Promise<number | undefined> => {
  const { rows } = await log.admin.query<{ table: string | null }>(
    `select to_regclass('audit_log.entry_${month}') as table`,
  )
  if (rows[0]?.table === null) return undefined
  const counted = await log.admin.query<{ count: string }>(`select count(*) from audit_log.entry_${month}`)
  return Number(counted.rows[0]?.count)
}

const retention = (url: string, ...args: string[]): ReturnType<typeof cli> =>
  cli(['retention', ...args, '--database-url', url])
const approval = ['--reason', 'case 17', '--approved-by', 'legal']

const archivistUrl = archivist.url
describe('audit-log purge', () => {
  const keyOf = ['--key', key.verifierKey]
  const purge = (...args: string[]): ReturnType<typeof cli> =>
    cli(['purge', '--database-url', archivistUrl, '--json', ...keyOf, ...args])

  it('drops nothing without an archive that verifies', async () => {
    await fillOldMonth(log, '2024-05', 300)
    await sequencer.run()
    const missing = await purge('--archive', join(folder, 'nowhere'))
    expect(missing).toMatchObject({ code: 2, stdout: '' })
    expect(missing.stderr).toContain('file_unreadable')

    const damaged = join(folder, 'damaged')
    await writeArchive(log.admin, damaged)
    const file = join(damaged, 'entries/000.p/300.ndjson')
    await writeFile(file, (await readFile(file, 'utf8')).replace('"user-1"', '"user-2"'))
    const { code, stdout, stderr } = await purge('--archive', damaged)
    expect({ code, stdout, error: JSON.parse(stderr) as unknown }).toMatchObject({
      code: 2,
      stdout: '',
      error: { error: 'archive_unverified' },
    })
    expect(await entriesOf('2024_05')).toBe(300)
  })

  it('says in a dry run what would go, then drops it, and what remains verifies', async () => {
    const archive = join(folder, 'archive')
    await writeArchive(log.admin, archive, { gzip: true })
    const dry = await purge('--archive', archive, '--dry-run')
    expect(JSON.parse(dry.stdout)).toMatchObject({ month: '2024-05', outcome: 'purgeable', entries: 300 })
    expect(await entriesOf('2024_05')).toBe(300)
    const unknown = await purge('--archive', archive, '--month', '1999-01')
    expect({ code: unknown.code, ...(JSON.parse(unknown.stdout) as object) }).toMatchObject({
      code: 1,
      outcome: 'refused',
      reason: { code: 'month_unknown' },
    })
    expect(await entriesOf('2024_05')).toBe(300)
    const { code, stdout } = await purge('--archive', archive, '--month', '2024-05', '--acting-user', 'carol')
    expect({ code, ...(JSON.parse(stdout) as object) }).toMatchObject({ code: 0, outcome: 'purged', entries: 300 })
    expect(await entriesOf('2024_05')).toBeUndefined()
    const { entries } = await new AuditLogger({ db: log.appPool }).query().action('audit_log.purged').page()
    expect(entries).toMatchObject([{ user_id: 'carol', target: 'audit_log:entry_2024_05' }])

    await sequencer.run()
    const policy = trustLogs([key.verifierKey])
    expect(await verifyArchive(archive, { policy })).toMatchObject({ verdict: 'intact', entries: 300 })
    const later = join(folder, 'later')
    await writeArchive(log.admin, later)
    expect(await verifyArchive(later, { policy })).toMatchObject({ verdict: 'purged', ok: true, purged: 300 })
    expect(await cli(['verify', ...keyOf, '--purged-by', archivist.name, later])).toMatchObject({ code: 0 })
    expect(await cli(['verify', ...keyOf, '--purged-by', log.app.name, later])).toMatchObject({ code: 1 })
  })

  it('does not take an archive that lacks entries which were not purged here', async () => {
    await fillOldMonth(log, '2024-06', 5)
    await sequencer.run()
    const lacking = join(folder, 'lacking')
    await log.admin.query('create table kept as select * from audit_log.purge')
    await writeArchive(log.admin, lacking)
    // As if the database had been restored to before the purge.
    await log.admin.query(
      'alter table audit_log.purge disable trigger all; delete from audit_log.purge; alter table audit_log.purge enable trigger all',
    )
    const { code, stderr } = await purge('--archive', lacking)
    expect({ code, error: JSON.parse(stderr) as unknown }).toMatchObject({
      code: 2,
      error: { error: 'archive_unverified' },
    })
  })
})

describe('audit-log retention', () => {
  it('shows the retention, and when each month expires', async () => {
    await fillOldMonth(log, '2024-01', 3)
    const { code, stdout } = await retention(log.reader.url, 'show')
    expect(code).toBe(0)
    expect(stdout).toContain('Every entry is kept for 365 days at least (installation).\n')
    expect(stdout).toMatch(/^2024-01 .*expired 2025-02-01$/m)
  })

  it('places a legal hold as the writer, and releases it only as the archivist', async () => {
    const placed = await retention(log.app.url, 'hold', ...approval, '--tenant', 'contoso', '--json')
    const { holdId } = JSON.parse(placed.stdout) as { holdId: string }
    const refused = await retention(log.app.url, 'release', holdId, ...approval)
    expect(refused).toMatchObject({ code: 2, stdout: '' })
    expect(refused.stderr).toContain('(privilege_missing)')
    expect((await retention(archivist.url, 'release', holdId, ...approval)).code).toBe(0)
    const { stdout } = await retention(log.reader.url, 'show')
    expect(stdout).toContain(`legal hold ${holdId}: tenant contoso, case 17, approved by legal, released `)
  })

  it('holds exactly what it is told to hold, and records who did it', async () => {
    const scope = ['--user', 'alice', '--target', 'finding:42', '--acting-user', 'carol']
    const times = ['--since', '2024-01-01T00:00:00Z', '--until', '2024-02-01T00:00:00Z']
    const { code, stdout } = await retention(log.app.url, 'hold', ...approval, ...scope, ...times)
    expect(code).toBe(0)
    const holdId = stdout.trim()
    expect((await retention(log.reader.url, 'show')).stdout).toContain(
      `legal hold ${holdId}: user alice, target finding:42, since 2024-01-01T00:00:00.000000Z, until 2024-02-01T00:00:00.000000Z, case 17, approved by legal, in force`,
    )
    await retention(archivist.url, 'release', holdId, ...approval, '--acting-user', 'dave')
    const audit = new AuditLogger({ db: log.appPool })
    const { entries } = await audit.query().target(`legal_hold:${holdId}`).order('oldest').page()
    expect(entries.map(({ action, user_id }) => [action, user_id])).toEqual([
      ['audit_log.legal_hold.placed', 'carol'],
      ['audit_log.legal_hold.released', 'dave'],
    ])
    for (const [wrong, said] of [
      [['--since', 'yesterday'], 'query_invalid'],
      [['--tenant', ''], 'retention_invalid'],
    ] as const) {
      const refused = await retention(log.app.url, 'hold', ...approval, ...wrong)
      expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining(said)])
    }
  })

  it('lengthens the retention only when the feature is said to be licensed', async () => {
    const { keepDays } = await new Retention({ db: log.admin }).policy()
    const days = ['extend', String(keepDays + 1), '--reason', 'HIPAA']
    expect((await retention(log.app.url, ...days)).code).toBe(2)
    expect((await retention(log.app.url, ...days, '--audit-extended-retention', '--acting-user', 'carol')).code).toBe(0)
    const audit = new AuditLogger({ db: log.appPool })
    const { entries } = await audit.query().action('audit_log.retention.extended').page()
    expect(entries).toHaveLength(keepDays - 364)
    expect(entries[0]).toMatchObject({ user_id: 'carol', details: { after_days: keepDays + 1, reason: 'HIPAA' } })
    expect((await retention(log.app.url, ...days, '--audit-extended-retention')).stderr).toContain(
      '(retention_too_young)',
    )
  })
})
