import fc from 'fast-check'
import reference from 'canonicalize'
import { describe, expect, it } from 'vitest'
import { canonicalize } from '../../../src/canonical/index.ts'
import { AuditLogError } from '../../../src/errors.ts'
import { anyJson } from '../../support/i-json.ts'
import { documentVector, doubleOf, numberVectors, orderVector } from '../../support/rfc8785.ts'

describe('the vectors of RFC 8785', () => {
  it.each(numberVectors)('the double %s is written as %s (appendix B)', (bits, text) => {
    if (text === null) expect(() => canonicalize(doubleOf(bits))).toThrow(/found a number that is not finite/)
    else expect(canonicalize(doubleOf(bits))).toBe(text)
  })

  it('the document of section 3.2.2 has the bytes of section 3.2.4', () => {
    const text = canonicalize(JSON.parse(documentVector.text))
    expect(Buffer.from(text).toString('hex')).toBe(documentVector.canonical)
  })

  it('members are ordered as in section 3.2.3', () => {
    const parsed = JSON.parse(orderVector.text) as Record<string, string>
    expect([...canonicalize(parsed).matchAll(/:"([^"]*)"/g)].map((match) => match[1])).toEqual(orderVector.values)
  })
})

describe('the canonical text', () => {
  it('is that of an independent implementation', () => {
    fc.assert(
      fc.property(anyJson, (value) => {
        expect(canonicalize(value)).toBe(reference(value))
      }),
      { numRuns: 3000 },
    )
  })

  it('reads back as the same value, and is its own canonical text', () => {
    fc.assert(
      fc.property(anyJson, (value) => {
        const text = canonicalize(value)
        const back: unknown = JSON.parse(text)
        expect(back).toEqual(JSON.parse(JSON.stringify(value)))
        expect(canonicalize(back)).toBe(text)
      }),
      { numRuns: 1000 },
    )
  })

  it.each([
    ['-0', -0, '0'],
    ['1e21', 1e21, '1e+21'],
    ['the largest number without an exponent', 999999999999999900000, '999999999999999900000'],
    ['5e-324', 5e-324, '5e-324'],
    ['2^53', 2 ** 53, '9007199254740992'],
    ['2^53 - 1', 2 ** 53 - 1, '9007199254740991'],
    [
      'control characters',
      '\u0000\u0001\b\t\n\u000b\f\r\u001f\u007f\u0080',
      '"\\u0000\\u0001\\b\\t\\n\\u000b\\f\\r\\u001f\u007f\u0080"',
    ],
    ['characters that some encoders escape', '</script>\u2028\u2029/é\u{1f600}', '"</script>\u2028\u2029/é\u{1f600}"'],
    ['empty containers', { b: {}, a: [] }, '{"a":[],"b":{}}'],
    ['names that look like numbers', { 10: 0, 9: 0, '01': 0, 1: 0 }, '{"01":0,"1":0,"10":0,"9":0}'],
    ['an empty name', { a: 0, '': 0 }, '{"":0,"a":0}'],
    ['a member named __proto__', JSON.parse('{"a":1,"__proto__":{"x":1}}') as unknown, '{"__proto__":{"x":1},"a":1}'],
    ['an object without a prototype', Object.assign(Object.create(null) as object, { b: 1, a: 2 }), '{"a":2,"b":1}'],
    ['a shared object', ((shared) => [shared, shared])({ a: 1 }), '[{"a":1},{"a":1}]'],
    [
      'members that are named like methods',
      { toJSON: 1, hasOwnProperty: 2, length: 3 },
      '{"hasOwnProperty":2,"length":3,"toJSON":1}',
    ],
  ])('of %s is exact', (_, value, text) => {
    expect(canonicalize(value)).toBe(text)
  })

  it('orders names by UTF-16 code units: a character beyond the BMP comes before U+E000 to U+FFFF', () => {
    const names = ['\uffff', '\u{10000}', '\ue000', '\ud7ff', '\u{10ffff}', 'z']
    const text = canonicalize(Object.fromEntries(names.map((name) => [name, 0])))
    expect(Object.keys(JSON.parse(text) as object)).toEqual([
      'z',
      '\ud7ff',
      '\u{10000}',
      '\u{10ffff}',
      '\ue000',
      '\uffff',
    ])
  })

  it('exists for 1,000 levels and 100,000 members', () => {
    let deep: unknown = 1
    for (let level = 0; level < 1000; level += 1) deep = level % 2 === 0 ? [deep] : { a: deep }
    expect(canonicalize(deep)).toBe(reference(deep))
    const wide = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`name ${99_999 - index}`, index]))
    expect(canonicalize(wide)).toBe(reference(wide))
  })
})

describe('what is no I-JSON', () => {
  class Custom {
    value = 1
  }
  const cyclic: Record<string, unknown> = {}
  cyclic['self'] = cyclic
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  const throwing = {
    get name(): string {
      throw new Error('no')
    },
  }
  const hole: unknown[] = [1]
  hole.length = 2

  it.each<[string, unknown, string]>([
    ['undefined', undefined, '$'],
    ['an undefined member', { a: { b: undefined } }, '$.a.b'],
    ['a hole in an array', { list: hole }, '$.list[1]'],
    ['NaN', [0, Number.NaN], '$[1]'],
    ['Infinity', { a: [{ b: Number.POSITIVE_INFINITY }] }, '$.a[0].b'],
    ['a BigInt', { n: 1n }, '$.n'],
    ['a function', { 'full name': () => 1 }, "$['full name']"],
    ['a symbol', { s: Symbol('s') }, '$.s'],
    ['a lone high surrogate', { s: 'a\ud800' }, '$.s'],
    ['a lone low surrogate', { s: '\udc00a' }, '$.s'],
    ['surrogates the wrong way round', ['\udc00\ud800'], '$[0]'],
    ['a name with a lone surrogate', { a: { 'x\ud800': 1 } }, '$.a'],
    ['a Date', { at: new Date(0) }, '$.at'],
    ['a Map', { map: new Map() }, '$.map'],
    ['an instance of a class', { custom: new Custom() }, '$.custom'],
    ['bytes', { bytes: new Uint8Array(1) }, '$.bytes'],
    ['a boxed string', { boxed: Object('a') as unknown }, '$.boxed'],
    ['a getter that throws', { a: throwing }, '$.a.name'],
    ['a revoked proxy', { a: proxy }, '$.a'],
  ])('%s is refused with its path', (_, value, path) => {
    const error = ((): unknown => {
      try {
        return canonicalize(value)
      } catch (reason) {
        return reason
      }
    })()
    expect(error).toBeInstanceOf(AuditLogError)
    expect(error).toMatchObject({ code: 'json_invalid', path })
  })

  it('a cycle is refused', () => {
    expect(() => canonicalize(cyclic)).toThrow(expect.objectContaining({ code: 'json_invalid' }))
  })

  it('the error shows no value, and of a name only what is printable and short', () => {
    const secret = { password: { 'hunter2\u0007\n': Number.NaN, ['x'.repeat(1000)]: 1 } }
    expect(() => canonicalize(secret)).toThrow(
      expect.objectContaining({ path: "$.password['hunter2\u{fffd}\u{fffd}']" }),
    )
    expect(() => canonicalize({ token: 'hunter2\ud800' })).not.toThrow(/hunter2/)
  })

  it('a getter or proxy is read once, so it cannot show another value to the hash', () => {
    let reads = 0
    const shifty = {
      get value(): number {
        reads += 1
        return reads === 1 ? 1 : Number.NaN
      },
    }
    expect(canonicalize(shifty)).toBe('{"value":1}')
    expect(reads).toBe(1)
  })
})
