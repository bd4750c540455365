import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeEntryBundle, encodeEntryBundle } from '../../../src/tlog/index.ts'
import { codeOf } from '../../support/error-code.ts'

test('an entry is written with its length in front, big-endian', () => {
  expect([...encodeEntryBundle([Uint8Array.of(7, 8), new Uint8Array(0), new Uint8Array(258)])].slice(0, 8)).toEqual([
    0, 2, 7, 8, 0, 0, 1, 2,
  ])
})

test('a bundle that is decoded has the entries that it was made from', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 256 }), (entries) => {
      const bundle = encodeEntryBundle(entries)
      expect(decodeEntryBundle(bundle, entries.length)).toEqual(entries)
      // Also out of the middle of a larger buffer, as a file comes.
      const file = Uint8Array.of(9, 9, 9, ...bundle, 9)
      expect(decodeEntryBundle(file.subarray(3, -1), entries.length)).toEqual(entries)
    }),
    { numRuns: 50 },
  )
})

test('a bundle is refused when it', () => {
  const bundle = encodeEntryBundle([Uint8Array.of(1), Uint8Array.of(2, 3)])
  const verdict = (bytes: Uint8Array, width: number): string => codeOf(() => decodeEntryBundle(bytes, width))
  expect(verdict(bundle, 2), 'is whole').toBe('ok')
  expect(verdict(bundle, 1), 'has more entries than its tile').toBe('tile_malformed')
  expect(verdict(bundle, 3), 'has fewer entries than its tile').toBe('tile_malformed')
  for (let cut = 0; cut < bundle.length; cut += 1) expect(verdict(bundle.slice(0, cut), 2)).toBe('tile_malformed')
  expect(verdict(Uint8Array.of(...bundle, 0), 2), 'goes on').toBe('tile_malformed')
  expect(verdict(new Uint8Array(0), 1), 'is empty').toBe('tile_malformed')
})

test('what fits into no bundle is refused', () => {
  expect(codeOf(() => encodeEntryBundle([]))).toBe('tile_malformed')
  expect(codeOf(() => encodeEntryBundle(Array.from({ length: 257 }, () => new Uint8Array(1))))).toBe('tile_malformed')
  expect(codeOf(() => encodeEntryBundle([new Uint8Array(65_536)]))).toBe('tile_malformed')
  expect(codeOf(() => encodeEntryBundle([new Uint8Array(65_535)]))).toBe('ok')
})
