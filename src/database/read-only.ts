import { type Database, type Executor, executorOf, hasOwnConnections, withConnection } from './database.ts'

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
  signal.throwIfAborted()
  if (!hasOwnConnections(db)) return work(executorOf(db))
  return withConnection(db, async (executor) => {
    await executor.run('begin isolation level repeatable read read only')
    try {
      const [row] = await executor.run('select pg_backend_pid() as pid')
      const result = await cancelled(db, Number(row?.['pid']), signal, () => work(executor))
      await executor.run('commit')
      return result
    } catch (error) {
      await executor.run('rollback').catch(() => undefined)
      signal.throwIfAborted()
      throw error
    }
  })
}

/** The transaction is still open while the cancellation is sent, so that it cannot hit what comes next on the connection. */
async function cancelled<T>(db: Database, pid: number, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  let over = false
  let sent: Promise<unknown> | undefined
  const cancel = (): void => {
    void withConnection(db, (other) => {
      // Waiting for a connection can take until the work is over.
      if (over) return Promise.resolve()
      sent = other.run('select pg_cancel_backend($1)', [pid]).catch(() => undefined)
      return sent
    }).catch(() => undefined)
  }
  signal.addEventListener('abort', cancel)
  try {
    signal.throwIfAborted()
    return await work()
  } finally {
    over = true
    signal.removeEventListener('abort', cancel)
    await sent
  }
}
