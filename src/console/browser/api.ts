import { type FirstCall, getInit } from './model/first-call.ts'

/** Why a call did not succeed, in terms that can be said to the person at the screen. */
export type FailureKind =
  | 'signed_out'
  | 'forbidden'
  | 'feature_off'
  | 'not_found'
  | 'invalid'
  | 'csrf'
  | 'conflict'
  | 'busy'
  | 'server'
  | 'timeout'
  | 'network'

/** A call that did not succeed. */
export class ApiFailure extends Error {
  override readonly name: string = 'ApiFailure'
  readonly kind: FailureKind
  readonly status: number
  /** The stable code of the problem document, when there is one. */
  readonly code: string | undefined
  readonly parameter: string | undefined
  readonly detail: string | undefined
  /** Where in the body the fault is: a JSONPath. */
  readonly path: string | undefined
  readonly feature: string | undefined
  readonly retryAfterMs: number | undefined

  constructor(kind: FailureKind, status: number, problem: Problem = {}, retryAfterMs?: number) {
    super(kind)
    this.kind = kind
    this.status = status
    this.code = text(problem.code)
    this.parameter = text(problem.parameter)
    this.detail = text(problem.detail)
    this.path = text(problem.path)
    this.feature = text(problem.feature)
    this.retryAfterMs = retryAfterMs
  }
}

interface Problem {
  readonly code?: unknown
  readonly parameter?: unknown
  readonly detail?: unknown
  readonly path?: unknown
  readonly feature?: unknown
}

/** What is sent besides the path. */
export interface CallOptions {
  readonly query?: URLSearchParams | undefined
  readonly method?: 'GET' | 'PUT' | 'POST' | 'DELETE'
  readonly body?: unknown
  readonly signal?: AbortSignal | undefined
}

/** What the server says of the person at the screen. */
export interface Session {
  readonly permissions: readonly string[]
  readonly flags: Readonly<Record<string, boolean>>
}

/** Longer than the server gives a query. */
const answerWithinMs = 40_000

/** The REST API below a base path. */
export class Api {
  readonly #base: string
  readonly #fetch: typeof fetch
  #first: FirstCall | undefined
  /** Sent with calls that change something. */
  #csrfToken: string | undefined

  /** @param first a call that was made already; its answer is the answer to the same question */
  constructor(base: string, send: typeof fetch, first?: FirstCall) {
    this.#base = base
    this.#fetch = send
    this.#first = first
  }

  urlOf(path: string, query?: URLSearchParams): string {
    const text = query?.toString() ?? ''
    return `${this.#base}${path}${text === '' ? '' : `?${text}`}`
  }

  /** Who is at the screen now, and what he may do. @throws ApiFailure */
  async session(): Promise<Session> {
    const session = await this.#json<Session & { readonly csrf_token?: string | null }>('/session', {})
    this.#csrfToken = session.csrf_token ?? undefined
    return session
  }

  /** @throws ApiFailure */
  async json<T>(path: string, options: CallOptions = {}): Promise<T> {
    const token = this.#csrfToken
    try {
      return await this.#json(path, options)
    } catch (error) {
      if (!(error instanceof ApiFailure && error.kind === 'csrf')) throw error
      // Refused before anything was done: who has signed in anew has another token.
      await this.session().catch(() => undefined)
      if (this.#csrfToken === token) throw error
      return this.#json(path, options)
    }
  }

  async #json<T>(path: string, options: CallOptions): Promise<T> {
    const timeout = AbortSignal.timeout(answerWithinMs)
    const response = await this.#call(path, options, timeout)
    try {
      return (response.status === 204 ? undefined : await response.json()) as T
    } catch {
      options.signal?.throwIfAborted()
      throw new ApiFailure(timeout.aborted ? 'timeout' : 'server', response.status)
    }
  }

  /** The answer as it comes, for what is too long to wait for, and is recorded: it has the token. @throws ApiFailure */
  stream(path: string, options: CallOptions = {}): Promise<Response> {
    return this.#call(path, options, undefined)
  }

  async #call(path: string, options: CallOptions, timeout: AbortSignal | undefined): Promise<Response> {
    const { query, method = 'GET', body, signal } = options
    const url = this.urlOf(path, query)
    const anySignal = AbortSignal.any([signal, timeout].filter((one) => one !== undefined))
    const first = method === 'GET' && this.#first?.url === url ? this.#first : undefined
    // Once: the same question later on is a new one. What nobody takes is broken off.
    if (first === undefined) this.#first?.stop.abort()
    this.#first = undefined
    let response: Response
    try {
      anySignal.addEventListener('abort', () => first?.stop.abort())
      response = await (first?.response ??
        this.#fetch.call(globalThis, url, {
          ...getInit,
          signal: anySignal,
          method,
          headers: {
            ...getInit.headers,
            ...(method === 'GET' ? {} : { 'content-type': 'application/json' }),
            ...(this.#csrfToken === undefined || (method === 'GET' && timeout !== undefined)
              ? {}
              : { 'x-csrf-token': this.#csrfToken }),
          },
          ...(method === 'GET' ? {} : { body: JSON.stringify(body ?? {}) }),
        }))
    } catch {
      signal?.throwIfAborted()
      throw new ApiFailure(timeout?.aborted === true ? 'timeout' : 'network', 0)
    }
    if (!response.ok) throw await failureOf(response, method)
    return response
  }
}

async function failureOf(response: Response, method: string): Promise<ApiFailure> {
  if (response.type === 'opaqueredirect') return new ApiFailure('signed_out', 0)
  const read = ((await response.json().catch(() => ({}))) ?? {}) as Problem
  // What is in front of the handler, or Node.js itself, may take less than it.
  const problem = [414, 431].includes(response.status) ? { code: 'query_too_long', ...read } : read
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN)
  return new ApiFailure(
    kindOf(response.status, text(problem.code)),
    response.status,
    problem,
    // A change is not made again by itself: it may have been made, and the form may say something else by then.
    method === 'GET' && Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, 3600) * 1000 : undefined,
  )
}

function kindOf(status: number, code: string | undefined): FailureKind {
  if (code === 'feature_disabled' || code === 'feature_off') return 'feature_off'
  if (code === 'csrf') return 'csrf'
  if (status === 401) return 'signed_out'
  if (status === 403) return 'forbidden'
  if (status === 404 || status === 405) return 'not_found'
  if (status === 409) return 'conflict'
  if (status === 429 || status === 503) return 'busy'
  return status >= 400 && status < 500 ? 'invalid' : 'server'
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
