import { AuditLogError } from './errors.ts'

/** The error for an option that is not as expected. Never holds the value, which may be a secret. */
export function optionInvalid(expected: string, path: string): AuditLogError {
  return new AuditLogError('option_invalid', `expected ${expected} at ${path}`, { path })
}

/** A whole number within a range. @throws AuditLogError `option_invalid` */
export function wholeNumber(value: number, minimum: number, maximum: number, path: string): number {
  if (Number.isInteger(value) && value >= minimum && value <= maximum) return value
  throw optionInvalid(`a whole number from ${minimum} to ${maximum}`, path)
}
