import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { installSchema, Retention, verifyArchive, verifyLog, writeArchive } from '../../../src/index.ts'
import { trustLogs, verifyTlogProof } from '../../../src/tlog/index.ts'
import { fillOldMonth } from '../../support/old-month.ts'
import { sequencedLog } from '../../support/sequencer.ts'

const log = await sequencedLog()
const policy = trustLogs([log.key.verifierKey])
const archivist = await log.login()
await installSchema(log.admin, { roles: log.roles, grant: { archivist: [archivist.name] } })
const folder = await mkdtemp(join(tmpdir(), 'audit-log-year-'))
afterAll(() => rm(folder, { recursive: true }))
const months = Array.from({ length: 12 }, (_, month) => `2024-${String(month + 1).padStart(2, '0')}`)

it('a year that was purged frees its disk, and what remains verifies like what was there before', async () => {
  for (const month of months) await fillOldMonth(log, month, 100)
  await log.write(30)
  const sequencer = await log.sequencer()
  await sequencer.run()
  const before = await writeArchive(log.admin, join(folder, 'before'))
  const { rows: notes } = await log.admin.query<{ note: string }>('select note from audit_log.checkpoint')
  const entriesBytes = async (): Promise<number> =>
    Number(
      (
        await log.admin.query<{ bytes: string }>(
          `select sum(pg_total_relation_size(relid)) as bytes from pg_partition_tree('audit_log.entry')`,
        )
      ).rows[0]?.bytes,
    )
  const full = await entriesBytes()

  const retention = new Retention({ db: log.pool(archivist.url) })
  const results = await retention.purge({ archive: join(folder, 'before'), policy })
  expect(results.map(({ month, outcome, entries }) => [month, outcome, entries])).toEqual(
    months.map((month) => [month, 'purged', 100]),
  )
  expect(full - (await entriesBytes())).toBeGreaterThan(12 * 8192)
  await sequencer.run()
  await sequencer.stop()

  // Also in the eyes of who holds a checkpoint of before.
  for (const since of [undefined, notes[0]?.note]) {
    expect(await verifyLog(log.admin, { policy, since })).toMatchObject({ verdict: 'purged', ok: true, purged: 1200 })
  }
  expect(await verifyArchive(join(folder, 'before'), { policy })).toMatchObject({
    verdict: 'intact',
    entries: before.added,
  })
  await writeArchive(log.admin, join(folder, 'after'))
  expect(await verifyArchive(join(folder, 'after'), { policy })).toMatchObject({ verdict: 'purged', purged: 1200 })
  const { entries } = await log.audit.query().limit(1000).page()
  // 30 that were logged, and a clearance and a purge for each month.
  expect(entries.length).toBe(30 + 24)
  for (const entry of [entries[0]!, entries.at(-1)!]) {
    const proof = await log.audit.proveEntry(entry.seq)
    await verifyTlogProof(proof, new Uint8Array(Buffer.from(entry.entry_hash, 'hex')), policy)
  }
})
