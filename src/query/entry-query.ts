import { type Selectable, type SelectQueryBuilder, sql } from 'kysely'
import type { JsonObject } from '../canonical/canonicalize.ts'
import type { Entry, Outcome } from '../canonical/entry.ts'
import { type Database, executorOf } from '../database/database.ts'
import { kyselyOver } from '../database/kysely.ts'
import { formatCursor, parseCursor, type Position } from './cursor.ts'
import {
  conditionsOf,
  type Filters,
  invalid,
  readActions,
  readDetails,
  readOrder,
  readNames,
  readNetwork,
  readOutcome,
  readSeq,
  readTime,
} from './filters.ts'
import type { EntryText } from './entry-text.ts'
import { explainRead } from './explain-read.ts'
import {
  columnsOf,
  jsonLines,
  type LinePage,
  pageOfLines,
  pageOfText,
  readLines,
  readText,
  type TextPage,
} from './line-page.ts'
import type { AuditLogTables } from './tables.ts'

/** Some entries, and where to go on. */
export interface EntryPage {
  /** Entries as they are stored. They are not verified yet: `verifyEntry` does that. */
  readonly entries: readonly Entry[]
  /** Opaque; null when there is nothing more. */
  readonly nextCursor: string | null
}

interface QueryState {
  readonly db: Database
  readonly schema: string
  readonly filters: Filters
  readonly order: 'newest' | 'oldest'
  readonly limit: number
  readonly cursor: string | undefined
}

const [defaultPage, largestPage] = [100, 1000]

/**
 * A query for entries. Immutable: every method returns a new query, and all conditions must hold. There can be one of each kind;
 * a second one is refused (`query_invalid`).
 *
 * Entries come in the order of (timestamp, seq). An entry that was inserted early and committed late shows up at its own
 * place later: a reader that must not miss one follows the leaf order of the transparency log instead.
 *
 * Conditions on time, `action`, `user` and `tenant` have an index in every installation; the others are applied to what those find,
 * so combine them with a time range on a large log.
 *
 * @example
 * const page = await audit.query().since('2026-11-01T00:00:00Z').action('scan.*').limit(1000).page()
 */
export class EntryQuery {
  readonly #state: QueryState

  private constructor(state: QueryState) {
    this.#state = Object.freeze(state)
  }

  /** Starts a query; hosts call `AuditLogger.query()`. */
  static over(db: Database, schema: string): EntryQuery {
    return new EntryQuery({ db, schema, filters: {}, order: 'newest', limit: defaultPage, cursor: undefined })
  }

  /** Entries at or after a time: `timestamp >= $1`. A string must be RFC 3339 with a zone. @throws AuditLogError `query_invalid` */
  since(time: string | Date): EntryQuery {
    return this.#where({ since: readTime(time, '$.since') })
  }

  /** Entries before a time: `timestamp < $1`. A string must be RFC 3339 with a zone. @throws AuditLogError `query_invalid` */
  until(time: string | Date): EntryQuery {
    return this.#where({ until: readTime(time, '$.until') })
  }

  /**
   * Entries with one of these actions: `action = $1`. `scan.*` stands for everything below `scan`:
   * `action >= 'scan.' and action < 'scan/'`.
   *
   * @param patterns one, or a list of at most 100
   * @throws AuditLogError `query_invalid`
   */
  action(patterns: string | readonly string[]): EntryQuery {
    return this.#where({ action: readActions(patterns) })
  }

  /** Entries of a user, of one of several, or with null of the system itself: `user_id = $1`. @throws AuditLogError `query_invalid` */
  user(ids: string | null | readonly (string | null)[]): EntryQuery {
    return this.#where({ user: readNames(ids, '$.user') })
  }

  /** Entries of a tenant, of one of several, or with null of none: `tenant_id = $1`; null has no index. @throws AuditLogError `query_invalid` */
  tenant(ids: string | null | readonly (string | null)[]): EntryQuery {
    return this.#where({ tenant: readNames(ids, '$.tenant', 1000) })
  }

  /** Entries about a target, about one of several, or with null about none: `target = $1`. Not indexed. @throws AuditLogError `query_invalid` */
  target(targets: string | null | readonly (string | null)[]): EntryQuery {
    return this.#where({ target: readNames(targets, '$.target') })
  }

  /** Entries from an address, or from a network in CIDR notation: `source_ip <<= $1`. Not indexed. @throws AuditLogError `query_invalid` */
  sourceIp(network: string): EntryQuery {
    return this.#where({ sourceIp: readNetwork(network) })
  }

  /** Entries with an outcome: `outcome = $1`. Not indexed. @throws AuditLogError `query_invalid` */
  outcome(outcome: Outcome): EntryQuery {
    return this.#where({ outcome: readOutcome(outcome) })
  }

