import { expect, it } from 'vitest'
import { executorOf, type Queryable } from '../../../src/database/database.ts'
import { readLeaves } from '../../../src/query/leaf-order.ts'
import { sequencedLog } from '../../support/sequenced-log.ts'

interface Plan {
  readonly 'Node Type': string
  readonly 'Actual Rows': number
  readonly 'Actual Loops': number
  readonly Plans?: readonly Plan[]
}

const rowsOf = (plan: Plan): number =>
  (plan.Plans ?? []).reduce((sum, inner) => sum + rowsOf(inner), plan['Actual Rows'] * plan['Actual Loops'])

it('looks at the entries of the leaves that it reads and at no others', async () => {
  const log = await sequencedLog()
  await log.grow(3000)
  await log.admin.query('analyze audit_log.entry, audit_log.leaf')
  const explained: Plan[] = []
  const explaining: Queryable = {
    async query(text, values) {
      const { rows } = await log.sequencerPool.query(`explain (analyze, format json) ${text}`, values)
      explained.push(rows[0]['QUERY PLAN'][0].Plan)
      return { rows: [] }
    },
  }
  await readLeaves(executorOf(explaining), 'audit_log', 1000, 500)
  expect(explained).toHaveLength(1)
  // Each leaf and its entry pass a few nodes.
  expect(rowsOf(explained[0]!)).toBeLessThan(500 * 10)
  expect(await readLeaves(executorOf(log.sequencerPool), 'audit_log', 2998, 500)).toHaveLength(2)
})
