import { describe, expect, it } from 'vitest'
import { installSchema } from '../../../src/index.ts'
import { buildCli } from '../../support/cli.ts'
import { testLog } from '../../support/database.ts'
import { fillOldMonth } from '../../support/old-month.ts'

const cli = await buildCli()
const log = await testLog()
const archivist = await log.login()
await installSchema(log.admin, { roles: log.roles, grant: { archivist: [archivist.name] } })

const retention = (url: string, ...args: string[]): ReturnType<typeof cli> =>
  cli(['retention', ...args, '--database-url', url])
const approval = ['--reason', 'case 17', '--approved-by', 'legal']

describe('audit-log retention', () => {
  it('shows the retention, and when each month expires', async () => {
    await fillOldMonth(log, '2024-01', 3)
    const { code, stdout } = await retention(log.reader.url, 'show')
    expect(code).toBe(0)
    expect(stdout).toContain('Every entry is kept for 365 days at least (installation).\n')
    expect(stdout).toMatch(/^2024-01 .*expired 2025-01-31$/m)
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

  it('lengthens the retention only when the feature is said to be licensed', async () => {
    const days = ['extend', '366', '--reason', 'HIPAA']
    expect((await retention(log.app.url, ...days)).code).toBe(2)
    expect((await retention(log.app.url, ...days, '--audit-extended-retention')).code).toBe(0)
    expect((await retention(log.app.url, ...days, '--audit-extended-retention')).stderr).toContain(
      '(retention_too_young)',
    )
  })
})
