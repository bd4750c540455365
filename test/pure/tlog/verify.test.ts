import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  emptyRoot,
  hashLeaf,
  hashNode,
  type TreeHead,
  verifyConsistency,
  verifyInclusion,
} from '../../../src/tlog/index.ts'
import { codeOf } from '../../support/error-code.ts'
import { consistencyProof, headOf, inclusionProof, sampleData, treeHash } from '../../support/merkle-reference.ts'

const data = sampleData(70)
const noHash = new Uint8Array(32)

const inclusion = (head: TreeHead, index: number, leaf: Uint8Array, proof: readonly Uint8Array[]): string =>
  codeOf(() => verifyInclusion(head, index, leaf, proof))
const consistency = (older: TreeHead, newer: TreeHead, proof: readonly Uint8Array[]): string =>
  codeOf(() => verifyConsistency(older, newer, proof))

// Index 5 of 7 leaves: its path has left and right siblings and a level that is skipped.
const tree = data.slice(0, 7)
const head = headOf(tree)
const index = 5
const leaf = hashLeaf(tree[index]!)
const proof = inclusionProof(index, tree)

describe('an inclusion proof is refused when it', () => {
  const refused: Record<string, () => string> = {
    'is empty': () => inclusion(head, index, leaf, []),
    'is too short at the root': () => inclusion(head, index, leaf, proof.slice(0, -1)),
    'is too short at the leaf': () => inclusion(head, index, leaf, proof.slice(1)),
    'is too long at the root': () => inclusion(head, index, leaf, [...proof, noHash]),
    'is too long at the leaf': () => inclusion(head, index, leaf, [noHash, ...proof]),
    'ends in the root': () => inclusion(head, index, leaf, [...proof, head.rootHash]),
    'begins with the leaf': () => inclusion(head, index, leaf, [leaf, ...proof]),
    'is in the wrong order': () => inclusion(head, index, leaf, proof.toReversed()),
    'is longer than any tree is high': () =>
      inclusion(
        head,
        index,
        leaf,
        Array.from({ length: 1e6 }, () => noHash),
      ),
    'has a hash of 31 bytes': () => inclusion(head, index, leaf, [proof[0]!.slice(1), ...proof.slice(1)]),
    'has a hash of 33 bytes': () => inclusion(head, index, leaf, [Uint8Array.of(...proof[0]!, 0), ...proof.slice(1)]),
    'has something else than bytes': () => inclusion(head, index, leaf, ['x', ...proof] as unknown as Uint8Array[]),
    'is no list': () => inclusion(head, index, leaf, null as unknown as Uint8Array[]),
    'is for another leaf': () => inclusion(head, index, hashLeaf(tree[4]!), proof),
    'is for another index': () => inclusion(head, 4, leaf, proof),
    'is for another tree': () => inclusion(headOf(data.slice(0, 8)), index, leaf, proof),
    'has the root of another tree': () => inclusion({ ...head, rootHash: treeHash(data) }, index, leaf, proof),
    'has the size of a tree of another shape': () => inclusion({ ...head, size: 6 }, index, leaf, proof),
    'has an index equal to the size': () => inclusion(head, 7, leaf, proof),
    'has an index far beyond the size': () => inclusion(head, 2 ** 40 + 5, leaf, proof),
    'has a negative index': () => inclusion(head, -1, leaf, proof),
    'has an index that is no integer': () => inclusion(head, 5.5, leaf, proof),
    'is for the empty tree': () => inclusion({ size: 0, rootHash: emptyRoot() }, 0, emptyRoot(), []),
    'has a size beyond 2^53': () => inclusion({ ...head, size: 2 ** 53 }, index, leaf, proof),
    'has no number as size': () => inclusion({ ...head, size: '7' as unknown as number }, index, leaf, proof),
    'has a root of 31 bytes': () => inclusion({ size: 1, rootHash: leaf.slice(1) }, 0, leaf.slice(1), []),
  }
  test.each(Object.entries(refused))('%s', (_, verdict) => expect(verdict()).toBe('proof_invalid'))
})

