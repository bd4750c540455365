import type { Collected, Period } from './collect.ts'
import type { Framework } from './control.ts'

/** What the pack tells, as `evidence.json` has it. */
export interface Evidence extends Collected {
  readonly format: 'audit-log-evidence/1'
  readonly framework: Framework
  readonly period: Period
  /** Clock of the database: RFC 3339, UTC. */
  readonly generatedAt: string
  /** The log's origin, and the size of the tree against which the samples are proved. */
  readonly log: { readonly origin: string; readonly treeSize: number } | undefined
  /** Sample entries in `samples.bundle`; 0 when there is no such file. */
  readonly samples: number
}
