import type { FeatureFlag } from '../flags/feature-flags.ts'
import type { LogAccess } from './log-access.ts'
import type { JsonSchema, Parameter } from './parameters.ts'
import type { Permission, Principal } from './principal.ts'
import type { ProblemCode } from './problem.ts'

/** A resource: what the handler does with a request to it, and what the OpenAPI document says of it. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Below the base path, with parameters in braces: `/entries/{seq}`. */
  readonly path: string
  readonly operationId: string
  readonly summary: string
  readonly description?: string
  /** Without one of them the principal gets 403 `permission_missing`; undefined where every principal may. */
  readonly permission: Permission | readonly Permission[] | undefined
  /** Whether a question is an entry even without `auditViews`. Then it may not come from another origin's page. */
  readonly recorded?: true
  /** While the flag is off everybody gets 403 `feature_disabled`. */
  readonly feature?: FeatureFlag
  readonly parameters: readonly Parameter[]
  /** The JSON object that a request carries, where it carries one. {@link Route.handle} reads it with {@link readBody}. */
  readonly body?: JsonSchema
  /** The answer when all is well: for each media type its schema. */
  readonly answers: Readonly<Record<string, JsonSchema>>
  /** What can go wrong beyond what can go wrong everywhere. */
  readonly problems: readonly ProblemCode[]
  /** Records that somebody was refused (403), where that is an entry. */
  recordRefusal?(call: Call, reason: ProblemCode): Promise<void>
  /** Answers a request of somebody who may make it. @throws Problem, AuditLogError */
  handle(call: Call): Promise<Response>
}

/** One request that has passed the checks that all have in common. */
export interface Call {
  readonly request: Request
  readonly principal: Principal
  /** The parameters that were given, by name. */
  readonly values: ReadonlyMap<string, string>
  /** Aborted when the client goes away, or when the time for a query is over. */
  readonly signal: AbortSignal
  readonly log: LogAccess
}
