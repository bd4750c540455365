import type { AuditEvents, AuditLoggerOptions, BuiltInEvents, EventInput } from '../../src/index.ts'

/** Each event of the built-in catalogue as a host would log it, and how: the key is both its action and its place. */
export type SampleEvents = {
  readonly [Action in keyof BuiltInEvents]: {
    readonly event: EventInput<BuiltInEvents[Action]>
    readonly log: (
      events: AuditEvents<AuditLoggerOptions>,
      event: EventInput<BuiltInEvents[Action]>,
    ) => Promise<unknown>
  }
}

const tomorrow = new Date(Date.now() + 86_400_000)
const terms = {
  acceptance_id: 'acc-1',
  justification: 'The system is replaced in March.',
  requester: 'alice',
  approver: 'bob',
  expires_at: tomorrow,
}

export const sampleEvents: SampleEvents = {
  'scan.started': {
    event: { user_id: 'alice', target: 'scan:7', details: { trigger: 'manual', collectors: ['users', 'groups'] } },
    log: (events, event) => events.scan.started(event),
  },
  'scan.completed': {
    event: { target: 'scan:7', details: { duration_ms: 1200, findings: 3, findings_by_severity: { high: 3 } } },
    log: (events, event) => events.scan.completed(event),
  },
  'scan.failed': {
    event: { target: 'scan:7', details: { reason: 'the directory did not answer', stage: 'collect' } },
    log: (events, event) => events.scan.failed(event),
  },
  'collection.progress': {
    event: { target: 'scan:7', details: { collector: 'users', state: 'running', collected: 500, total: 2000 } },
    log: (events, event) => events.collection.progress(event),
  },
  'analysis.completed': {
    event: { target: 'scan:7', details: { findings: 3, checks_passed: 40, checks_failed: 2 } },
    log: (events, event) => events.analysis.completed(event),
  },
  'analysis.failed': {
    event: { target: 'scan:7', details: { reason: 'a rule is not valid' } },
    log: (events, event) => events.analysis.failed(event),
  },
  'score.calculated': {
    event: { target: 'scan:7', details: { score: 71.5, previous_score: 69, maximum: 100, method: 'v3' } },
    log: (events, event) => events.score.calculated(event),
  },
  'report.generated': {
    event: { target: 'report:9', details: { format: 'pdf', scan_id: '7', size_bytes: 81_234 } },
    log: (events, event) => events.report.generated(event),
  },
  'user.login': {
    event: { user_id: 'alice', source_ip: '203.0.113.7', details: { method: 'saml', mfa: true } },
    log: (events, event) => events.user.login(event),
  },
  'user.login_failed': {
    event: { source_ip: '203.0.113.7', details: { reason: 'wrong_password', claimed_user: 'alice', attempts: 2 } },
    log: (events, event) => events.user.login_failed(event),
  },
  'user.logout': {
    event: { user_id: 'alice', details: { cause: 'timeout' } },
    log: (events, event) => events.user.logout(event),
  },
  'config.tenant.changed': {
    event: {
      user_id: 'alice',
      target: 'tenant:contoso',
      details: { changes: { retention_days: { before: 90, after: 365 } } },
    },
    log: (events, event) => events.config.tenant.changed(event),
  },
  'config.ldap.changed': {
    event: { target: 'ldap:main', details: { changes: { host: { before: 'dc1', after: 'dc2' } } } },
    log: (events, event) => events.config.ldap.changed(event),
  },
  'config.notification_channel.changed': {
    event: {
      target: 'notification_channel:soc',
      details: { channel_kind: 'slack', changes: { enabled: { after: true } } },
    },
    log: (events, event) => events.config.notification_channel.changed(event),
  },
  'api_key.created': {
    event: { target: 'api_key:k1', details: { name: 'CI', scopes: ['scan.read'], expires_at: tomorrow } },
    log: (events, event) => events.api_key.created(event),
  },
  'api_key.revoked': {
    event: { target: 'api_key:k1', details: { name: 'CI', reason: 'not used' } },
    log: (events, event) => events.api_key.revoked(event),
  },
  'report.downloaded': {
    event: { target: 'report:9', details: { format: 'pdf' } },
    log: (events, event) => events.report.downloaded(event),
  },
  'report.exported': {
    event: { target: 'report:9', details: { format: 'csv', destination: 'https://files.example/in', rows: 12 } },
    log: (events, event) => events.report.exported(event),
  },
  'finding.acknowledged': {
    event: { user_id: 'alice', target: 'finding:42', details: { comment: 'on it', due_at: tomorrow } },
    log: (events, event) => events.finding.acknowledged(event),
  },
  'risk.accepted': {
    event: { target: 'finding:42', details: { ...terms, severity: 'high', compensating_controls: ['MFA'] } },
    log: (events, event) => events.risk.accepted(event),
  },
  'risk.renewed': {
    event: { target: 'finding:42', details: terms },
    log: (events, event) => events.risk.renewed(event),
  },
  'risk.revoked': {
    event: { target: 'finding:42', details: { acceptance_id: 'acc-1', reason: 'exploited in the wild' } },
    log: (events, event) => events.risk.revoked(event),
  },
  'risk.expired': {
    event: { target: 'finding:42', details: { acceptance_id: 'acc-1', expired_at: '2026-01-01T00:00:00Z' } },
    log: (events, event) => events.risk.expired(event),
  },
  'license.validated': {
    event: { details: { edition: 'enterprise', expires_at: tomorrow, seats: 50 } },
    log: (events, event) => events.license.validated(event),
  },
  'license.validation_failed': {
    event: { details: { reason: 'expired' } },
    log: (events, event) => events.license.validation_failed(event),
  },
  'webhook.created': {
    event: { target: 'webhook:w1', details: { url: 'https://hooks.example/in', events: ['scan.completed'] } },
    log: (events, event) => events.webhook.created(event),
  },
  'webhook.changed': {
    event: { target: 'webhook:w1', details: { changes: { events: { before: [], after: ['scan.failed'] } } } },
    log: (events, event) => events.webhook.changed(event),
  },
  'webhook.removed': {
    event: { target: 'webhook:w1' },
    log: (events, event) => events.webhook.removed(event),
  },
  'task.failed': {
    event: { target: 'task:c0ffee', details: { task: 'collect_users', reason: 'timeout', attempt: 3, queue: 'scans' } },
    log: (events, event) => events.task.failed(event),
  },
  'database.migrated': {
    event: { target: 'migration:0042_add_index', details: { version: '42', duration_ms: 12 } },
    log: (events, event) => events.database.migrated(event),
  },
  'monitoring.started': {
    event: { target: 'monitor:live', details: { rules: 12 } },
    log: (events, event) => events.monitoring.started(event),
  },
  'monitoring.stopped': {
    event: { target: 'monitor:live', details: { cause: 'user' } },
    log: (events, event) => events.monitoring.stopped(event),
  },
  'monitoring.alert': {
    event: {
      target: 'monitor:live',
      details: { rule: 'new-global-admin', alert_severity: 'critical', summary: 'A global administrator was added.' },
    },
    log: (events, event) => events.monitoring.alert(event),
  },
}
