import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { type AuditEvent, canonicalize } from '../../../src/index.ts'
import { isCanonical } from '../../../src/canonical/is-canonical.ts'
import { AuditLogError } from '../../../src/errors.ts'
import { readEvent, type ReadyEvent } from '../../../src/log/event.ts'

const read = (event: unknown, strict = false): ReadyEvent => readEvent(event as AuditEvent, { strict })
const detailsOf = (details: unknown): unknown => read({ action: 'a.b', details }).details
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const marker = (text: string): string => `[cut: ${Buffer.byteLength(text)} bytes, sha256 ${sha256(text)}]`

function errorOf(event: unknown, strict = false): AuditLogError {
  try {
    read(event, strict)
  } catch (error) {
    if (error instanceof AuditLogError) return error
    throw new Error('not an AuditLogError', { cause: error })
  }
  throw new Error('the event was taken')
}

class Custom {
  value = 1
}
const cyclic: Record<string, unknown> = { a: { b: [] } }
;(cyclic['a'] as { b: unknown[] }).b.push(cyclic)
const revoked = (() => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
})()
const hole: unknown[] = []
hole.length = 1
const throwing = (name: string): object =>
  Object.defineProperty({}, name, {
    enumerable: true,
    get: () => {
      throw new Error('no')
    },
  })

describe('Invariant 12: what a programmer gets wrong is refused with a stable code and the path', () => {
  it.each<[string, unknown, string, string]>([
    ['no event', undefined, 'event_invalid_type', '$'],
    ['null', null, 'event_invalid_type', '$'],
    ['a string', 'user.login', 'event_invalid_type', '$'],
    ['an array', [{ action: 'a.b' }], 'event_invalid_type', '$'],
    ['a revoked proxy', revoked, 'event_invalid_type', '$'],
    ['a field that throws', Object.assign(throwing('user_id'), { action: 'a.b' }), 'event_invalid_type', '$.user_id'],
    ['an unknown field', { action: 'a.b', userId: 'alice' }, 'event_unknown_field', '$.userId'],
    ['a field of the server', { action: 'a.b', seq: 1 }, 'event_unknown_field', '$.seq'],
    ['a field called __proto__', JSON.parse('{"action":"a.b","__proto__":{}}'), 'event_unknown_field', '$.__proto__'],
    ['an unknown field with a hostile name', { 'x\n\u0007y': 1 }, 'event_unknown_field', "$['x\u{fffd}\u{fffd}y']"],
    ['no action', {}, 'event_missing_field', '$.action'],
    ['an action that is null', { action: null }, 'event_missing_field', '$.action'],
    ['an action that is a number', { action: 5 }, 'event_invalid_type', '$.action'],
    ['an action that is a boxed string', { action: Object('a.b') as unknown }, 'event_invalid_type', '$.action'],
    ...['', 'A.b', 'a..b', '.a', 'a.', 'a b', 'a.b\n', 'ä.b', 'a/b', 'a'.repeat(256), '<b>'].map(
      (action): [string, unknown, string, string] => [
        `the action ${JSON.stringify(action.slice(0, 20))}`,
        { action },
        'event_invalid_action',
        '$.action',
      ],
    ),
    ['a user that is a number', { action: 'a.b', user_id: 5 }, 'event_invalid_type', '$.user_id'],
    ['a tenant that is an object', { action: 'a.b', tenant_id: {} }, 'event_invalid_type', '$.tenant_id'],
    ['a target that is a BigInt', { action: 'a.b', target: 1n }, 'event_invalid_type', '$.target'],
    ...[
      'localhost',
      '10.0.0',
      '10.0.0.256',
      '10.0.0.0/8',
      '010.0.0.1',
      '::1/128',
      ' 10.0.0.1',
      '10.0.0.1\n',
      '',
      ':::1',
    ].map((address): [string, unknown, string, string] => [
      `the address ${JSON.stringify(address)}`,
      { action: 'a.b', source_ip: address },
      'event_invalid_address',
      '$.source_ip',
    ]),
    ['an address that is a number', { action: 'a.b', source_ip: 1 }, 'event_invalid_type', '$.source_ip'],
    ['an unknown outcome', { action: 'a.b', outcome: 'maybe' }, 'event_invalid_outcome', '$.outcome'],
    ['details that are an array', { action: 'a.b', details: [] }, 'event_invalid_type', '$.details'],
    ['details that are text', { action: 'a.b', details: '{}' }, 'event_invalid_type', '$.details'],
    ['details that are a Date', { action: 'a.b', details: new Date() }, 'event_invalid_type', '$.details'],
    ['details that are a Map', { action: 'a.b', details: new Map() }, 'event_invalid_type', '$.details'],
    ['details that are a revoked proxy', { action: 'a.b', details: revoked }, 'event_invalid_type', '$.details'],
    ['a BigInt', { action: 'a.b', details: { a: [0, 1n] } }, 'event_invalid_type', '$.details.a[1]'],
    ['a function', { action: 'a.b', details: { 'my name': () => 1 } }, 'event_invalid_type', "$.details['my name']"],
    ['a symbol', { action: 'a.b', details: { s: Symbol('s') } }, 'event_invalid_type', '$.details.s'],
    ['undefined in an array', { action: 'a.b', details: { a: [undefined] } }, 'event_invalid_type', '$.details.a[0]'],
    ['a hole in an array', { action: 'a.b', details: { a: hole } }, 'event_invalid_type', '$.details.a[0]'],
    ['a cycle', { action: 'a.b', details: cyclic }, 'event_invalid_type', '$.details.a.b[0]'],
    ['an instance of a class', { action: 'a.b', details: { c: new Custom() } }, 'event_invalid_type', '$.details.c'],
    ['an error', { action: 'a.b', details: { c: new Error('x') } }, 'event_invalid_type', '$.details.c'],
    ['bytes', { action: 'a.b', details: { c: Buffer.from('x') } }, 'event_invalid_type', '$.details.c'],
    ['a promise', { action: 'a.b', details: { c: Promise.resolve() } }, 'event_invalid_type', '$.details.c'],
    [
      'a date that is none',
      { action: 'a.b', details: { at: new Date(Number.NaN) } },
      'event_invalid_type',
      '$.details.at',
    ],
  ])('%s', (_, event, code, path) => {
    for (const strict of [true, false]) expect(errorOf(event, strict)).toMatchObject({ code, path })
  })

  it('without a value of the event in the error', () => {
    for (const event of [
      { action: 'Hunter2' },
      { action: 'a.b', source_ip: 'Hunter2' },
      { action: 'a.b', outcome: 'Hunter2' },
      { action: 'a.b', details: { password: ['Hunter2', 1n] } },
      { action: 'a.b', details: { password: 'Hunter2', n: Number.NaN } },
    ]) {
      const error = errorOf(event, true)
      expect(`${error.stack}${JSON.stringify(error)}${String(error.cause)}`).not.toContain('Hunter2')
    }
  })
})

