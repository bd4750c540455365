import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Entry } from '../../../../src/index.ts'
import { foldAcceptances, type FoldedAcceptance, type RiskEntry } from '../../../../src/log/risk/acceptance.ts'

const day = 86_400_000
const start = Date.parse('2026-01-01T00:00:00Z')
const at = (days: number): string => new Date(start + days * day).toISOString()

/** An entry about an acceptance, recorded on a day. */
function found(
  seq: number,
  action: string,
  details: object,
  more: Partial<Entry> & { intact?: boolean } = {},
): RiskEntry {
  const { intact = true, ...fields } = more
  const entry = {
    seq,
    action,
    timestamp: at(0),
    tenant_id: null,
    target: 'finding:1',
    outcome: 'success',
    details,
    ...fields,
  }
  return { entry: entry as Entry, leafIndex: seq, intact }
}
const terms = { acceptance_id: 'a', justification: 'because', requester: 'alice', approver: 'bob', expires_at: at(100) }
const one = (entries: readonly RiskEntry[], asOf = 1): FoldedAcceptance => {
  const folded = foldAcceptances(entries, start + asOf * day, 30 * day)
  expect(folded.length).toBe(1)
  return folded[0]!
}

describe('an acceptance', () => {
  const accepted = found(1, 'risk.accepted', terms)
  const renewed = found(2, 'risk.renewed', { ...terms, expires_at: at(300) })
  const revoked = found(3, 'risk.revoked', { acceptance_id: 'a', reason: 'exploited' })

  it('is in force, about to expire, and expired, by its terms alone', () => {
    expect([1, 69, 70, 99, 100, 500].map((asOf) => one([accepted], asOf).status)).toEqual([
      'in_force',
      'in_force',
      'about_to_expire',
      'about_to_expire',
      'expired',
      'expired',
    ])
  })

  it('lives on when it is renewed, also after it has expired', () => {
    const expired = found(2, 'risk.expired', { acceptance_id: 'a' }, { timestamp: at(101) })
    expect(one([accepted, expired], 101)).toMatchObject({
      status: 'expired',
      expiryRecorded: true,
      decidedBy: { entry: { seq: 2 } },
    })
    expect(one([accepted, expired, renewed], 150)).toMatchObject({
      status: 'in_force',
      expiryRecorded: false,
      terms: { expires_at: at(300) },
    })
  })

  it('is over when it is revoked, until it is accepted anew', () => {
    expect(one([accepted, revoked]).status).toBe('revoked')
    const again = one([accepted, revoked, renewed])
    expect([again.status, again.history.at(-1)?.faults]).toEqual(['revoked', ['renewed_after_revocation']])
    expect(one([accepted, revoked, found(4, 'risk.accepted', terms)]).status).toBe('in_force')
  })

  it('is known from its renewal when the rest of it has been purged', () => {
    expect(one([renewed]).status).toBe('in_force')
    expect(one([revoked])).toMatchObject({ status: 'revoked', terms: undefined })
  })

  it.each([
    ['no_justification', { justification: ' ' }, {}],
    ['no_requester', { requester: undefined }, {}],
    ['no_approver', { approver: null }, {}],
    ['approver_is_requester', { approver: ' ALICE' }, {}],
    ['no_expiry', { expires_at: 'never' }, {}],
    ['not_successful', {}, { outcome: 'denied' }],
    ['altered', {}, { intact: false }],
  ] as const)(
    'was never valid when another writer recorded it with %s, and does not disappear',
    (fault, wrong, more) => {
      const invalid = one([found(1, 'risk.accepted', { ...terms, ...wrong }, more)])
      expect(invalid).toMatchObject({ status: 'invalid', terms: undefined })
      expect(invalid.history.map(({ faults }) => faults)).toEqual([[fault]])
      // Nor does it replace terms that are valid.
      expect(
        one([accepted, found(2, 'risk.renewed', { ...terms, expires_at: at(300), ...wrong }, more)]).terms,
      ).toMatchObject({
        expires_at: at(100),
      })
    },
  )

  it('without an id is an acceptance of its own', () => {
    const { acceptance_id: _, ...without } = terms
    const folded = foldAcceptances([found(1, 'risk.accepted', without), found(2, 'risk.accepted', without)], start, 0)
    expect(folded.map(({ status, history }) => [status, history[0]?.faults])).toEqual([
      ['invalid', ['no_acceptance_id']],
      ['invalid', ['no_acceptance_id']],
    ])
  })

  it('is another one with another tenant or target', () => {
    const entries = [accepted, found(2, 'risk.revoked', { acceptance_id: 'a' }, { target: 'finding:2' })]
    const others = [...entries, found(3, 'risk.revoked', { acceptance_id: 'a' }, { tenant_id: 'contoso' })]
    expect(foldAcceptances(others, start, 0).map(({ status }) => status)).toEqual(['in_force', 'revoked', 'revoked'])
  })

  it('cannot be ended early by an entry that says it has expired', () => {
    const early = found(2, 'risk.expired', { acceptance_id: 'a' }, { timestamp: at(50) })
    expect(one([accepted, early])).toMatchObject({ status: 'in_force', expiryRecorded: false })
  })
})

