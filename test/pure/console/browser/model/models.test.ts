import { describe, expect, test } from 'vitest'
import { type Acceptance, findAcceptances, timelineSpan } from '../../../../../src/console/browser/model/acceptances.ts'
import { dayTotals, fillDays, topActions } from '../../../../../src/console/browser/model/activity.ts'
import {
  type ForwarderKind,
  isForwarderName,
  readForwarderForm,
} from '../../../../../src/console/browser/model/forwarders.ts'
import { compareSeen, verdictOf } from '../../../../../src/console/browser/model/integrity.ts'
import { pollDelay } from '../../../../../src/console/browser/model/poll-delay.ts'
import { keptUntil } from '../../../../../src/console/browser/model/retention.ts'
import { english, format } from '../../../../../src/console/browser/strings.ts'

describe('activity', () => {
  const days = [
    {
      day: '2026-11-02',
      actions: [
        { action: 'a', success: 3, failure: 1, denied: 2 },
        { action: '*', success: 90, failure: 0, denied: 0 },
      ],
    },
    { day: '2026-11-04', actions: [{ action: 'b', success: 9, failure: 0, denied: 0 }] },
  ]
  test('has a bar for days without entries too', () => {
    const filled = fillDays(days, '2026-11-01T10:00:00Z', '2026-11-05T00:00:00Z')
    expect(filled.map(({ day }) => day)).toEqual(['2026-11-01', '2026-11-02', '2026-11-03', '2026-11-04'])
    expect(filled.map((day) => dayTotals(day).entries)).toEqual([0, 96, 0, 9])
    expect(dayTotals(days[0]!)).toEqual({ entries: 96, problems: 3 })
  })
  test('names the most frequent actions and not what the server folded together', () => {
    expect(topActions(days, 5)).toEqual(['b', 'a'])
  })
})

describe('polling', () => {
  test('slows down while nothing happens, up to half a minute', () => {
    expect(pollDelay(0, 0, undefined, 0.5)).toBe(2000)
    expect(pollDelay(5, 0, undefined, 0.5)).toBeGreaterThan(5000)
    expect(pollDelay(1000, 0, undefined, 0.5)).toBe(30_000)
  })
  test('backs off while it fails, up to two minutes', () => {
    expect(pollDelay(0, 1, undefined, 0.5)).toBe(4000)
    expect(pollDelay(0, 50, undefined, 0.5)).toBe(120_000)
  })
  test('never asks earlier than the server wants', () => {
    expect(pollDelay(0, 0, 60_000, 0)).toBe(60_000)
  })
})

describe('the verdict', () => {
  const fine = {
    signature: 'passed',
    compared: 'grown',
    anomalies: 0,
    critical: 0,
    weak: false,
    heldUp: false,
  } as const
  test.each([
    [{}, 'good'],
    [{ weak: true }, 'weak'],
    [{ heldUp: true }, 'weak'],
    [{ signature: 'unknown' }, 'unverified'],
    [{ signature: 'failed' }, 'bad'],
    [{ compared: 'shrunk' }, 'bad'],
    [{ compared: 'forked', signature: 'unknown' }, 'bad'],
    [{ anomalies: 1 }, 'bad'],
    [{ critical: 1, weak: true }, 'bad'],
  ] as const)('%j makes it %s', (change, verdict) => {
    expect(verdictOf({ ...fine, ...change })).toBe(verdict)
  })
  const seen = { tree_size: 10, root_hash: 'aa', at: '2026-11-25T00:00:00Z' }
  test.each([
    [undefined, 'first'],
    [{ ...seen, tree_size: 9 }, 'grown'],
    [seen, 'same'],
    [{ ...seen, root_hash: 'bb' }, 'forked'],
    [{ ...seen, tree_size: 11 }, 'shrunk'],
  ] as const)('a browser that saw %j finds the log %s', (before, result) => {
    expect(compareSeen(before, { tree_size: 10, root_hash: 'aa' }).result).toBe(result)
  })
})

