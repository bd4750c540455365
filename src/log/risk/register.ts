import type { Entry } from '../../canonical/entry.ts'
import { sha256Hex } from '../../canonical/sha256.ts'
import { type Database, databaseOver, type Executor, withConnection, withTransaction } from '../../database/database.ts'
import { AuditLogError } from '../../errors.ts'
import { type EntryProof, proveEntries } from '../../evidence/prove-entry.ts'
import { explainRead } from '../../query/explain-read.ts'
import { readTime } from '../../query/filters.ts'
import { entryOfLine } from '../../query/leaf-order.ts'
import { quoteIdentifier } from '../../schema/names.ts'
import { timeOf } from '../catalogue/fields.ts'
import type { AuditEvent } from '../event.ts'
import { type FoldedAcceptance, foldAcceptances, riskActions, type RiskEntry, type RiskStep } from './acceptance.ts'
import { watchExpiries, type WatchOptions, type Watch } from './watch.ts'

/** Which acceptances to look for, and when. */
export interface AcceptedOptions {
  /**
   * The date to answer for: only entries up to it count, and what ends before it has expired. May lie in the future, for
   * what will be the case if nothing is decided until then. A string must be RFC 3339 with a zone. Default is now.
   */
  readonly asOf?: string | Date | undefined
  /** Only those of this tenant; null for those of none. Default is all. */
  readonly tenant?: string | null | undefined
  /** Only those about this target, e.g. `finding:42`. Default is all. */
  readonly target?: string | undefined
  /** What ends within so many days of `asOf` is about to expire, 0 to 3,650. Default is 30. */
  readonly soonDays?: number | undefined
  /** Whether to prove every entry. Default is true. */
  readonly proofs?: boolean | undefined
}

/** One entry in the history of an acceptance, with its proof. */
export interface ProvenRiskStep extends RiskStep {
  /** The contents of a `.tlog-proof` file that proves that the log contains the entry; undefined when there is none. */
  readonly proof: string | undefined
  /** Why there is none: no checkpoint covers the entry yet, or none was asked for. */
  readonly missing: EntryProof['missing'] | 'not_asked'
}

/** An accepted risk as the log has it. */
export type RiskAcceptance = FoldedAcceptance<ProvenRiskStep>

/** How the register records what it finds. */
export type RecordEvents = (events: readonly AuditEvent[], db: Database) => Promise<readonly Entry[]>

const provenAtOnce = 10_000
const recordedAtOnce = 1000

/**
 * The register of accepted risks. It keeps nothing of its own: every answer is worked out from the entries `risk.accepted`,
 * `risk.renewed`, `risk.revoked` and `risk.expired`, so an acceptance can no more disappear than an entry can.
 */
export class RiskRegister {
  readonly #db: Database
  readonly #schema: string
  readonly #record: RecordEvents

  /** Hosts use `AuditLogger.risk`. */
  constructor(db: Database, schema: string, record: RecordEvents) {
    this.#db = db
    this.#schema = schema
    this.#record = record
  }

  /**
   * Every acceptance that the log knows at a date, with its status then: in force, about to expire, expired, revoked, or
   * never valid; ordered by when it was first recorded.
   *
   * @throws AuditLogError `query_invalid`; `read_failed`, `schema_missing`, `privilege_missing`; `tree_damaged`
   * @example
   * const then = await audit.risk.accepted({ asOf: '2026-06-30T00:00:00Z' })
   * const accepted = then.filter(({ status }) => status === 'in_force' || status === 'about_to_expire')
   */
  async accepted(options: AcceptedOptions = {}): Promise<RiskAcceptance[]> {
    const { asOf, tenant, target, soonDays = 30, proofs = true } = options
    const until = asOf === undefined ? undefined : readTime(asOf, '$.asOf')
    if (!Number.isInteger(soonDays) || soonDays < 0 || soonDays > 3650) {
      throw new AuditLogError('query_invalid', 'expected a whole number from 0 to 3650 at $.soonDays', {
        path: '$.soonDays',
      })
    }
    const found = await withConnection(this.#db, (executor) => this.#read(executor, { until, tenant, target })).catch(
      (error: unknown) => {
        throw explainRead(error)
      },
    )
    const folded = foldAcceptances(found, until === undefined ? Date.now() : timeOf(until), soonDays * 86_400_000)
    return this.#prove(folded, proofs)
  }

