import type { Database, Row } from '../database/database.ts'
import { AuditLogError } from '../errors.ts'
import { addressOf } from '../database/address.ts'
import { readTime } from '../query/filters.ts'
import { quoteIdentifier } from '../schema/names.ts'
import { runRetention } from './run-retention.ts'

/** Which entries a legal hold keeps: those that have everything that is given. With nothing given it keeps everything. */
export interface LegalHoldScope {
  readonly tenantId?: string | undefined
  readonly userId?: string | undefined
  readonly target?: string | undefined
  /** Entries at or after this time: a Date, or RFC 3339 with a zone. */
  readonly since?: string | Date | undefined
  /** Entries before this time: a Date, or RFC 3339 with a zone. */
  readonly until?: string | Date | undefined
}

/** What `Retention.placeHold()` takes. */
export interface LegalHoldRequest extends LegalHoldScope {
  /** Why, e.g. the file number of a case. Not empty. */
  readonly reason: string
  /** Who approved it. Not empty. */
  readonly approvedBy: string
  /** Who is acting, for the entry. Default is none. */
  readonly actingUser?: string | undefined
  /** Where he acts from, an IP address, for the entry. Default is none. */
  readonly sourceIp?: string | undefined
}

/** A legal hold as it is stored. */
export interface LegalHold {
  readonly holdId: string
  readonly tenantId: string | null
  readonly userId: string | null
  readonly target: string | null
  /** RFC 3339, UTC. */
  readonly since: string | null
  /** RFC 3339, UTC. */
  readonly until: string | null
  readonly reason: string
  readonly approvedBy: string
  /** RFC 3339, UTC. */
  readonly placedAt: string
  /** Database login. */
  readonly placedBy: string
  /** When it was released; null while it is in force. */
  readonly releasedAt: string | null
}

const time = (column: string): string => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`

/**
 * Keeps entries from being purged until the hold is released. The hold is an entry of the log too.
 *
 * @param db a login in the writer or the archivist role
 * @returns the hold's id
 * @throws AuditLogError `retention_invalid` without reason or approver, with an empty time range, or with an empty tenant, user
 * or target, which no entry has; `query_invalid`
 */
export async function placeLegalHold(db: Database, schema: string, hold: LegalHoldRequest): Promise<string> {
  const text = `select ${quoteIdentifier(schema)}.place_legal_hold($1, $2, $3, $4, $5, $6::timestamptz, $7::timestamptz, $8, $9::inet)::text as hold_id`
  const [row] = await runRetention(db, text, [
    required(hold.reason, '$.reason'),
    required(hold.approvedBy, '$.approvedBy'),
    optional(hold.tenantId, '$.tenantId'),
    optional(hold.userId, '$.userId'),
    optional(hold.target, '$.target'),
    hold.since === undefined ? null : readTime(hold.since, '$.since'),
    hold.until === undefined ? null : readTime(hold.until, '$.until'),
    hold.actingUser ?? null,
    addressOf(hold.sourceIp),
  ])
  return String(row?.['hold_id'])
}

/**
 * Ends a legal hold. The release is an entry of the log too. Does nothing when it was released before.
 *
 * @param db a login in the archivist role: whoever can only write entries cannot let any go
 * @throws AuditLogError `retention_invalid` without reason or approver, or when there is no such hold; `privilege_missing`
 */
export async function releaseLegalHold(
  db: Database,
  schema: string,
  holdId: string,
  release: Pick<LegalHoldRequest, 'reason' | 'approvedBy' | 'actingUser'>,
): Promise<void> {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(holdId)) {
    throw new AuditLogError('retention_invalid', 'expected the id of a legal hold', { path: '$.holdId' })
  }
  await runRetention(db, `select ${quoteIdentifier(schema)}.release_legal_hold($1::uuid, $2, $3, $4)`, [
    holdId,
    required(release.reason, '$.reason'),
    required(release.approvedBy, '$.approvedBy'),
    release.actingUser ?? null,
  ])
}

/** The legal holds, oldest first, released ones included. @param db a login in the reader role */
export async function readLegalHolds(db: Database, schema: string): Promise<LegalHold[]> {
  const quoted = quoteIdentifier(schema)
  const rows = await runRetention(
    db,
    `select hold.hold_id::text, hold.tenant_id, hold.user_id, hold.target, ${time('hold.since')} as since, ${time('hold.until')} as until,
       hold.reason, hold.approved_by, ${time('hold.placed_at')} as placed_at, hold.placed_by, ${time('release.released_at')} as released_at
     from ${quoted}.legal_hold as hold left join ${quoted}.legal_hold_release as release on release.hold_id = hold.hold_id
     order by hold.placed_at, hold.hold_id`,
  )
  return rows.map(readHold)
}

function readHold(row: Row): LegalHold {
  const text = (column: string): string | null => (typeof row[column] === 'string' ? row[column] : null)
  return {
    holdId: String(row['hold_id']),
    tenantId: text('tenant_id'),
    userId: text('user_id'),
    target: text('target'),
    since: text('since'),
    until: text('until'),
    reason: String(row['reason']),
    approvedBy: String(row['approved_by']),
    placedAt: String(row['placed_at']),
    placedBy: String(row['placed_by']),
    releasedAt: text('released_at'),
  }
}

const optional = (text: string | undefined, path: string): string | null =>
  text === undefined ? null : required(text, path)

function required(text: string, path: string): string {
  if (typeof text === 'string' && text.trim() !== '' && text.isWellFormed() && !text.includes('\0')) return text
  throw new AuditLogError('retention_invalid', `expected a text that is not empty at ${path}`, { path })
}
