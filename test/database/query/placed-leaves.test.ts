import { beforeAll, describe, expect, it } from 'vitest'
import { executorOf, type Queryable } from '../../../src/database/database.ts'
import { readLeaves } from '../../../src/query/leaf-order.ts'
import { readPlacedLeaves } from '../../../src/query/placed-leaves.ts'
import { hostileTexts } from '../../support/forwarded.ts'
import { sequencedLog } from '../../support/sequenced-log.ts'

const log = await sequencedLog()

/** Counts the entries that were read one by one. */
function watched(on: Queryable): { readonly db: Queryable; readonly single: () => number } {
  let single = 0
  const query: Queryable['query'] = async (text, values) => {
    const result = await on.query(text, values)
    if (text.includes('lateral')) single += result.rows.length
    return result
  }
  return { db: { query }, single: () => single }
}

/** Reads the log both ways, expects the same, and says how many entries were read one by one. */
async function compared(from = 0, limit = 1000, on: Queryable = log.sequencerPool): Promise<number> {
  const { db, single } = watched(on)
  const placed = await readPlacedLeaves(executorOf(db), 'audit_log', from, limit)
  const leaves = await readLeaves(executorOf(on), 'audit_log', from, limit)
  expect(
    placed.map(({ leafIndex, entryHash, content }) => ({
      leafIndex,
      entryHash,
      line: typeof content === 'string' ? content : (content?.line ?? null),
    })),
  ).toEqual(leaves.map(({ leafIndex, entryHash, line }) => ({ leafIndex, entryHash, line })))
  return single()
}

beforeAll(async () => {
  const texts = Object.entries(hostileTexts)
  for (const [name, text] of texts) {
    const details = { [name]: text, [text]: [text, { text }] }
    await log.audit.log({ action: 'test.all', user_id: text, target: text, tenant_id: text, details, source_ip: '::1' })
    await log.audit.log({ action: 'test.details', details, outcome: 'denied', source_ip: '203.0.113.9' })
  }
  await log.grow(10)
})

describe('readPlacedLeaves', () => {
  it('has the preimages that PostgreSQL writes, and reads none of them on its own', async () => {
    expect(await compared()).toBe(0)
    expect(await compared(5, 7)).toBe(0)
    expect(await compared(10_000)).toBe(0)
  })

  it('reads what committed late on its own', async () => {
    const late = await log.appPool.connect()
    await late.query('begin')
    await late.query(`insert into audit_log.entry (action) values ('test.late')`)
    await log.grow(500)
    await late.query('commit')
    late.release()
    await log.grow(100)
    const { rows } = await log.admin.query<{ at: number }>(
      `select leaf_index::int as at from audit_log.leaf join audit_log.entry using (timestamp, seq) where action = 'test.late'`,
    )
    expect(await compared(rows[0]!.at - 20, 100)).toBe(1)
  })

  it.each([
    [
      'an empty text, which looks like null',
      `insert into audit_log.entry (action, target, canonical) values ('a', '', true)`,
    ],
    ['the separator', `insert into audit_log.entry (action, user_id) values ('a', E'\\x1f')`],
    ['the separator at the end', `insert into audit_log.entry (action, user_id) values ('a', E'a\\x1f')`],
  ])('is not misled by %s', async (_, insert) => {
    await log.appPool.query(insert)
    await log.grow(1)
    expect(await compared(log.size() - 3)).toBeGreaterThan(0)
  })

  describe('when somebody alters rows', () => {
    beforeAll(async () => {
      await log.admin.query(`alter table audit_log.entry disable trigger all`)
      const { rows } = await log.admin.query<{ name: string }>(
        `select distinct tableoid::regclass::text as name from audit_log.entry`,
      )
      for (const { name } of rows) await log.admin.query(`alter table ${name} disable trigger all`)
    })

    it.each([
      ['an action', `action = 'x","details":{},"id":"'`, 'alone'],
      ['an action with the separator', `action = E'x\\x1fy'`, 'alone'],
      ['an outcome', `outcome = 'success","x":"'`, 'alone'],
      ['an address with a mask', `source_ip = '10.0.0.0/8'`],
      ['details with a line break', `details = E'{\\n}'`, 'alone'],
      ['details in spaces', `details = ' {} '`],
      ['details that are no object', `details = '[]'`],
      ['a number', `seq = 9007199254740991`],
      ['a time', `timestamp = timestamp + interval '1 microsecond'`],
      ['a time without end', `timestamp = 'infinity'`],
      ['a name', `recorded_by = '"'`],
      ['an id', `id = gen_random_uuid()`],
    ])('has them as they are now: %s', async (_, assignment, read = '') => {
      const admin = await log.connect()
      await admin.query('begin')
      await admin.query(
        `update audit_log.entry set ${assignment} where seq = (select seq from audit_log.leaf where leaf_index = 3)`,
      )
      try {
        const alone = await compared(0, 10, admin)
        // Encoders would make broken JSON of it.
        if (read === 'alone') expect(alone).toBe(10)
      } finally {
        await admin.query('rollback')
      }
    })

    it('tells what is gone', async () => {
      await log.admin.query(
        `delete from audit_log.entry where seq in (select seq from audit_log.leaf where leaf_index in (6, 7))`,
      )
      expect(await compared(0, 10)).toBeGreaterThan(0)
      await log.admin.query(`delete from audit_log.entry`)
      expect(await compared(0, 10)).toBe(10)
    })
  })
})
