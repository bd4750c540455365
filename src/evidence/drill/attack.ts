import type { Executor } from '../../database/database.ts'
import type { Scratch } from './scratch.ts'

/** Whose rights an attacker has. */
export type AttackLevel = 'writer' | 'reader' | 'owner' | 'superuser'

/** One way to tamper with a log. */
export interface Attack {
  /** Stable, e.g. `delete-with-triggers-off`. */
  readonly id: string
  readonly level: AttackLevel
  /** What is done, as a fact. */
  readonly title: string
  /**
   * Does it, in a transaction that is rolled back afterwards: SQL in which `{s}` stands for the scratch schema and `{owner}`,
   * `{writer}`, ... for its roles, or code. When nothing throws, the attack succeeded.
   */
  readonly run: string | ((scratch: Scratch, executor: Executor) => Promise<void>)
  /** SQL that tells whether it had the effect that it was made for. Default: an attack that is not refused had it. */
  readonly effective?: string
}

/** Attacks of one level, from a table of id, title and what is run. */
export function attacksOf(
  level: AttackLevel,
  table: Readonly<Record<string, readonly [title: string, run: Attack['run'], effective?: string]>>,
): Attack[] {
  return Object.entries(table).map(([id, [title, run, effective]]) => ({
    id: `${level}-${id}`,
    level,
    title,
    run,
    ...(effective === undefined ? {} : { effective }),
  }))
}
