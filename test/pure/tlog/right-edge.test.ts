import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CompactRange, hashLeaf, newTiles, partialTiles, RightEdge, type TileData } from '../../../src/tlog/index.ts'
import { codeOf } from '../../support/error-code.ts'
import { hex, ReferenceTree, sampleData, sideBySide } from '../../support/merkle-reference.ts'

const data = sampleData(66_000)
const leaves = data.map(hashLeaf)
const tree = new ReferenceTree(data)

function edgeOf(size: number): RightEdge {
  const edge = new RightEdge()
  edge.append(sideBySide(leaves.slice(0, size)))
  return edge
}

test('leaf by leaf, the tree has the root of RFC 6962', () => {
  const edge = new RightEdge()
  for (let size = 0; size <= 600; size += 1) {
    expect(hex(edge.root())).toEqual(hex(tree.hash(0, size)))
    edge.append(leaves[size]!)
  }
})

test('a tree with tiles on three levels has the root of RFC 6962', () => {
  for (const size of [65_535, 65_536, 65_537, 66_000]) {
    expect(hex(edgeOf(size).root())).toEqual(hex(tree.hash(0, size)))
  }
})

function rootOf(hashes: Uint8Array): string[] {
  const range = new CompactRange()
  range.append(hashes)
  return hex(range.root())
}

test('growing in steps hands over exactly the tiles that are new, each with its hashes', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(900), { maxLength: 6 }), (steps) => {
      let edge = new RightEdge()
      for (const step of steps) {
        const older = edge.size
        const filled = edge.append(sideBySide(leaves.slice(older, older + step)))
        const stored = edge.partialTiles()
        const tiles = new Map([...filled, ...stored].map((tile) => [nameOf(tile), tile]))
        for (const tile of newTiles(older, edge.size)) {
          const { data, level, index, width } = tiles.get(nameOf(tile))!
          expect({ level, index, width }).toEqual(tile)
          expect(hex(data)).toEqual(hex(sideBySide(hashesOf(tile))))
        }
        for (const { data, rootHash } of filled) expect(hex(rootHash)).toEqual(rootOf(data))
        // The next step begins with what a process that starts anew would find.
        edge = RightEdge.restore(
          tree.head(edge.size),
          stored.map(({ data }) => data),
        )
      }
    }),
    { numRuns: 40 },
  )
})

test('an edge is restored from the partial tiles of its size, also where a level has none', () => {
  for (const size of [0, 1, 256, 65_536, 65_537, 66_000]) {
    const stored = edgeOf(size).partialTiles()
    expect(stored.map(nameOf)).toEqual(partialTiles(size).map(nameOf))
    const edge = RightEdge.restore(
      tree.head(size),
      stored.map(({ data }) => data),
    )
    expect(edge.size).toBe(size)
    if (size < data.length) edge.append(leaves[size]!)
    expect(hex(edge.root())).toEqual(hex(tree.hash(0, edge.size)))
  }
})

test('an edge that does not fit its tree head is refused', () => {
  const stored = edgeOf(700)
    .partialTiles()
    .map(({ data }) => data)
  const restore = (size: number, tiles: readonly Uint8Array[]): string =>
    codeOf(() => RightEdge.restore(tree.head(size), tiles))
  expect(restore(700, stored)).toBe('ok')
  expect(restore(700, stored.slice(1))).toBe('tile_malformed')
  expect(restore(700, [...stored, new Uint8Array(32)])).toBe('tile_malformed')
  expect(restore(700, stored.toReversed())).toBe('tile_malformed')
  expect(restore(699, stored)).toBe('tile_malformed')
  expect(
    restore(
      700,
      stored.map((tile) => tile.with(0, tile[0]! ^ 1)),
    ),
  ).toBe('tile_invalid')
  expect(codeOf(() => RightEdge.restore({ ...tree.head(700), rootHash: new Uint8Array(32) }, stored))).toBe(
    'tile_invalid',
  )
})

test('half a hash is refused, and nothing is appended', () => {
  const edge = edgeOf(3)
  expect(codeOf(() => edge.append(new Uint8Array(48)))).toBe('option_invalid')
  expect(edge.size).toBe(3)
})

function nameOf({ level, index, width }: Omit<TileData, 'data'>): string {
  return `${level} ${index} ${width}`
}

function hashesOf({ level, index, width }: Omit<TileData, 'data'>): Uint8Array[] {
  const span = 256 ** level
  return Array.from({ length: width }, (_, place) => {
    const start = (index * 256 + place) * span
    return tree.hash(start, start + span)
  })
}
