import { expect, it } from 'vitest'
import { testLog } from '../../support/database.ts'

const log = await testLog()

it.each([
  ['2025-11', 365, '2026-12-01'],
  ['2028-01', 365, '2029-02-01'],
  ['2027-12', 365, '2029-01-01'],
  ['2028-02', 365, '2029-03-01'],
  ['2027-02', 365, '2028-03-01'],
  ['2028-01', 366, '2029-02-01'],
  ['2025-11', 2192, '2031-12-02'],
])(
  'invariant 10: the month %s, kept for %s days and a calendar year at least, expires on %s',
  async (month, days, expiry) => {
    const { rows } = await log.admin.query<{ expires: Date }>('select audit_log.month_expiry($1, $2) as expires', [
      `${month}-15`,
      days,
    ])
    expect(rows[0]?.expires.toISOString()).toBe(`${expiry}T00:00:00.000Z`)
  },
)

it('invariant 10: a month of any year expires when its last day is as old as the retention, and as old as a calendar year', async () => {
  const { rows } = await log.admin.query<{ month: string; days: number; expires: Date }>(
    `select to_char(month, 'YYYY-MM') as month, days, audit_log.month_expiry(month::date, days) as expires
     from generate_series(date '1999-01-01', date '2105-12-01', interval '1 month') as month,
       (values (365), (366), (367), (730), (731), (2192), (36525)) as kept (days)`,
  )
  expect(rows).toHaveLength(107 * 12 * 7)
  const wrong = rows.filter(({ month, days, expires }) => {
    const [year = 0, number = 0] = month.split('-').map(Number)
    return expires.getTime() !== Math.max(Date.UTC(year, number, 1 + days), Date.UTC(year + 1, number, 1))
  })
  expect(wrong).toEqual([])
})

it('a month expires at the same moment in every time zone', async () => {
  const client = await log.connect()
  await client.query(`set timezone = 'Pacific/Kiritimati'`)
  const { rows } = await client.query<{ expires: Date }>(`select audit_log.month_expiry('2025-11-01', 365) as expires`)
  expect(rows[0]?.expires.toISOString()).toBe('2026-12-01T00:00:00.000Z')
})
