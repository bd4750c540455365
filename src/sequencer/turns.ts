import { type AnswerLimits, answeringInTime } from '../database/answer-in-time.ts'
import { type Database, type Executor, executorOf, isSingleConnection, withTransaction } from '../database/database.ts'

/**
 * The database as a sequencer uses it: rounds in transactions, and the publishing beside them. On a pool the two have
 * connections of their own. On a single connection (PGlite, one `pg` client) a statement of the publishing would end up in
 * the transaction of a round, so there they take turns.
 */
export class Turns {
  readonly #db: Database
  readonly #shared: boolean
  #last: Promise<unknown> = Promise.resolve()
  /** Runs a statement outside of the transactions, which is given up when it has no answer in time. */
  readonly executor: Executor
  /** The same for one that may take however long it takes. */
  readonly patient: Executor

  /** @throws AuditLogError `option_invalid` when `db` is no database */
  constructor(db: Database, limits?: AnswerLimits) {
    const direct = executorOf(db)
    this.#db = answeringInTime(db, limits)
    this.#shared = isSingleConnection(db)
    const inTime = executorOf(this.#db)
    this.executor = { run: (text, values) => this.#take(() => inTime.run(text, values)) }
    this.patient = { run: (text, values) => this.#take(() => direct.run(text, values)) }
  }

  /**
   * Runs `work` in a transaction whose commit is on disk when this resolves, and on every synchronous standby, whatever the
   * defaults of the login are. Each of its statements sees what was committed before the statement.
   */
  transaction<T>(work: (executor: Executor) => Promise<T>): Promise<T> {
    const durable = async (executor: Executor): Promise<T> => {
      await executor.run(
        // The search path: what somebody put into the schema public must not be taken for a built-in function or operator.
        `select set_config('search_path', 'pg_catalog, pg_temp', true), set_config('synchronous_commit', 'on', true), set_config('lock_timeout', '5s', true),
           set_config('idle_in_transaction_session_timeout', '10s', true), set_config('statement_timeout', '600s', true)`,
      )
      return work(executor)
    }
    return this.#take(() => withTransaction(this.#db, durable, 'begin isolation level read committed read write'))
  }

  #take<T>(work: () => Promise<T>): Promise<T> {
    if (!this.#shared) return work()
    const turn = this.#last.then(work)
    this.#last = turn.catch(() => undefined)
    return turn
  }
}
