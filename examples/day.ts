import type { AuditEvent } from '@entraguard/audit-log'

/** The events of one working day of a small tenant, as a security product for Entra ID and Active Directory produces them. */
export function* aDay(): Generator<AuditEvent, void, undefined> {
  const tenant_id = 'contoso'
  const [alice, bob] = [
    { tenant_id, user_id: 'alice@contoso.example', source_ip: '203.0.113.7' },
    { tenant_id, user_id: 'bob@contoso.example', source_ip: '2001:db8::b0b' },
  ]

  yield { tenant_id, action: 'license.validated', details: { edition: 'enterprise', seats: 50 } }
  yield { ...alice, action: 'user.login', details: { method: 'passkey' } }
  yield { ...bob, action: 'user.login', outcome: 'failure', details: { reason: 'wrong_password', attempt: 1 } }
  yield { ...bob, action: 'user.login', details: { method: 'password', mfa: 'totp' } }

  for (const [number, collector] of ['entra_id', 'active_directory', 'exchange_online'].entries()) {
    const target = `scan:${collector}`
    yield { ...alice, action: 'scan.started', target, details: { collector } }
    for (let percent = 25; percent <= 100; percent += 25) {
      yield { tenant_id, action: 'scan.progress', target, details: { collector, percent, objects: percent * 41 } }
    }
    if (collector === 'exchange_online') {
      yield {
        tenant_id,
        action: 'scan.failed',
        target,
        outcome: 'failure',
        details: { error: 'throttled', retries: 3 },
      }
    } else {
      yield { tenant_id, action: 'scan.completed', target, details: { findings: { critical: number, high: 4 } } }
    }
  }
  yield { tenant_id, action: 'score.calculated', target: 'tenant:contoso', details: { score: 71.5, previous: 68 } }
  yield {
    ...bob,
    action: 'finding.acknowledged',
    target: 'finding:4711',
    details: { note: 'Known – naïve 😀 but true' },
  }
  yield {
    ...bob,
    action: 'risk.accepted',
    target: 'finding:4711',
    details: {
      justification: 'Legacy printer needs NTLM until it is replaced',
      approved_by: 'carol@contoso.example',
      expires_at: '2027-03-31T00:00:00Z',
    },
  }
  yield {
    ...alice,
    action: 'settings.changed',
    target: 'settings:ldap',
    details: { before: { tls: false }, after: { tls: true } },
  }
  yield { ...alice, action: 'api_key.created', target: 'api_key:ci', details: { scopes: ['scan:read'] } }
  yield { ...bob, action: 'api_key.created', target: 'api_key:mine', outcome: 'denied' }
  yield { tenant_id, action: 'task.failed', target: 'task:mailer', outcome: 'failure', details: { worker: 'celery-2' } }
  for (let finding = 1; finding <= 60; finding += 1) {
    yield { ...bob, action: 'finding.viewed', target: `finding:${finding}` }
  }
  yield { ...alice, action: 'report.exported', target: 'report:2026-11', details: { format: 'pdf', pages: 38 } }
  yield { ...alice, action: 'user.logout' }
}
