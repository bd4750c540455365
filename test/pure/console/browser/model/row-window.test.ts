import fc from 'fast-check'
import { expect, test } from 'vitest'
import { rowWindow, scrollTopFor } from '../../../../../src/console/browser/model/row-window.ts'

const list = fc.record({
  scrollTop: fc.integer({ min: -100, max: 40_000_000 }),
  height: fc.integer({ min: 0, max: 4000 }),
  rowHeight: fc.constantFrom(34, 58),
  count: fc.nat(1_000_000),
})

test('the number of rows in the document depends on the height alone', () => {
  fc.assert(
    fc.property(list, ({ scrollTop, height, rowHeight, count }) => {
      const { first, end } = rowWindow(scrollTop, height, rowHeight, count, 12)
      expect(end - first).toBeLessThanOrEqual(Math.ceil(height / rowHeight) + 1 + 2 * 12)
      expect(first).toBeGreaterThanOrEqual(0)
      expect(end).toBeLessThanOrEqual(count)
    }),
  )
})

test('every row that can be seen is among them', () => {
  fc.assert(
    fc.property(list, ({ scrollTop, height, rowHeight, count }) => {
      const top = Math.max(0, Math.min(scrollTop, Math.max(0, count * rowHeight - height)))
      const { first, end } = rowWindow(top, height, rowHeight, count, 0)
      const seen = [Math.floor(top / rowHeight), Math.min(count, Math.ceil((top + height) / rowHeight)) - 1]
      expect(first).toBeLessThanOrEqual(seen[0]!)
      expect(end).toBeGreaterThanOrEqual(Math.min(count, seen[1]! + 1))
    }),
  )
})

test('a row that is walked to comes into sight, and nothing moves when it is', () => {
  fc.assert(
    fc.property(fc.nat(10_000), fc.nat(400_000), fc.integer({ min: 58, max: 2000 }), (row, scrollTop, height) => {
      const top = scrollTopFor(row, scrollTop, height, 34)
      expect(row * 34).toBeGreaterThanOrEqual(top)
      expect(row * 34 + 34).toBeLessThanOrEqual(top + height)
      if (row * 34 >= scrollTop && row * 34 + 34 <= scrollTop + height) expect(top).toBe(scrollTop)
    }),
  )
})
