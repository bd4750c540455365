import type { PastEvent } from './history.ts'

const day = 86_400_000
const people = [
  'mia.keller@contoso.example',
  'jonas.weber@contoso.example',
  'amira.haddad@contoso.example',
  'li.wei@contoso.example',
  'sofia.rossi@contoso.example',
  'tom.okafor@contoso.example',
]
const actions: readonly (readonly [action: string, weight: number])[] = [
  ['user.login', 30],
  ['scan.started', 8],
  ['collection.progress', 18],
  ['scan.completed', 8],
  ['finding.acknowledged', 12],
  ['report.generated', 5],
  ['user.login_failed', 6],
  ['settings.changed', 2],
  ['export.requested', 3],
  ['score.calculated', 8],
]

/** A small generator of numbers that are the same in every run: mulberry32. */
function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** What a security product would have recorded over some days, the oldest first. */
export function officeDays(count: number, days: number, now: Date): PastEvent[] {
  const random = numbers(7)
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!
  const weighted = actions.flatMap(([action, weight]) => Array.from({ length: weight }, () => action))
  const times = Array.from({ length: count }, () => {
    const at = new Date(now.getTime() - random() * days * day - 60_000)
    // Fewer people work at weekends.
    if ([0, 6].includes(at.getUTCDay()) && random() < 0.75) at.setTime(at.getTime() - 2 * day)
    return at.toISOString()
  }).sort()
  return times.map((at, index) => {
    const action = pick(weighted)
    const number = Math.floor(random() * 900) + 100
    const user =
      action.startsWith('scan') || action.startsWith('collection') || action.startsWith('score') ? null : pick(people)
    return {
      at,
      action,
      tenant_id: random() < 0.7 ? 'contoso' : 'fabrikam',
      user_id: user,
      target: targetOf(action, number),
      source_ip: user === null ? null : `203.0.113.${Math.floor(random() * 60) + 4}`,
      outcome: action === 'user.login_failed' ? 'failure' : random() < 0.012 ? 'denied' : 'success',
      details: detailsOf(action, number, index),
    }
  })
}

function targetOf(action: string, number: number): string | null {
  if (action.startsWith('finding')) return `finding:${number}`
  if (/^(scan|collection|score)/.test(action)) return `scan:${number}`
  return action === 'report.generated' ? `report:${number}` : null
}

function detailsOf(action: string, number: number, index: number): NonNullable<PastEvent['details']> {
  if (action === 'user.login') return { method: index % 3 === 0 ? 'passkey' : 'saml', mfa: true }
  if (action === 'user.login_failed') return { method: 'password', reason: 'wrong password', attempts: (index % 4) + 1 }
  if (action === 'scan.completed')
    return {
      duration_ms: 1000 + number * 7,
      findings: number % 23,
      findings_by_severity: { critical: number % 3, high: number % 7 },
    }
  if (action === 'collection.progress')
    return { collector: 'conditional-access', state: 'running', collected: number, total: 1000 }
  if (action === 'finding.acknowledged')
    return { comment: 'Owner informed, fix is planned.', assignee: 'platform-team' }
  return action === 'score.calculated' ? { score: 60 + (number % 40), maximum: 100 } : {}
}

/** Acceptances of risks: by name of the finding, when it was accepted and when that ends, in days from now. */
export function acceptances(now: Date): PastEvent[] {
  const accepted = [
    [
      'finding:MFA-114',
      'Break-glass account; the hardware token is in the safe and its use raises an alarm.',
      0,
      1,
      -34,
      56,
    ],
    [
      'finding:OAUTH-27',
      'The vendor replaces the application in March; its consent is limited to reading calendars.',
      2,
      1,
      -29,
      12,
    ],
    ['finding:LEGACY-5', 'The scanner in plant 3 speaks nothing newer; it stands in its own network.', 3, 4, -61, -3],
    ['finding:GUEST-301', 'Guests of the joint venture; reviewed every month.', 4, 1, -20, 160],
    ['finding:ADMIN-12', 'Needed for the migration, which ends this quarter.', 5, 0, -45, 27],
    ['finding:TLS-88', 'Internal test system without customer data.', 2, 4, -12, 78],
  ] as const
  const at = (offset: number): string => new Date(now.getTime() + offset * day).toISOString()
  const events = accepted.map(([target, justification, requester, approver, from, to], index): PastEvent => ({
    at: at(from),
    action: 'risk.accepted',
    tenant_id: 'contoso',
    user_id: people[approver]!,
    target,
    source_ip: '203.0.113.20',
    details: {
      acceptance_id: `acc-${index + 1}`,
      justification,
      requester: people[requester]!,
      approver: people[approver]!,
      expires_at: at(to),
      severity: index % 2 === 0 ? 'high' : 'medium',
    },
  }))
  const revoked: PastEvent = {
    at: at(-2),
    action: 'risk.revoked',
    tenant_id: 'contoso',
    user_id: people[1]!,
    target: 'finding:TLS-88',
    details: { acceptance_id: 'acc-6', reason: 'The system got customer data after all.' },
  }
  return [...events, revoked].sort((a, b) => (a.at < b.at ? -1 : 1))
}

const bad = `<img src=x onerror="globalThis.hacked=1">`

/** Entries whose every field tries something. */
export function hostileEvents(now: Date): PastEvent[] {
  const at = now.toISOString()
  return [
    {
      at,
      action: 'hostile.markup',
      tenant_id: bad,
      user_id: bad,
      target: bad,
      source_ip: '2001:db8::1',
      details: { [bad]: bad, nested: [{ [bad]: [bad] }] },
    },
    {
      at,
      action: 'hostile.bidi',
      user_id: 'admin\u202Egnp.exe',
      target: 'pay\u2066\u2067load\u2069',
      details: { 'na\u202Eme': 'va\u200Blue\u0007' },
    },
    {
      at,
      action: 'hostile.large',
      target: 'x'.repeat(1000),
      details: { text: 'A'.repeat(60_000), list: Array.from({ length: 900 }, (_, index) => index) },
    },
    {
      at,
      action: 'hostile.deep',
      details: Array.from({ length: 28 }).reduce<object>((inner) => ({ inner }), { end: true }) as never,
    },
    {
      at,
      action: 'hostile.proto',
      details: JSON.parse('{"__proto__":{"polluted":true},"constructor":"x","toString":null}') as never,
    },
  ]
}
