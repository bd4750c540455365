import { expect, it, vi } from 'vitest'
import { AuditLogger } from '../../../src/index.ts'
import { PartitionUpkeep } from '../../../src/log/partition-upkeep.ts'
import { testLog } from '../../support/database.ts'

const log = await testLog()
const day = 86_400_000
const partitions = async (): Promise<number> => {
  const { rows } = await log.admin.query<{ count: string }>(
    `select count(*) from pg_inherits where inhparent = 'audit_log.entry'::regclass`,
  )
  return Number(rows[0]?.count)
}
/** Drops the partition that is furthest ahead, as if three months had gone by. */
async function dropLast(): Promise<void> {
  const { rows } = await log.admin.query<{ name: string }>(
    `select inhrelid::regclass as name from pg_inherits where inhparent = 'audit_log.entry'::regclass
     and inhrelid::regclass::text ~ '[0-9]$' order by 1 desc`,
  )
  await log.admin.query(
    `drop table ${rows
      .map(({ name }) => name)
      .toSorted()
      .at(-1)}`,
  )
}

it('makes the partitions of the months ahead beside a write, once a day', async () => {
  const before = await partitions()
  const audit = new AuditLogger({ db: log.appPool })
  await dropLast()
  await audit.log({ action: 'first.day' })
  expect(await partitions()).toBe(before - 1)
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + day })
  await audit.log({ action: 'second.day' }).finally(() => vi.useRealTimers())
  await audit.close()
  expect(await partitions()).toBe(before)
})

it('does it again after a day, and not before', async () => {
  const upkeep = new PartitionUpkeep(log.appPool, log.schema, 0)
  expect(upkeep.run(day - 1)).toBeUndefined()
  await expect(upkeep.run(day)).resolves.toBeUndefined()
  expect(upkeep.run(2 * day - 1)).toBeUndefined()
})

it('is silent where it may not', async () => {
  const upkeep = new PartitionUpkeep(log.pool(log.reader.url), log.schema, 0)
  await expect(upkeep.run()).resolves.toBeUndefined()
})

it('leaves a single connection alone, which may be in a transaction of the host', async () => {
  const client = await log.connect(log.app.url)
  expect(new PartitionUpkeep(client, log.schema, 0).run()).toBeUndefined()
})
