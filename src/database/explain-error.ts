import { AuditLogError, type AuditLogErrorCode } from '../errors.ts'
import { causeOf } from './database-error.ts'

/** What SQLSTATEs mean that only some statements raise. Without a message it is the one that sql/ raises them with. */
export type OwnStates = Readonly<Record<string, readonly [code: AuditLogErrorCode, message?: string]>>

/**
 * Makes what turns an error of the database into one that the caller can do something about: `schema_missing`,
 * `privilege_missing`, one of `own`, or what else it is. An AuditLogError stays as it is.
 *
 * @param notAllowed the message of `privilege_missing`
 */
export function explaining(
  notAllowed: string,
  otherwise: AuditLogErrorCode,
  message: string,
  own: OwnStates = {},
): (error: unknown) => AuditLogError {
  return (error) => {
    if (error instanceof AuditLogError) return error
    const details = causeOf(error)
    const { cause, sqlState = '' } = details
    const [code, text = cause.message] = own[sqlState] ?? []
    if (code !== undefined) return new AuditLogError(code, text, details)
    switch (sqlState) {
      case '3F000':
      case '42P01':
      case '42883':
        return new AuditLogError('schema_missing', notInstalled, details)
      case 'WO030':
        return new AuditLogError(otherwise, `${message}: ${hardened}`, details)
      case '42501':
        return new AuditLogError('privilege_missing', notAllowed, details)
      default:
        return new AuditLogError(otherwise, message, details)
    }
  }
}

/** What to do when the event triggers of `hardenSql()` refuse a change of the schema (SQLSTATE WO030). */
export const hardened =
  'the schema is hardened, so a superuser must drop its event triggers before, and run the script of hardenSql() again after (docs/posture.md)'

/** What `schema_missing` says. */
export const notInstalled = 'the audit log is not installed here, or by an older version: call installSchema() first'
