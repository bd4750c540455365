import { AuditLogError, type AuditLogErrorCode } from '../errors.ts'
import { readBounded } from '../read-bounded.ts'

/** How to reach a witness or a place for checkpoints over HTTP. */
export interface HttpTarget {
  /** `https:`, or `http:` to this host itself. Without credentials: URLs end up in logs. */
  readonly url: string
  /** Permits plain HTTP to another host. Default is false. */
  readonly insecure?: boolean | undefined
  /**
   * The function that sends requests, e.g. one with certificate authorities of your own. Default is the runtime's `fetch`, which
   * trusts the system's authorities and those in `NODE_EXTRA_CA_CERTS`.
   */
  readonly fetch?: typeof globalThis.fetch | undefined
}

/** One request. */
interface ExchangeRequest {
  readonly method: 'GET' | 'PUT' | 'POST'
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: string
  readonly signal: AbortSignal
}

/** What came back. */
export interface Exchange {
  readonly status: number
  readonly contentType: string
  readonly body: Uint8Array
}

/** No checkpoint and no answer of a witness is larger (c2sp.org/signed-note has no limit; `parseNote` has this one). */
const maximumBytes = 1_000_000

/**
 * Sends a request and reads the answer. Redirects are not followed, so nothing goes to another host than the one that was
 * named, and no more than a million bytes of an answer are read.
 *
 * @throws AuditLogError with `code` when there is no such answer
 */
export async function exchange(
  target: HttpTarget,
  url: URL,
  request: ExchangeRequest,
  code: AuditLogErrorCode,
): Promise<Exchange> {
  const send = target.fetch ?? globalThis.fetch
  try {
    const response = await send(url, { ...request, headers: request.headers ?? {}, redirect: 'manual' })
    const body = await readBounded(response.body ?? [], maximumBytes)
    if (body === undefined) throw new AuditLogError(code, `${url.host} answered more than ${maximumBytes} bytes`)
    return { status: response.status, contentType: response.headers.get('content-type') ?? '', body }
  } catch (error) {
    if (error instanceof AuditLogError) throw error
    throw new AuditLogError(code, `${url.host} does not answer: ${reasonOf(error)}`, { cause: error })
  }
}

// fetch hides the system's code in the cause.
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  const cause = error.cause ?? error
  return typeof cause === 'object' && 'code' in cause ? String(cause.code) : error.name
}
