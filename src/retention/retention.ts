import { type Database, executorOf } from '../database/database.ts'
import { checkFlags, type FeatureFlags } from '../flags/feature-flags.ts'
import type { VerifyArchiveOptions } from '../evidence/verify-archive.ts'
import { checkName } from '../schema/names.ts'
import {
  type LegalHold,
  type LegalHoldRequest,
  placeLegalHold,
  readLegalHolds,
  releaseLegalHold,
} from './legal-hold.ts'
import { type LogMonth, readMonths } from './months.ts'
import { extendRetention, readRetention, type RetentionExtension, type RetentionPolicy } from './policy.ts'
import { purge, type PurgedMonth, type PurgeOptions } from './purge.ts'
import { requireVerifiedArchive } from './verified-archive.ts'

/** Options of {@link Retention}. */
export interface RetentionOptions {
  /**
   * A login in the reader role to look; in the writer role to lengthen the retention and to place legal holds; in the
   * archivist role, which the application never has, to release holds and to purge.
   */
  readonly db: Database
  /** Schema of the log. Default is `audit_log`. */
  readonly schema?: string | undefined
  /** Feature flags of the host: `audit_extended_retention` for more than a year. Default is all off. */
  readonly flags?: FeatureFlags | undefined
}

/** What {@link Retention.purge} takes. */
export interface PurgeRequest
  extends Omit<PurgeOptions, 'schema' | 'archive'>, Pick<VerifyArchiveOptions, 'policy' | 'onProgress'> {
  /** Directory of an archive of the whole log, made by `writeArchive`. */
  readonly archive: string
}

/**
 * How long entries are kept, which of them are under legal hold, and how expired months go.
 *
 * @example
 * const retention = new Retention({ db: pool, flags: openFeatureClient })
 * await retention.extend({ keepDays: 6 * 365 + 2, reason: 'HIPAA 164.316(b)(2)(i)' })
 */
export class Retention {
  readonly #db: Database
  readonly #schema: string
  readonly #flags: FeatureFlags

  /** @throws AuditLogError `option_invalid` */
  constructor(options: RetentionOptions) {
    executorOf(options.db)
    this.#db = options.db
    this.#schema = checkName(options.schema ?? 'audit_log', '$.schema')
    this.#flags = checkFlags(options.flags ?? {})
  }

  /** The retention that is in force. */
  policy(): Promise<RetentionPolicy> {
    return readRetention(this.#db, this.#schema)
  }

  /** Lengthens the retention, for good; see {@link RetentionExtension}. @throws AuditLogError `feature_off`, `retention_too_young`, `retention_invalid` */
  extend(extension: RetentionExtension): Promise<void> {
    return extendRetention(this.#db, this.#schema, this.#flags, extension)
  }

  /** The legal holds, oldest first, released ones included. */
  holds(): Promise<LegalHold[]> {
    return readLegalHolds(this.#db, this.#schema)
  }

  /** Keeps entries from being purged until the hold is released. @returns its id @throws AuditLogError `retention_invalid`, `query_invalid` */
  placeHold(hold: LegalHoldRequest): Promise<string> {
    return placeLegalHold(this.#db, this.#schema, hold)
  }

  /** Ends a legal hold. @throws AuditLogError `retention_invalid`, `privilege_missing` */
  releaseHold(holdId: string, release: Pick<LegalHoldRequest, 'reason' | 'approvedBy' | 'actingUser'>): Promise<void> {
    return releaseLegalHold(this.#db, this.#schema, holdId, release)
  }

  /** The months that have a partition, oldest first, and when each expires. */
  months(): Promise<LogMonth[]> {
    return readMonths(this.#db, this.#schema)
  }

  /**
   * Verifies an archive completely, then drops the months that have expired and that it has. Each month for itself: one that
   * is refused does not stop the others. What remains of the log still verifies, and each purge is an entry.
   *
   * @throws AuditLogError `archive_unverified` when the archive does not verify or lacks entries: nothing is dropped;
   * `file_unreadable` when there is none; `privilege_missing`, `schema_missing`, `option_invalid`
   */
  async purge(options: PurgeRequest): Promise<PurgedMonth[]> {
    const { archive, policy, onProgress, ...rest } = options
    const head = await requireVerifiedArchive(this.#db, this.#schema, archive, { policy, onProgress })
    return purge(this.#db, { ...rest, archive: head, schema: this.#schema })
  }
}
