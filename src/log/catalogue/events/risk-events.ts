// The terms stand here twice: the types of an exported object are read from what is written in it (isolatedDeclarations).

/** How findings are acknowledged and risks accepted. The register of accepted risks is read from these entries. */
export const riskEvents = {
  'finding.acknowledged': {
    description: 'Somebody has seen a finding and takes care of it.',
    severity: 'low',
    subject: 'data',
    verb: 'change',
    target: 'finding:<finding id>',
    details: {
      comment: ['text?', 'What they say about it.'],
      assignee: ['text?', 'Who takes care of it.'],
      due_at: ['time?', 'Until when.'],
    },
  },
  'risk.accepted': {
    description: 'The risk of a finding was accepted until a date.',
    severity: 'high',
    subject: 'data',
    verb: 'change',
    target: 'finding:<finding id>',
    details: {
      acceptance_id: ['text', 'Identifies the acceptance in all of its entries; unique in its tenant.'],
      justification: ['text', 'Why the risk is acceptable.'],
      requester: ['text', 'Who asked for it.'],
      approver: ['text', 'Who approved it: somebody other than the requester.'],
      expires_at: ['future', 'When it ends.'],
      severity: ['text?', 'Severity of the finding at that time.'],
      compensating_controls: ['text[]?', 'What is done instead.'],
      ticket: ['text?', 'Where it was discussed.'],
    },
    apart: ['requester', 'approver'],
  },
  'risk.renewed': {
    description: 'The acceptance of a risk was approved anew, with a new date.',
    severity: 'high',
    subject: 'data',
    verb: 'change',
    target: 'finding:<finding id>',
    details: {
      acceptance_id: ['text', 'Identifies the acceptance in all of its entries; unique in its tenant.'],
      justification: ['text', 'Why the risk is acceptable.'],
      requester: ['text', 'Who asked for it.'],
      approver: ['text', 'Who approved it: somebody other than the requester.'],
      expires_at: ['future', 'When it ends.'],
      severity: ['text?', 'Severity of the finding at that time.'],
      compensating_controls: ['text[]?', 'What is done instead.'],
      ticket: ['text?', 'Where it was discussed.'],
    },
    apart: ['requester', 'approver'],
  },
  'risk.revoked': {
    description: 'The acceptance of a risk was withdrawn.',
    severity: 'medium',
    subject: 'data',
    verb: 'change',
    target: 'finding:<finding id>',
    details: {
      acceptance_id: ['text', 'Identifies the acceptance in all of its entries; unique in its tenant.'],
      reason: ['text', 'Why it was withdrawn.'],
    },
  },
  'risk.expired': {
    description: 'The acceptance of a risk has come to its end. Recorded by the register itself.',
    severity: 'medium',
    subject: 'data',
    verb: 'change',
    target: 'finding:<finding id>',
    details: {
      acceptance_id: ['text', 'Identifies the acceptance in all of its entries; unique in its tenant.'],
      expired_at: ['time', 'When it ended.'],
    },
  },
} as const
