import type { FlagContext } from '../flags/feature-flags.ts'
import { Problem } from './problem.ts'

/**
 * What a principal may call.
 *
 * - `read`: the list, single entries, their proofs, checkpoints
 * - `export`: exports
 * - `inspect`: how the log and its guards are doing, which says something of the whole installation
 * - `settings`: forwarders, the retention and legal holds: to see them and to change them, for the whole installation
 */
export type Permission = 'read' | 'export' | 'inspect' | 'settings'

/** Who makes a request, and what the host lets him see. */
export interface Principal {
  /** Becomes the `user_id` of the entries about what he read. */
  readonly id: string
  /** The tenants whose entries he may see, null among them for entries of no tenant; at most 1,000. `'all'` is everything. */
  readonly tenants: 'all' | readonly (string | null)[]
  readonly permissions: readonly Permission[]
  /** Becomes the `source_ip` of the entries about what he read. Default is none. */
  readonly sourceIp?: string | undefined
}

/**
 * Decides who makes a request. Must not believe a header that a client can set by itself.
 *
 * @returns the principal; null when nobody is signed in, which is answered by 401; or the answer of the host's own
 */
export type Authorize = (request: Request) => Principal | Response | null | Promise<Principal | Response | null>

/** Asks the host. What is no principal is an error of the host's, and nobody is let in. */
export async function authenticate(authorize: Authorize, request: Request): Promise<Principal | Response> {
  const answer: unknown = await authorize(request)
  if (answer === null || answer === undefined) {
    // RFC 9110 section 15.5.2 wants a challenge; a host that has another one answers by itself.
    throw new Problem('unauthenticated', { headers: { 'www-authenticate': 'Bearer' } })
  }
  if (answer instanceof Response) return answer
  if (!isPrincipal(answer))
    throw new TypeError(
      "authorize() must return a Response, null, or a principal: { id, tenants, permissions }, with tenants 'all' or a list",
    )
  return { ...answer, tenants: answer.tenants === 'all' ? 'all' : [...new Set(answer.tenants)].sort(byName) }
}

/**
 * The tenants that a request is about: the one that it asks for, or all that the principal may see.
 *
 * @returns undefined when there is nothing to restrict
 */
export function tenantsFor(
  { tenants }: Principal,
  values: ReadonlyMap<string, string>,
): readonly (string | null)[] | undefined {
  const given = values.get('tenant_id')
  const asked = given === '' ? null : given
  if (tenants === 'all') return asked === undefined ? undefined : [asked]
  if (tenants.length === 0 || (asked !== undefined && !tenants.includes(asked))) throw new Problem('tenant_forbidden')
  return asked === undefined ? tenants : [asked]
}

/** What a feature flag may depend on. */
export function flagContextOf({ id, tenants }: Principal): FlagContext {
  const names = tenants === 'all' ? '*' : tenants.map((tenant) => tenant ?? '').join(',')
  return { targetingKey: id, tenants: names }
}

function isPrincipal(value: unknown): value is Principal {
  if (typeof value !== 'object' || value === null) return false
  const { id, tenants, permissions } = value as Record<string, unknown>
  return (
    typeof id === 'string' &&
    id !== '' &&
    (tenants === 'all' || (Array.isArray(tenants) && tenants.length <= 1000 && tenants.every(isTenant))) &&
    Array.isArray(permissions)
  )
}

const isTenant = (name: unknown): boolean =>
  name === null || (typeof name === 'string' && /^[^\0]{1,1024}$/.test(name) && name.isWellFormed())
const byName = (a: string | null, b: string | null): number => ((a ?? '') < (b ?? '') ? -1 : 1)
