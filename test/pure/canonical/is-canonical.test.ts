import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalize } from '../../../src/canonical/index.ts'
import { isCanonical } from '../../../src/canonical/is-canonical.ts'
import { anyJson } from '../../support/i-json.ts'

describe('a text', () => {
  it('is canonical exactly when it is the canonical text of its value', () => {
    fc.assert(
      fc.property(anyJson, (value) => {
        const text = canonicalize(value)
        expect(isCanonical(text)).toBe(true)
        expect(isCanonical(JSON.stringify(value))).toBe(JSON.stringify(value) === text)
        expect(isCanonical(`${text} `)).toBe(false)
      }),
      { numRuns: 1000 },
    )
  })

  it.each(['{"10":1,"9":2}', '{"\u{10000}":1,"\ue000":2}', '{"__proto__":1,"a":2}', '[]', '""', '1e+21'])(
    '%s is canonical',
    (text) => {
      expect(isCanonical(text)).toBe(true)
    },
  )

  it.each([
    '',
    '{',
    '{"a":1,"a":1}',
    '{"a":1,"a":2}',
    '{"b":1,"a":2}',
    '{"9":1,"10":2}',
    '{"\ue000":1,"\u{10000}":2}',
    '{"a": 1}',
    '{"a":1.0}',
    '{"a":1e2}',
    '{"a":-0}',
    '1e400',
    '9007199254740993',
    '"\\u0041"',
    '"\\/"',
    '"\\u000A"',
    '"\\ud800"',
    '{"\\udc00":"\\u0000"}',
    '[[{"b":1,"a":2}]]',
  ])('%s is not', (text) => {
    expect(isCanonical(text)).toBe(false)
  })

  it.each([
    ['arrays', '[', '', ']'],
    ['objects', '{"a":', '1', '}'],
  ])('of nested %s is canonical up to 1,000 levels, however much of the stack is left', (_, open, inside, close) => {
    const nested = (levels: number): string => `${open.repeat(levels)}${inside}${close.repeat(levels)}`
    for (let round = 0; round < 40; round += 1) {
      expect([1000, 1001, 4080].map((levels) => isCanonical(nested(levels)))).toEqual([true, false, false])
    }
    expect(isCanonical(nested(100_000))).toBe(false)
  })
})
