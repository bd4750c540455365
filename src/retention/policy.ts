import { addressOf } from '../database/address.ts'
import type { Database } from '../database/database.ts'
import { AuditLogError } from '../errors.ts'
import { type FeatureFlags, isEnabled } from '../flags/feature-flags.ts'
import { quoteIdentifier } from '../schema/names.ts'
import { runRetention } from './run-retention.ts'

/** How long entries are kept. */
export interface RetentionPolicy {
  /** Days that every entry is kept at least, 365 .. 36,525; never less than a calendar year. */
  readonly keepDays: number
  /** Why it is so long. */
  readonly reason: string
  /** RFC 3339, UTC. */
  readonly decidedAt: string
  /** Database login. */
  readonly decidedBy: string
}

/** What `Retention.extend()` takes. */
export interface RetentionExtension {
  /** Days to keep every entry at least: more than now, at most 36,525. */
  readonly keepDays: number
  /** Why. Not empty. */
  readonly reason: string
  /** Who is acting, for the entry and for the feature flag. Default is none. */
  readonly actingUser?: string | undefined
  /** Where he acts from, an IP address, for the entry. Default is none. */
  readonly sourceIp?: string | undefined
}

/** The retention that is in force. @param db a login in the reader role */
export async function readRetention(db: Database, schema: string): Promise<RetentionPolicy> {
  const [row] = await runRetention(
    db,
    `select keep_days, reason, to_char(decided_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as decided_at, decided_by
     from ${quoteIdentifier(schema)}.retention_policy order by keep_days desc limit 1`,
  )
  return {
    keepDays: Number(row?.['keep_days']),
    reason: String(row?.['reason']),
    decidedAt: String(row?.['decided_at']),
    decidedBy: String(row?.['decided_by']),
  }
}

/**
 * Lengthens the retention beyond the year that is the default. It can never be shortened again. The change is an entry of
 * the log.
 *
 * @param db a login in the writer or the archivist role
 * @param flags must have `audit_extended_retention` on
 * @throws AuditLogError `feature_off`; `retention_too_young` when it would not grow; `retention_invalid`
 */
export async function extendRetention(
  db: Database,
  schema: string,
  flags: FeatureFlags,
  extension: RetentionExtension,
): Promise<void> {
  const { keepDays, reason, actingUser, sourceIp } = extension
  if (!Number.isInteger(keepDays) || keepDays < 366 || keepDays > 36_525) {
    throw new AuditLogError('retention_invalid', 'expected 366 to 36,525 days at $.keepDays', { path: '$.keepDays' })
  }
  if (typeof reason !== 'string' || reason.trim() === '') {
    throw new AuditLogError('retention_invalid', 'expected a reason at $.reason', { path: '$.reason' })
  }
  if (!(await isEnabled(flags, 'audit_extended_retention', { targetingKey: actingUser ?? 'system', tenants: '*' }))) {
    throw new AuditLogError('feature_off', 'keeping entries longer than a year needs audit_extended_retention')
  }
  await runRetention(db, `select ${quoteIdentifier(schema)}.extend_retention($1, $2, $3, $4::inet)`, [
    keepDays,
    reason,
    actingUser ?? null,
    addressOf(sourceIp),
  ])
}