  /**
   * Records `risk.expired` for every acceptance whose time is over and that has no such entry yet. Any number of processes
   * may do it: one at a time does, and what one has recorded the next one finds. An acceptance is expired when its time is
   * over, whether it has been recorded or not.
   *
   * @returns the new entries; none when another process is at it
   * @throws AuditLogError like {@link accepted} and like `log()`
   */
  async recordExpiries(): Promise<readonly Entry[]> {
    try {
      return await withTransaction(this.#db, async (executor) => {
        // Not an older snapshot than the lock: what the last holder of the lock has committed must be seen.
        await executor.run('set transaction isolation level read committed')
        const [lock] = await executor.run(
          'select pg_try_advisory_xact_lock(pg_catalog.hashtextextended($1, 0)) as taken',
          [`risk.expired ${this.#schema}`],
        )
        if (lock?.['taken'] !== true) return []
        const folded = foldAcceptances(await this.#read(executor, {}), Date.now(), 0)
        const events = folded
          .filter(({ status, expiryRecorded }) => status === 'expired' && !expiryRecorded)
          .map(expiryOf)
        const entries: Entry[] = []
        for (let at = 0; at < events.length; at += recordedAtOnce) {
          entries.push(...(await this.#record(events.slice(at, at + recordedAtOnce), databaseOver(executor))))
        }
        return entries
      })
    } catch (error) {
      throw explainRead(error)
    }
  }

  /**
   * Calls {@link recordExpiries} now and then until it is stopped. Does not keep the process running.
   *
   * @throws AuditLogError `option_invalid`
   * @example
   * const watch = audit.risk.watch({ everyMs: 3_600_000, onError: (error) => logger.warn({ code: error.code }) })
   */
  watch(options: WatchOptions = {}): Watch {
    return watchExpiries(() => this.recordExpiries(), options)
  }

  async #read(
    executor: Executor,
    {
      until,
      tenant,
      target,
    }: { until?: string | undefined; tenant?: string | null | undefined; target?: string | undefined },
  ): Promise<RiskEntry[]> {
    const schema = quoteIdentifier(this.#schema)
    const values: unknown[] = [riskActions]
    let where = 'entry.action = any ($1)'
    const and = (condition: (parameter: string) => string, value: unknown): void => {
      values.push(value)
      where += ` and ${condition(`$${values.length}`)}`
    }
    if (until !== undefined) and((parameter) => `entry.timestamp <= ${parameter}::timestamptz`, until)
    if (tenant !== undefined) and((parameter) => `entry.tenant_id is not distinct from ${parameter}`, tenant)
    if (target !== undefined) and((parameter) => `entry.target = ${parameter}`, target)
    // One statement, so one state of the log. What has no leaf yet comes after what has one.
    const rows = await executor.run(
      `select ${schema}.entry_line(entry) as line, encode(entry.entry_hash, 'hex') as hash, leaf.leaf_index::text as leaf_index,
         coalesce(leaf.entry_hash = entry.entry_hash, true) as same
       from ${schema}.entry left join ${schema}.leaf on leaf.seq = entry.seq and leaf.timestamp = entry.timestamp
       where ${where} order by leaf.leaf_index nulls last, entry.seq`,
      values,
    )
    return rows.map((row) => {
      const [line, hash, leafIndex] = [String(row['line']), String(row['hash']), row['leaf_index']]
      return {
        entry: entryOfLine(line, hash),
        leafIndex: typeof leafIndex === 'string' ? Number(leafIndex) : null,
        intact: row['same'] === true && sha256Hex(line) === hash,
      }
    })
  }

  async #prove(folded: readonly FoldedAcceptance[], asked: boolean): Promise<RiskAcceptance[]> {
    const seqs = asked ? folded.flatMap(({ history }) => history.map(({ entry }) => entry.seq)) : []
    const proofs = new Map<number, EntryProof>()
    for (let at = 0; at < seqs.length; at += provenAtOnce) {
      const proven = await proveEntries(this.#db, seqs.slice(at, at + provenAtOnce), { schema: this.#schema })
      for (const proof of proven) proofs.set(proof.seq, proof)
    }
    return folded.map((acceptance) => {
      const history = acceptance.history.map((step): ProvenRiskStep => {
        const found = proofs.get(step.entry.seq)
        return { ...step, proof: found?.proof, missing: asked ? found?.missing : 'not_asked' }
      })
      const decidedBy = history[acceptance.history.indexOf(acceptance.decidedBy)] as ProvenRiskStep
      return { ...acceptance, history, decidedBy }
    })
  }
}

function expiryOf({ acceptance_id, tenant_id, target, terms }: FoldedAcceptance): AuditEvent {
  return {
    action: 'risk.expired',
    // The system does it, on whoever's request it happens to be.
    user_id: null,
    source_ip: null,
    tenant_id,
    target,
    details: { acceptance_id, expired_at: terms?.expires_at },
  }
}
