import { expect, it } from 'vitest'
import { answeringInTime } from '../../../src/database/answer-in-time.ts'
import { executorOf, withTransaction } from '../../../src/database/database.ts'
import { Turns } from '../../../src/sequencer/turns.ts'
import { testLog } from '../../support/database.ts'
import { startTcpProxy } from '../../support/tcp-proxy.ts'

const log = await testLog()
const limits = { promptMs: 1000, transactionMs: 1500 }

it('gives up a connection whose other end is gone without a word, and goes on with another one', async () => {
  const proxy = await startTcpProxy(log.app.url)
  const pool = log.pool(proxy.url)
  const db = answeringInTime(pool, limits)
  const select = (): Promise<unknown> => executorOf(db).run('select 1 as one')
  await select()
  proxy.fallSilent()
  await expect(select()).rejects.toMatchObject({ code: 'timeout' })
  expect(pool.totalCount).toBe(0)
  expect(await select()).toMatchObject([{ one: 1 }])
  await pool.end()
  await proxy.stop()
})

it('does so in the middle of a transaction, and does not wait for its end', async () => {
  const proxy = await startTcpProxy(log.app.url)
  const pool = log.pool(proxy.url)
  const turns = new Turns(pool, limits)
  const work = turns.transaction(async (executor) => {
    proxy.fallSilent()
    await executor.run('select 1 as one')
  })
  await expect(work).rejects.toMatchObject({ code: 'timeout', message: expect.stringContaining('1500 ms') as string })
  expect(pool.totalCount).toBe(0)
  expect(await turns.transaction((executor) => executor.run('select 1 as one'))).toMatchObject([{ one: 1 }])
  await pool.end()
  await proxy.stop()
})

it('gives a statement in a transaction longer than one alone', async () => {
  const db = answeringInTime(log.pool(log.app.url), { promptMs: 1000, transactionMs: 60_000 })
  const slow = 'select pg_sleep(1.5)'
  expect(await withTransaction(db, (executor) => executor.run(slow))).toHaveLength(1)
  await expect(executorOf(db).run(slow)).rejects.toMatchObject({ code: 'timeout' })
})

it('leaves a single connection alone, which others go on to use', async () => {
  const client = await log.connect(log.app.url)
  expect(answeringInTime(client, limits)).toBe(client)
})
