import type { Framework } from './control.ts'

/** SOC 2 Type II, common criteria CC6 and CC7. */
export const soc2: Framework = {
  name: 'soc2',
  title: 'SOC 2 Type II (Trust Services Criteria 2017, revised points of focus 2022)',
  scope: 'CC6 (logical and physical access) and CC7 (system operations), as far as an audit log is evidence for them',
  controls: [
    {
      id: 'CC6.1',
      asks: 'Logical access security protects information assets from security events.',
      library:
        'Five roles that separate writing, reading, sequencing and purging; the runtime role is neither owner nor able to become it, which `watchPosture()` checks at start and every hour.',
      host: 'Use separate logins, and look at the findings.',
      check: 'Posture: grants, memberships, effective rights of the runtime login.',
      sections: ['posture'],
    },
    {
      id: 'CC6.2, CC6.3',
      asks: 'Users are authorised before they get credentials, and lose them when they no longer are; access is granted, changed and removed by role, with least privilege and segregation of duties in mind.',
      library: 'Events for logins, API keys and settings with before and after, who did it and from where.',
      host: 'Log each grant, change and removal. The authorisation itself is kept elsewhere.',
      check: 'Counts and samples of `user.*`, `api_key.*`, `settings.*`.',
      sections: ['actions', 'samples'],
    },
    {
      id: 'CC6.6, CC6.7',
      asks: 'Logical access security protects against threats from outside; transmission, movement and removal of information are restricted to authorised users and processes, and protected.',
      library:
        'Exports of the log are gated, authorised and recorded before the first byte goes out; secrets are masked on request.',
      host: 'Decide who may export, and use TLS.',
      check: 'Exports in the period.',
      sections: ['reading'],
    },
    {
      id: 'CC7.1',
      asks: 'Changes of configuration that introduce vulnerabilities, and susceptibilities to newly discovered ones, are detected.',
      library:
        'Compares triggers, functions and grants of the log with what was shipped, on a schedule, and records the result.',
      host: 'Run it, log changes of configuration of the product itself, and scan for vulnerabilities, which this does not.',
      check: 'Posture history; counts of `settings.*`.',
      sections: ['posture', 'actions'],
    },
    {
      id: 'CC7.2',
      asks: 'System components are monitored for anomalies that indicate malicious acts, natural disasters or errors, and anomalies are analysed.',
      library: 'Failed and denied attempts have an outcome of their own; every entry can go to a SIEM.',
      host: 'Monitor, in the SIEM or by queries.',
      check: 'Counts per outcome; forwarding.',
      sections: ['actions', 'forwarding'],
    },
    {
      id: 'CC7.3, CC7.4',
      asks: 'Security events are evaluated for whether they are incidents; incidents are responded to by a defined programme.',
      library:
        'Gives evidence that was not altered since: proofs for single entries, complete ranges, and a verdict with a reason.',
      host: 'Evaluate and respond; log that you did.',
      check: 'Sample entries with proofs; verification.',
      sections: ['samples', 'verification'],
    },
    {
      id: 'Type II: the period',
      asks: 'Controls operated effectively throughout the period.',
      library:
        'Checkpoints are signed while the log grows; their sequence shows when the log was sequenced, and cosignatures when witnesses saw it.',
      host: 'Explain gaps.',
      check: 'Checkpoint history of the period, with its longest gap.',
      sections: ['checkpoints', 'posture'],
    },
  ],
}
