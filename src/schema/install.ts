import { setTimeout as sleep } from 'node:timers/promises'
import { causeOf, sqlStateOf } from '../database/database-error.ts'
import { type Database, type Executor, withConnection, withTransaction } from '../database/database.ts'
import { hardened } from '../database/explain-error.ts'
import { AuditLogError } from '../errors.ts'
import { wholeNumber } from '../option.ts'
import { quoteIdentifier, quoteLiteral, resolveNames, type SchemaNameOptions, type SchemaNames } from './names.ts'
import { createIndexes, type OptionalIndex } from './optional-indexes.ts'
import { checkGrants, type Grant, installSteps, type RoleGrants, schemaSql, type SchemaSqlOptions } from './script.ts'
import { currentSchemaVersion, readSchemaVersion, type SchemaVersion } from './state.ts'

/** Options of {@link installSchema}. */
export interface InstallSchemaOptions extends SchemaNameOptions {
  /** Logins that get the group roles, e.g. `{ writer: ['app'], reader: ['app'] }`. They must exist. Default is none. */
  readonly grant?: RoleGrants | undefined
  /** How many monthly partitions to keep ready beyond the current one, 0 to 24. Default is 3. */
  readonly monthsAhead?: number | undefined
  /**
   * Optional indexes to create, when they are not there yet, as {@link createIndexes} does; only a superuser may. Default is
   * none.
   */
  readonly indexes?: readonly OptionalIndex[] | undefined
  /** How long to try again while locks or other installers are in the way, in milliseconds, 0 or more. Default is 60,000. */
  readonly timeoutMs?: number | undefined
}

/** What {@link installSchema} did. */
export interface InstallSchemaResult {
  /** Version that was found; 0 when there was no schema. */
  readonly from: SchemaVersion
  /** Version that is installed now. */
  readonly to: SchemaVersion
}

/**
 * Installs or upgrades the schema; meant to be called whenever the host starts.
 *
 * Idempotent, and safe when many processes start at once. When nothing is to do it takes no lock beyond those of its own
 * SELECTs. Otherwise everything happens in one transaction in which each wait for a lock ends after 200 ms and is tried
 * again, so that it never queues in front of the host's traffic. All objects belong to the owner role, which has no
 * members afterwards.
 *
 * The login needs CREATEROLE (or superuser) and CREATE on the database, but only when something is to do: hosts that
 * start with fewer rights let a DBA run {@link schemaSql} first.
 *
 * @param db a pool, a connection outside a transaction, PGlite, or a Kysely instance
 * @throws AuditLogError `privilege_missing` with the SQL for a DBA; `schema_newer`, `schema_changed`, `schema_foreign`,
 * `role_unsafe`, `server_unsupported`; `schema_busy` after `timeoutMs`; `option_invalid`; `write_failed`
 * @example
 * await installSchema(adminPool, { grant: { writer: ['app'], reader: ['app'] } })
 */
export async function installSchema(db: Database, options: InstallSchemaOptions = {}): Promise<InstallSchemaResult> {
  const names = resolveNames(options)
  const grants = checkGrants(options.grant)
  const monthsAhead = wholeNumber(options.monthsAhead ?? 3, 0, 24, '$.monthsAhead')
  const deadline = Date.now() + wholeNumber(options.timeoutMs ?? 60_000, 0, 2 ** 31 - 1, '$.timeoutMs')
  let found: SchemaVersion | undefined
  for (let attempt = 0; ; attempt += 1) {
    try {
      const plan = await withConnection(db, (executor) => readPlan(executor, names, grants, monthsAhead))
      found ??= plan.version
      if (plan.version < currentSchemaVersion || plan.grants.length > 0) {
        await withTransaction(db, (executor) => install(executor, names, plan))
      }
      if (plan.version < currentSchemaVersion) continue
      if (plan.partitionsMissing) await withConnection(db, (executor) => makePartitions(executor, names, monthsAhead))
      if (options.indexes !== undefined) await createIndexes(db, options.indexes, options)
      return { from: found, to: currentSchemaVersion }
    } catch (error) {
      if (!isBusy(error)) throw explain(error, { ...options, from: found ?? currentSchemaVersion })
      if (Date.now() >= deadline) {
        throw new AuditLogError(
          'schema_busy',
          'locks or other installers did not let the installation through in time',
          causeOf(error),
        )
      }
      await sleep(Math.random() * Math.min(1000, 50 * 2 ** Math.min(attempt, 10)))
    }
  }
}

