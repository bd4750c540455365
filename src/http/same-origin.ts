import { Problem } from './problem.ts'

/**
 * Protection against cross-site request forgery: a page of somebody else's that makes a browser send a request with the
 * cookies of somebody who is signed in here.
 */
export interface Csrf {
  /**
   * Whether a request carries the host's own proof, usually a token in the header `x-csrf-token`. Asked when the browser has not
   * said that the request comes from this origin. A host whose clients sign in without cookies answers true for those.
   */
  verify(request: Request): boolean | Promise<boolean>
  /** The token for the page, which sends it as `x-csrf-token`. Default is that the page has none. */
  token?(request: Request): string | null | Promise<string | null>
}

/**
 * Lets a change through that comes from this very origin, as the browser says in a header that no script can set, or that
 * carries the host's own proof. A request without any of it is refused.
 *
 * @throws Problem `csrf`
 */
export async function requireSameOrigin(request: Request, csrf: Csrf | undefined): Promise<void> {
  if (isSameOrigin(request)) return
  // A host in JavaScript may answer anything: only true is a yes.
  const verified: unknown = await csrf?.verify(request.clone())
  if (verified === true) return
  throw new Problem('csrf')
}

/**
 * Whether the browser says that a page of another origin made the request. A question that is recorded may not come from there
 * either: an image on somebody's page would have the log say that whoever looks at it took an export.
 */
export function comesFromElsewhere({ headers }: Request): boolean {
  return ['cross-site', 'same-site'].includes(headers.get('sec-fetch-site') ?? '')
}

/** `Sec-Fetch-Site` (Fetch Metadata) where there is one; older browsers send only `Origin`. */
function isSameOrigin({ headers, url }: Request): boolean {
  const site = headers.get('sec-fetch-site')
  if (site !== null) return site === 'same-origin'
  const origin = headers.get('origin')
  // Of the host, not of the whole origin: behind a proxy that ends TLS the handler sees http.
  return origin !== null && URL.canParse(origin) && new URL(origin).host === new URL(url).host
}
