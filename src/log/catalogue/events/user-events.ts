const changes = ['changes', 'The settings that were changed, each with its value before and after. Secrets are masked.'] as const
const reason = ['text?', 'Why.'] as const

/** What people do: come and go, change the configuration, use API keys and reports. */
export const userEvents = {
  'user.login': {
    description: 'A user logged in.',
    severity: 'informational',
    subject: 'session',
    verb: 'start',
    details: {
      method: ['text?', 'How: password, saml, oidc, ldap, passkey.'],
      mfa: ['flag?', 'Whether a second factor was shown.'],
      session_id: ['text?', 'An identifier of the session that is no secret.'],
    },
  },
  'user.login_failed': {
    description: 'Somebody tried to log in and was not let in.',
    severity: 'medium',
    subject: 'session',
    verb: 'start',
    outcome: 'failure',
    details: {
      reason: ['text', 'Why: unknown_user, wrong_password, locked, mfa_failed.'],
      method: ['text?', 'How: password, saml, oidc, ldap, passkey.'],
      claimed_user: ['text?', 'The name that was given. Leave it out where people type passwords into that field.'],
      attempts: ['whole?', 'How many failures in a row this makes.'],
    },
  },
  'user.logout': {
    description: 'A session ended.',
    severity: 'informational',
    subject: 'session',
    verb: 'end',
    details: {
      cause: ['user|timeout|administrator|system', 'Who or what ended it.'],
      session_id: ['text?', 'An identifier of the session that is no secret.'],
    },
  },
  'config.tenant.changed': {
    description: 'Settings of a tenant were changed.',
    severity: 'medium',
    subject: 'configuration',
    verb: 'change',
    target: 'tenant:<tenant id>',
    details: { changes, reason },
  },
  'config.ldap.changed': {
    description: 'The connection to a directory (LDAP) was changed.',
    severity: 'high',
    subject: 'configuration',
    verb: 'change',
    target: 'ldap:<directory id>',
    details: { changes, reason },
  },
  'config.notification_channel.changed': {
    description: 'A notification channel was changed.',
    severity: 'medium',
    subject: 'configuration',
    verb: 'change',
    target: 'notification_channel:<channel id>',
    details: { changes, channel_kind: ['text?', 'What it is: email, slack, teams, webhook, syslog.'], reason },
  },
  'api_key.created': {
    description: 'An API key was created.',
    severity: 'medium',
    subject: 'account',
    verb: 'create',
    target: 'api_key:<key id>',
    details: {
      name: ['text', 'What it is called.'],
      scopes: ['text[]', 'What it may do.'],
      expires_at: ['future?', 'Until when it is valid.'],
      owner: ['text?', 'Who it acts for.'],
    },
  },
  'api_key.revoked': {
    description: 'An API key was revoked.',
    severity: 'medium',
    subject: 'account',
    verb: 'delete',
    target: 'api_key:<key id>',
    details: { name: ['text?', 'What it was called.'], reason },
  },
  'report.downloaded': {
    description: 'A report was downloaded.',
    severity: 'low',
    subject: 'file',
    verb: 'read',
    target: 'report:<report id>',
    details: { format: ['text', 'Its file format, such as pdf.'], sha256: ['text?', 'SHA-256 of the file.'] },
  },
  'report.exported': {
    description: 'A report, or the data behind it, was exported to another place.',
    severity: 'medium',
    subject: 'file',
    verb: 'read',
    target: 'report:<report id>',
    details: {
      format: ['text', 'Its file format, such as csv.'],
      destination: ['masked?', 'Where it went: an address or the name of an integration.'],
      rows: ['whole?', 'How many rows it has.'],
      sha256: ['text?', 'SHA-256 of the file.'],
    },
  },
} as const
