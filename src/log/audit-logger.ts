import type { Entry } from '../canonical/entry.ts'
import { type Database, type Executor, executorOf, isPreparedStatementLost } from '../database/database.ts'
import { sqlStateOf } from '../database/database-error.ts'
import { isPlainObject } from '../canonical/canonicalize.ts'
import { pathTo } from '../canonical/json-path.ts'
import { AuditLogError } from '../errors.ts'
import { wholeNumber } from '../option.ts'
import { type EntryProof, proveEntries, proveEntry, type ProveOptions } from '../evidence/prove-entry.ts'
import { proveGrowth } from '../evidence/prove-growth.ts'
import { type ReceiptOptions, Receipts } from '../evidence/receipts.ts'
import { EntryQuery } from '../query/entry-query.ts'
import { checkName } from '../schema/names.ts'
import { inspect, type InspectOptions, type PostureReport } from '../schema/posture/inspect.ts'
import { type Append, appendTo, explainAppend } from './append.ts'
import { Coalescer } from './coalescer.ts'
import { Catalogue, type CatalogueOf } from './catalogue/catalogue.ts'
import type { EventCallers } from './catalogue/event-input.ts'
import { type AuditContext, withContext } from './context/context.ts'
import { type AuditEvent, type EventRules, readEvent, type ReadyEvent } from './event.ts'
import { eventRules } from './event-rules.ts'
import { type AuditLoggerOptions, checkOptions, type FailOpen, readOnError } from './logger-options.ts'
import { PartitionUpkeep } from './partition-upkeep.ts'
import { RiskRegister } from './risk/register.ts'
import { quietly } from '../quietly.ts'
import { observe, type Telemetry } from '../telemetry/telemetry.ts'

/** Options of one call. */
export interface LogOptions {
  /**
   * Runs the statement on this connection, in the transaction that is open there: the entry commits and rolls back with
   * it. Default is the logger's own `db`. An undefined one is refused: a transaction that is missing by mistake would be left out.
   */
  readonly db?: Database
}

/** What `log()` resolves to: the entry, or null where the logger fails open and the event was lost. */
export type Logged<Options extends AuditLoggerOptions> = Options extends { readonly onError: FailOpen }
  ? Entry | null
  : Entry

/** The functions of `audit.events`, for the built-in catalogue and the host's own events. */
export type AuditEvents<Options extends AuditLoggerOptions> = EventCallers<
  Options extends { readonly events: infer Own } ? CatalogueOf<Own> : CatalogueOf<undefined>,
  LogOptions,
  Logged<Options>
>

const maximumBatch = 10_000
/** UTF-16 code units of details in one call: what the driver and the database turn into one text comfortably. */
const maximumBatchLength = 64 * 1024 * 1024
const worthRetrying: ReadonlySet<string> = new Set(['40001', '40P01'])

/**
 * Writes events to the audit log and reads them back.
 *
 * @example
 * const audit = new AuditLogger({ db: pool })
 * await audit.log({ action: 'user.login', user_id: 'alice', source_ip: '203.0.113.7' })
 */
export class AuditLogger<const Options extends AuditLoggerOptions = AuditLoggerOptions> {
  readonly #db: Database
  readonly #schema: string
  readonly #rules: { readonly checked: EventRules; readonly open: EventRules }
  readonly #onlyKnownActions: boolean
  readonly #telemetry: Telemetry | undefined
  readonly #failOpen: FailOpen | undefined
  readonly #executor: Executor
  readonly #append: Append
  readonly #coalescer: Coalescer
  readonly #upkeep: PartitionUpkeep
  readonly #receipts: Receipts
  #prepare: boolean
  #closed = false
  #underWay = 0
  readonly #idle: (() => void)[] = []
  /**
   * A function for each event of the catalogue, which takes what the event needs, checks it and logs it.
   *
   * @example
   * await audit.events.scan.completed({ target: 'scan:7', details: { duration_ms: 1200, findings: 3 } })
   */
  readonly events: AuditEvents<Options>
  /** The register of accepted risks, read from the log. */
  readonly risk: RiskRegister