interface Plan {
  readonly version: SchemaVersion
  readonly grants: readonly Grant[]
  readonly partitionsMissing: boolean
}

async function readPlan(
  executor: Executor,
  names: SchemaNames,
  grants: readonly Grant[],
  monthsAhead: number,
): Promise<Plan> {
  const version = await readSchemaVersion(executor, names)
  if (version === 0) return { version, grants, partitionsMissing: true }
  const held = await executor.run(
    `select member.rolname as login, granted.rolname as role from pg_auth_members
     join pg_roles as member on member.oid = pg_auth_members.member
     join pg_roles as granted on granted.oid = pg_auth_members.roleid
     where granted.rolname = any (select pg_catalog.json_array_elements_text($1::json))`,
    [JSON.stringify(Object.values(names.roles))],
  )
  const missing = grants.filter(
    ({ kind, login }) => !held.some((row) => row['login'] === login && row['role'] === names.roles[kind]),
  )
  const [partition] = await executor.run(
    `select to_regclass(pg_catalog.format('%I.%I', $1::text, 'entry_' || to_char((now() at time zone 'UTC') + make_interval(months => $2::integer), 'YYYY_MM'))) is null as missing`,
    [names.schema, monthsAhead],
  )
  return { version, grants: missing, partitionsMissing: partition?.['missing'] === true }
}

async function install(executor: Executor, names: SchemaNames, plan: Plan): Promise<void> {
  // One statement, so that it works over every driver's protocol; the server splits what is inside.
  const steps = ["set local lock_timeout = '200ms';", ...installSteps(names, plan.grants, plan.version)]
  await executor.run(`do $install$ begin execute ${quoteLiteral(steps.join('\n'))}; end $install$`)
}

// Without the right to make them the default partition takes the entries: that is no reason not to start.
async function makePartitions(executor: Executor, names: SchemaNames, monthsAhead: number): Promise<void> {
  try {
    await executor.run(`select ${quoteIdentifier(names.schema)}.ensure_partitions($1)`, [monthsAhead])
  } catch (error) {
    const state = sqlStateOf(error)
    if (state !== '42501' && state !== '55P03') throw error
  }
}

const busyStates: ReadonlySet<string> = new Set([
  '55P03', // lock_timeout
  '40P01', // deadlock with another installer
  '40001',
  '23505', // another installer was first: unique index of a catalog or of the migration table
  '42710', // role exists by now
  '42P06', // schema exists by now
  '42P07', // table exists by now
  'XX000', // "tuple concurrently updated": two GRANTs on the same role
])

function isBusy(error: unknown): boolean {
  const state = sqlStateOf(error)
  return state !== undefined && busyStates.has(state)
}

function explain(error: unknown, script: SchemaSqlOptions): unknown {
  if (error instanceof AuditLogError) return error
  const details = causeOf(error)
  const { cause } = details
  switch (details.sqlState) {
    case '42501':
      return new AuditLogError(
        'privilege_missing',
        'this login may not install the audit log: run installSchema() once as a superuser or a role with CREATEROLE and CREATE on the ' +
          'database, or let a DBA run the script of schemaSql(), which is in the property `sql` of this error',
        { ...details, sql: schemaSql(script) },
      )
    case 'WO010':
    case 'WO011':
      return new AuditLogError('server_unsupported', cause.message, details)
    case 'WO012':
    case 'WO014':
      return new AuditLogError('role_unsafe', cause.message, details)
    case 'WO013':
      return new AuditLogError('schema_foreign', cause.message, details)
    case 'WO030':
      return new AuditLogError('write_failed', `the schema could not be upgraded: ${hardened}`, details)
    case '42704':
      return new AuditLogError('option_invalid', `a login in "grant" does not exist: ${cause.message}`, {
        ...details,
        path: '$.grant',
      })
    default:
      return new AuditLogError('write_failed', 'the schema could not be installed', details)
  }
}
