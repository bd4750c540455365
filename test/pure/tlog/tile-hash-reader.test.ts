import { describe, expect, test } from 'vitest'
import {
  hashLeaf,
  proveConsistency,
  proveInclusion,
  proveInclusions,
  readRoot,
  TileHashReader,
  verifyInclusion,
} from '../../../src/tlog/index.ts'
import { codeOf, codeOfAsync } from '../../support/error-code.ts'
import { hex, ReferenceTree, sampleData } from '../../support/merkle-reference.ts'
import { TileStore } from '../../support/tile-store.ts'

const data = sampleData(66_100)
const tree = new ReferenceTree(data)

test.each([1, 2, 255, 256, 257, 511, 512, 1000, 65_536, 66_100])(
  'proofs from the tiles of %i leaves are those of RFC 6962',
  async (size) => {
    const store = new TileStore(data.slice(0, size))
    const reader = new TileHashReader(store.head, store.read)
    expect(hex(await readRoot(size, reader))).toEqual(hex(tree.hash(0, size)))
    const indexes = [0, 1, size >> 1, size - 2, size - 1].filter((index) => index >= 0 && index < size)
    for (const index of indexes) {
      expect(hex(await proveInclusion(size, index, reader))).toEqual(hex(tree.inclusionProof(index, size)))
      expect(hex(await proveConsistency(index + 1, size, reader))).toEqual(hex(tree.consistencyProof(index + 1, size)))
    }
  },
)

test('a proof costs one read of a few tiles, and a page of proofs hardly more', async () => {
  const store = new TileStore(data)
  const { size } = store.head
  await proveInclusion(size, 1000, new TileHashReader(store.head, store.read))
  expect(store.calls.splice(0)).toEqual([5])

  const reader = new TileHashReader(store.head, store.read)
  const page = Array.from({ length: 1000 }, (_, index) => 30_000 + index)
  const proofs = await proveInclusions(size, page, reader)
  expect(store.calls.splice(0)).toEqual([9])
  for (const [place, proof] of proofs.entries()) {
    verifyInclusion(store.head, page[place]!, hashLeaf(data[page[place]!]!), proof)
  }
  await proveInclusions(size, page, reader)
  expect(store.calls).toEqual([])
})

describe('a reader refuses', () => {
  const size = 66_100
  const prove = (store: TileStore, index: number): Promise<string> =>
    codeOfAsync(proveInclusion(size, index, new TileHashReader(store.head, store.read)))
  const tampered = (path: string, change: (tile: Uint8Array) => Uint8Array): TileStore => {
    const store = new TileStore(data)
    store.tiles.set(path, change(store.tiles.get(path)!.slice()))
    return store
  }
  const flip = (tile: Uint8Array): Uint8Array => tile.with(tile.length - 1, tile.at(-1)! ^ 1)

  test('a full tile of leaves that does not fit its parent', async () => {
    expect(await prove(tampered('tile/0/003', flip), 1000)).toBe('tile_invalid')
  })
  test('a partial tile of leaves that does not fit the root', async () => {
    expect(await prove(tampered('tile/0/258.p/52', flip), 66_099)).toBe('tile_invalid')
  })
  test('a tile of inner nodes that does not fit', async () => {
    expect(await prove(tampered('tile/1/000', flip), 1000)).toBe('tile_invalid')
    expect(await prove(tampered('tile/1/001.p/2', flip), 1000)).toBe('tile_invalid')
  })
  test('a top tile that does not fit the root', async () => {
    expect(await prove(tampered('tile/2/000.p/1', flip), 1000)).toBe('tile_invalid')
  })
  test('a tile with its hashes in another order', async () => {
    const swap = (tile: Uint8Array): Uint8Array =>
      Uint8Array.of(...tile.subarray(32, 64), ...tile.subarray(0, 32), ...tile.subarray(64))
    expect(await prove(tampered('tile/0/003', swap), 1000)).toBe('tile_invalid')
  })
  test('another full tile of the same tree', async () => {
    const store = new TileStore(data)
    store.tiles.set('tile/0/003', store.tiles.get('tile/0/004')!)
    expect(await prove(store, 1000)).toBe('tile_invalid')
  })
  test('a tile that is missing, too short, too long or of another type', async () => {
    for (const change of [
      () => new Uint8Array(0),
      (tile: Uint8Array) => tile.slice(32),
      (tile: Uint8Array) => tile.slice(1),
      (tile: Uint8Array) => Uint8Array.of(...tile, ...tile),
      () => 'tile' as unknown as Uint8Array,
    ]) {
      expect(await prove(tampered('tile/0/003', change), 1000)).toBe('tile_malformed')
      expect(await prove(tampered('tile/0/258.p/52', change), 1000)).toBe('tile_malformed')
    }
  })
  test('the tiles of another tree', async () => {
    const store = new TileStore(data)
    const foreign = new TileHashReader({ size, rootHash: new Uint8Array(32) }, store.read)
    expect(await codeOfAsync(proveInclusion(size, 0, foreign))).toBe('tile_invalid')
  })
  test('to read what is not in the tree', async () => {
    const store = new TileStore(data)
    const reader = new TileHashReader(store.head, store.read)
    for (const [level, index] of [
      [0, size],
      [1, size / 2],
      [16, 1],
      [60, 0],
      [-1, 0],
      [0, -1],
      [0.5, 0],
      [0, Number.NaN],
    ] as const) {
      expect(await codeOfAsync(reader.readHashes([{ level, index }]))).toBe('option_invalid')
    }
  })
  test('a tree of no size', () => {
    for (const size of [Number.NaN, -1, Infinity, 2 ** 53]) {
      expect(codeOf(() => new TileHashReader({ size, rootHash: new Uint8Array(32) }, () => []))).toBe('option_invalid')
    }
  })
  test('nothing else after a bad tile: what was wrong once is read anew', async () => {
    const store = new TileStore(data)
    const good = store.tiles.get('tile/0/003')!
    store.tiles.set('tile/0/003', flip(good))
    const reader = new TileHashReader(store.head, store.read)
    expect(await codeOfAsync(proveInclusion(size, 1000, reader))).toBe('tile_invalid')
    store.tiles.set('tile/0/003', good)
    expect(await codeOfAsync(proveInclusion(size, 1000, reader))).toBe('ok')
  })
})
