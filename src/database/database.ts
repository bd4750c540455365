import { CompiledQuery, type Kysely, MssqlAdapter, MysqlAdapter, SqliteAdapter } from 'kysely'
import { AuditLogError } from '../errors.ts'
import { NotConnectedError, sqlStateOf } from './database-error.ts'

/** Anything that runs one statement: a `pg` Pool, Client or PoolClient, PGlite, or an object of your own. */
export interface Queryable {
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>
}

/**
 * What the library can run on. A pool (`pg.Pool`, a Kysely instance) gives every call a connection of its choice; a
 * single connection (`pg.Client`, `PoolClient`, PGlite, a Kysely transaction) runs the calls in its own transaction. An object
 * of your own counts as a single connection: pass a pool itself, and not a function around it.
 */
// oxlint-disable-next-line typescript/no-explicit-any -- a Kysely instance of any tables will do
export type Database = Queryable | Kysely<any>

/** One result row: column name to value. */
export type Row = Readonly<Record<string, unknown>>

/** The one way in which the rest of the library talks to a database. */
export interface Executor {
  /** Runs one statement. With `name`, a driver that can prepares it once for each connection. */
  run(text: string, values?: readonly unknown[], name?: string): Promise<readonly Row[]>
  /** Runs a statement without parameters, planned once for each connection where that can be done. */
  runPrepared?(text: string): Promise<readonly Row[]>
  /** The connection in whose session a statement with a name stays prepared; undefined when there is no such thing. */
  readonly session?: object
}

/** The pooler gave the statement to a connection that does not know its name, or knows another one of that name. */
export function isPreparedStatementLost(error: unknown): boolean {
  return ['26000', '42P05'].includes(sqlStateOf(error) ?? '')
}

/** What a pool of `pg` has. */
export interface PoolLike extends Queryable {
  readonly totalCount: number
  connect(): Promise<PoolClientLike>
}

