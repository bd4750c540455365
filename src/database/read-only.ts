import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { sha256Hex } from '../canonical/sha256.ts'
import {
  type Database,
  type Executor,
  executorOf,
  hasOwnConnections,
  isPreparedStatementLost,
  withConnection,
} from './database.ts'

/**
 * Reads in a transaction that can write nothing, and that sees the log at one moment. When the signal is aborted the
 * statement that runs is cancelled in the server, not only abandoned here.
 *
 * A database that is a single connection (PGlite, a transaction) runs the work as it is: there is nobody to cancel it.
 *
 * @throws whatever `work` throws; the signal's reason when it was aborted
 */
export async function readOnly<T>(
  db: Database,
  signal: AbortSignal,
  work: (executor: Executor) => Promise<T>,
): Promise<T> {
  return onConnection(db, signal, async (executor) => {
    if (!hasOwnConnections(db)) return work(executor)
    await executor.run('begin isolation level repeatable read read only')
    try {
      const result = await work(cancellable(executor, db, signal))
      await executor.run('commit')
      return result
    } catch (error) {
      await executor.run('rollback').catch(() => undefined)
      throw error
    }
  })
}

/**
 * Like {@link readOnly}, without a transaction, for work that is one SELECT: that sees the log at one moment by itself, and
 * saves the round trips of beginning and committing.
 */
export async function readCancellably<T>(
  db: Database,
  signal: AbortSignal,
  work: (executor: Executor) => Promise<T>,
): Promise<T> {
  return onConnection(db, signal, (executor) => work(preparing(cancellable(executor, db, signal), db)))
}

async function onConnection<T>(
  db: Database,
  signal: AbortSignal,
  work: (executor: Executor) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted()
  if (!hasOwnConnections(db)) return work(executorOf(db))
  return withConnection(db, async (executor) => {
    try {
      return await work(executor)
    } catch (error) {
      signal.throwIfAborted()
      throw error
    }
  })
}

/** Marks the statements of this process that can be cancelled, so that nobody else's is taken for one. */
const processMark = randomBytes(9).toString('hex')
let marks = 0
const nextMark = (): string => `${processMark} ${(marks += 1)}`
const cancelMarked = `select pg_cancel_backend(pid) from pg_stat_activity where state = 'active' and starts_with(query, $1)`
const againAfterMs = 50

/**
 * Statements are found by a mark in their text and not by the process of their backend: so it costs nothing to be able to
 * cancel one, and it is the right one also behind a pooler, where the process that the driver knows is none of the server's.
 */
function cancellable(executor: Executor, db: Database, signal: AbortSignal): Executor {
  if (!hasOwnConnections(db)) return executor
  return {
    ...executor,
    async run(text, values, name) {
      signal.throwIfAborted()
      const prepared = name !== undefined && executor.session !== undefined
      const mark = prepared ? markOf(executor.session) : nextMark()
      const comment = `/* audit-log ${mark} */`
      const statement = { over: false }
      let sent: Promise<unknown> | undefined
      const cancel = (): void => {
        void withConnection(db, async (other) => {
          // Waiting for a connection can take until the statement has ended; and it may not have reached the server yet.
          for (; !statement.over; await sleep(againAfterMs)) {
            sent = other.run(cancelMarked, [comment]).catch(() => undefined)
            await sent
          }
        }).catch(() => undefined)
      }
      signal.addEventListener('abort', cancel)
      try {
        return await executor.run(`${comment} ${text}`, values, prepared ? `${name} ${mark}` : undefined)
      } finally {
        statement.over = true
        signal.removeEventListener('abort', cancel)
        // So that it cannot hit what runs next on the connection.
        await sent
      }
    },
  }
}

/**
 * The mark of all prepared statements of a session, which have it in the text that was prepared. A session runs one at a time, so
 * it still is the right one; it is in the name too, so that behind a pooler none is taken for that of another session.
 */
function markOf(session: object): string {
  const mark = sessionMarks.get(session) ?? nextMark()
  sessionMarks.set(session, mark)
  return mark
}
const sessionMarks = new WeakMap<object, string>()

/** Databases whose pooler turned out not to know prepared statements. */
const unprepared = new WeakSet<Database>()

function preparing(executor: Executor, db: Database): Executor {
  if (executor.session === undefined) return executor
  return {
    ...executor,
    async runPrepared(text) {
      if (!unprepared.has(db)) {
        try {
          return await executor.run(text, undefined, sha256Hex(text).slice(0, 16))
        } catch (error) {
          if (!isPreparedStatementLost(error)) throw error
          unprepared.add(db)
        }
      }
      return executor.run(text)
    },
  }
}
