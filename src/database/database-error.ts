/**
 * What may be kept of an error that PostgreSQL or its driver raised.
 *
 * PostgreSQL prints values into the message of data errors (class 22), and whole rows into `detail` of constraint
 * violations (class 23). Neither may leave the library, so the cause that callers see is one of these.
 */
export class DatabaseError extends Error {
  override readonly name: string = 'DatabaseError'
  /** SQLSTATE, or the driver's or operating system's code such as `ECONNREFUSED`. */
  readonly code: string | undefined
  /** The column that SQLSTATE WO002 (entry refused) names. */
  readonly column: string | undefined

  constructor(error: unknown) {
    const { code, column, message } = fieldsOf(error)
    super(isDataError(code) ? `PostgreSQL refused a value (${code})` : message)
    this.code = code
    this.column = column
  }
}

/** What an AuditLogError tells of an error of the database. */
export function causeOf(error: unknown): { readonly cause: DatabaseError; readonly sqlState: string | undefined } {
  return { cause: new DatabaseError(error), sqlState: sqlStateOf(error) }
}

/** The SQLSTATE of an error, if it is one that PostgreSQL sent: `EPIPE` has five capitals too, but no severity. */
export function sqlStateOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('severity' in error)) return undefined
  const { code } = fieldsOf(error)
  return code !== undefined && /^[0-9A-Z]{5}$/.test(code) ? code : undefined
}

/** No connection could be had, so nothing was sent. */
export class NotConnectedError extends DatabaseError {
  override readonly name: string = 'NotConnectedError'
}

/**
 * Whether an error leaves no doubt that the statement had no effect: PostgreSQL answered with an error of the statement,
 * or there was no connection to send it on. Everything else (connections lost, shutdowns, the driver's own time-outs) is
 * uncertain.
 */
export function isCertain(error: unknown): boolean {
  if (error instanceof NotConnectedError) return true
  const state = sqlStateOf(error)
  if (state === undefined) return false
  // 08 connection exception; 57P01, 57P02 shutdown and crash; 40003 statement completion unknown.
  return !(state.startsWith('08') || state === '57P01' || state === '57P02' || state === '40003')
}

const isDataError = (code: string | undefined): boolean =>
  code !== undefined && /^(22|23)/.test(code) && code.length === 5

function fieldsOf(error: unknown): { code: string | undefined; column: string | undefined; message: string } {
  if (typeof error !== 'object' || error === null)
    return { code: undefined, column: undefined, message: 'unknown error' }
  const { code, column, message } = error as Record<string, unknown>
  return {
    code: typeof code === 'string' ? code : undefined,
    column: typeof column === 'string' ? column : undefined,
    // Several addresses of one host were tried: the message of that error is empty.
    message: (typeof message === 'string' && message) || (typeof code === 'string' && code) || 'unknown error',
  }
}