test('a tree of one leaf is proved by nothing, and by nothing else', () => {
  const one = headOf(data.slice(0, 1))
  expect(inclusion(one, 0, hashLeaf(data[0]!), [])).toBe('ok')
  expect(inclusion(one, 0, hashLeaf(data[1]!), [])).toBe('proof_invalid')
  expect(inclusion(one, 0, hashLeaf(data[0]!), [noHash])).toBe('proof_invalid')
})

test('an inner node cannot pass for a leaf', () => {
  // Offered as data of a leaf, the two hashes under a node get the other prefix.
  const [left, right] = [hashLeaf(tree[4]!), hashLeaf(tree[5]!)]
  const node = hashNode(left, right)
  expect(proof[0]).toEqual(left)
  const shortened = { size: 4, rootHash: head.rootHash }
  expect(inclusion(shortened, 2, hashLeaf(Uint8Array.of(...left, ...right)), proof.slice(1))).toBe('proof_invalid')
  // Whoever takes a leaf hash from an attacker, and the size too, is lost: hence the warnings in the documentation.
  expect(inclusion(shortened, 2, node, proof.slice(1))).toBe('ok')
})

test('a last leaf that is there twice is another tree', () => {
  const three = data.slice(0, 3)
  const four = [...three, three[2]!]
  expect(inclusion(headOf(three), 2, hashLeaf(three[2]!), inclusionProof(2, four))).toBe('proof_invalid')
  expect(inclusion(headOf(three), 3, hashLeaf(three[2]!), inclusionProof(3, four))).toBe('proof_invalid')
  expect(treeHash(three)).not.toEqual(treeHash(four))
})

const newer = headOf(data.slice(0, 7))
const older = headOf(data.slice(0, 3))
const path = consistencyProof(3, data.slice(0, 7))

describe('a consistency proof is refused when it', () => {
  const fork = [...data.slice(0, 2), noHash]
  const refused: Record<string, () => string> = {
    'is empty': () => consistency(older, newer, []),
    'is too short at the root': () => consistency(older, newer, path.slice(0, -1)),
    'is too short at the leaf': () => consistency(older, newer, path.slice(1)),
    'is too long at the root': () => consistency(older, newer, [...path, noHash]),
    'is too long at the leaf': () => consistency(older, newer, [noHash, ...path]),
    'is in the wrong order': () => consistency(older, newer, path.toReversed()),
    'is longer than any tree is high': () =>
      consistency(
        older,
        newer,
        Array.from({ length: 1e6 }, () => noHash),
      ),
    'has a hash of 31 bytes': () => consistency(older, newer, [path[0]!.slice(1), ...path.slice(1)]),
    'is for a fork of the older tree': () => consistency(headOf(fork), newer, path),
    'is for a fork of the newer tree': () =>
      consistency(older, headOf([...fork, ...data.slice(3, 7)]), consistencyProof(3, [...fork, ...data.slice(3, 7)])),
    'has the trees swapped': () => consistency(newer, older, path),
    'is for another older size': () => consistency({ ...older, size: 4 }, newer, path),
    'is for another newer size': () => consistency(older, { ...newer, size: 9 }, path),
    'is from the empty tree and not empty': () => consistency(headOf([]), newer, [noHash]),
    'is from an empty tree that has leaves': () => consistency({ size: 0, rootHash: noHash }, newer, []),
    'is to an empty tree that has leaves': () => consistency(headOf([]), { size: 0, rootHash: noHash }, []),
    'joins two trees of the same size': () => consistency(headOf(fork), older, []),
    'is of a tree with itself and not empty': () => consistency(older, older, [older.rootHash]),
    'has a size beyond 2^53': () => consistency(older, { ...newer, size: 2 ** 53 + 8 }, path),
    'has a negative size': () => consistency({ ...older, size: -3 }, newer, path),
  }
  test.each(Object.entries(refused))('%s', (_, verdict) => expect(verdict()).toBe('proof_invalid'))
})

