import type { Framework } from './control.ts'

/** NIST SP 800-53 Rev. 5, family AU. */
export const nist80053: Framework = {
  name: 'nist-800-53',
  title: 'NIST SP 800-53 Rev. 5',
  scope: 'Family AU, audit and accountability',
  controls: [
    {
      id: 'AU-2, AU-12',
      asks: 'Types of events to log are identified, chosen with a rationale and reviewed, and records are generated for them.',
      library: 'A catalogue of typed events, documented from its own source; a host adds its own.',
      host: 'Decide which events are logged and why, and log them.',
      check: 'Counts per action against docs/events.md.',
      sections: ['actions'],
    },
    {
      id: 'AU-3, AU-3(1)',
      asks: 'Records say what, when, where, from what source, with what outcome, by whom, and more where needed.',
      library: 'Action, timestamp, target, source address, outcome, user and details in one shape everywhere.',
      host: 'Fill them; where several components write, say in the details which one did.',
      check: 'Sample entries.',
      sections: ['samples'],
    },
    {
      id: 'AU-4',
      asks: 'Storage capacity is allocated for the retention.',
      library: 'Says what each month takes on disk; expired months can go.',
      host: 'Provide the disk.',
      check: '`audit-log retention show`.',
      sections: ['retention'],
    },
    {
      id: 'AU-5',
      asks: 'Failures of the logging process raise an alert within a defined time and have a defined response.',
      library:
        'Fails closed by default; failing open is an explicit choice that hands over every lost event. Status and callbacks for sequencing and forwarding.',
      host: 'Choose, and alert.',
      check: 'Posture and checkpoint history.',
      sections: ['posture', 'checkpoints'],
    },
    {
      id: 'AU-6, AU-7',
      asks: 'Records are reviewed and analysed at a defined frequency, and findings reported; records can be reduced and reported on demand, without altering content or order in time.',
      library: 'Filters, exports and forwarding that do not alter content or order.',
      host: 'Review.',
      check: 'Reads and exports in the period.',
      sections: ['reading', 'forwarding'],
    },
    {
      id: 'AU-8',
      asks: 'Time stamps come from internal clocks, in UTC or with a known offset from it, at a defined granularity.',
      library: "The database's clock at the insert, UTC, microseconds.",
      host: 'Synchronise it.',
      check: 'Sample entries.',
      sections: ['samples'],
    },
    {
      id: 'AU-9, AU-9(4)',
      asks: 'Records and tools are protected from unauthorised access, modification and deletion, and what is detected of that raises an alert; only a subset of privileged users may manage the logging.',
      library: 'Append-only tables, five roles, an owner without members, posture checks.',
      host: 'Keep the application out of the owner, sequencer and archivist roles; route the alarms (`onStateChange`, `onFinding`) to somebody.',
      check: 'Posture.',
      sections: ['posture'],
    },
    {
      id: 'AU-9(2)',
      asks: 'Records are stored, at a defined frequency, on a physically different system or component.',
      library: 'Forwarding, archives, and checkpoints that are published elsewhere.',
      host: 'Provide that system.',
      check: 'Forwarding; checkpoint history.',
      sections: ['forwarding', 'checkpoints'],
    },
    {
      id: 'AU-9(3)',
      asks: 'Cryptographic mechanisms protect the integrity of records and tools.',
      library:
        'SHA-256 for each entry, an RFC 6962 tree over all of them, Ed25519 signatures, cosignatures of witnesses.',
      host: 'Have at least one place for checkpoints, or a witness, that database administrators do not control.',
      check: '`audit-log verify`.',
      sections: ['verification', 'checkpoints'],
    },
    {
      id: 'AU-10',
      asks: 'Evidence that an individual, or a process on their behalf, performed an action is irrefutable.',
      library:
        'Proves that the log contains an entry, and, by the cosignature of a witness, that it did so at that time. It does not prove that the application told the truth about who acted.',
      host: 'Authenticate users, and let the application be audited itself.',
      check: 'Proofs of the sample entries.',
      sections: ['samples'],
    },
    {
      id: 'AU-11',
      asks: 'Records are retained for a defined time, for investigations and for what rules ask.',
      library: '365 days at least; can only grow; legal holds.',
      host: 'Define the time.',
      check: 'Retention policy, holds and purges.',
      sections: ['retention'],
    },
  ],
}
