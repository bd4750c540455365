import { explaining } from '../database/explain-error.ts'
import type { AuditLogError } from '../errors.ts'

/** What an error of a read tells the caller. */
export const explainRead: (error: unknown) => AuditLogError = explaining(
  'this login is not in the reader role of the audit log',
  'read_failed',
  'the entries could not be read',
)
