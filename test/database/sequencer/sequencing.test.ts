import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { expect, it } from 'vitest'
import { functionPublisher } from '../../../src/index.ts'
import { readLeaves } from '../../../src/query/leaf-order.ts'
import { executorOf } from '../../../src/database/database.ts'
import { fastForward } from '../../support/fast-forward.ts'
import { inOrder, sequencedLog, takeCensus, until } from '../../support/sequencer.ts'

const log = await sequencedLog()
const insert = (client: pg.PoolClient, note: string): Promise<unknown> =>
  client.query(`insert into audit_log.entry (action, details) values ('a.b', $1)`, [JSON.stringify({ note })])
const pick = <T>(values: readonly T[]): T => values[Math.floor(Math.random() * values.length)] as T

/** One transaction that makes it hard: slow, aborted in part or in whole, at any isolation level. */
async function transact(pool: pg.Pool, committed: string[], name: string): Promise<void> {
  const client = await pool.connect()
  const inserted: string[] = []
  try {
    await client.query(`begin isolation level ${pick(['read committed', 'repeatable read', 'serializable'])}`)
    for (let number = 0; number < pick([1, 1, 3]); number += 1) {
      await insert(client, `${name}/${number}`)
      inserted.push(`${name}/${number}`)
    }
    if (Math.random() < 0.3) {
      await client.query('savepoint s')
      await insert(client, `${name}/undone`)
      await client.query('rollback to savepoint s')
    }
    if (Math.random() < 0.3) {
      await client.query('savepoint t')
      await insert(client, `${name}/kept`)
      inserted.push(`${name}/kept`)
      await client.query('release savepoint t')
    }
    // Inserted early, committed late.
    if (Math.random() < 0.3) await sleep(Math.random() * 250)
    const { command } = await client.query(Math.random() < 0.15 ? 'rollback' : 'commit')
    if (command === 'COMMIT') committed.push(...inserted)
  } catch {
    await client.query('rollback').catch(() => undefined)
  } finally {
    client.release()
  }
}

it('gives every committed entry exactly one leaf, whatever 16 writers do and whichever of two sequencers is at work', async () => {
  const log = await sequencedLog()
  const writers = log.pool(log.app.url, { max: 16 })
  const idle = await log.connect(log.app.url)
  await idle.query('begin')
  await idle.query(`insert into audit_log.entry (action) values ('idle.transaction')`)
  const prepared = await log.connect(log.app.url)
  await prepared.query('begin')
  await prepared.query(`insert into audit_log.entry (action) values ('prepared.transaction')`)
  await prepared.query(`prepare transaction 'audit_log_${log.app.name}'`)

  // Small batches, so that rounds end in the middle of a snapshot.
  const sequencers = [
    await log.sequencer({ intervalMs: 10, batchSize: 5 }),
    await log.sequencer({ intervalMs: 10, batchSize: 7 }),
  ]
  for (const sequencer of sequencers) sequencer.start()
  const committed: string[] = []
  const state = { isOver: false }
  // The one at work stops every now and then, and the other takes over.
  const restarts = (async () => {
    while (!state.isOver) {
      await sleep(100)
      const active = sequencers.find((sequencer) => sequencer.status().state === 'active')
      await active?.stop()
      active?.start()
    }
  })()
  await Promise.all(
    Array.from({ length: 16 }, async (_, writer) => {
      for (let number = 0; number < 15; number += 1) await transact(writers, committed, `${writer}/${number}`)
    }),
  )
  state.isOver = true
  await restarts
  // The idle transaction and the prepared one still stand there.
  const caughtUp = async (): Promise<boolean> => {
    const census = await takeCensus(log.admin, log.key.verifierKey)
    return census.withoutLeaf === 0 && census.checkpointSize === census.leaves
  }
  await until(caughtUp)
  const { rows } = await log.admin.query<{ note: string }>(`select details->>'note' as note from audit_log.entry`)
  expect(rows.map(({ note }) => note).toSorted()).toEqual(committed.toSorted())
  expect(await takeCensus(log.admin, log.key.verifierKey)).toEqual(inOrder(committed.length))

  await idle.query('commit')
  await prepared.query(`commit prepared 'audit_log_${log.app.name}'`)
  await until(caughtUp)
  expect(await takeCensus(log.admin, log.key.verifierKey)).toEqual(inOrder(committed.length + 2))
  // Both inserted before all others, and committed after them: a cursor by seq would have gone past.
  const last = await readLeaves(executorOf(log.admin), 'audit_log', committed.length, 2)
  expect(last.map(({ line }) => line)).toEqual([
    expect.stringContaining('"seq":1,'),
    expect.stringContaining('"seq":2,'),
  ])
  for (const sequencer of sequencers) await sequencer.stop()
})

