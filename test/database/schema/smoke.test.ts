import { expect, it } from 'vitest'
import { AuditLogger, verifyEntry } from '../../../src/index.ts'
import { testLog } from '../../support/database.ts'

const log = await testLog()

it('logs an event as a login that is only a writer', async () => {
  const audit = new AuditLogger({ db: log.pool(log.writer.url), schema: log.schema })
  expect(verifyEntry(await audit.log({ action: 'user.login' }))).toBe(true)
})
