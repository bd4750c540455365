import { sqlStateOf } from './database-error.ts'
import { type Database, type Executor, withConnection } from './database.ts'

/**
 * Runs `work` on one connection, reading only and from one snapshot, and takes back every setting that it made. In a
 * transaction of the host's, that is: `db` is a single connection with one open, it works at a savepoint of it instead.
 */
export async function withSnapshot<T>(db: Database, work: (executor: Executor) => Promise<T>): Promise<T> {
  return withConnection(db, async (executor) => {
    const isOpen = await executor.run('savepoint audit_log_snapshot').then(
      () => true,
      (error: unknown) => {
        if (sqlStateOf(error) === '25P01') return false
        throw error
      },
    )
    if (!isOpen) await executor.run('begin isolation level repeatable read read only')
    const undo = isOpen
      ? ['rollback to savepoint audit_log_snapshot', 'release savepoint audit_log_snapshot']
      : ['rollback']
    try {
      return await work(executor)
    } finally {
      for (const statement of undo) await executor.run(statement).catch(() => undefined)
    }
  })
}

/** Runs `work` so that an error in it does not end the transaction that is open. */
export async function atSavepoint<T>(executor: Executor, work: () => Promise<T>): Promise<T> {
  await executor.run('savepoint audit_log_attempt')
  try {
    return await work()
  } catch (error) {
    await executor.run('rollback to savepoint audit_log_attempt')
    throw error
  } finally {
    await executor.run('release savepoint audit_log_attempt').catch(() => undefined)
  }
}
