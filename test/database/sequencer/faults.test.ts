import { describe, expect, it } from 'vitest'
import type { PublishedCheckpoint } from '../../../src/index.ts'
import { openCheckpoint, trustLogs } from '../../../src/tlog/index.ts'
import { type Fault, FaultyPool } from '../../support/faulty-pool.ts'
import { inOrder, sequencedLog, takeCensus } from '../../support/sequencer.ts'

const log = await sequencedLog()
const pool = log.pool(log.sequencerUrl, { max: 6 })
const published: PublishedCheckpoint[] = []
const publisher = {
  name: 'memory',
  publish: (checkpoint: PublishedCheckpoint) => Promise.resolve(void published.push(checkpoint)),
  latest: () => Promise.resolve(published.at(-1)?.note),
}

const batch = 260
const writeBatch = (): Promise<unknown> =>
  log.audit.logMany(Array.from({ length: batch }, (_, number) => ({ action: 'a.b', details: { number } })))

/** The steps of a round, by what its statements do. */
async function stepsOfRound(): Promise<string[]> {
  const db = new FaultyPool(pool)
  const sequencer = await log.sequencer({ db, publishers: [publisher], batchSize: batch - 10 })
  await writeBatch()
  await sequencer.run()
  await sequencer.stop()
  return db.statements.map((text) => text.trim().split(/\s+/).slice(0, 4).join(' '))
}

/** What was ever published is signed by the log and continued by what is stored now. */
async function checkHistory(entries: number): Promise<void> {
  expect(await takeCensus(log.admin, log.key.verifierKey)).toEqual(inOrder(entries))
  for (const { size, note } of published) {
    const opened = await openCheckpoint(note, trustLogs([log.key.verifierKey]))
    const { rows } = await log.admin.query<{ root: string }>(
      `select encode(root_hash, 'base64') as root from audit_log.checkpoint where tree_size = $1`,
      [size],
    )
    expect(rows).toEqual([{ root: Buffer.from(opened.rootHash).toString('base64') }])
  }
  expect(published.map(({ size }) => size)).toEqual(published.map(({ size }) => size).toSorted((a, b) => a - b))
}

const steps = await stepsOfRound()
let entries = batch

describe.each<Fault>(['failed', 'failed but persisted', 'killed'])('when a step has %s', (fault) => {
  // Each step of a round of two batches, which fills a tile, signs twice, publishes and ends the lease.
  it(`loses and repeats nothing at any of the ${steps.length} steps of a round`, async () => {
    expect(steps.length).toBeGreaterThan(30)
    for (let at = 1; at <= steps.length; at += 1) {
      const sequencer = await log.sequencer({
        db: new FaultyPool(pool, at, fault),
        publishers: [publisher],
        batchSize: batch - 10,
      })
      await writeBatch()
      entries += batch
      await sequencer.run().catch(() => undefined)
      // A dead process does nothing more; one that lives tries again.
      if (fault !== 'killed') {
        await sequencer.run().catch(() => undefined)
        await sequencer.stop()
      }
      await log.admin.query(`update audit_log.sequencer_state set lease_until = null`)
      const next = await log.sequencer({ db: pool, publishers: [publisher], batchSize: batch - 10 })
      await next.run()
      await next.stop()
      expect(next.status(), `after step ${at}: ${steps[at - 1]}`).toMatchObject({ state: 'stopped', reason: undefined })
    }
    await checkHistory(entries)
  })
})