/** Nested objects: the outermost is level 1. */
function nested(levels: number, inner: unknown = 'x'): Record<string, unknown> {
  let value = inner
  for (let level = 0; level < levels; level += 1) value = { a: value }
  return value as Record<string, unknown>
}
const innermost = (details: unknown, levels: number): unknown => {
  let value = details
  for (let level = 0; level < levels; level += 1) value = (value as { a: unknown }).a
  return value
}

describe('Invariant 12: nobody can suppress an event by its content', () => {
  const long = 'é'.repeat(600)
  const repairs: [string, Record<string, unknown>, Record<string, unknown>][] = [
    ['a lone surrogate in a name', { user_id: 'Ann \ud83d' }, { user_id: 'Ann \u{fffd}' }],
    ['NUL in a name', { tenant_id: 'a\0b' }, { tenant_id: 'a\u{fffd}b' }],
    ['a name over 1,024 bytes', { target: long }, { target: `${'é'.repeat(128)}…${marker(long)}` }],
    ['text that is not Unicode', { details: { a: ['\udc00\0'] } }, { details: { a: ['\u{fffd}\u{fffd}'] } }],
    ['a name in details that is not Unicode', { details: { 'x\ud800': 1 } }, { details: { 'x\u{fffd}': 1 } }],
    [
      'names that become the same',
      { details: { 'x\ud800': 1, 'x\0': 2, 'x\u{fffd}': 3 } },
      { details: { 'x\u{fffd}': 2, 'x\u{fffd}\u{fffd}': 1, 'x\u{fffd}\u{fffd}\u{fffd}': 3 } },
    ],
    ['NaN from a division', { details: { a: 0 / 0 } }, { details: { a: '[not finite: NaN]' } }],
    [
      'infinities',
      { details: { a: [1 / 0, -1 / 0] } },
      { details: { a: ['[not finite: Infinity]', '[not finite: -Infinity]'] } },
    ],
    ['a getter that throws', { details: { a: throwing('b') } }, { details: { a: { b: '[unreadable]' } } }],
    ['a proxy that was revoked', { details: { a: [revoked, 1] } }, { details: { a: ['[unreadable]', 1] } }],
    [
      'a text over 64 KiB',
      { details: { text: 'x'.repeat(70_000), id: 5 } },
      { details: { text: `${'x'.repeat(128)}…${marker('x'.repeat(70_000))}`, id: 5 } },
    ],
    [
      'a text cut in the middle of a character',
      { details: { text: `x${'\u{1f600}'.repeat(20_000)}` } },
      { details: { text: `x${'\u{1f600}'.repeat(127)}…${marker(`x${'\u{1f600}'.repeat(20_000)}`)}` } },
    ],
    [
      'a list over 64 KiB',
      { details: { list: Array.from({ length: 20_000 }, (_, n) => n), id: 5 } },
      { details: { list: marker(JSON.stringify(Array.from({ length: 20_000 }, (_, n) => n))), id: 5 } },
    ],
    ['33 levels', { details: nested(33) }, { details: nested(32, marker('{"a":"x"}')) }],
  ]
  it.each(repairs)('%s leaves a marker, and is refused with strict', (_, content, expected) => {
    const event = read({ action: 'a.b', ...content })
    expect(event).toMatchObject(expected)
    expect(event.detailsText).toBe(canonicalize(event.details))
    expect(errorOf({ action: 'a.b', ...content }, true).code).toBe('event_invalid_content')
  })

  it('names the place of what strict refuses', () => {
    const path = (details: unknown): string | undefined => errorOf({ action: 'a.b', details }, true).path
    expect(errorOf({ action: 'a.b', target: long }, true).path).toBe('$.target')
    expect(path({ a: [{ b: '\ud800' }] })).toBe('$.details.a[0].b')
    expect(path({ a: [Number.NaN] })).toBe('$.details.a[0]')
    expect(path({ text: 'x'.repeat(70_000) })).toBe('$.details')
    expect(path(nested(33))).toBe(`$.details${'.a'.repeat(32)}`)
  })

  it('keeps 32 levels, and any depth below them leaves a marker with its size', () => {
    expect(detailsOf(nested(32))).toEqual(nested(32))
    const text = canonicalize(nested(500))
    expect(innermost(detailsOf(nested(532)), 32)).toBe(marker(text))
    expect(innermost(detailsOf(nested(50_000)), 32)).toMatch(/^\[cut: [0-9]+ bytes, sha256 [0-9a-f]{64}\]$/)
  })

  it('100,000 names leave the marker of all of them', () => {
    const details = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`name ${index}`, index]))
    expect(detailsOf(details)).toEqual({ '[cut]': marker(canonicalize(details)) })
  })

  it('an endless object leaves a marker: shared references, a proxy, a very long array', () => {
    let shared: unknown = ['x', 'y']
    for (let level = 0; level < 30; level += 1) shared = [shared, shared]
    const handler: ProxyHandler<object> = {
      ownKeys: () => ['a'],
      getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }),
      get: () => new Proxy({}, handler),
    }
    const proxy = new Proxy({}, handler)
    const sparse: unknown[] = []
    sparse.length = 2 ** 32 - 1
    expect(errorOf({ action: 'a.b', details: { sparse } }, true).code).toBe('event_invalid_content')
    for (const endless of [shared, proxy, sparse]) {
      expect(detailsOf({ endless })).toEqual({ '[cut]': '[cut: more than 250000 values]' })
    }
  })

  it('a member called __proto__ is data, and changes nothing else', () => {
    const details = JSON.parse('{"__proto__":{"polluted":true},"a":{"__proto__":null,"constructor":1}}') as unknown
    expect(read({ action: 'a.b', details }).detailsText).toBe(
      '{"__proto__":{"polluted":true},"a":{"__proto__":null,"constructor":1}}',
    )
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })
})

