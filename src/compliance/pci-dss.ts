import type { Framework } from './control.ts'

/** PCI DSS 4.0.1, requirement 10. */
export const pciDss: Framework = {
  name: 'pci-dss',
  title: 'PCI DSS 4.0.1',
  scope: 'Requirement 10: log and monitor all access to system components and cardholder data',
  controls: [
    {
      id: '10.2.1',
      asks: 'Audit logs are enabled and active for all system components and cardholder data.',
      library:
        'Records what the host logs, in the same transaction as the change; fails closed unless the host chose otherwise.',
      host: 'Log every relevant action; the event catalogue lists those of EntraGuard. Other components need logs of their own.',
      check: 'Counts per action in the period: an action that should occur and does not is a gap.',
      sections: ['actions'],
    },
    {
      id: '10.2.1.1 to 10.2.1.7',
      asks: 'Logs capture access of each user to cardholder data, actions of administrators, access to the logs, invalid attempts at access, changes of credentials and of administrative accounts, starting, stopping and pausing of logging, creation and deletion of system-level objects.',
      library:
        'Has typed events for logins and failed logins, configuration, API keys, and system events. Exports of the log and postures are entries too.',
      host: 'Call the events where these things happen, and log reads of the log by choice (`auditViews`).',
      check: 'The counts of `user.*`, `settings.*`, `api_key.*` and `audit_log.*`.',
      sections: ['actions', 'reading'],
    },
    {
      id: '10.2.2',
      asks: 'Each entry has user, type of event, date and time, success or failure, origin, and which data, component, resource or service was affected.',
      library:
        'The fields `user_id`, `action`, `timestamp`, `outcome`, `source_ip`, `target`; time, number and hash come from the database, not from the client.',
      host: 'Pass user, target and client address; `withContext` and the middleware do it for a whole request.',
      check: 'The sample entries of the pack.',
      sections: ['samples'],
    },
    {
      id: '10.3.1',
      asks: 'Read access to audit logs is limited to those whose job needs it.',
      library: 'Reading takes the reader role; the REST API demands an `authorize` and keeps tenants apart.',
      host: 'Grant the reader role narrowly, decide in `authorize` who sees what, and in `allowDestination` where forwarders may send the log.',
      check: 'Posture findings on grants and memberships.',
      sections: ['posture'],
    },
    {
      id: '10.3.2',
      asks: 'Audit log files are protected from modification by individuals.',
      library:
        'UPDATE, DELETE and TRUNCATE are refused to everybody while the guards are on; the owner role, which has no members, and superusers can switch them off, and what they alter of what was sequenced shows against a checkpoint that somebody else holds.',
      host: 'Let the application log in as a role that is not the owner, and publish checkpoints to a place that database administrators do not control.',
      check: '`audit-log doctor`, and `audit-log verify` of an archive against a checkpoint from that place.',
      sections: ['posture', 'checkpoints', 'verification'],
    },
    {
      id: '10.3.3',
      asks: 'Audit logs, those of components that face outwards included, are promptly backed up to secure, central, internal log servers or other media that is difficult to modify.',
      library:
        'Forwards every entry to a SIEM at least once, and keeps a record of those that it does not take; archives with proofs can be written to any medium.',
      host: 'Configure a forwarder, and keep the SIEM under other administrators.',
      check: 'Lag and counters of the forwarders; `audit-log verify-copy` of what the SIEM returns.',
      sections: ['forwarding'],
    },
    {
      id: '10.3.4',
      asks: 'Change detection is used on audit logs, so that existing data cannot be changed without an alert.',
      library:
        'Verification finds edited, missing and reordered entries, and names them as far as what is left tells; the sequencer halts rather than sign a changed history; postures are checked on a schedule.',
      host: 'Route the alarms (`onStateChange`, `onFinding`) to somebody, and verify on a schedule from outside of the database.',
      check: 'Verification and posture history of the period.',
      sections: ['verification', 'posture'],
    },
    {
      id: '10.4.1, 10.4.1.1',
      asks: 'Security events, and the logs of components that hold cardholder data, are critical or serve security, are reviewed at least once a day, by automated mechanisms.',
      library: 'Queries, the page Settings -> Audit Log and the SIEM make review possible. It does not review.',
      host: 'Review, and show that it is done.',
      check: 'Reads and exports of the log in the period, where the host logs them.',
      sections: ['reading'],
    },
    {
      id: '10.5.1',
      asks: 'Audit log history is kept for at least twelve months, the latest three of them immediately available.',
      library:
        'Keeps every entry a calendar year at least, all of it in the database; retention can only grow, and `purge_month` drops nothing younger.',
      host: 'Lengthen it where other rules ask for more (feature flag `audit_extended_retention`).',
      check: 'Retention policy, legal holds and purges.',
      sections: ['retention'],
    },
    {
      id: '10.6.1',
      asks: 'System clocks are synchronised by technology made for it.',
      library: "Takes the time from the database's clock at the insert, in microseconds and UTC, never from a client.",
      host: 'Synchronise the clock of the database host.',
      check: 'The times of checkpoints that witnesses cosigned are those of their clocks.',
      sections: ['checkpoints'],
    },
    {
      id: '10.7.2',
      asks: 'Failures of critical security controls, audit logging, its review and change detection among them, are detected, alerted and addressed promptly.',
      library:
        'Errors reach the caller; status and metrics say what is not sequenced or not forwarded; callbacks fire when that lasts.',
      host: 'Alert on them, and address them.',
      check: 'Posture history, and the age of the oldest entry without a checkpoint.',
      sections: ['posture', 'checkpoints'],
    },
  ],
}
