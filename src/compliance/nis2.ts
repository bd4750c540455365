import type { Framework } from './control.ts'

/** NIS2, article 21, and what its implementing regulation says of logs. */
export const nis2: Framework = {
  name: 'nis2',
  title: 'NIS2: Directive (EU) 2022/2555',
  scope:
    'Article 21(2), cybersecurity risk-management measures, as far as an audit log supports them; and point 3.2, monitoring and logging, of the ' +
    'annex of Implementing Regulation (EU) 2024/2690, which is for providers of DNS, cloud, data centre, managed and trust services and some others',
  controls: [
    {
      id: 'Art. 21(2)(a)',
      asks: 'Policies on risk analysis and information system security.',
      library:
        'Keeps risk acceptances with justification, approver and expiry, and answers which were in force at any date.',
      host: 'Have the policies.',
      check: 'Counts and samples of `risk.*` and `finding.*`.',
      sections: ['actions', 'samples'],
    },
    {
      id: 'Art. 21(2)(b)',
      asks: 'Incident handling.',
      library:
        'A record that is not altered after the fact, with times from one clock, for the early warning, the notification and the reports of Article 23.',
      host: 'Handle and report incidents.',
      check: 'Verification; samples with proofs.',
      sections: ['verification', 'samples'],
    },
    {
      id: 'Art. 21(2)(c)',
      asks: 'Business continuity, such as backup management and disaster recovery, and crisis management.',
      library:
        'Survives dump and restore, crashes and fail-over to a synchronous standby without losing or repeating a leaf; a log that was put back to an earlier point has a verdict of its own, against a checkpoint that was kept elsewhere.',
      host: 'Back up; keep archives elsewhere.',
      check: 'Checkpoint history.',
      sections: ['checkpoints'],
    },
    {
      id: 'Art. 21(2)(e)',
      asks: 'Security in acquisition, development and maintenance of network and information systems, vulnerability handling and disclosure included.',
      library: 'Events for migrations, tasks that failed and monitoring; SECURITY.md says how to report.',
      host: 'Log changes and deployments.',
      check: 'Counts of system events.',
      sections: ['actions'],
    },
    {
      id: 'Art. 21(2)(f)',
      asks: 'Policies and procedures to assess the effectiveness of risk-management measures.',
      library:
        'Posture checks and verification have results that are entries; the drill shows which attacks are refused, detected, or not.',
      host: 'Assess.',
      check: 'Posture and verification history; `audit-log drill`.',
      sections: ['posture', 'verification'],
    },
    {
      id: 'Art. 21(2)(h)',
      asks: 'Policies and procedures on the use of cryptography and, where appropriate, encryption.',
      library: 'Public formats and algorithms (SHA-256, Ed25519, RFC 6962, C2SP).',
      host: 'Keep the keys.',
      check: 'Verifier keys named in the pack.',
      sections: ['checkpoints'],
    },
    {
      id: 'Art. 21(2)(i)',
      asks: 'Human resources security, access control policies and asset management.',
      library: 'Who did what, when, from where, and whether it was allowed, for every action that the host logs.',
      host: 'Log access decisions.',
      check: 'Counts per action and outcome.',
      sections: ['actions'],
    },
    {
      id: '2024/2690, 3.2.3',
      asks: 'Logs are kept, documented and reviewed, where appropriate of the life of user accounts, access, authentication, privileged access and changes of critical configuration.',
      library:
        'Typed events for logins, API keys and settings with before and after; a host defines its own for the rest.',
      host: 'Log each of them, and review. Network traffic, physical access and the like are logged elsewhere.',
      check: 'Counts and samples per action.',
      sections: ['actions', 'samples'],
    },
    {
      id: '2024/2690, 3.2.4',
      asks: 'Logs are reviewed for unusual trends; thresholds raise alarms, which are answered in time.',
      library:
        'Failures and refusals have outcomes of their own; every entry can go to a SIEM, in leaf order and at least once.',
      host: 'Set thresholds there, and answer.',
      check: 'Counts per outcome; lag and counters of the forwarders.',
      sections: ['actions', 'forwarding'],
    },
    {
      id: '2024/2690, 3.2.5',
      asks: 'Logs are kept and backed up for a period that is laid down, and protected from unauthorised access and changes.',
      library:
        'Append-only storage, in which a change by a superuser shows against a checkpoint that somebody else holds, reading by role and tenant, retention that can only grow, archives that verify.',
      host: 'Lay down the period; back up the database and the archives.',
      check: 'Retention, holds and purges; posture; verification.',
      sections: ['retention', 'posture', 'verification'],
    },
    {
      id: '2024/2690, 3.2.6',
      asks: 'As far as feasible, clocks are synchronised; what monitors and logs is redundant, and its availability is monitored from elsewhere.',
      library:
        "Uses the database's clock alone; sequencers and forwarders stand by for one another; a published checkpoint that grows old shows outside that the log stands still.",
      host: 'Synchronise the clock of the database host, run standbys, and watch from another system.',
      check: 'Checkpoint history of the period, with its longest gap.',
      sections: ['checkpoints'],
    },
  ],
}
