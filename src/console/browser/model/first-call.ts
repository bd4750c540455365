/** A call of the API that was made before the page's program was there. */
export interface FirstCall {
  readonly url: string
  /** Settles when the whole answer is there: its `json()` then waits for nothing. */
  readonly response: Promise<Response>
  readonly stop: AbortController
}

/** Where `start.ts` leaves it for the program, which takes it once. An element's id can stand in the place of a name, of a symbol not. */
const place = Symbol.for('audit-log first call')
const places = globalThis as { [place]?: FirstCall | undefined }

export function leaveFirstCall(call: FirstCall | undefined): void {
  places[place] = call
}

export function takeFirstCall(): FirstCall | undefined {
  const call = places[place]
  places[place] = undefined
  return call
}

/** A response whose text is there: its `json()` waits for nothing. */
export function read(response: Response, text: string): Response {
  return Object.assign(response, { json: async (): Promise<unknown> => JSON.parse(text) })
}

/** How each question is asked. */
export const getInit: {
  readonly method: 'GET'
  readonly credentials: 'same-origin'
  readonly redirect: 'manual'
  readonly cache: 'no-store'
  readonly headers: Readonly<Record<string, string>>
} = {
  method: 'GET',
  credentials: 'same-origin',
  // Where a host sends somebody who is not signed in to is no answer, and is not gone to.
  redirect: 'manual',
  cache: 'no-store',
  headers: { accept: 'application/json' },
}
