/** `GET /settings/retention`. */
export interface Retention {
  readonly keep_days: number
  readonly reason: string | null
  readonly decided_at: string | null
  readonly extendable: boolean
  readonly months: readonly {
    /** Such as `2026-11`. */
    readonly month: string
    /** An estimate; null when there is none. */
    readonly entries: number | null
    readonly bytes: number
    readonly expires_at: string | null
    readonly expired: boolean
  }[]
  readonly holds: readonly Hold[]
}

/** A legal hold; what is null restricts nothing. */
export interface Hold {
  readonly tenant_id: string | null
  readonly user_id: string | null
  readonly target: string | null
  readonly since: string | null
  readonly until: string | null
  readonly reason: string
  readonly approved_by: string | null
  readonly placed_at: string
  readonly released_at: string | null
}

/** Until when what is recorded today would be kept; undefined when the number of days makes no sense. */
export function keptUntil(days: number, now: Date): string | undefined {
  if (!Number.isInteger(days) || days < 1 || days > 100_000) return undefined
  return new Date(now.getTime() + days * 86_400_000).toISOString()
}
