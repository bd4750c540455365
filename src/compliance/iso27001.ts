import type { Framework } from './control.ts'

/** ISO/IEC 27001:2022, annex A. */
export const iso27001: Framework = {
  name: 'iso27001',
  title: 'ISO/IEC 27001:2022',
  scope: 'Annex A 8.15 (logging) and its neighbours',
  controls: [
    {
      id: 'A.8.15',
      asks: 'Logs of activities, exceptions, faults and other relevant events are produced, stored, protected and analysed.',
      library:
        'Produces and stores entries that the application and ordinary administrators cannot change, as long as they cannot become the owner; a change by a superuser shows against a checkpoint that somebody else holds.',
      host: 'Decide what is logged; analyse it.',
      check: 'Counts per action; posture; verification.',
      sections: ['actions', 'posture', 'verification'],
    },
    {
      id: 'A.8.16',
      asks: 'Networks, systems and applications are monitored for anomalous behaviour, and possible incidents are evaluated.',
      library: 'Forwards to four SIEMs and to generic receivers, in leaf order and at least once.',
      host: 'Monitor there, and evaluate.',
      check: 'Lag and counters of the forwarders.',
      sections: ['forwarding'],
    },
    {
      id: 'A.8.17',
      asks: 'Clocks are synchronised to approved time sources.',
      library: "Uses the database's clock alone; a witness's cosignature carries the witness's own time.",
      host: 'Synchronise the clock of the database host.',
      check: 'Times of entries, checkpoints and cosignatures agree.',
      sections: ['checkpoints'],
    },
    {
      id: 'A.5.28',
      asks: 'There are procedures to identify, collect, acquire and preserve evidence of security events.',
      library:
        'Exports, archives and proofs verify offline, without the database and without trusting whoever hands them over.',
      host: 'Keep checkpoints and archives out of reach of whoever is investigated.',
      check: '`audit-log verify` of the `samples.bundle` of this pack.',
      sections: ['samples', 'verification'],
    },
    {
      id: 'A.5.33',
      asks: 'Records are protected from loss, destruction, falsification, unauthorised access and unauthorised release.',
      library:
        'Append-only storage, retention that can only grow, legal holds, purges only of expired months that a signed checkpoint covers, and by `audit-log purge` only with a verified archive.',
      host: 'Back up the database and the archives.',
      check: 'Retention, holds and purges; posture.',
      sections: ['retention', 'posture'],
    },
    {
      id: 'A.8.2',
      asks: 'Allocation and use of privileged access rights are restricted and managed.',
      library:
        'The owner role has no members; purging and sequencing have roles of their own; the posture names the logins besides superusers that could get around that.',
      host: 'Review who is superuser.',
      check: 'Posture.',
      sections: ['posture'],
    },
    {
      id: 'A.8.10',
      asks: 'Information that is no longer required is deleted.',
      library:
        'Expired months are purged as a whole, as an entry of the log; docs/privacy.md says what of a person remains.',
      host: 'Run `audit-log purge` on a schedule.',
      check: 'Purges in the period.',
      sections: ['retention'],
    },
    {
      id: 'A.8.24',
      asks: 'Rules for the effective use of cryptography, key management included, are defined and implemented.',
      library:
        'SHA-256, Ed25519 and public formats only; keys are used through an interface, need not be on the database host, and can be changed without breaking old proofs.',
      host: 'Keep the signing key, and plan its change.',
      check: 'Verifier keys named in the pack.',
      sections: ['checkpoints'],
    },
  ],
}
