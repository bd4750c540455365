import { expect, test } from 'vitest'
import { verifyPage } from '../../../../../src/console/browser/model/verify-page.ts'
import { sampleEntry } from '../../../../support/sample-entry.ts'

const entry = sampleEntry()

test('pauses as soon as the budget is used up, and checks every entry', async () => {
  const entries = Array.from({ length: 100 }, (_, index) => (index === 40 ? { ...entry, action: 'x' } : entry))
  let clock = 0
  let pauses = 0
  const found: [number, unknown][] = []
  await verifyPage(entries, (index, fault) => found.push([index, fault]), {
    // Each look at the clock costs a millisecond.
    now: () => (clock += 1),
    yield: () => {
      pauses += 1
      clock += 1000
      return Promise.resolve()
    },
    budgetMs: 10,
  })
  expect(found).toHaveLength(100)
  expect(found.filter(([, fault]) => fault !== null)).toEqual([[40, { fault: 'hash_mismatch' }]])
  expect(pauses).toBe(10)
})

test('stops when nobody wants it any more', async () => {
  const stop = new AbortController()
  let checked = 0
  const pauses = { now: () => 0, yield: () => Promise.resolve() }
  await verifyPage(
    [entry, entry, entry],
    () => {
      checked += 1
      if (checked === 2) stop.abort()
    },
    pauses,
    stop.signal,
  )
  expect(checked).toBe(2)
})
