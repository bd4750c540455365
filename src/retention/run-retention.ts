import { type Database, type Executor, executorOf, type Row } from '../database/database.ts'
import { explaining } from '../database/explain-error.ts'

/** Runs one statement on the host's database. @throws AuditLogError with the code for the refusal */
export function runRetention(db: Database, text: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
  return runOn(executorOf(db), text, values)
}

/** The same on one connection. */
export async function runOn(
  executor: Executor,
  text: string,
  values: readonly unknown[] = [],
): Promise<readonly Row[]> {
  try {
    return await executor.run(text, values)
  } catch (error) {
    throw explain(error)
  }
}

const inUse = 'the partition is in use: nothing was dropped, try again'

// The messages of sql/0007-retention.sql name months, days and holds, and nothing of an entry.
const explain = explaining(
  'this login may not do that: reading takes the reader role, extending and holding the writer role, purging and releasing the archivist role',
  'retention_failed',
  'the database refused',
  {
    WO020: ['retention_too_young'],
    WO022: ['legal_hold'],
    WO023: ['month_unknown'],
    WO024: ['month_uncovered'],
    WO025: ['purge_busy'],
    WO026: ['retention_invalid'],
    '55P03': ['purge_busy', inUse],
    '40P01': ['purge_busy', inUse],
  },
)
