import { AuditLogError, type AuditLogErrorCode } from '../errors.ts'
import { Problem, type ProblemCode } from './problem.ts'

/** What becomes of the library's own errors; of all others nobody learns anything but that there was one. */
const codes: Partial<Readonly<Record<AuditLogErrorCode, ProblemCode>>> = {
  query_invalid: 'parameter_invalid',
  settings_busy: 'settings_busy',
  settings_key_missing: 'settings_key_missing',
  settings_key_wrong: 'settings_key_wrong',
  forwarder_unknown: 'forwarder_unknown',
  destination_forbidden: 'destination_forbidden',
  retention_too_young: 'retention_too_young',
  entry_unknown: 'entry_not_found',
  proof_pending: 'proof_pending',
  read_failed: 'log_unavailable',
  write_failed: 'log_unavailable',
  write_uncertain: 'log_unavailable',
  queue_full: 'log_unavailable',
  closed: 'log_unavailable',
}

/** The problem document that an error is answered with. Says nothing of the database's own words. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error
  // Says what was expected and where, never what was found.
  if (error instanceof AuditLogError && error.code === 'setting_invalid') {
    return new Problem('body_invalid', { path: error.path, detail: error.message })
  }
  if (error instanceof AuditLogError && error.code === 'cursor_invalid') {
    return new Problem('cursor_invalid', { parameter: 'cursor' })
  }
  const code = error instanceof AuditLogError ? (codes[error.code] ?? 'internal_error') : 'internal_error'
  return new Problem(code, code === 'log_unavailable' ? { headers: { 'retry-after': '5' } } : {})
}
