import { describe, expect, it } from 'vitest'
import { expiryOf } from '../../../src/retention/months.ts'

describe('invariant 10: a month expires', () => {
  it.each([
    ['2025-11', 365, '2026-12-01'],
    ['2028-01', 365, '2029-02-01'],
    ['2027-12', 365, '2029-01-01'],
    ['2028-02', 365, '2029-03-01'],
    ['2027-02', 365, '2028-03-01'],
    ['2028-01', 366, '2029-02-01'],
    ['2025-11', 2192, '2031-12-02'],
  ])('%s, kept for %s days and a calendar year at least: on %s', (month, days, expiry) => {
    expect(new Date(expiryOf(month, days)).toISOString()).toBe(`${expiry}T00:00:00.000Z`)
  })
})