  /**
   * Entries whose details contain these members: `details::jsonb @> $1`. Not indexed.
   *
   * @throws AuditLogError `query_invalid`, `json_invalid`
   */
  details(members: JsonObject): EntryQuery {
    return this.#where({ details: readDetails(members) })
  }

  /** Entries with a number in a range, both ends included: `seq >= $1 and seq <= $2`. Not indexed. @throws AuditLogError `query_invalid` */
  seq(range: { readonly from?: number | undefined; readonly to?: number | undefined }): EntryQuery {
    const unknown = Object.keys(range).find((name) => name !== 'from' && name !== 'to')
    if (unknown !== undefined) throw invalid('$.seq', 'from and to, and nothing else')
    const [seqFrom, seqTo] = [readSeq(range.from, '$.seq.from'), readSeq(range.to, '$.seq.to')]
    return this.#where({ ...(seqFrom === undefined ? {} : { seqFrom }), ...(seqTo === undefined ? {} : { seqTo }) })
  }

  /** `'newest'` first (the default) or `'oldest'` first. @throws AuditLogError `query_invalid` */
  order(order: 'newest' | 'oldest'): EntryQuery {
    return this.#with({ order: readOrder(order) })
  }

  /** How many entries a page has, 1 to 1,000. Default is 100. @throws AuditLogError `query_invalid` */
  limit(entries: number): EntryQuery {
    if (!Number.isInteger(entries) || entries < 1 || entries > largestPage)
      throw invalid('$.limit', `a whole number from 1 to ${largestPage}`)
    return this.#with({ limit: entries })
  }

  /**
   * Goes on where a page of the same query ended. The limit may change, filters and order may not.
   *
   * @param cursor `nextCursor` of that page
   * @throws AuditLogError `cursor_invalid` when the query is run
   */
  after(cursor: string): EntryQuery {
    return this.#with({ cursor })
  }

  /**
   * Reads one page.
   *
   * @throws AuditLogError `cursor_invalid`; `read_failed`, `schema_missing`, `privilege_missing`
   */
  async page(): Promise<EntryPage> {
    return this.#readPage(this.#start(), this.#state.limit)
  }

  /**
   * Reads one page as JSON text, without making objects of it: for a response, which hands it on as it is. One statement and
   * one row, whatever the size of the page.
   *
   * @param further more columns for that row, as SQL over `page` (`lines`, `entries`, and the array `seqs`)
   * @throws AuditLogError like {@link EntryQuery.page}
   */
  async linePage(further: readonly string[] = []): Promise<LinePage> {
    const { db, limit } = this.#state
    const executor = executorOf(db)
    const { sql: select, parameters } = this.#inOrder(this.#start(), limit + 1)
      .select(columnsOf(jsonLines))
      .compile()
    const text = pageOfLines(select, further)
    // Without parameters there is one plan, and nothing that it could depend on. With one there is not: a plan for any tenant
    // sorts all entries of a large one. Only the usual sizes, so that a client cannot fill the server with a thousand plans.
    const planOnce = parameters.length === 0 && (limit === defaultPage || limit === largestPage)
    const [row] = await this.#run(
      () => (planOnce ? executor.runPrepared?.(text) : undefined) ?? executor.run(text, parameters),
    )
    const { last, ...page } = readLines(row, limit)
    return { ...page, nextCursor: last === undefined ? null : formatCursor(last, this.#identity()) }
  }

  /**
   * Reads one page as text in any form, for an export. Of `limit()` it takes no notice.
   *
   * @param entries how many entries the page has, 1 or more
   * @throws AuditLogError like {@link EntryQuery.page}
   */
  async textPage(form: EntryText, entries: number): Promise<TextPage> {
    const { db, order } = this.#state
    const { sql: select, parameters } = this.#inOrder(this.#start(), entries).select(columnsOf(form)).compile()
    const [row] = await this.#run(() => executorOf(db).run(pageOfText(select, form, order), parameters))
    const { last, ...page } = readText(row)
    return { ...page, nextCursor: page.entries < entries ? null : formatCursor(last, this.#identity()) }
  }

  /**
   * Reads everything, a page of 1,000 at a time, in constant memory. No connection is held between pages.
   *
   * @throws AuditLogError like {@link EntryQuery.page}
   */
  async *stream(): AsyncGenerator<Entry, void, undefined> {
    let position = this.#start()
    for (;;) {
      const { entries, nextCursor } = await this.#readPage(position, largestPage)
      yield* entries
      if (nextCursor === null) return
      position = entries.at(-1)
    }
  }

  /** How many entries there are. Reads all of them in the database. @throws AuditLogError like {@link EntryQuery.page} */
  async count(): Promise<number> {
    const counted = this.toKysely().select((is) => is.fn.countAll<string>().as('entries'))
    const [row] = await this.#run(() => counted.execute())
    return Number(row?.entries ?? 0)
  }

  /**
   * The same conditions as a Kysely query without a selection, for what this builder does not offer: aggregates, joins, a
   * `limit` of your own. It runs on the logger's database; order, limit and cursor of this query are not in it.
   *
   * @example
   * const perDay = await audit.query().since(day).toKysely()
   *   .select((eb) => ['action', eb.fn.countAll().as('entries')]).groupBy('action').execute()
   */
  toKysely(): SelectQueryBuilder<AuditLogTables, 'entry', object> {
    const { db, schema, filters } = this.#state
    return kyselyOver<AuditLogTables>(executorOf(db))
      .withSchema(schema)
      .selectFrom('entry')
      .where((is) => is.and(conditionsOf(filters, is)))
  }

  /** The filters, as they stand in an export: for telling what was asked for. */
  toJSON(): Filters {
    return this.#state.filters
  }

  async #readPage(position: Position | undefined, limit: number): Promise<EntryPage> {
    const query = this.#inOrder(position, limit + 1).select(entryColumns)
    const rows = await this.#run(() => query.execute())
    const entries = rows.slice(0, limit).map(readEntry)
    const last = entries.at(-1)
    return {
      entries,
      nextCursor: rows.length > limit && last !== undefined ? formatCursor(last, this.#identity()) : null,
    }
  }

  #inOrder(position: Position | undefined, limit: number): SelectQueryBuilder<AuditLogTables, 'entry', object> {
    const newest = this.#state.order === 'newest'
    const direction = newest ? 'desc' : 'asc'
    const query = this.toKysely()
      .orderBy('entry.timestamp', direction)
      .orderBy('entry.seq', direction)
      .limit(sql.lit(limit))
    if (position === undefined) return query
    const [timestamp, seq] = [position.timestamp, String(position.seq)]
    // The second condition follows from the first and lets the planner leave out partitions.
    return newest
      ? query.where(
          sql<boolean>`(entry.timestamp, entry.seq) < (${timestamp}::timestamptz, ${seq}::bigint) and entry.timestamp <= ${timestamp}::timestamptz`,
        )
      : query.where(
          sql<boolean>`(entry.timestamp, entry.seq) > (${timestamp}::timestamptz, ${seq}::bigint) and entry.timestamp >= ${timestamp}::timestamptz`,
        )
  }

  /** Where the cursor says to go on. */
  #start(): Position | undefined {
    const { cursor } = this.#state
    return cursor === undefined ? undefined : parseCursor(cursor, this.#identity())
  }

  async #run<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw explainRead(error)
    }
  }

