import type { Framework } from './control.ts'

/** HIPAA Security Rule. */
export const hipaa: Framework = {
  name: 'hipaa',
  title: 'HIPAA Security Rule, 45 CFR Part 164 Subpart C',
  scope: '164.312(b), 164.316(b)(2) and what stands beside them',
  controls: [
    {
      id: '164.312(b)',
      asks: 'Mechanisms record and examine activity in systems that contain or use electronic protected health information.',
      library: 'Records what the host logs, and makes it possible to search, export and forward it.',
      host: 'Log access to such information, and examine.',
      check: 'Counts per action; reads and exports.',
      sections: ['actions', 'reading'],
    },
    {
      id: '164.312(c)(1)',
      asks: 'Policies and procedures protect electronic protected health information from improper alteration or destruction.',
      library: 'Holds for the log itself, not for what it is about.',
      host: 'Protect the information. Keep it out of the details of events; redaction at write helps.',
      check: 'Posture; verification.',
      sections: ['posture', 'verification'],
    },
    {
      id: '164.308(a)(1)(ii)(D)',
      asks: 'Records of information system activity, such as audit logs, access reports and the tracking of security incidents, are reviewed regularly, by procedures.',
      library: 'Queries, a page, exports and forwarding.',
      host: 'Review, and show it.',
      check: 'Reads and exports in the period, where the host logs them.',
      sections: ['reading', 'forwarding'],
    },
    {
      id: '164.316(b)(2)(i)',
      asks: 'Policies and procedures, and records of actions, activities and assessments that the rule wants documented, are kept for six years from their creation or from when they were last in effect, whichever is later.',
      library:
        'Retention of 365 days by default; six years take `extend({ keepDays: 2192 })` and the feature flag `audit_extended_retention`.',
      host: 'Decide whether the log is such documentation, and lengthen the retention if so.',
      check: 'Retention policy.',
      sections: ['retention'],
    },
    {
      id: '164.316(b)(2)(ii)',
      asks: 'Documentation is available to those who are responsible for implementing the procedures that it is about.',
      library: 'Readable in the database, by REST, and offline after a purge from its archive.',
      host: 'Grant access.',
      check: 'Retention and purges.',
      sections: ['retention'],
    },
  ],
}
