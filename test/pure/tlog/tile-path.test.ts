import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type EntryBundle, formatTilePath, parseTilePath, type Tile } from '../../../src/tlog/index.ts'
import { codeOf } from '../../support/error-code.ts'
import { oneByteMutations } from '../../support/mutations.ts'

const tiles: fc.Arbitrary<Tile | EntryBundle> = fc.record({
  level: fc.oneof(fc.integer({ min: 0, max: 63 }), fc.constant('entries' as const)),
  index: fc.maxSafeNat(),
  width: fc.integer({ min: 1, max: 256 }),
})

test.each([
  [{ level: 0, index: 0, width: 256 }, 'tile/0/000'],
  [{ level: 0, index: 999, width: 255 }, 'tile/0/999.p/255'],
  [{ level: 1, index: 1000, width: 256 }, 'tile/1/x001/000'],
  [{ level: 63, index: 7_001_042, width: 1 }, 'tile/63/x007/x001/042.p/1'],
  [{ level: 'entries', index: 7_001_042, width: 8 }, 'tile/entries/x007/x001/042.p/8'],
] as const)('%j is at %s', (tile, path) => {
  expect(formatTilePath(tile)).toBe(path)
  expect(parseTilePath(path)).toEqual(tile)
})

test('a path that is parsed names the tile that it was made from', () => {
  fc.assert(
    fc.property(tiles, (tile) => {
      expect(parseTilePath(formatTilePath(tile))).toEqual(tile)
    }),
  )
})

test('no two paths name the same tile', () => {
  fc.assert(
    fc.property(tiles, (tile) => {
      for (const mutation of oneByteMutations(formatTilePath(tile))) {
        const path = Buffer.from(mutation).toString('latin1')
        if (codeOf(() => parseTilePath(path)) === 'ok') expect(parseTilePath(path)).not.toEqual(tile)
      }
    }),
    { numRuns: 20 },
  )
})

test.each([
  '',
  'tile',
  'tile/0',
  'tile/0/',
  'tile/00/000',
  'tile/64/000',
  'tile/-1/000',
  'tile/data/000',
  'tile/8/0/000',
  'tile/0/0',
  'tile/0/0000',
  'tile/0/x000/000',
  'tile/0/001/000',
  'tile/0/x001/x000',
  'tile/0/000.p/0',
  'tile/0/000.p/01',
  'tile/0/000.p/256',
  'tile/0/000.p/',
  'tile/0/000/',
  '/tile/0/000',
  'tile/0/000\n',
  'tile/0/../000',
  'tile/0/x009/x007/x199/x254/x740/992',
])('%j is no path of a tile', (path) => {
  expect(codeOf(() => parseTilePath(path))).toBe('tile_malformed')
})

test('a tile that cannot exist has no path', () => {
  for (const tile of [
    { level: 64, index: 0, width: 1 },
    { level: 0.5, index: 0, width: 1 },
    { level: 0, index: -1, width: 1 },
    { level: 0, index: 2 ** 53, width: 1 },
    { level: 0, index: 0, width: 0 },
    { level: 0, index: 0, width: 257 },
  ]) {
    expect(codeOf(() => formatTilePath(tile))).toBe('tile_malformed')
  }
})