/** What a connection of such a pool has. */
export interface PoolClientLike extends Queryable {
  release(destroy?: boolean): void
  on(event: 'error', listener: () => void): unknown
  off(event: 'error', listener: () => void): unknown
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
const isKysely = (db: unknown): db is Kysely<unknown> =>
  isObject(db) && typeof db['executeQuery'] === 'function' && typeof db['selectFrom'] === 'function'
/** Tells a pool of `pg` from everything else. */
export const isPool = (db: Database): db is PoolLike => 'totalCount' in db && 'connect' in db

/**
 * Wraps what the host passed in.
 *
 * @throws AuditLogError `option_invalid` when `db` is none of the kinds in {@link Database}
 */
export function executorOf(db: Database): Executor {
  // Telling the kinds apart costs as much as sending a statement.
  let executor = executors.get(db)
  if (executor === undefined) {
    executor = makeExecutor(db)
    executors.set(db, executor)
  }
  return executor
}
const executors = new WeakMap<object, Executor>()

function makeExecutor(db: Database): Executor {
  if (isKysely(db)) {
    const { adapter } = db.getExecutor()
    if ([SqliteAdapter, MysqlAdapter, MssqlAdapter].some((Adapter) => adapter instanceof Adapter)) {
      throw new AuditLogError(
        'option_invalid',
        'the log is in PostgreSQL, and this Kysely instance is of another dialect',
        {
          path: '$.db',
        },
      )
    }
    // A plugin of the host's may rename columns, or parse what looks like JSON: the library would find nothing where something is.
    const plain = db.withoutPlugins()
    const run = async (
      connection: Kysely<unknown>,
      text: string,
      values: readonly unknown[] = [],
    ): Promise<readonly Row[]> => (await connection.executeQuery<Row>(CompiledQuery.raw(text, [...values]))).rows
    if (db.isTransaction) return { run: (text, values) => run(plain, text, values) }
    return { run: (text, values) => withKyselyConnection(plain, (connection) => run(connection, text, values)) }
  }
  if (!isObject(db) || typeof db['query'] !== 'function') {
    throw new AuditLogError('option_invalid', 'db must have query(text, values) or be a Kysely instance', {
      path: '$.db',
    })
  }
  if (isPool(db)) return { run: (text, values, name) => withClient(db, (client) => client.run(text, values, name)) }
  const preparing = 'processID' in db
  return {
    ...(preparing ? { session: db } : {}),
    async run(text, values, name) {
      refuseUnconnected(db)
      if (preparing && name !== undefined) {
        // pg takes a query config here; the structural type above shows only the form that every driver knows.
        const config = { name, text, values: values as unknown[] } as unknown as string
        return rowsOf(await db.query(config))
      }
      return rowsOf(await (values === undefined ? db.query(text) : db.query(text, [...values])))
    },
  }
}

/** What ORMs have under the name of `query` often resolves to the rows themselves, and types of it allow anything. */
function rowsOf(result: unknown): readonly Row[] {
  // Several statements in one text have a result each.
  const last: unknown = Array.isArray(result) ? result.at(-1) : result
  if (isObject(last) && Array.isArray(last['rows'])) return last['rows'] as Row[]
  throw new AuditLogError(
    'option_invalid',
    'db.query() ran the statement and resolved to something without rows, where { rows } is expected',
    { path: '$.db' },
  )
}

/** A `pg` Client queues what it gets before `connect()` is called, and waits for ever when nobody calls it. */
function refuseUnconnected(db: Queryable): void {
  // Private members of pg, so nothing is refused where they are missing. processID does not tell: not every pooler sends one.
  const { _connecting: isConnecting, _connected: isConnected } = db as unknown as Record<string, unknown>
  if (isConnecting !== false || isConnected !== false) return
  throw new AuditLogError('option_invalid', 'db is a client that is not connected: await client.connect() first', {
    path: '$.db',
  })
}

/** The other way round: one connection as the rest of the library takes it. */
export function databaseOver(executor: Executor): Queryable {
  const db: Queryable = { query: async (text, values) => ({ rows: [...(await executor.run(text, values))] }) }
  // Without names: whoever prepares one falls back when a pooler has lost it, which cannot be done for a transaction of others.
  executors.set(db, { ...executor, run: (text, values) => executor.run(text, values) })
  ofOneSession.add(db)
  return db
}

/** Whether all calls share one connection, and with it one transaction. */
export function isSingleConnection(db: Database): boolean {
  return isKysely(db) ? db.isTransaction : !isPool(db)
}

/** Runs `work` on one connection: one of the pool's, or `db` itself when that is a single connection already. */
export async function withConnection<T>(db: Database, work: (executor: Executor) => Promise<T>): Promise<T> {
  if (isKysely(db)) {
    if (db.isTransaction) return work(executorOf(db))
    return withKyselyConnection(db, (connection) => work(executorOf(connection)))
  }
  return isPool(db) ? withClient(db, work) : work(executorOf(db))
}

/** Objects whose statements all go to one session of the server. */
const ofOneSession = new WeakSet<object>()

/**
 * A function around a pool looks like a single connection. The statements of a transaction would go to several sessions, and the
 * one that got the `begin` would go back to the pool and swallow what others write later.
 */
async function requireOneSession(db: Queryable): Promise<void> {
  if (ofOneSession.has(db) || isPool(db) || 'processID' in db) return
  const session = async (): Promise<unknown> =>
    (await executorOf(db).run('select pg_backend_pid() as session'))[0]?.['session']
  // At once: a pool gives one after the other to the same connection.
  const [one, other] = await Promise.all([session(), session()])
  if (one !== other) {
    throw new AuditLogError(
      'option_invalid',
      'db gives its statements to several sessions, so it can have no transaction: pass the pool or the connection itself, not a function around it',
      { path: '$.db' },
    )
  }
  ofOneSession.add(db)
}

/** Whether {@link withConnection} gives each call a connection of its own, so that calls can have transactions of their own. */
export function hasOwnConnections(db: Database): boolean {
  return isKysely(db) ? !db.isTransaction : isPool(db)
}

// Both of these tell an error of connecting (NotConnectedError: nothing was sent) from an error of the work.

async function withClient<T>(pool: PoolLike, work: (executor: Executor) => Promise<T>): Promise<T> {
  const client = await pool.connect().catch((error: unknown) => {
    throw new NotConnectedError(error)
  })
  let broken = false
  // A client that is checked out emits an error besides rejecting the query; without a listener that ends the process.
  const ignore = (): void => undefined
  client.on('error', ignore)
  try {
    return await work(executorOf(client))
  } catch (error) {
    broken = isUseless(error)
    throw error
  } finally {
    client.off('error', ignore)
    client.release(broken)
  }
}

/**
 * Whether the pool must not hand the connection on. Unless PostgreSQL itself answered, its state is unknown; and 25006, or
 * 0A000 for a transaction that is to write, came from a server that is a standby since a failover: the next connection may lead to
 * the one that was promoted.
 */
function isUseless(error: unknown): boolean {
  const state = sqlStateOf(error)
  return state === undefined || state === '25006' || state === '0A000' || /^(08|57P0)/.test(state)
}

const exactInTime = new WeakSet<object>()

/** postgres.js turns times into dates, which have milliseconds: who reads page by page would miss entries without a word. */
async function requireExactTimes(db: Kysely<unknown>, connected: Kysely<unknown>): Promise<void> {
  if (exactInTime.has(db)) return
  const time = '2026-01-01T00:00:00.000001Z'
  const { rows } = await connected.executeQuery<Row>(
    CompiledQuery.raw(`select $1::timestamptz = timestamptz '${time}' as exact`, [time]),
  )
  if (rows[0]?.['exact'] !== true) {
    throw new AuditLogError(
      'option_invalid',
      'the driver of this Kysely instance cuts times to milliseconds, so that entries would be missed: pass a pool of pg',
      { path: '$.db' },
    )
  }
  exactInTime.add(db)
}

async function withKyselyConnection<T>(
  db: Kysely<unknown>,
  work: (connection: Kysely<unknown>) => Promise<T>,
): Promise<T> {
  const connection = { made: false }
  try {
    return await db.connection().execute(async (connected) => {
      connection.made = true
      await requireExactTimes(db, connected)
      return work(connected)
    })
  } catch (error) {
    throw connection.made ? error : new NotConnectedError(error)
  }
}

/**
 * Runs `work` in a transaction of its own on one connection; rolls back when it throws.
 *
 * @param begin the statement that begins it. Default is `begin`.
 * @throws AuditLogError `option_invalid` when `db` is neither a pool nor a single connection
 */
export async function withTransaction<T>(
  db: Database,
  work: (executor: Executor) => Promise<T>,
  begin: string = 'begin',
): Promise<T> {
  if (!isKysely(db)) await requireOneSession(db)
  return withConnection(db, async (executor) => {
    await executor.run(begin)
    try {
      const result = await work(executor)
      await executor.run('commit')
      return result
    } catch (error) {
      // The first error is the one to report; a connection that cannot even roll back is dropped by the caller.
      await executor.run('rollback').catch(() => undefined)
      throw error
    }
  })
}
