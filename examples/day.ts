import type { AuditEvent } from '@entraguard/audit-log'

/** The events of one working day of a small tenant, as a security product for Entra ID and Active Directory produces them. */
export function* aDay(): Generator<AuditEvent, void, undefined> {
  const tenant_id = 'contoso'
  const alice = { tenant_id, user_id: 'alice@contoso.example', source_ip: '203.0.113.7' }
  const bob = { tenant_id, user_id: 'bob@contoso.example', source_ip: '2001:db8::b0b' }

  yield { tenant_id, action: 'license.validated', details: { edition: 'enterprise', seats: 50 } }
  yield { ...alice, action: 'user.login', details: { method: 'passkey' } }
  yield { ...bob, action: 'user.login_failed', details: { reason: 'wrong_password', attempts: 1 } }
  yield { ...bob, action: 'user.login', details: { method: 'password', mfa: true } }

  for (const [number, collector] of ['entra_id', 'active_directory', 'exchange_online'].entries()) {
    const target = `scan:${number + 1}`
    yield { ...alice, action: 'scan.started', target, details: { trigger: 'manual', collectors: [collector] } }
    for (const collected of [410, 820, 1230, 1640]) {
      const details = { collector, state: 'running', collected, total: 1640 }
      yield { tenant_id, action: 'collection.progress', target, details }
    }
    if (collector === 'exchange_online') {
      yield { tenant_id, action: 'scan.failed', target, details: { reason: 'throttled', stage: 'collection' } }
    } else {
      yield { tenant_id, action: 'analysis.completed', target, details: { findings: 4 + number } }
      yield { tenant_id, action: 'score.calculated', target, details: { score: 71.5, previous_score: 68 } }
      yield { tenant_id, action: 'scan.completed', target, details: { duration_ms: 81_234, findings: 4 + number } }
    }
  }

  for (let finding = 4701; finding <= 4740; finding += 1) {
    const details = { comment: 'Known – naïve 😀 but true', assignee: 'alice@contoso.example' }
    yield { ...bob, action: 'finding.acknowledged', target: `finding:${finding}`, details }
  }
  yield {
    ...bob,
    action: 'risk.accepted',
    target: 'finding:4711',
    details: {
      acceptance_id: 'acceptance-17',
      justification: 'The printer needs NTLM until it is replaced',
      requester: 'bob@contoso.example',
      approver: 'carol@contoso.example',
      expires_at: new Date(Date.now() + 90 * 86_400_000).toISOString(),
    },
  }
  yield {
    ...alice,
    action: 'config.ldap.changed',
    target: 'ldap:corp',
    details: { changes: { tls: { before: false, after: true }, bind_password: { before: 'old', after: 'new' } } },
  }
  yield { ...alice, action: 'api_key.created', target: 'api_key:ci', details: { name: 'CI', scopes: ['scan:read'] } }
  yield {
    ...bob,
    action: 'api_key.created',
    target: 'api_key:mine',
    outcome: 'denied',
    details: { name: 'mine', scopes: ['*'] },
  }
  yield { tenant_id, action: 'task.failed', target: 'task:mailer', details: { task: 'send_mail', reason: 'no route' } }
  yield { ...alice, action: 'report.exported', target: 'report:2026-11', details: { format: 'pdf', rows: 38 } }
  yield { ...alice, action: 'user.logout', details: { cause: 'user' } }
}
