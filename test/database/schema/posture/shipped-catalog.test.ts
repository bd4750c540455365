import { join } from 'node:path'
import { expect, it } from 'vitest'
import { installSchema } from '../../../../src/index.ts'
import { withSnapshot } from '../../../../src/database/snapshot.ts'
import { readCatalog, templateNames, templateOf } from '../../../../src/schema/posture/catalog.ts'
import { testDatabase } from '../../../support/database.ts'

const file = join(import.meta.dirname, '../../../../src/schema/posture/shipped-catalog.json')

// After a change in sql/: npx vitest run --project postgres-18 test/database/schema/posture/shipped-catalog.test.ts -u
it('is what a new installation says of itself, on every version of PostgreSQL', async () => {
  const database = await testDatabase()
  await installSchema(database.admin, templateNames)
  const catalog = await withSnapshot(database.admin, async (executor) => {
    await executor.run(`select set_config('search_path', 'pg_catalog', true), set_config('timezone', 'UTC', true)`)
    return readCatalog(executor, templateNames)
  })
  for (const role of Object.values(templateNames.roles)) {
    await database.admin.query(`drop owned by ${role} cascade; drop role ${role}`)
  }
  // PostgreSQL 17 added three functions of the name timezone.
  const { facts, quoted } = catalog
  const common = facts.filter(({ subject }) => !/^built-in timezone\([^,]+\)$/.test(subject))
  await expect(`${JSON.stringify(templateOf({ facts: common, quoted }), undefined, 2)}\n`).toMatchFileSnapshot(file)
})
