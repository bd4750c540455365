import { createHash } from 'node:crypto'
import fc from 'fast-check'
import reference from 'canonicalize'
import { describe, expect, it } from 'vitest'
import { type Entry, findEntryFault, hashEntry, verifyEntry } from '../../../src/canonical/index.ts'
import { entryFields, formatEntryLine } from '../../../src/canonical/entry.ts'
import { canonicalize } from '../../../src/canonical/canonicalize.ts'
import { anyObject, anyText } from '../../support/i-json.ts'
import { sampleEntry } from '../../support/sample-entry.ts'

const entry = sampleEntry()
const { entry_hash: hash, ...content } = entry

const nameOrNull = fc.option(anyText, { nil: null })
const anyEntry = fc
  .record({
    seq: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    tenant_id: nameOrNull,
    user_id: nameOrNull,
    target: nameOrNull,
    source_ip: fc.option(fc.oneof(fc.ipV4(), fc.constant('2001:db8::1')), { nil: null }),
    outcome: fc.constantFrom('success', 'failure', 'denied'),
    details: anyObject,
    recorded_by: anyText.filter((text) => text !== ''),
  })
  .map((changes) => sampleEntry(changes as Partial<Entry>))

describe('the hash of an entry', () => {
  it('is the SHA-256 of the RFC 8785 text of its other members', () => {
    expect(hash).toBe(
      createHash('sha256')
        .update(reference(content) ?? '')
        .digest('hex'),
    )
    fc.assert(
      fc.property(anyEntry, ({ entry_hash, ...rest }) => {
        expect(entry_hash).toBe(
          createHash('sha256')
            .update(reference(rest) ?? '')
            .digest('hex'),
        )
      }),
    )
  })

  it('does not depend on entry_hash or on the order of the members', () => {
    expect(hashEntry({ ...content, entry_hash: 'anything' } as Entry)).toBe(hash)
    expect(hashEntry(Object.fromEntries(Object.entries(content).toReversed()) as unknown as Entry)).toBe(hash)
  })

  it('is what the preimage put together from parts hashes to', () => {
    fc.assert(
      fc.property(anyEntry, (any) => {
        const { entry_hash: _, ...rest } = any
        const parts = { ...any, detailsText: canonicalize(any.details) }
        expect(formatEntryLine(parts, String(any.seq), any.id, any.timestamp, any.recorded_by)).toBe(canonicalize(rest))
      }),
    )
  })

  it.each([null, undefined, 5, 'entry', []])('of %j, which is no entry, is refused', (none) => {
    expect(() => hashEntry(none as unknown as Entry)).toThrow(
      expect.objectContaining({ code: 'json_invalid', path: '$' }),
    )
  })

  it('of what is no I-JSON is refused with the path', () => {
    const bad = { ...content, details: { list: [{ n: Number.NaN }] } }
    expect(() => hashEntry(bad)).toThrow(expect.objectContaining({ code: 'json_invalid', path: '$.details.list[0].n' }))
  })
})

describe('an entry', () => {
  it('verifies as it was recorded, also after a round trip through JSON', () => {
    fc.assert(
      fc.property(anyEntry, (any) => {
        expect(findEntryFault(any)).toBeNull()
        expect(verifyEntry(JSON.parse(JSON.stringify(any)))).toBe(true)
        expect(verifyEntry(JSON.parse(JSON.stringify(any, null, 2)))).toBe(true)
      }),
    )
  })

  it('does not verify when any member of it, or anything in its details, is something else', () => {
    fc.assert(
      fc.property(anyEntry, fc.constantFrom(...entryFields), anyText, (any, field, text) => {
        fc.pre(any[field] !== text)
        expect(verifyEntry({ ...any, [field]: text })).toBe(false)
        expect(verifyEntry({ ...any, details: { ...any.details, [`${text}+`]: text } })).toBe(false)
      }),
    )
  })

  it.each(entryFields)('without %s is named as missing it', (field) => {
    const { [field]: _, ...rest } = entry
    expect(findEntryFault(rest)).toEqual({ fault: 'missing_field', field })
  })

  it.each(['extra', '__proto__', 'toString', ''])('with another member %j is named as having it', (field) => {
    const more = Object.defineProperty({ ...entry }, field, { value: 1, enumerable: true })
    expect(findEntryFault(more)).toEqual({ fault: 'unknown_field', field })
  })

  it.each<[keyof Entry, unknown]>([
    ['version', 2],
    ['version', '1'],
    ['seq', 0],
    ['seq', 1.5],
    ['seq', 2 ** 53],
    ['seq', '42'],
    ['id', '0199f3a2-1111-4abc-8def-00000000cafe'],
    ['id', '0199F3A2-1111-7abc-8def-00000000cafe'],
    ['timestamp', '2025-10-18T02:32:23.441Z'],
    ['timestamp', '2025-10-18T02:32:23.441042+00:00'],
    ['timestamp', '2025-10-18T02:32:23.441042Z\n'],
    ['tenant_id', 5],
    ['user_id', undefined],
    ['user_id', '\ud800'],
    ['target', {}],
    ['action', 'Risk.Accepted'],
    ['action', 'risk..accepted'],
    ['action', 'risk.accepted\n'],
    ['source_ip', 'localhost'],
    ['source_ip', '10.0.0.0/8'],
    ['outcome', 'maybe'],
    ['details', []],
    ['details', null],
    ['details', '{}'],
    ['details', { a: undefined }],
    ['details', { a: '\ud800' }],
    ['recorded_by', ''],
    ['recorded_by', '\udc00'],
    ['entry_hash', hash.toUpperCase()],
    ['entry_hash', hash.slice(1)],
  ])('is malformed with %s %j', (field, value) => {
    expect(findEntryFault({ ...entry, [field]: value })).toEqual({ fault: 'malformed_field', field })
  })

  it.each([null, undefined, 5, 'text', [], [entry], true])('is not what %j is', (value) => {
    expect(findEntryFault(value)).toEqual({ fault: 'not_an_object' })
  })

  it('that was edited does not hash to its entry_hash', () => {
    expect(findEntryFault({ ...entry, user_id: 'mallory' })).toEqual({ fault: 'hash_mismatch' })
    expect(findEntryFault({ ...entry, entry_hash: '0'.repeat(64) })).toEqual({ fault: 'hash_mismatch' })
  })

  it('that is hostile makes verification neither throw nor lie', () => {
    const { proxy, revoke } = Proxy.revocable({ ...entry }, {})
    revoke()
    expect(findEntryFault(proxy)).toEqual({ fault: 'not_an_object' })
    const throwing = Object.defineProperty({ ...entry }, 'user_id', {
      enumerable: true,
      get: () => {
        throw new Error('no')
      },
    })
    expect(verifyEntry(throwing)).toBe(false)
    let reads = 0
    const shifty = Object.defineProperty({ ...entry }, 'user_id', {
      enumerable: true,
      get: () => ((reads += 1) > 1 ? 'mallory' : entry.user_id),
    })
    expect(verifyEntry(shifty)).toBe(true)
    expect(reads).toBe(1)
  })

  it('is not called tampered because a program polluted Object.prototype', () => {
    let verdict: unknown
    // oxlint-disable-next-line no-extend-native -- what such a program does
    Object.defineProperty(Object.prototype, 'polluted', { value: 1, enumerable: true, configurable: true })
    try {
      verdict = [findEntryFault(entry), hashEntry(entry)]
    } finally {
      delete (Object.prototype as Record<string, unknown>)['polluted']
    }
    expect(verdict).toEqual([null, hash])
  })
})
