import { execFileSync, spawnSync } from 'node:child_process'
import { expect, it, vi } from 'vitest'
import { inspect, Sequencer, verifyLog } from '../../../src/index.ts'
import { createSigner, trustLogs } from '../../../src/tlog/index.ts'
import { serverMajor, testDatabase, type TestDatabase, testLog, type TestLog } from '../../support/database.ts'
import { sequencedLog } from '../../support/sequenced-log.ts'

// What becomes of a dump, restored in the way of docs/posture.md and in others.

vi.setConfig({ testTimeout: 60_000 })
const major = await serverMajor()
const tools = clientVersion('pg_dump')
const restoring = it.skipIf(tools < major)
const skipped = tools < major ? ` (skipped: pg_dump is ${tools}, the server ${major})` : ''
const log = await sequencedLog()
await log.grow(300)
const policy = trustLogs([log.verifierKey])

const dump = (options: readonly string[]): Buffer =>
  execFileSync('pg_dump', ['--schema=audit_log', '-d', log.url, ...options], { maxBuffer: 1e8 })

/** @returns what was complained of */
function run(program: string, args: readonly string[], input: Buffer, settings = ''): string {
  const { stderr } = spawnSync(program, args, { input, env: { ...process.env, PGOPTIONS: settings } })
  return stderr.toString()
}
const entries = async ({ admin }: TestDatabase): Promise<number> =>
  (await admin.query<{ n: number }>(`select count(*)::integer as n from audit_log.entry`)).rows[0]!.n
const verdictOf = async ({ admin }: TestDatabase): Promise<string> => (await verifyLog(admin, { policy })).verdict
const critical = async (
  { admin }: TestDatabase,
  { roles }: TestLog,
): Promise<{ code: string; fix: string | undefined }[]> => {
  const report = await inspect(admin, { roles, login: null })
  return report.findings.flatMap(({ severity, code, fix }) => (severity === 'critical' ? [{ code, fix }] : []))
}

restoring(`a dump that is restored whole is intact, and its guards are as they were${skipped}`, async () => {
  const target = await testDatabase()
  run('psql', ['-q', '-d', target.url], dump([]))
  expect(await verdictOf(target)).toBe('intact')
  expect(await critical(target, log)).toEqual(await critical(log, log))
})

restoring.each([
  ['', ''],
  [' as a replica', '-c session_replication_role=replica'],
])(
  `data that are restored%s without their schema are stamped anew while they are a minute old, and verification shows it${skipped}`,
  async (_, settings) => {
    const target = await testLog()
    run('pg_restore', ['--data-only', '-d', target.url], dump(['-Fc']), settings)
    expect(await entries(target)).toBe(300)
    expect(await critical(target, target)).toEqual(await critical(log, log))
    const report = await verifyLog(target.admin, { policy })
    expect(report).toMatchObject({ verdict: 'entry_edited', ok: false })
    expect(report.findings).toHaveLength(300)
  },
)

restoring.each([
  ['', ''],
  [' as a replica', '-c session_replication_role=replica'],
])(`older data that are restored%s without their schema are refused${skipped}`, async (_, settings) => {
  const target = await testLog()
  const data = dump(['--data-only'])
    .toString()
    .replace(/\t20[0-9]{2}(?=-[0-9]{2}-[0-9]{2} )/g, '\t2020')
  expect(run('psql', ['-v', 'VERBOSITY=sqlstate', '-d', target.url], Buffer.from(data), settings)).toContain('WO002')
  expect(await entries(target)).toBe(0)
  expect(await verdictOf(target)).toBe('truncated')
})

restoring(
  `data that are restored with --disable-triggers verify, and the doctor mends the guards${skipped}`,
  async () => {
    const target = await testLog()
    const before = await critical(target, target)
    run('pg_restore', ['--data-only', '--disable-triggers', '-d', target.url], dump(['-Fc']))
    expect(await verdictOf(target)).toBe('intact')
    const found = await critical(target, target)
    expect(new Set(found.map(({ code }) => code))).toEqual(new Set(['trigger_disabled']))
    expect(found.length).toBeGreaterThan(40)
    for (const { fix } of found) await target.admin.query(fix ?? '')
    expect(await critical(target, target)).toEqual(before)
    expect(await verdictOf(target)).toBe('intact')
    // The row with the sequencer's position was there already: it starts at 0, which no signed log may go back to.
    const login = await target.login()
    await target.admin.query(`grant ${target.roles.sequencer} to ${login.name}`)
    const sequencer = new Sequencer({
      db: target.pool(login.url),
      signers: [await createSigner(log.signerKey)],
      verifierKeys: [log.verifierKey],
    })
    await expect(sequencer.run()).rejects.toMatchObject({ code: 'log_rolled_back' })
    await sequencer.stop()
  },
)

function clientVersion(program: string): number {
  try {
    return Number(/\) (\d+)/.exec(execFileSync(program, ['--version'], { encoding: 'utf8' }))?.[1] ?? 0)
  } catch {
    return 0
  }
}
