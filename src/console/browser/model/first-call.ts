import { type Filters, toParameters } from './place.ts'

/** A call of the API that was made before the page's program was there. */
export interface FirstCall {
  readonly url: string
  /** Settles when the whole answer is there: its `json()` then waits for nothing. */
  readonly response: Promise<Response>
  readonly stop: AbortController
}

/** Where `start.ts` leaves it for the program, which takes it once. */
declare global {
  var auditLogFirstCall: FirstCall | undefined
}

/** How each question is asked. */
export const getInit: {
  readonly method: 'GET'
  readonly credentials: 'same-origin'
  readonly redirect: 'error'
  readonly cache: 'no-store'
  readonly headers: Readonly<Record<string, string>>
} = {
  method: 'GET',
  credentials: 'same-origin',
  redirect: 'error',
  cache: 'no-store',
  headers: { accept: 'application/json' },
}

/** The query for the first entries of a search. They are few, so that there is something to see. */
export function firstQuery(filters: Filters, now: Date, pageSize: number): URLSearchParams {
  const query = toParameters(filters, now)
  query.set('limit', String(Math.min(100, pageSize)))
  return query
}