describe('the register', () => {
  const grants = (entry: RiskEntry): boolean =>
    entry.entry.details['approver'] === 'bob' && entry.entry.outcome === 'success'

  // What the rules say, without a state that is carried along.
  function expected(entries: readonly RiskEntry[], asOf: number): string {
    const last = entries.findLastIndex((entry, index) => {
      if (!grants(entry)) return false
      if (entry.entry.action === 'risk.accepted') return true
      if (entry.entry.action !== 'risk.renewed') return false
      const revocation = entries.findLastIndex(({ entry: { action } }, i) => i < index && action === 'risk.revoked')
      return (
        revocation === -1 ||
        entries.some(
          (other, i) => i > revocation && i < index && other.entry.action === 'risk.accepted' && grants(other),
        )
      )
    })
    if (entries.some(({ entry }, i) => i > last && entry.action === 'risk.revoked')) return 'revoked'
    if (last === -1) return 'invalid'
    const left = Date.parse(entries[last]!.entry.details['expires_at'] as string) - asOf
    return left <= 0 ? 'expired' : left <= 30 * day ? 'about_to_expire' : 'in_force'
  }

  const history = fc.array(
    fc.record({
      id: fc.constantFrom('a', 'b'),
      action: fc.constantFrom('risk.accepted', 'risk.renewed', 'risk.revoked', 'risk.expired'),
      approver: fc.constantFrom('bob', 'bob', 'alice'),
      expires: fc.integer({ min: 0, max: 90 }),
      recorded: fc.integer({ min: 0, max: 90 }),
    }),
    { maxLength: 12 },
  )

  it('says what the rules say, at any time, and leaves no entry out', () => {
    fc.assert(
      fc.property(history, fc.integer({ min: 0, max: 100 }), (steps, days) => {
        const entries = steps.map(({ id, action, approver, expires, recorded }, seq) =>
          found(
            seq,
            action,
            { ...terms, acceptance_id: id, approver, expires_at: at(expires) },
            { timestamp: at(recorded) },
          ),
        )
        const asOf = start + days * day
        const folded = foldAcceptances(entries, asOf, 30 * day)
        for (const { acceptance_id, status, history: recorded, decidedBy } of folded) {
          const own = entries.filter(({ entry }) => entry.details['acceptance_id'] === acceptance_id)
          expect(status).toBe(expected(own, asOf))
          expect(recorded.map(({ entry }) => entry.seq)).toEqual(own.map(({ entry }) => entry.seq))
          expect(recorded).toContain(decidedBy)
        }
        expect(folded.flatMap(({ history: recorded }) => recorded).length).toBe(entries.length)
      }),
      { numRuns: 2000 },
    )
  })
})
