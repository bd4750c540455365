import { AuditLogError, type AuditLogErrorCode } from '../../src/errors.ts'

/** What became of a call: the code of its error, or `ok`. Anything but an AuditLogError comes through. */
export function codeOf(call: () => unknown): AuditLogErrorCode | 'ok' {
  try {
    call()
    return 'ok'
  } catch (error) {
    return codeIn(error)
  }
}

/** As {@link codeOf}, for a promise. */
export async function codeOfAsync(promise: Promise<unknown>): Promise<AuditLogErrorCode | 'ok'> {
  try {
    await promise
    return 'ok'
  } catch (error) {
    return codeIn(error)
  }
}

function codeIn(error: unknown): AuditLogErrorCode {
  if (error instanceof AuditLogError) return error.code
  throw error
}
