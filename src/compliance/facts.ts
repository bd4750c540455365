import type { EvidenceSection, Framework } from './control.ts'
import type { Evidence } from './evidence.ts'

/** A table of facts, for Markdown and HTML alike. */
export interface FactTable {
  readonly section: EvidenceSection
  readonly title: string
  /** What it is, and what it does not show. */
  readonly note: string
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** What a framework asks for and who does what, as a table. */
export function controlTable({ controls }: Framework): Pick<FactTable, 'head' | 'rows'> {
  return {
    head: ['', 'Asks for', 'The library', 'The host', 'To check', 'Sections'],
    rows: controls.map(({ id, asks, library, host, check, sections }) => [
      id,
      asks,
      library,
      host,
      check,
      sections.join(', '),
    ]),
  }
}

/** What the pack tells, section by section. */
export function factTables(evidence: Evidence): FactTable[] {
  const { actions, checkpoints, posture, policy, holds, purged, forwarders, log, samples } = evidence
  const ofLog = (prefix: string): Evidence['actions'] => actions.filter(({ action }) => action.startsWith(prefix))
  const counts = (found: Evidence['actions']): string[][] =>
    found.map(({ action, success, failure, denied, first, last }) => [
      action,
      String(success),
      String(failure),
      String(denied),
      first,
      last,
    ])
  const countHead = ['Action', 'Success', 'Failure', 'Denied', 'First', 'Last']
  return [
    {
      section: 'actions',
      title: 'Actions in the period',
      note: `${evidence.entries} entries, as the database counts them. What the application did not log is not here.`,
      head: countHead,
      rows: counts(actions),
    },
    {
      section: 'samples',
      title: 'Sample entries',
      note:
        samples === 0
          ? 'None: no checkpoint covers any.'
          : `The oldest entries of each action are in samples.bundle, proved against a checkpoint of ${log?.treeSize ?? 0} leaves. ` +
            'They verify offline: audit-log verify samples.bundle --key VERIFIER_KEY.',
      head: ['Entries in samples.bundle'],
      rows: [[String(samples)]],
    },
    {
      section: 'checkpoints',
      title: 'Checkpoints signed in the period',
      note: 'By the clock of the database. A log in which nothing happens signs nothing, so a gap is a question, not an answer.',
      head: ['Fact', 'Value'],
      rows: [
        ['Origin', log?.origin ?? 'no checkpoint has been signed'],
        ['Checkpoints', String(checkpoints.count)],
        ['Of these cosigned by a witness', String(checkpoints.cosigned)],
        ['First', signed(checkpoints.first)],
        ['Last', signed(checkpoints.last)],
        ['Longest time between two', seconds(checkpoints.longestGapSeconds)],
        ['Longest time from an entry to its checkpoint', seconds(checkpoints.longestDelaySeconds)],
      ],
    },
    {
      section: 'verification',
      title: 'Verifications on record',
      note: 'Entries about verifications and postures in the period. Verify again: audit-log verify --database, or an archive.',
      head: countHead,
      rows: counts([...ofLog('audit_log.verif'), ...ofLog('audit_log.posture'), ...ofLog('audit_log.cleared')]),
    },
    {
      section: 'posture',
      title: `Posture at ${posture.checkedAt}`,
      note:
        `PostgreSQL ${posture.serverVersion}, schema version ${posture.schemaVersion ?? 'unknown'}, looked at by ${posture.checkedBy}. ` +
        (posture.tamperResistant
          ? 'Guards and grants hold against the application.'
          : 'NOT tamper-resistant against the application.') +
        ' A posture proves nothing against a superuser.',
      head: ['Severity', 'Code', 'About', 'What was found'],
      rows: [
        ...posture.findings.map(({ severity, code, subject, meaning, detail }) => [
          severity,
          code,
          subject,
          detail === undefined ? meaning : `${meaning} ${detail}`,
        ]),
        ...posture.notChecked.map(({ check, reason }) => ['not checked', '', check, reason]),
      ],
    },
    {
      section: 'retention',
      title: 'Retention',
      note: `Every entry is kept for ${policy.keepDays} days at least (${policy.reason}, decided ${policy.decidedAt}). It can only grow.`,
      head: ['What', 'Which', 'Since', 'By'],
      rows: [
        ...holds.map((hold) => [
          hold.releasedAt === null ? 'legal hold in force' : `legal hold released ${hold.releasedAt}`,
          `${hold.holdId}: ${hold.reason}`,
          hold.placedAt,
          hold.approvedBy,
        ]),
        ...purged.map(({ partition, entries, treeSize, purgedAt, purgedBy }) => [
          'purged',
          `${partition}: ${entries} entries, archived up to ${treeSize} leaves`,
          purgedAt,
          purgedBy,
        ]),
      ],
    },
    {
      section: 'reading',
      title: 'Reads and exports of the log',
      note: 'Exports are always recorded, views where the host chose so.',
      head: countHead,
      rows: counts([...ofLog('audit_log.export'), ...ofLog('audit_log.view'), ...ofLog('audit_log.evidence')]),
    },
    {
      section: 'forwarding',
      title: 'Forwarding, as it is now',
      note: 'Whether a SIEM still has everything is shown by audit-log verify-copy, not here.',
      head: ['Forwarder', 'Leaves behind', 'Delivered', 'Dead letters', 'Problem'],
      rows: forwarders.map(({ name, behind, delivered, deadLettered, problem }) => [
        name,
        String(behind),
        String(delivered),
        String(deadLettered),
        problem ?? 'none',
      ]),
    },
  ]
}

/** What is said at the head of every pack. */
export const preamble: readonly string[] = [
  'Facts about an audit log and a period, beside what a framework asks for. Nothing here states that anybody complies with it: that is for an assessor to say.',
  'What comes with proofs verifies without the database and without trusting whoever hands it over: sample entries and checkpoints. Counts, posture, retention and forwarding are what the database said when the pack was made.',
]

const signed = (at: { readonly treeSize: number; readonly signedAt: string } | undefined): string =>
  at === undefined ? 'none' : `${at.treeSize} leaves, ${at.signedAt}`
const seconds = (value: number | undefined): string => (value === undefined ? 'none' : `${value.toFixed(1)} s`)
