import { type Database, type Executor, withConnection } from '../database/database.ts'
import { AuditLogError } from '../errors.ts'
import { explainAppend } from '../log/append.ts'
import { quoteIdentifier } from '../schema/names.ts'
import { type VerificationReport, type Verdict, verdicts } from './verdict.ts'

const action = 'audit_log.verified'

/** A verification that is on record: an entry like every other, so it says what whoever wrote it (`recorded_by`) said. */
export interface RecordedVerification {
  /** When it was recorded: RFC 3339, UTC. */
  readonly verifiedAt: string
  readonly seq: number
  /** Database login that wrote the entry. */
  readonly recordedBy: string
  readonly ok: boolean
  /** Null when the entry has none that this version knows. */
  readonly verdict: Verdict | null
  /** Leaves that were covered; null when the entry does not say. */
  readonly treeSize: number | null
}

/** The event that puts a verification on record, for `AuditLogger.log()`. It has counts and verdicts, no contents. */
export function verificationEvent(report: VerificationReport): {
  readonly action: string
  readonly outcome: 'success' | 'failure'
  readonly details: Readonly<Record<string, unknown>>
} {
  const { verdict, ok, origin, size, begin, entries, purged, findings } = report
  return {
    action,
    outcome: ok ? 'success' : 'failure',
    details: { verdict, origin: origin ?? null, tree_size: size, begin, entries, purged, findings: findings.length },
  }
}

/**
 * Finds out early whether this login could put a verification on record, before the work that it is about.
 *
 * @throws AuditLogError `privilege_missing`, `schema_missing`
 */
export async function requireRecorder(db: Database, schema: string): Promise<void> {
  let may: boolean
  try {
    const [row] = await withConnection(db, (executor) =>
      executor.run(`select pg_catalog.has_any_column_privilege($1::regclass, 'insert') as may`, [
        `${quoteIdentifier(schema)}.entry`,
      ]),
    )
    may = row?.['may'] === true
  } catch (error) {
    throw explainAppend(error)
  }
  if (!may) {
    throw new AuditLogError('privilege_missing', 'this login may not record the verdict: it is not in the writer role')
  }
}

/** The verification that was recorded last; undefined when there is none. */
export async function lastVerification(executor: Executor, schema: string): Promise<RecordedVerification | undefined> {
  const quoted = quoteIdentifier(schema)
  const [row] = await executor.run(
    `select ${quoted}.format_time(timestamp) as verified_at, seq::text, recorded_by, outcome, details ->> 'verdict'::text as verdict,
       details ->> 'tree_size'::text as tree_size
     from ${quoted}.entry where action = $1 order by timestamp desc, entry.seq desc limit 1`,
    [action],
  )
  if (row === undefined) return undefined
  const treeSize = Number(row['tree_size'] ?? Number.NaN)
  return {
    verifiedAt: String(row['verified_at']),
    seq: Number(row['seq']),
    recordedBy: String(row['recorded_by']),
    ok: row['outcome'] === 'success',
    verdict: verdicts.find((verdict) => verdict === row['verdict']) ?? null,
    treeSize: Number.isSafeInteger(treeSize) && treeSize >= 0 ? treeSize : null,
  }
}
