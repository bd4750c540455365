import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hashLeaf, newTiles, partialTiles, readTile, type Tile, tileWidthIn } from '../../../src/tlog/index.ts'
import { codeOf } from '../../support/error-code.ts'
import { hex, ReferenceTree, sampleData, sideBySide } from '../../support/merkle-reference.ts'

const tilesOf = (size: number): Tile[] => [...newTiles(0, size)]
const keyOf = ({ level, index, width }: Tile): string => `${level}/${index}/${width}`

test('a tree of 80,000 leaves has 312 full tiles and one partial tile of leaf hashes, 1 and 1 above, and 1 on top', () => {
  const counts = new Map<string, number>()
  for (const { level, width } of newTiles(0, 80_000)) {
    counts.set(`${level} ${width}`, (counts.get(`${level} ${width}`) ?? 0) + 1)
  }
  expect(Object.fromEntries(counts)).toEqual({ '0 256': 312, '0 128': 1, '1 256': 1, '1 56': 1, '2 1': 1 })
})

test('a tree of 256 leaves has a full tile and one hash above it; the empty tree has no tile', () => {
  expect(tilesOf(256)).toEqual([
    { level: 0, index: 0, width: 256 },
    { level: 1, index: 0, width: 1 },
  ])
  expect(tilesOf(0)).toEqual([])
})

test('the tiles that are new are those that the smaller tree did not have', () => {
  const sizes = fc.integer({ min: 0, max: 200_000 })
  fc.assert(
    fc.property(sizes, sizes, (one, other) => {
      const [older, newer] = [Math.min(one, other), Math.max(one, other)]
      const had = new Set(tilesOf(older).map(keyOf))
      const expected = tilesOf(newer).filter((tile) => !had.has(keyOf(tile)))
      expect([...newTiles(older, newer)].map(keyOf)).toEqual(expected.map(keyOf))
    }),
  )
})

test('the partial tiles are those that are not full, and every tile has the width that the tree gives it', () => {
  for (const size of [0, 1, 255, 256, 257, 65_535, 65_536, 65_537, 70_000]) {
    expect(partialTiles(size)).toEqual(tilesOf(size).filter(({ width }) => width < 256))
    for (const { level, index, width } of tilesOf(size)) expect(tileWidthIn(size, level, index)).toBe(width)
  }
  expect(tileWidthIn(256, 0, 1)).toBe(0)
  expect(tileWidthIn(256, 2, 0)).toBe(0)
})

test('the largest tree has partial tiles on seven levels', () => {
  expect(partialTiles(Number.MAX_SAFE_INTEGER)).toEqual([
    ...Array.from({ length: 6 }, (_, level) => ({ level, index: 2 ** (45 - 8 * level) - 1, width: 255 })),
    { level: 6, index: 0, width: 31 },
  ])
})

test('a tile is read as the hashes of its definition', async () => {
  const data = sampleData(600)
  const tree = new ReferenceTree(data)
  const leaves = await readTile({ level: 0, index: 2, width: 88 }, tree)
  expect(hex(leaves)).toEqual(hex(sideBySide(data.slice(512).map(hashLeaf))))
  const above = await readTile({ level: 1, index: 0, width: 2 }, tree)
  expect(hex(above)).toEqual(hex(sideBySide([tree.hash(0, 256), tree.hash(256, 512)])))
})

test('sizes that are no sizes, or in the wrong order, are refused', () => {
  for (const [older, newer] of [
    [2, 1],
    [-1, 1],
    [0, 2 ** 53],
    [0, 1.5],
  ] as const) {
    expect(codeOf(() => [...newTiles(older, newer)])).toBe('option_invalid')
  }
  expect(codeOf(() => partialTiles(Infinity))).toBe('option_invalid')
  expect(codeOf(() => tileWidthIn(Number.NaN, 0, 0))).toBe('option_invalid')
})
