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

/** A response whose text is there: its `json()` waits for nothing. */
export function read(response: Response, text: string): Response {
  return Object.assign(response, { json: async (): Promise<unknown> => JSON.parse(text) })
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
