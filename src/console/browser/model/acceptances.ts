/** What became of an acceptance: `GET /acceptances`. */
export interface Acceptance {
  readonly target: string | null
  readonly tenant_id: string | null
  readonly state: 'in_force' | 'expiring' | 'about_to_expire' | 'expired' | 'revoked' | 'invalid'
  readonly accepted_by: string | null
  readonly approved_by: string | null
  readonly justification: string | null
  readonly accepted_at: string | null
  readonly expires_at: string | null
  /** The entry that the state follows from. */
  readonly seq: number
}

/** Those in which every word occurs, what ends next first. */
export function findAcceptances(acceptances: readonly Acceptance[], search: string): Acceptance[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean)
  return acceptances
    .filter(({ target, tenant_id, accepted_by, approved_by, justification }) => {
      const text = [target, tenant_id, accepted_by, approved_by, justification].join('\n').toLowerCase()
      return words.every((word) => text.includes(word))
    })
    .sort((a, b) => rank(a) - rank(b) || (a.expires_at ?? '').localeCompare(b.expires_at ?? ''))
}

/** Over what time a timeline of them reaches, in milliseconds since 1970: at most a year to each side of now. */
export function timelineSpan(
  acceptances: readonly Acceptance[],
  now: number,
): { readonly from: number; readonly to: number } {
  const times = acceptances
    .flatMap(({ accepted_at, expires_at }) => [accepted_at, expires_at])
    .map((time) => Date.parse(time ?? ''))
  const known = times.filter((time) => !Number.isNaN(time))
  const year = 366 * 86_400_000
  const margin = 7 * 86_400_000
  return {
    from: Math.max(now - year, Math.min(now - margin, ...known.slice(0, 10_000))),
    to: Math.min(now + year, Math.max(now + margin, ...known.slice(0, 10_000)) + margin),
  }
}

const order = ['about_to_expire', 'expiring', 'in_force', 'invalid', 'expired', 'revoked']
const rank = ({ state }: Acceptance): number => order.indexOf(state)
