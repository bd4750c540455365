import type pg from 'pg'
import type { Command } from 'commander'
import { DatabaseError } from '../database/database-error.ts'
import { AuditLogError } from '../errors.ts'

/**
 * What the exit code of every command means: 0, all is well; 1, the command found what it looks for (an entry that does not
 * verify, a gap in the posture); 2, that cannot be told, because the command line is wrong or something cannot be reached.
 */
export const exitCodes = { ok: 0, finding: 1, cannotTell: 2 } as const

/** One of {@link exitCodes}. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** The options that {@link addDatabaseOptions} adds. */
export interface DatabaseOptions {
  readonly databaseUrl?: string
  readonly schema: string
}

/** Adds `--database-url` and `--schema` to a command that works on the database. */
export function addDatabaseOptions(command: Command): Command {
  return command
    .option('--database-url <url>', 'PostgreSQL connection string; default is the environment variable DATABASE_URL')
    .option('--schema <name>', 'schema of the log', 'audit_log')
}

/**
 * Opens a pool with the driver that the host has installed. Nothing is sent before the first query.
 *
 * @param connections how many at most. Default is 4.
 * @throws AuditLogError `option_invalid` without a connection string; `driver_missing` when `pg` is not installed
 */
export async function connect(options: DatabaseOptions, connections = 4): Promise<pg.Pool> {
  const connectionString = options.databaseUrl ?? process.env['DATABASE_URL']
  if (connectionString === undefined || connectionString === '') {
    throw new AuditLogError('option_invalid', 'give a connection string with --database-url or in DATABASE_URL')
  }
  const { Pool } = await importDriver()
  const pool = new Pool({
    connectionString,
    max: connections,
    application_name: 'audit-log',
    // A server, or a proxy before it, that takes the connection and does not answer, or is gone without a word.
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  })
  // The server may end an idle connection; the pool makes a new one for the next query.
  pool.on('error', () => undefined)
  return pool
}

/** Runs `work` with a pool and closes it afterwards. */
export async function withDatabase<T>(
  options: DatabaseOptions,
  work: (pool: pg.Pool) => Promise<T>,
  connections?: number,
): Promise<T> {
  const pool = await connect(options, connections)
  try {
    return await work(pool)
  } finally {
    await pool.end()
  }
}

/**
 * Runs the action of a command: what it throws goes to standard error as one line, with its code, and ends in exit code 2.
 * With `json`, as an object.
 */
export async function runAction(action: () => Promise<ExitCode>, json = false): Promise<void> {
  try {
    process.exitCode = await action()
  } catch (error) {
    const { code, message } = describeError(error)
    process.stderr.write(
      json
        ? `${JSON.stringify({ error: code, message })}\n`
        : `audit-log: ${message}${code === '' ? '' : ` (${code})`}\n`,
    )
    process.exitCode = exitCodes.cannotTell
  }
}

function describeError(error: unknown): { readonly code: string; readonly message: string } {
  if (!(error instanceof Error)) return { code: '', message: 'unknown error' }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  // Several addresses of one host were tried: the message of that error is empty.
  const [first] = error instanceof AggregateError ? (error.errors as unknown[]) : []
  const message = error.message === '' && first instanceof Error ? first.message : error.message
  const { cause } = error
  // What the server or the network said no with, without event contents; the guards have SQLSTATEs of their own (docs/posture.md).
  const reason = cause instanceof DatabaseError && cause.message !== message ? `: ${cause.message}` : ''
  const state = error instanceof AuditLogError && error.sqlState !== undefined ? `: SQLSTATE ${error.sqlState}` : ''
  return { code, message: `${message}${reason}${state}` }
}

async function importDriver(): Promise<typeof pg> {
  try {
    return (await import('pg')).default
  } catch (error) {
    throw new AuditLogError('driver_missing', 'the package "pg" is not installed: npm install pg', { cause: error })
  }
}
