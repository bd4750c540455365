import { type Database, type Executor, executorOf } from '../database/database.ts'
import { DatabaseError, sqlStateOf } from '../database/database-error.ts'
import { notInstalled } from '../database/explain-error.ts'
import type { Row } from '../database/database.ts'
import { AuditLogError, type AuditLogErrorCode } from '../errors.ts'

/** The refusals of sql/0007-retention.sql, and what of PostgreSQL's own a caller can do something about. */
const codes: Readonly<Record<string, AuditLogErrorCode>> = {
  WO020: 'retention_too_young',
  WO022: 'legal_hold',
  WO023: 'month_unknown',
  WO024: 'month_uncovered',
  WO025: 'purge_busy',
  WO026: 'retention_invalid',
  '55P03': 'purge_busy',
  '40P01': 'purge_busy',
  '42501': 'privilege_missing',
  '3F000': 'schema_missing',
  '42P01': 'schema_missing',
  '42883': 'schema_missing',
}

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
    throw explainRetention(error)
  }
}

function explainRetention(error: unknown): AuditLogError {
  if (error instanceof AuditLogError) return error
  const sqlState = sqlStateOf(error)
  const cause = new DatabaseError(error)
  const code = sqlState === undefined ? undefined : codes[sqlState]
  // Messages of our own SQLSTATEs name months, days and holds, and nothing of an entry.
  const message = sqlState?.startsWith('WO') === true ? cause.message : (messages[code ?? ''] ?? 'the database refused')
  return new AuditLogError(code ?? 'retention_failed', message, {
    cause,
    ...(sqlState === undefined ? {} : { sqlState }),
  })
}

const messages: Readonly<Record<string, string>> = {
  purge_busy: 'the partition is in use: nothing was dropped, try again',
  privilege_missing:
    'this login may not do that: reading takes the reader role, extending and holding the writer role, purging and releasing the archivist role',
  schema_missing: notInstalled,
}
