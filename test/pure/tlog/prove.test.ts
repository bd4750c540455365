import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  hashLeaf,
  type HashReader,
  proveConsistency,
  proveInclusion,
  proveInclusions,
  readRoot,
  verifyConsistency,
  verifyInclusion,
} from '../../../src/tlog/index.ts'
import { codeOfAsync } from '../../support/error-code.ts'
import { hex, ReferenceTree, sampleData } from '../../support/merkle-reference.ts'

const data = sampleData(5000)
const tree = new ReferenceTree(data)

test('inclusion proofs are those of RFC 6962 and verify, for every leaf of every tree up to 130', async () => {
  for (let size = 1; size <= 130; size += 1) {
    const proofs = await proveInclusions(
      size,
      Array.from({ length: size }, (_, index) => index),
      tree,
    )
    for (const [index, proof] of proofs.entries()) {
      expect(hex(proof)).toEqual(hex(tree.inclusionProof(index, size)))
      verifyInclusion(tree.head(size), index, hashLeaf(data[index]!), proof)
    }
  }
})

test('consistency proofs are those of RFC 6962 and verify, for every pair of trees up to 130', async () => {
  for (let newer = 0; newer <= 130; newer += 1) {
    for (let older = 0; older <= newer; older += 1) {
      const proof = await proveConsistency(older, newer, tree)
      expect(hex(proof)).toEqual(hex(older === 0 ? [] : tree.consistencyProof(older, newer)))
      verifyConsistency(tree.head(older), tree.head(newer), proof)
    }
  }
})

test('larger trees agree too', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: data.length }), fc.nat(), async (size, seed) => {
      const index = seed % size
      expect(hex(await proveInclusion(size, index, tree))).toEqual(hex(tree.inclusionProof(index, size)))
      expect(hex(await proveConsistency(index + 1, size, tree))).toEqual(hex(tree.consistencyProof(index + 1, size)))
      expect(hex(await readRoot(size, tree))).toEqual(hex(tree.hash(0, size)))
    }),
  )
})

test('the root of no leaves needs no reader', async () => {
  const none: HashReader = { readHashes: () => expect.unreachable() }
  expect(hex(await readRoot(0, none))).toEqual(hex(tree.hash(0, 0)))
})

test('a proof is one call to the reader and O(log n) hashes, up to the largest tree', async () => {
  const size = Number.MAX_SAFE_INTEGER
  const read: number[] = []
  const counting: HashReader = {
    readHashes: (subtrees) => {
      read.push(subtrees.length)
      return subtrees.map(() => new Uint8Array(32))
    },
  }
  for (const index of [0, 1, 2 ** 31, 2 ** 32 + 1, 2 ** 52, size - 1]) {
    await proveInclusion(size, index, counting)
    await proveConsistency(index + 1, size, counting)
    await readRoot(size, counting)
    expect(read.length).toBeLessThanOrEqual(3)
    for (const hashes of read.splice(0)) expect(hashes).toBeLessThanOrEqual(2 * 53)
  }
})

test('what the tree does not have cannot be proved', async () => {
  expect(await codeOfAsync(proveInclusion(3, 3, tree))).toBe('option_invalid')
  expect(await codeOfAsync(proveInclusion(3, -1, tree))).toBe('option_invalid')
  expect(await codeOfAsync(proveInclusion(0, 0, tree))).toBe('option_invalid')
  expect(await codeOfAsync(proveInclusion(2 ** 53, 0, tree))).toBe('option_invalid')
  expect(await codeOfAsync(proveInclusion(3, 1.5, tree))).toBe('option_invalid')
  expect(await codeOfAsync(proveConsistency(4, 3, tree))).toBe('option_invalid')
  expect(await codeOfAsync(readRoot(Number.NaN, tree))).toBe('option_invalid')
})

test('a reader that does not keep to its contract is refused', async () => {
  expect(await codeOfAsync(proveInclusion(3, 0, { readHashes: () => [] }))).toBe('option_invalid')
  expect(await codeOfAsync(readRoot(1, { readHashes: () => [new Uint8Array(31)] }))).toBe('option_invalid')
})