describe('the form of a forwarder', () => {
  const kind: ForwarderKind = {
    kind: 'splunk',
    title: 'Splunk',
    fields: [
      { name: 'url', title: 'URL', type: 'url', required: true },
      { name: 'token', title: 'Token', type: 'secret', required: true },
      { name: 'batch', title: 'Batch', type: 'number', required: false },
      { name: 'ack', title: 'Ack', type: 'boolean', required: false },
    ],
  }
  const read = (values: Record<string, string>, set: string[] = []): ReturnType<typeof readForwarderForm> =>
    readForwarderForm(kind, new Map(Object.entries(values)), set)

  test('sends secrets apart, and a secret as it was typed', () => {
    expect(read({ url: ' https://a.example ', token: ' x ', batch: '5', ack: 'on' }).body).toEqual({
      kind: 'splunk',
      config: { url: 'https://a.example', batch: 5, ack: true },
      secrets: { token: ' x ' },
    })
  })
  test('leaves a secret out that is to be kept', () => {
    const { body, faults } = read({ url: 'https://a.example' }, ['token'])
    expect(body).toEqual({ kind: 'splunk', config: { url: 'https://a.example', ack: false } })
    expect([...faults]).toEqual([])
  })
  test('says what is missing or wrong, field by field', () => {
    expect([...read({ url: 'a.example', batch: '1.5' }).faults]).toEqual([
      ['url', 'form.badUrl'],
      ['token', 'form.required'],
      ['batch', 'form.badNumber'],
    ])
  })
  test.each(['javascript:alert(1)', 'file:///etc/passwd', 'https://'])('does not take %j for an address', (url) => {
    expect(read({ url, token: 'x' }).faults.get('url')).toBe('form.badUrl')
  })
  test.each([
    ['splunk-1', true],
    ['', false],
    ['Splunk_1.a', true],
    ['.hidden', false],
    ['a b', false],
    ['../x', false],
    ['a'.repeat(64), false],
  ])('%j as a name: %s', (name, fine) => {
    expect(isForwarderName(name)).toBe(fine)
  })
})

describe('acceptances', () => {
  const one = (target: string, state: Acceptance['state'], expires_at: string): Acceptance => ({
    target,
    state,
    expires_at,
    tenant_id: null,
    accepted_by: 'Alice',
    approved_by: 'bob',
    justification: null,
    accepted_at: '2026-10-01T00:00:00Z',
    seq: 1,
  })
  const all = [
    one('c', 'revoked', '2026-12-01'),
    one('b', 'in_force', '2027-01-01'),
    one('a', 'expiring', '2026-12-02'),
  ]
  test('come with what ends next first', () => {
    expect(findAcceptances(all, '').map(({ target }) => target)).toEqual(['a', 'b', 'c'])
  })
  test('are found by words in any order and case', () => {
    expect(findAcceptances(all, 'BOB alice a')).toHaveLength(3)
    expect(findAcceptances(all, 'mallory')).toEqual([])
  })
  test('make a timeline of at most a year to each side', () => {
    const now = Date.parse('2026-11-25')
    const { from, to } = timelineSpan([one('x', 'in_force', '2099-01-01')], now)
    expect(to - now).toBe(366 * 86_400_000)
    expect(from).toBe(Date.parse('2026-10-01'))
  })
})

test('what is recorded today is kept so many days', () => {
  expect(keptUntil(10, new Date('2026-11-25T00:00:00Z'))).toBe('2026-12-05T00:00:00.000Z')
  for (const days of [0, -1, 1.5, Number.NaN, 1e9]) expect(keptUntil(days, new Date())).toBeUndefined()
})

describe('texts', () => {
  test('take values into their places, and a value is no place', () => {
    expect(format('{a} and {b}', { a: '{b}', b: 1 })).toBe('{b} and 1')
    expect(format('{constructor}', {})).toBe('{constructor}')
  })
  test('are none of them empty', () => {
    expect(Object.entries(english).filter(([, text]) => text.trim() === '')).toEqual([])
  })
})
