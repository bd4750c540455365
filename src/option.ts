import { isIP } from 'node:net'
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

/**
 * A URL of HTTPS without credentials, which would end up in logs; of plain HTTP only to this host itself, or with `insecure`.
 *
 * @throws AuditLogError `option_invalid`
 */
export function httpUrl(options: { readonly url: string; readonly insecure?: boolean | undefined }): URL {
  const url = URL.canParse(options.url) ? new URL(options.url) : undefined
  if (url === undefined || !['https:', 'http:'].includes(url.protocol)) throw optionInvalid('an https: URL', '$.url')
  if (url.username !== '' || url.password !== '') throw optionInvalid('a URL without credentials', '$.url')
  if (url.protocol === 'http:' && options.insecure !== true && !isLoopback(url.hostname)) {
    throw optionInvalid('an https: URL (plain http: to another host needs insecure: true)', '$.url')
  }
  return url
}

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '[::1]' || (isIP(host) === 4 && host.startsWith('127.'))
