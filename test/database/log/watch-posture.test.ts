import { expect, it } from 'vitest'
import { AuditLogger, type Finding, type PostureReport, verifyEntry, watchPosture } from '../../../src/index.ts'
import { codeOf } from '../../support/error-code.ts'
import { testLog } from '../../support/database.ts'

const log = await testLog()
const { roles } = log
const audit = new AuditLogger({ db: log.appPool })

it('looks at the start, alarms once for each finding, keeps the last violation, and leaves an entry each time', async () => {
  const checks = audit.query().action('audit_log.posture.checked')
  const before = await checks.count()
  const alarms: string[] = []
  const watch = watchPosture(audit, {
    roles,
    onFinding: ({ code, severity }: Finding) => {
      if (severity === 'critical') alarms.push(code)
      throw new Error('the alarm is broken')
    },
  })
  expect(watch.status()).toMatchObject({ report: undefined, tamperResistant: undefined })
  expect(await watch.check()).toMatchObject({ tamperResistant: true, lastViolation: undefined, failure: undefined })

  await log.admin.query('alter table audit_log.leaf disable trigger refuse_change')
  await watch.check()
  expect((await watch.check()).lastViolation?.codes).toEqual(['trigger_disabled'])
  expect(alarms).toEqual(['trigger_disabled'])

  await log.admin.query('alter table audit_log.leaf enable always trigger refuse_change')
  const mended = await watch.check()
  expect([mended.tamperResistant, mended.lastViolation?.codes]).toEqual([true, ['trigger_disabled']])
  watch.acknowledge()
  expect(watch.status().lastViolation).toBeUndefined()
  await watch.stop()

  const entries = (await checks.order('oldest').page()).entries.slice(before)
  expect(entries.map(({ outcome }) => outcome)).toEqual(['success', 'failure', 'failure', 'success'])
  expect(entries.every(verifyEntry)).toBe(true)
  expect(entries[1]).toMatchObject({
    target: 'schema:audit_log',
    user_id: null,
    details: { critical: ['trigger_disabled'] },
  })
})

it('says that the log is not tamper-resistant against an application that can become its owner', async () => {
  const owner = await log.login()
  await log.admin.query(`grant ${roles.owner}, ${roles.writer}, ${roles.reader} to ${owner.name}`)
  const watch = watchPosture(new AuditLogger({ db: log.pool(owner.url) }), { roles })
  expect(await watch.check()).toMatchObject({ tamperResistant: false })
  expect(watch.status().lastViolation?.codes).toEqual(['application_reaches_owner'])
  await watch.stop()
  await log.admin.query(`revoke ${roles.owner} from ${owner.name}`)
})

it('shows a check that fails in its status and goes on', async () => {
  let fails = true
  const watch = watchPosture(
    {
      inspect: (options): Promise<PostureReport> =>
        fails ? Promise.reject(new Error('down')) : audit.inspect(options),
      log: () => Promise.resolve(null),
    },
    { roles },
  )
  expect(await watch.check()).toMatchObject({ failure: 'read_failed', tamperResistant: undefined })
  fails = false
  expect(await watch.check()).toMatchObject({ failure: undefined, tamperResistant: true })
  await watch.stop()
})

it('refuses a schedule that makes no sense', () => {
  for (const everyMs of [999, 86_400_001, 1.5, Number.NaN]) {
    expect(codeOf(() => watchPosture(audit, { everyMs }))).toBe('option_invalid')
  }
})
