import { optionInvalid } from '../option.ts'

/** A credential that can stand in a header. @throws AuditLogError `option_invalid` */
export function headerSecret(value: string, path: string): string {
  if (typeof value === 'string' && /^[\u0021-\u007e]+$/.test(value)) return value
  throw optionInvalid('printable ASCII without spaces', path)
}
