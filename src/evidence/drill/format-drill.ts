import type { AttackLevel } from './attack.ts'
import type { DrillOutcome, DrillReport, DrillResult } from './run-drill.ts'

const levels: Readonly<Record<AttackLevel, string>> = {
  writer: 'Level 1: a login that writes (a compromised application)',
  reader: 'Level 2: a login that reads',
  owner: 'Level 3: the owner of the schema (a DBA, or an application that logs in as the owner)',
  superuser: 'Level 4: a superuser, with the signing key where it says so',
}

const outcomes: Readonly<Record<DrillOutcome, string>> = {
  refused: 'refused',
  no_effect: 'no effect',
  detected: 'DETECTED',
  outside_only: 'ONLY OUTSIDE EVIDENCE',
  undetectable: 'NOT DETECTABLE',
}

const refusers: Readonly<Record<NonNullable<DrillResult['refusedBy']>, string>> = {
  privileges: 'privileges',
  guard: 'append-only guard',
  stamping: 'rules of the log',
  server: 'PostgreSQL',
}

/** The matrix as Markdown, for an auditor. */
export function formatDrill(report: DrillReport): string {
  const { serverVersion, entries, results } = report
  const count = (outcome: DrillOutcome): number => results.filter((result) => result.outcome === outcome).length
  return [
    '# Tamper drill',
    '',
    `${results.length} attacks on a scratch log of ${entries} entries, PostgreSQL ${serverVersion}: ${count('refused')} refused, ` +
      `${count('no_effect')} without effect, ${count('detected')} detected by what is in the database, ${count('outside_only')} shown only by evidence ` +
      `that is kept outside of it, ${count('undetectable')} not detectable.`,
    '',
    'Detectors: **entry_hash** an entry against its own hash; **leaf** entries against the leaves of the tree; **checkpoint** leaves against the',
    'signed checkpoints beside them; **posture** the catalog against what was shipped; and from outside: **baseline** marks of the catalog kept',
    'elsewhere; **verify** what audit-log verify says of the log and a checkpoint that was kept; **witness** a checkpoint that somebody',
    'else holds; **receipt** hashes that clients kept.',
    ...(Object.keys(levels) as AttackLevel[]).flatMap((level) => [
      '',
      `## ${levels[level]}`,
      '',
      '| attack | outcome | by |',
      '|---|---|---|',
      ...results.filter((result) => result.level === level).map(formatResult),
    ]),
    '',
  ].join('\n')
}

function formatResult({ title, outcome, refusedBy, sqlState, detectedBy }: DrillResult): string {
  const by =
    refusedBy === undefined
      ? Object.entries(detectedBy)
          .map(([detector, what]) => (detector === 'posture' ? `${detector} (${what})` : detector))
          .join(', ')
      : `${refusers[refusedBy]} (${sqlState ?? ''})`
  return `| ${title} | ${outcomes[outcome]} | ${by} |`
}