  /** @throws AuditLogError `option_invalid` */
  constructor(options: Options) {
    checkOptions(options)
    this.#db = options.db
    this.#executor = executorOf(options.db)
    this.#schema = checkName(options.schema ?? 'audit_log', '$.schema')
    const { strict = false, redact, telemetry } = options
    const catalogue = new Catalogue(options.events)
    this.#rules = eventRules({ strict, catalogue, redact, telemetry })
    this.#onlyKnownActions = options.onlyKnownActions ?? false
    this.#telemetry = telemetry
    this.events = catalogue.callers((event, logOptions) =>
      this.#logOne(event, logOptions ?? {}, this.#rules.checked),
    ) as AuditEvents<Options>
    this.risk = new RiskRegister(options.db, this.#schema, (events, db) =>
      this.#logAll(events, { db }, this.#rules.open),
    )
    this.#failOpen = readOnError(options.onError)
    this.#prepare = options.prepare ?? true
    this.#append = appendTo(this.#schema)
    this.#upkeep = new PartitionUpkeep(options.db, this.#schema)
    this.#receipts = new Receipts(options.db, this.#schema)
    this.#coalescer = new Coalescer((events) => this.#appendAlone(events), {
      lanes: wholeNumber(options.lanes ?? 2, 1, 64, '$.lanes'),
      waiting: wholeNumber(options.maxWaiting ?? 10_000, 1, 1_000_000, '$.maxWaiting'),
    })
  }

  /**
   * Records one event.
   *
   * Without `db` the promise resolves when the entry is committed; calls that are made at the same time share statements.
   * With `db` it resolves when the entry is in the transaction that is open there, and that transaction decides.
   *
   * @returns the entry as it is stored, its hash recomputed here
   * @throws AuditLogError `event_*` before any I/O; `queue_full`, `closed`, `write_failed` when it is certain that nothing
   * was written; `write_uncertain` when it is not; `hash_mismatch`, `schema_missing`, `privilege_missing`
   */
  log(event: AuditEvent, options: LogOptions = {}): Promise<Logged<Options>> {
    return this.#logOne(event, options, this.#onlyKnownActions ? this.#rules.checked : this.#rules.open)
  }

  /**
   * Records several events with one statement: all of them or none.
   *
   * @param events at most 10,000, with details of at most 64 Mi characters together
   * @returns the entries in the order of the events; none where the logger fails open and they were lost
   * @throws AuditLogError like {@link AuditLogger.log}; `batch_too_large`
   */
  logMany(events: readonly AuditEvent[], options: LogOptions = {}): Promise<Entry[]> {
    return this.#logAll(events, options, this.#onlyKnownActions ? this.#rules.checked : this.#rules.open)
  }

  /** Runs `work` with a context that the events in it are logged with; see {@link withContext}. */
  withContext<T>(context: AuditContext, work: () => T): T {
    return withContext(context, work)
  }

  /**
   * What the database's own catalog says of the guards, and of the login that this logger uses; see {@link inspect}.
   *
   * @throws AuditLogError `option_invalid`, `read_failed`
   */
  inspect(options: Omit<InspectOptions, 'schema'> = {}): Promise<PostureReport> {
    return inspect(this.#db, { ...options, schema: this.#schema })
  }

  /** Starts a query for entries; see {@link EntryQuery}. */
  query(): EntryQuery {
    return EntryQuery.over(this.#db, this.#schema)
  }

  /**
   * Waits for the proof of an entry: the contents of a `.tlog-proof` file, as soon as a published checkpoint covers it, which
   * normally takes about a second. Whoever holds it can show later that the entry was in the log, whatever has become of the
   * database. What `log()` returned before is no such proof.
   *
   * Needs the reader role. May be called before the transaction that the entry is in has been committed.
   *
   * @param entry what `log()` returned
   * @throws AuditLogError `proof_pending` after `timeoutMs`; `option_invalid`; what `proveEntry` throws; and the reason of
   * `signal` when it aborts
   * @example
   * const entry = await audit.log({ action: 'risk.accepted', user_id: 'alice', target: 'finding:42' })
   * await store(await audit.receipt(entry))
   */
  receipt(entry: Pick<Entry, 'seq'>, options: ReceiptOptions = {}): Promise<string> {
    return this.#receipts.wait(entry.seq, options)
  }

  /**
   * The proof that the log contains an entry, as the contents of a `.tlog-proof` file; see {@link proveEntry}.
   *
   * @throws AuditLogError `entry_unknown`; `proof_pending` when no checkpoint covers the entry yet; `tree_damaged`
   */
  proveEntry(seq: number, options: Pick<ProveOptions, 'policy'> = {}): Promise<string> {
    return proveEntry(this.#db, seq, { ...options, schema: this.#schema })
  }

  /** The proofs of several entries, for little more than that of one; see {@link proveEntries}. */
  proveEntries(seqs: readonly number[], options: Pick<ProveOptions, 'policy'> = {}): Promise<EntryProof[]> {
    return proveEntries(this.#db, seqs, { ...options, schema: this.#schema })
  }

  /** The proof that the log only grew since the checkpoint of a tree size; see {@link proveGrowth}. */
  proveGrowth(from: number, to?: number): Promise<string> {
    return proveGrowth(this.#db, from, { to, schema: this.#schema })
  }

  /** Stops taking events and resolves when those that were taken are written. Leaves `db` open: it belongs to the host. */
  async close(): Promise<void> {
    this.#closed = true
    if (this.#underWay > 0) await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  #logOne(event: AuditEvent, options: LogOptions, rules: EventRules): Promise<Logged<Options>> {
    return this.#record<Entry | null>([event], null, () => {
      const db = readDb(options)
      const ready = readEvent(event, rules)
      return db === undefined
        ? this.#coalescer.write(ready)
        : this.#appendIn(db, [ready]).then(([entry]) => entry as Entry)
    }) as Promise<Logged<Options>>
  }

  #logAll(events: readonly AuditEvent[], options: LogOptions, rules: EventRules): Promise<Entry[]> {
    return this.#record<Entry[]>(events, [], async () => {
      const db = readDb(options)
      const ready = readEvents(events, rules)
      if (ready.length === 0) return []
      return db === undefined ? this.#appendAlone(ready) : this.#appendIn(db, ready)
    })
  }

  /** @param lost what is returned where the logger fails open */
  async #record<T extends Entry | Entry[] | null>(
    events: readonly AuditEvent[],
    lost: T,
    write: () => Promise<T>,
  ): Promise<T> {
    this.#underWay += 1
    try {
      if (this.#closed) throw new AuditLogError('closed', 'the logger is closed')
      const info = { entries: isArray(events) ? events.length : 0 }
      const written = await observe(this.#telemetry, 'log', info, write, () => info.entries)
      const upkeep = this.#upkeep.run()
      if (upkeep !== undefined) {
        this.#underWay += 1
        void upkeep.then(() => this.#end())
      }
      return written
    } catch (error) {
      const explained = explainAppend(error)
      if (this.#failOpen === undefined || !isArray(events)) throw explained
      for (const event of events) report(this.#failOpen, event, explained)
      return lost
    } finally {
      this.#end()
    }
  }

  #end(): void {
    this.#underWay -= 1
    if (this.#underWay === 0) for (const resolve of this.#idle.splice(0)) resolve()
  }

  /** In a statement of its own that commits by itself, so it can be tried again as long as nothing was written. */
  async #appendAlone(events: readonly ReadyEvent[]): Promise<Entry[]> {
    for (let attempt = 1; ; attempt += 1) {
      const prepared = this.#prepare
      try {
        return await this.#append(this.#executor, events, prepared)
      } catch (error) {
        if (prepared && this.#stopsPreparing(error)) continue
        if (!worthRetrying.has(sqlStateOf(error) ?? '') || attempt >= 3) throw error
      }
    }
  }

  #appendIn(db: Database, events: readonly ReadyEvent[]): Promise<Entry[]> {
    const executor = executorOf(db)
    const work =
      this.#failOpen === undefined
        ? this.#append(executor, events, this.#prepare)
        : this.#appendAtSavepoint(executor, events)
    // The host's transaction has failed with the statement and cannot be tried again here; the next one does without.
    work.catch((error: unknown) => this.#stopsPreparing(error))
    return work
  }

  /** A failed statement would end the host's transaction, which a logger that fails open must leave alone. */
  async #appendAtSavepoint(executor: Executor, events: readonly ReadyEvent[]): Promise<Entry[]> {
    const inTransaction = await executor.run('savepoint audit_log').then(
      () => true,
      (error: unknown) => {
        if (sqlStateOf(error) === '25P01') return false
        throw error
      },
    )
    const prepared = this.#prepare
    try {
      const entries = await this.#append(executor, events, prepared)
      if (inTransaction) await executor.run('release savepoint audit_log')
      return entries
    } catch (error) {
      if (inTransaction) await executor.run('rollback to savepoint audit_log').catch(() => undefined)
      if (prepared && this.#stopsPreparing(error)) return this.#appendAtSavepoint(executor, events)
      throw error
    }
  }

  /** Behind a pooler that does not keep prepared statements apart, none is prepared any more. */
  #stopsPreparing(error: unknown): boolean {
    const isLost = isPreparedStatementLost(error)
    if (isLost) this.#prepare = false
    return isLost
  }
}

function readEvents(events: readonly AuditEvent[], rules: EventRules): ReadyEvent[] {
  if (!isArray(events))
    throw new AuditLogError('event_invalid_type', 'logMany() takes an array of events', { path: '$' })
  if (events.length > maximumBatch) {
    throw new AuditLogError('batch_too_large', `logMany() takes at most ${maximumBatch} events, found ${events.length}`)
  }
  let length = 0
  // Array.from() does not pass over holes.
  return Array.from(events, (event, index) => {
    try {
      const ready = readEvent(event, rules)
      length += ready.detailsText.length
      if (length > maximumBatchLength)
        throw new AuditLogError('batch_too_large', `details of more than ${maximumBatchLength} characters in one call`)
      return ready
    } catch (error) {
      if (!(error instanceof AuditLogError)) throw error
      const path = `$[${index}]${error.path?.slice(1) ?? ''}`
      throw new AuditLogError(error.code, `event ${index} of the batch: ${error.message}`, { path, cause: error })
    }
  })
}

// A transaction that is passed in its place, or under another name, would be left out of what is written without a word.
function readDb(options: LogOptions): Database | undefined {
  const isPlain = isObject(options) && isPlainObject(options)
  const other = isPlain ? Object.keys(options).find((name) => name !== 'db') : undefined
  if (isPlain && other === undefined) {
    if (!('db' in options) || options.db !== undefined) return (options as LogOptions).db
    throw new AuditLogError('option_invalid', 'db is undefined: leave it out to log in a transaction of its own', {
      path: '$.options.db',
    })
  }
  throw new AuditLogError('option_invalid', 'expected { db } and nothing else as the options of a call', {
    path: pathTo(other === undefined ? ['options'] : ['options', other]),
  })
}
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

// Array.isArray() alone turns a readonly array into any[].
const isArray: (value: unknown) => boolean = Array.isArray

function report(failOpen: FailOpen, event: AuditEvent, error: AuditLogError): void {
  // The host asked not to be stopped by the log; its own callback is no exception.
  quietly(() => failOpen.onLost(event, error))
}