  /** What a cursor belongs to. */
  #identity(): unknown {
    const { schema, filters, order } = this.#state
    return [schema, order, Object.entries(filters).sort(([a], [b]) => (a < b ? -1 : 1))]
  }

  #where(filters: Filters): EntryQuery {
    // One in place of the other would find what the first one leaves out: another tenant's entries, say.
    const twice = Object.keys(filters).find((name) => Object.hasOwn(this.#state.filters, name))
    if (twice !== undefined) throw invalid(`$.${twice}`, 'no second condition')
    return this.#with({ filters: Object.freeze({ ...this.#state.filters, ...filters }) })
  }

  #with(change: Partial<QueryState>): EntryQuery {
    return new EntryQuery({ ...this.#state, ...change })
  }
}

/** The columns of an entry as text, so that no driver setting and no type parser of the host changes them. */
const entryColumns = [
  sql<string>`entry.version::text`.as('version'),
  sql<string>`entry.seq::text`.as('seq'),
  sql<string>`entry.id::text`.as('id'),
  sql<string>`to_char(entry.timestamp at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`.as('timestamp'),
  'entry.tenant_id',
  'entry.user_id',
  'entry.action',
  'entry.target',
  sql<string | null>`host(entry.source_ip)`.as('source_ip'),
  'entry.outcome',
  sql<string>`entry.details::text`.as('details'),
  'entry.recorded_by',
  sql<string>`encode(entry.entry_hash, 'hex')`.as('entry_hash'),
] as const

type EntryRow = Selectable<
  Omit<AuditLogTables['entry'], 'version' | 'xid' | 'canonical' | 'timestamp' | 'entry_hash' | 'details'>
> & {
  version: string
  timestamp: string
  entry_hash: string
  details: string
}

function readEntry(row: EntryRow): Entry {
  return {
    version: Number(row.version) as 1,
    seq: Number(row.seq),
    id: row.id,
    timestamp: row.timestamp,
    tenant_id: row.tenant_id,
    user_id: row.user_id,
    action: row.action,
    target: row.target,
    source_ip: row.source_ip,
    outcome: row.outcome,
    details: JSON.parse(row.details) as JsonObject,
    recorded_by: row.recorded_by,
    entry_hash: row.entry_hash,
  }
}