test('a proof does not tell sizes of the same shape apart: size and root must come from one signature', () => {
  expect(inclusion({ ...head, size: 8 }, index, leaf, proof)).toBe('ok')
  expect(consistency(older, { ...newer, size: 8 }, path)).toBe('ok')
})

test('an older tree that is complete is not repeated in the proof', () => {
  const four = headOf(data.slice(0, 4))
  const rest = consistencyProof(4, data.slice(0, 7))
  expect(consistency(four, newer, rest)).toBe('ok')
  expect(consistency(four, newer, [four.rootHash, ...rest])).toBe('proof_invalid')
})

test('every tree continues the empty tree and itself', () => {
  for (const size of [0, 1, 7]) {
    const tree = headOf(data.slice(0, size))
    expect(consistency(headOf([]), tree, [])).toBe('ok')
    expect(consistency(tree, tree, [])).toBe('ok')
  }
})

test('no flipped bit in a proof, a root or a leaf goes unnoticed', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 70 }), fc.nat(), fc.nat(), (size, leafSeed, bitSeed) => {
      const tree = data.slice(0, size)
      const index = leafSeed % size
      const rows = [headOf(tree).rootHash, hashLeaf(tree[index]!), ...inclusionProof(index, tree)]
      const flipped = rows.map((row) => row.slice())
      const row = flipped[bitSeed % rows.length]!
      row[(bitSeed >> 3) % 32]! ^= 1 << (bitSeed % 8)
      const verdict = ([rootHash, leaf, ...proof]: Uint8Array[]): string =>
        inclusion({ size, rootHash: rootHash! }, index, leaf!, proof)
      expect(verdict(rows)).toBe('ok')
      expect(verdict(flipped)).toBe('proof_invalid')
    }),
  )
})

test('indexes beyond 32 bits are exact', () => {
  // All leaves are the same, so a tree of 2^52 leaves is known from its 53 different nodes.
  const nodes = [hashLeaf(noHash)]
  for (let level = 0; level < 52; level += 1) nodes.push(hashNode(nodes[level]!, nodes[level]!))
  const huge = { size: 2 ** 52, rootHash: nodes[52]! }
  const proof = nodes.slice(0, 52)
  for (const index of [0, 2 ** 31, 2 ** 32, 2 ** 51 + 1, 2 ** 52 - 1]) {
    expect(inclusion(huge, index, nodes[0]!, proof)).toBe('ok')
  }
  expect(inclusion(huge, 2 ** 52, nodes[0]!, proof)).toBe('proof_invalid')
  expect(inclusion({ ...huge, size: 2 ** 52 + 1 }, 0, nodes[0]!, proof)).toBe('proof_invalid')
  // One leaf more stands alone on the right.
  const more = { size: 2 ** 52 + 1, rootHash: hashNode(nodes[52]!, nodes[0]!) }
  expect(inclusion(more, 2 ** 52, nodes[0]!, [nodes[52]!])).toBe('ok')
  expect(consistency(huge, more, [nodes[0]!])).toBe('ok')
  expect(consistency({ size: 2 ** 51, rootHash: nodes[51]! }, huge, [nodes[51]!])).toBe('ok')
})

test('whatever is thrown at it, the verifier answers yes or no', () => {
  const anything = fc.oneof(fc.anything(), fc.uint8Array({ maxLength: 40 }), fc.constant(noHash), fc.constant(leaf))
  const tree = fc.record({ size: fc.oneof(fc.anything(), fc.integer()), rootHash: anything })
  fc.assert(
    fc.property(tree, tree, anything, fc.array(anything), (one, other, leaf, proof) => {
      const [head, second] = [one, other] as TreeHead[]
      expect(inclusion(head!, one.size as number, leaf as Uint8Array, proof as Uint8Array[])).toBe('proof_invalid')
      expect(['ok', 'proof_invalid']).toContain(consistency(head!, second!, proof as Uint8Array[]))
    }),
  )
})
