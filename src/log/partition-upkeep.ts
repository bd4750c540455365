import { type Database, executorOf, hasOwnConnections } from '../database/database.ts'
import { quoteIdentifier } from '../schema/names.ts'

const everyMs = 86_400_000
const monthsAhead = 3

/**
 * Keeps the partitions of the months ahead ready in a process that runs for months: once a day, beside a write, on a
 * connection of its own. `installSchema()` does it when a process starts. A host with only a single connection is left
 * alone, because that may be in a transaction.
 *
 * Failing is no harm: the default partition takes the entries, and the next process or the next day tries again.
 */
export class PartitionUpkeep {
  readonly #db: Database
  readonly #statement: string
  readonly #possible: boolean
  #due: number

  constructor(db: Database, schema: string, now: number = Date.now()) {
    this.#due = now + everyMs
    this.#db = db
    this.#statement = `select ${quoteIdentifier(schema)}.ensure_partitions($1)`
    this.#possible = hasOwnConnections(db)
  }

  /** Does it if a day has passed; undefined otherwise. The promise never rejects. */
  run(now: number = Date.now()): Promise<void> | undefined {
    if (!this.#possible || now < this.#due) return undefined
    this.#due = now + everyMs
    return executorOf(this.#db)
      .run(this.#statement, [monthsAhead])
      .then(
        () => undefined,
        () => undefined,
      )
  }
}