describe('an event', () => {
  it('is copied: what the host changes later is not recorded, and getters are read once', () => {
    const details = { list: [1] }
    const event = read({ action: 'a.b', details })
    details.list.push(2)
    expect(event.details).toEqual({ list: [1] })
    let reads = 0
    const shifty = {
      get a(): number {
        return (reads += 1)
      },
    }
    expect(read({ action: 'a.b', details: shifty }).detailsText).toBe('{"a":1}')
  })

  it.each<[unknown, unknown]>([
    [undefined, {}],
    [null, {}],
    [{ a: undefined, b: null }, { b: null }],
    [{ at: new Date(0) }, { at: '1970-01-01T00:00:00.000Z' }],
    [{ n: -0 }, { n: 0 }],
    [Object.assign(Object.create(null) as object, { a: 1 }), { a: 1 }],
  ])('has the details %j as %j', (given, details) => {
    const event = read({ action: 'a.b', details: given })
    expect(event.details).toEqual(details)
    expect(isCanonical(event.detailsText)).toBe(true)
  })

  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::FFFF:CB00:7107', '203.0.113.7'],
    ['2001:0DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['::203.0.113.7', '::203.0.113.7'],
    ['::', '::'],
    ['::1', '::1'],
  ])('has the address %s as %s', (given, address) => {
    expect(read({ action: 'a.b', source_ip: given }).source_ip).toBe(address)
  })

  it('has null for what is left out or empty', () => {
    expect(read({ action: 'a.b', user_id: '', tenant_id: undefined })).toMatchObject({
      user_id: null,
      tenant_id: null,
      target: null,
      source_ip: null,
      outcome: 'success',
    })
  })
})
