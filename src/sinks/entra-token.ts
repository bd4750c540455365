import { optionInvalid } from '../option.ts'
import { HttpClient, type HttpOptions } from './http-client.ts'
import type { Control } from './sink.ts'
import { untilAborted } from './until-aborted.ts'

/** An access token, as `@azure/identity` gives it. */
export interface AccessToken {
  readonly token: string
  /** Milliseconds since 1970. */
  readonly expiresOnTimestamp: number
  /** When to get another one, if the issuer says so; milliseconds since 1970. */
  readonly refreshAfterTimestamp?: number | undefined
}

/** Anything with the shape of `TokenCredential` in `@azure/identity`: a client secret, a certificate, a managed identity. */
export interface TokenCredential {
  getToken(scopes: string, options?: { readonly abortSignal?: AbortSignal }): Promise<AccessToken | null>
}

/** An application in Microsoft Entra ID that proves itself by a secret. */
export interface ClientSecretOptions extends Pick<HttpOptions, 'ca' | 'timeoutMs'> {
  /** Directory (tenant) ID or domain. */
  readonly tenantId: string
  /** Application (client) ID. */
  readonly clientId: string
  readonly clientSecret: string
  /** Default is `https://login.microsoftonline.com`. */
  readonly authorityHost?: string | undefined
}

/** The issuer has refused, or could not be reached. Holds no secret. */
export class EntraError extends Error {
  override readonly name: string = 'EntraError'
  /** HTTP status; undefined when there was no response. */
  readonly statusCode: number | undefined

  constructor(message: string, statusCode: number | undefined) {
    super(message)
    this.statusCode = statusCode
  }
}

/**
 * The client credentials flow of OAuth 2.0 (RFC 6749 section 4.4) with a secret. Use `@azure/identity` for certificates and
 * managed identities.
 *
 * @throws AuditLogError `option_invalid`
 */
export function clientSecretCredential(options: ClientSecretOptions): TokenCredential {
  const { tenantId, clientId, clientSecret, authorityHost = 'https://login.microsoftonline.com' } = options
  if (!/^[A-Za-z0-9.-]+$/.test(tenantId)) throw optionInvalid('a tenant ID or domain', '$.tenantId')
  if (typeof clientId !== 'string' || clientId === '') throw optionInvalid('an application ID', '$.clientId')
  if (typeof clientSecret !== 'string' || clientSecret === '') throw optionInvalid('a secret', '$.clientSecret')
  const http = new HttpClient({ url: authorityHost, ca: options.ca, timeoutMs: options.timeoutMs, gzip: false }, 1)
  return {
    async getToken(scope, { abortSignal } = {}) {
      const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret, scope }
      const requestedAt = Date.now()
      const reply = await http.request({
        method: 'POST',
        path: `/${tenantId}/oauth2/v2.0/token`,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: Buffer.from(new URLSearchParams(form).toString()),
        signal: abortSignal ?? new AbortController().signal,
      })
      if (reply.kind === 'failure') throw new EntraError(`Entra ID: ${reply.detail}`, undefined)
      const answer = parse(reply.body)
      if (reply.status === 200 && typeof answer['access_token'] === 'string') {
        const seconds = Number(answer['expires_in'])
        return {
          token: answer['access_token'],
          expiresOnTimestamp: requestedAt + (Number.isFinite(seconds) ? seconds * 1000 : 0),
        }
      }
      // AADSTS numbers say what is wrong; the text around them names the application.
      const numbers = Array.isArray(answer['error_codes']) ? answer['error_codes'].map(Number).join(', ') : ''
      const word = typeof answer['error'] === 'string' && /^[a-z_]{1,40}$/.test(answer['error']) ? answer['error'] : ''
      const reason = `${word}${numbers === '' ? '' : ` AADSTS ${numbers}`}`.trim()
      throw new EntraError(`Entra ID refuses a token (status ${reply.status}${reason && `, ${reason}`})`, reply.status)
    },
  }
}

const refreshBeforeMs = 300_000

/** Keeps one token for one scope: asks early enough before it expires, and once for all who wait. */
export class TokenCache {
  readonly #credential: TokenCredential
  readonly #scope: string
  readonly #timeoutMs: number
  #token: AccessToken | undefined
  #asking: Promise<AccessToken> | undefined

  /** @param timeoutMs how long the credential may take before it is asked again */
  constructor(credential: TokenCredential, scope: string, timeoutMs: number = 30_000) {
    this.#credential = credential
    this.#scope = scope
    this.#timeoutMs = timeoutMs
  }

  /** @throws Error whatever the credential throws */
  async get(): Promise<string> {
    const now = Date.now()
    const token = this.#token
    if (token !== undefined && now < freshUntil(token)) return token.token
    try {
      return (await this.#ask()).token
    } catch (error) {
      // The old one may still do while the issuer is down.
      if (token !== undefined && token === this.#token && now < token.expiresOnTimestamp - 10_000) return token.token
      throw error
    }
  }

  /** Forgets a token that was refused, unless it has been replaced already. */
  refuse(token: string): void {
    if (this.#token?.token === token) this.#token = undefined
  }

  async #ask(): Promise<AccessToken> {
    const abortSignal = AbortSignal.timeout(this.#timeoutMs)
    this.#asking ??= untilAborted(this.#credential.getToken(this.#scope, { abortSignal }), abortSignal)
      .then((token) => {
        if (token === null) throw new EntraError('the credential gave no token', undefined)
        this.#token = token
        return token
      })
      .finally(() => {
        this.#asking = undefined
      })
    return this.#asking
  }
}

/** What a failure to get a token means for the sink. */
export function controlOfTokenError(error: unknown): Control {
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined
  const detail = error instanceof EntraError ? error.message : `the credential failed (${nameOf(error)})`
  const refused =
    typeof status === 'number'
      ? status >= 400 && status < 500 && status !== 408 && status !== 429
      : refusals.has(nameOf(error))
  return refused
    ? { kind: 'pause', cause: 'auth', code: 'token_refused', detail }
    : { kind: 'backoff', code: 'token_unavailable', detail }
}

/** Errors of `@azure/identity` that say nothing of a status. */
const refusals: ReadonlySet<string> = new Set([
  'AuthenticationError',
  'AuthenticationRequiredError',
  'AggregateAuthenticationError',
  'CredentialUnavailableError',
])

function freshUntil({ expiresOnTimestamp, refreshAfterTimestamp }: AccessToken): number {
  const latest = expiresOnTimestamp - refreshBeforeMs
  return refreshAfterTimestamp === undefined ? latest : Math.min(latest, refreshAfterTimestamp)
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : 'unknown')

function parse(body: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
