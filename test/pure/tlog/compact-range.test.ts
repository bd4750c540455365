import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CompactRange, hashLeaf } from '../../../src/tlog/index.ts'
import { codeOf } from '../../support/error-code.ts'
import { hex, ReferenceTree, sampleData, sideBySide } from '../../support/merkle-reference.ts'

const data = sampleData(1400)
const leaves = data.map(hashLeaf)
const tree = new ReferenceTree(data)

function rangeOf(begin: number, end: number): CompactRange {
  const range = new CompactRange(begin)
  range.append(sideBySide(leaves.slice(begin, end)))
  return range
}

// The leaves of the Certificate Transparency test tree and its roots, from size 0.
const ctLeaves = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f']
const ctRoots = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
]

test('the Certificate Transparency test tree has its published roots', () => {
  const range = new CompactRange()
  const roots = [range.root()]
  for (const leaf of ctLeaves) {
    range.append(hashLeaf(Buffer.from(leaf, 'hex')))
    roots.push(range.root())
  }
  expect(hex(roots)).toEqual(ctRoots)
})

test('leaf by leaf, every tree has the root of RFC 6962', () => {
  const range = new CompactRange()
  for (let size = 0; size <= 130; size += 1) {
    expect(hex(range.root())).toEqual(hex(tree.hash(0, size)))
    expect(range.end).toBe(size)
    range.append(leaves[size]!)
  }
})

test('many leaves at once give the same root, wherever the cuts are', () => {
  const sizes = fc.integer({ min: 0, max: data.length })
  fc.assert(
    fc.property(fc.array(sizes, { minLength: 1, maxLength: 5 }), (cuts) => {
      const [size, ...between] = cuts.sort((one, other) => other - one) as [number, ...number[]]
      const range = new CompactRange()
      for (const end of [...between.toReversed(), size]) range.append(sideBySide(leaves.slice(range.end, end)))
      expect(hex(range.root())).toEqual(hex(tree.hash(0, size)))
    }),
    { numRuns: 40 },
  )
})

test('neighbouring ranges merge into the range of both', () => {
  for (let end = 0; end <= 20; end += 1) {
    for (let begin = 0; begin <= end; begin += 1) {
      for (let middle = begin; middle <= end; middle += 1) {
        const range = rangeOf(begin, middle)
        range.merge(rangeOf(middle, end))
        expect([range.begin, range.end]).toEqual([begin, end])
        expect(hex(range.hashes)).toEqual(hex(rangeOf(begin, end).hashes))
      }
    }
  }
})

test('workers that each take a part of the log find the root together', () => {
  const total = rangeOf(0, 512)
  for (const part of [rangeOf(512, 1024), rangeOf(1024, 1400)]) total.merge(part)
  expect(hex(total.root())).toEqual(hex(tree.hash(0, data.length)))
})

test('a range that is restored goes on as if it had never been away', () => {
  fc.assert(
    fc.property(fc.nat(300), fc.nat(300), fc.nat(600), (begin, length, more) => {
      const range = rangeOf(begin, begin + length)
      const restored = CompactRange.restore(range.begin, range.end, range.hashes)
      restored.append(sideBySide(leaves.slice(begin + length, begin + length + more)))
      expect(hex(restored.hashes)).toEqual(hex(rangeOf(begin, begin + length + more).hashes))
    }),
    { numRuns: 60 },
  )
})

test('a range holds at most two hashes per level', () => {
  const end = Number.MAX_SAFE_INTEGER
  expect(CompactRange.restore(1, end, new Uint8Array(104 * 32)).end).toBe(end)
  expect(CompactRange.restore(0, end, new Uint8Array(53 * 32)).hashes).toHaveLength(53 * 32)
})

test('a tree cannot grow beyond 2^53-1', () => {
  const full = CompactRange.restore(0, Number.MAX_SAFE_INTEGER, new Uint8Array(53 * 32))
  expect(codeOf(() => full.append(new Uint8Array(32)))).toBe('option_invalid')
  expect(full.end).toBe(Number.MAX_SAFE_INTEGER)
})

test('misuse is refused', () => {
  expect(codeOf(() => new CompactRange(-1))).toBe('option_invalid')
  expect(codeOf(() => new CompactRange(1.5))).toBe('option_invalid')
  expect(codeOf(() => new CompactRange(2 ** 53))).toBe('option_invalid')
  expect(codeOf(() => new CompactRange().append(new Uint8Array(31)))).toBe('option_invalid')
  expect(codeOf(() => rangeOf(0, 2).merge(rangeOf(3, 4)))).toBe('option_invalid')
  expect(codeOf(() => rangeOf(1, 2).root())).toBe('option_invalid')
  expect(codeOf(() => CompactRange.restore(0, 3, new Uint8Array(32)))).toBe('option_invalid')
  expect(codeOf(() => CompactRange.restore(3, 0, new Uint8Array(0)))).toBe('option_invalid')
})
