import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { functionPublisher } from '../../../src/index.ts'
import { hasPgBouncer, startPgBouncer } from '../../support/pgbouncer.ts'
import { inOrder, sequencedLog, takeCensus } from '../../support/sequencer.ts'

const log = await sequencedLog()

describe.skipIf(!hasPgBouncer())('PgBouncer in transaction mode (skipped where /usr/sbin/pgbouncer is missing)', () => {
  let bouncer: Awaited<ReturnType<typeof startPgBouncer>>
  beforeAll(async () => {
    bouncer = await startPgBouncer(log.sequencerUrl)
  })
  afterAll(() => bouncer.stop())

  it('carries two sequencers that take turns', async () => {
    const sizes: number[] = []
    const publisher = functionPublisher('memory', ({ size }) => Promise.resolve(void sizes.push(size)))
    const make = (): ReturnType<typeof log.sequencer> =>
      log.sequencer({ db: log.pool(bouncer.url, { max: 4 }), batchSize: 7, publishers: [publisher] })
    const [one, other] = [await make(), await make()]
    for (let round = 0; round < 10; round += 1) {
      await log.write(10)
      await Promise.all([one.run(), other.run()])
      if (round % 2 === 1) await (one.status().state === 'active' ? one : other).stop()
    }
    await one.stop()
    await other.run()
    await other.stop()
    expect(await takeCensus(log.admin, log.key.verifierKey)).toEqual(inOrder(100))
    expect(sizes.at(-1)).toBe(100)
  })
})
