import { expect, test } from 'vitest'
import type { JsonObject } from '../../../../../src/canonical/index.ts'
import { childrenOf, treeNode } from '../../../../../src/console/browser/model/tree.ts'

test('every kind of value is a line with its kind and size', () => {
  const details = { a: null, b: true, c: 1, d: 'x', e: [1, 2], f: { g: 1 } }
  expect(childrenOf(treeNode('details', details), 0, 10).map(({ name, kind, size }) => [name, kind, size])).toEqual([
    ['a', 'null', 0],
    ['b', 'boolean', 0],
    ['c', 'number', 0],
    ['d', 'string', 0],
    ['e', 'array', 2],
    ['f', 'object', 1],
  ])
})

test('children come in pieces, with the index that they have', () => {
  const node = treeNode(
    'list',
    Array.from({ length: 250 }, (_, index) => index),
  )
  expect(childrenOf(node, 200, 100).map(({ name, value }) => [name, value])).toHaveLength(50)
  expect(childrenOf(node, 200, 1)).toEqual([{ name: '200', kind: 'number', value: 200, size: 0 }])
})

test('a member named __proto__ is a member like any other', () => {
  const node = treeNode('details', JSON.parse('{"__proto__":{"polluted":true},"constructor":1}') as JsonObject)
  expect(childrenOf(node, 0, 10).map(({ name }) => name)).toEqual(['__proto__', 'constructor'])
  expect(childrenOf(childrenOf(node, 0, 1)[0]!, 0, 10)).toEqual([
    { name: 'polluted', kind: 'boolean', value: true, size: 0 },
  ])
})

test('a scalar has no children', () => {
  expect(childrenOf(treeNode('x', 'text'), 0, 10)).toEqual([])
})
