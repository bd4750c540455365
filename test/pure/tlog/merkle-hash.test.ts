import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { emptyRoot, hashLeaf, hashLeaves, hashNode } from '../../../src/tlog/index.ts'
import { nodeBuffer, nodeCrypto } from '../../../src/tlog/node-crypto.ts'
import { chooseSha256 } from '../../../src/tlog/sha256.ts'
import { codeOf } from '../../support/error-code.ts'
import { hex, sampleData, sideBySide } from '../../support/merkle-reference.ts'

test('the empty tree has the hash of the empty string', () => {
  expect(hex(emptyRoot())).toEqual(['e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'])
})

test('a leaf without data has the hash of the prefix alone', () => {
  expect(hex(hashLeaf(new Uint8Array(0)))).toEqual(['6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d'])
})

test('leaves and nodes are hashed with different prefixes', () => {
  const [left, right] = sampleData(2) as [Uint8Array, Uint8Array]
  const sha256 = (prefix: number): string =>
    createHash('sha256')
      .update(Uint8Array.of(prefix, ...left, ...right))
      .digest('hex')
  expect(hex(hashLeaf(sideBySide([left, right])))).toEqual([sha256(0)])
  expect(hex(hashNode(left, right))).toEqual([sha256(1)])
})

test('many leaves are hashed as each one is', () => {
  const data = sampleData(300)
  expect(hex(hashLeaves(sideBySide(data)))).toEqual(hex(sideBySide(data.map(hashLeaf))))
})

test('a row that is no multiple of 32 bytes is refused', () => {
  expect(codeOf(() => hashLeaves(new Uint8Array(33)))).toBe('option_invalid')
})

test('an entry_hash that is still text is not taken for data', () => {
  expect(codeOf(() => hashLeaf('ab'.repeat(32) as unknown as Uint8Array))).toBe('option_invalid')
})

const implementations = [chooseSha256(undefined, undefined), chooseSha256(nodeCrypto?.hash, nodeBuffer)]

test('a browser computes the same hashes as Node, also where input and output overlap', () => {
  expect(implementations[0]?.rowInto).not.toBe(implementations[1]?.rowInto)
  for (const sha256 of implementations) {
    const row = Uint8Array.from({ length: 100 }, (_, index) => index)
    const expected = createHash('sha256').update(row.subarray(0, 65)).digest('hex')
    sha256.into(row.subarray(0, 65), row, 1)
    expect(hex(row.subarray(1, 33))).toEqual([expected])
    expect([row[0], row[33], row[99]]).toEqual([0, 33, 99])
  }
})

test('a row of pairs is hashed where it lies, in a browser and in Node', () => {
  for (const sha256 of implementations) {
    const memory = Uint8Array.from({ length: 300 }, (_, index) => index)
    const row = memory.subarray(7, 7 + 1 + 4 * 64)
    const expected = [0, 1, 2].map((index) => hashNode(...halves(row.slice(1 + index * 64, 1 + (index + 1) * 64))))
    const pairs = [0, 1, 2, 3].map((index) => row.subarray(index * 64, index * 64 + 65))
    sha256.rowInto(1, pairs, 3, row, 1)
    expect(hex(row.subarray(1, 97))).toEqual(hex(sideBySide(expected)))
    expect([memory[6], row[0], row[193], memory[299]]).toEqual([6, 1, 200, 299 - 256])
  }
})

const halves = (pair: Uint8Array): [Uint8Array, Uint8Array] => [pair.subarray(0, 32), pair.subarray(32)]
