import type { AuditLogError } from '../errors.ts'
import { optionInvalid, wholeNumber as wholeNumberAt } from '../option.ts'

/** The error for an option of a sink that is not as expected. Never holds the value, which may be a secret. */
export function invalidOption(expected: string, option: string): AuditLogError {
  return optionInvalid(expected, `$.${option}`)
}

/** A whole number within a range. @throws AuditLogError `option_invalid` */
export function wholeNumber(value: number, minimum: number, maximum: number, option: string): number {
  return wholeNumberAt(value, minimum, maximum, `$.${option}`)
}

/** A credential that can stand in a header. @throws AuditLogError `option_invalid` */
export function headerSecret(value: string, option: string): string {
  if (typeof value === 'string' && /^[\u0021-\u007e]+$/.test(value)) return value
  throw invalidOption('printable ASCII without spaces', option)
}
