const url = ['masked', 'Where it delivers to. Secrets in the URL are masked.'] as const
const events = ['text[]', 'The events that it is told.'] as const

/** What the system does by itself. */
export const systemEvents = {
  'license.validated': {
    description: 'The license was found valid.',
    severity: 'informational',
    subject: 'configuration',
    verb: 'info',
    details: {
      edition: ['text?', 'The edition that is licensed.'],
      expires_at: ['time?', 'Until when it is valid.'],
      seats: ['whole?', 'How many users or tenants it covers.'],
    },
  },
  'license.validation_failed': {
    description: 'The license was not found valid.',
    severity: 'high',
    subject: 'configuration',
    verb: 'info',
    outcome: 'failure',
    details: { reason: ['masked', 'Why: expired, wrong signature, wrong host, server not reached.'] },
  },
  'webhook.created': {
    description: 'A webhook subscription was created.',
    severity: 'medium',
    subject: 'configuration',
    verb: 'create',
    target: 'webhook:<webhook id>',
    details: { url, events },
  },
  'webhook.changed': {
    description: 'A webhook subscription was changed.',
    severity: 'medium',
    subject: 'configuration',
    verb: 'change',
    target: 'webhook:<webhook id>',
    details: {
      changes: ['changes', 'What was changed, each with its value before and after. Secrets are masked.'],
    },
  },
  'webhook.removed': {
    description: 'A webhook subscription was removed.',
    severity: 'medium',
    subject: 'configuration',
    verb: 'delete',
    target: 'webhook:<webhook id>',
    details: { reason: ['text?', 'Why.'] },
  },
  'task.failed': {
    description: 'A background task failed, e.g. one of Celery.',
    severity: 'medium',
    subject: 'process',
    verb: 'end',
    target: 'task:<task id>',
    outcome: 'failure',
    details: {
      task: ['text', 'Its name.'],
      reason: ['masked', 'What went wrong.'],
      queue: ['text?', 'The queue that it came from.'],
      attempt: ['whole?', 'Which attempt this was, from 1.'],
      will_retry: ['flag?', 'Whether it will be tried again.'],
    },
  },
  'database.migrated': {
    description: 'A migration of the database was applied.',
    severity: 'medium',
    subject: 'configuration',
    verb: 'change',
    target: 'migration:<name of the migration>',
    details: {
      version: ['text?', 'The version of the schema that it leads to.'],
      sha256: ['text?', 'SHA-256 of the migration.'],
      duration_ms: ['whole?', 'How long it took, in milliseconds.'],
    },
  },
  'monitoring.started': {
    description: 'Realtime monitoring was started.',
    severity: 'low',
    subject: 'process',
    verb: 'start',
    target: 'monitor:<monitor id>',
    details: { rules: ['whole?', 'How many rules it watches.'] },
  },
  'monitoring.stopped': {
    description: 'Realtime monitoring was stopped.',
    severity: 'high',
    subject: 'process',
    verb: 'end',
    target: 'monitor:<monitor id>',
    details: {
      cause: ['user|system|failure', 'Who or what stopped it.'],
      reason: ['masked?', 'Why.'],
    },
  },
  'monitoring.alert': {
    description: 'Realtime monitoring raised an alert.',
    severity: 'high',
    subject: 'process',
    verb: 'info',
    target: 'monitor:<monitor id>',
    details: {
      rule: ['text', 'The rule that raised it.'],
      alert_severity: ['informational|low|medium|high|critical', 'How serious it is.'],
      summary: ['masked', 'What was seen, in one sentence.'],
      object: ['text?', 'What it is about.'],
    },
  },
} as const
