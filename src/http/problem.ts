/**
 * Every `code` that a problem document of the REST API can carry, with its HTTP status. Codes are stable: match on them,
 * never on a text.
 */
export const problems = {
  parameter_unknown: { status: 400, title: 'The query has a parameter that this resource does not have' },
  parameter_repeated: { status: 400, title: 'The query has a parameter twice' },
  parameter_invalid: { status: 400, title: 'A parameter has a value that it cannot have' },
  cursor_invalid: { status: 400, title: 'The cursor is damaged, or belongs to another query or to somebody else' },
  body_malformed: { status: 400, title: 'The body is not a JSON object in UTF-8' },
  body_invalid: { status: 400, title: 'A member of the body is missing, unknown, or has a value that it cannot have' },
  unauthenticated: { status: 401, title: 'Nobody is signed in' },
  permission_missing: { status: 403, title: 'The principal does not have the permission' },
  tenant_forbidden: { status: 403, title: 'The principal may not see this tenant' },
  csrf: { status: 403, title: 'Nothing shows that the request comes from a page of this application' },
  feature_disabled: { status: 403, title: 'The feature is switched off' },
  destination_forbidden: { status: 403, title: 'The host does not permit this destination' },
  not_found: { status: 404, title: 'There is no such resource' },
  entry_not_found: { status: 404, title: 'There is no such entry among those that the principal may see' },
  proof_pending: { status: 404, title: 'No checkpoint covers the entry yet' },
  checkpoint_missing: { status: 404, title: 'No checkpoint has been signed yet' },
  forwarder_unknown: { status: 404, title: 'No forwarder of that name is configured' },
  method_not_allowed: { status: 405, title: 'The resource does not have this method' },
  retention_too_young: { status: 409, title: 'The retention can only grow' },
  settings_key_missing: { status: 409, title: 'The host has no key for secrets, so none can be stored' },
  settings_key_wrong: { status: 409, title: 'A stored secret does not open with the key of the host: enter it again' },
  settings_busy: { status: 409, title: 'Somebody else changed the setting at the same time' },
  body_too_large: { status: 413, title: 'The body is too large' },
  query_too_long: { status: 414, title: 'The query is too long' },
  media_type_unsupported: { status: 415, title: 'The body must be application/json' },
  export_busy: { status: 429, title: 'Too many exports are under way' },
  internal_error: { status: 500, title: 'The request could not be answered' },
  log_unavailable: { status: 503, title: 'The audit log cannot be reached' },
  query_timeout: { status: 503, title: 'The query took too long' },
} as const

/** One of {@link problems}. */
export type ProblemCode = keyof typeof problems

/** What a problem document can tell besides its code. */
export interface ProblemDetails {
  /** What was expected, for the developer of the client. Never what was found: that may be anything. */
  readonly detail?: string | undefined
  /** The parameter that is at fault. */
  readonly parameter?: string | undefined
  /** Where in the body the fault is, as a JSONPath (RFC 9535). */
  readonly path?: string | undefined
  /** The feature flag that is off. */
  readonly feature?: string | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** Ends a request with a problem document (RFC 9457). */
export class Problem extends Error {
  override readonly name: string = 'Problem'
  readonly code: ProblemCode
  readonly details: ProblemDetails

  constructor(code: ProblemCode, details: ProblemDetails = {}) {
    super(details.detail ?? problems[code].title)
    this.code = code
    this.details = details
  }

  /** `application/problem+json`: `title`, `status` and, as extension members, `code` and what is known of the cause. */
  toResponse(): Response {
    const { status, title } = problems[this.code]
    const { detail, parameter, path, feature, headers } = this.details
    return new Response(JSON.stringify({ title, status, code: this.code, detail, parameter, path, feature }), {
      status,
      headers: { 'content-type': 'application/problem+json', ...headers },
    })
  }
}