it('works whatever the defaults of its login are', async () => {
  const login = new URL(log.sequencerUrl).username
  for (const setting of [
    `default_transaction_isolation = 'serializable'`,
    `default_transaction_read_only = on`,
    `synchronous_commit = off`,
    `search_path = pg_temp`,
    `timezone = 'Asia/Kathmandu'`,
    `datestyle = 'German'`,
    `bytea_output = 'escape'`,
  ]) {
    await log.admin.query(`alter role ${login} set ${setting}`)
  }
  const sequencer = await log.sequencer()
  // A snapshot of a serializable transaction would be older than the lock on the state.
  const other = await log.sequencer({ batchSize: 3 })
  for (let round = 0; round < 5; round += 1) {
    await log.write(4)
    await Promise.all([sequencer.run(), other.run()])
    await sequencer.stop()
    await other.run()
    await other.stop()
  }
  await sequencer.run()
  await sequencer.stop()
  const { rows } = await log.admin.query<{ count: string }>(`select count(*) from audit_log.entry`)
  expect(await takeCensus(log.admin, log.key.verifierKey)).toEqual(inOrder(Number(rows[0]?.count)))
  await log.admin.query(`alter role ${login} reset all`)
})

it('gives entries of the same seq a leaf each, so that a sequence that was set back hides nothing', async () => {
  const { rows } = await log.admin.query<{ seq: string; count: string }>(
    `select max(seq) as seq, count(*) from audit_log.entry`,
  )
  await log.admin.query(`select setval('audit_log.entry_seq', 1)`)
  await log.write(3)
  await log.admin.query(`select setval('audit_log.entry_seq', $1)`, [rows[0]?.seq])
  const sequencer = await log.sequencer()
  await sequencer.run()
  await sequencer.stop()
  expect(await takeCensus(log.admin, log.key.verifierKey)).toEqual(inOrder(Number(rows[0]?.count) + 3))
})

it('gives an entry that does not verify its leaf, with a record of why', async () => {
  const before = await takeCensus(log.admin, log.key.verifierKey)
  await log.admin.query(`
    begin; alter table audit_log.entry disable trigger all;
    insert into audit_log.entry (seq, id, action, recorded_by, entry_hash, xid)
      select nextval('audit_log.entry_seq'), gen_random_uuid(), 'forged', 'x', hash, pg_current_xact_id()
      from unnest(array[sha256('x'), 'short'::bytea]) as hash;
    alter table audit_log.entry enable always trigger refuse_row_change; alter table audit_log.entry enable always trigger refuse_change;
    alter table audit_log.entry enable always trigger stamp_entry; commit`)
  const sequencer = await log.sequencer()
  await sequencer.run()
  expect(sequencer.status()).toMatchObject({ state: 'active', anomalies: 2 })
  await sequencer.stop()
  const { rows } = await log.admin.query(
    `select leaf_index, reason from audit_log.leaf_anomaly where leaf_index >= $1 order by 1`,
    [before.leaves],
  )
  expect(rows).toEqual([
    { leaf_index: String(before.leaves), reason: 'hash_mismatch' },
    { leaf_index: String(before.leaves + 1), reason: 'hash_mismatch' },
  ])
})

it('tells when a publisher begins to fail, for another reason, and no more', async () => {
  const log = await sequencedLog()
  const pass = fastForward()
  const failures: (string | undefined)[] = ['full', 'full', 'gone', undefined]
  const told: (string | undefined)[] = []
  const sequencer = await log.sequencer({
    publishers: [
      functionPublisher('store', () => {
        const failure = failures.shift()
        return failure === undefined ? Promise.resolve() : Promise.reject(new Error(failure))
      }),
    ],
    intervalMs: 20,
    onStateChange: ({ state, publishers }) => void (state === 'active' && told.push(publishers[0]?.failure)),
  })
  await log.write(1)
  sequencer.start()
  // It tries again at growing distances.
  const atLast = (): typeof told => {
    pass(1000)
    return told
  }
  await expect.poll(atLast).toEqual([undefined, 'full', 'gone', undefined])
  await sequencer.stop()
})

it('is not started without a word while it is being stopped', async () => {
  const sequencer = await log.sequencer()
  sequencer.start()
  const stopped = sequencer.stop()
  expect(() => sequencer.start()).toThrow(expect.objectContaining({ code: 'closed' }))
  await stopped
  sequencer.start()
  await sequencer.stop()
})
