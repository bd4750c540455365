import { causeOf, sqlStateOf } from '../../database/database-error.ts'
import type { Database, Executor } from '../../database/database.ts'
import { atSavepoint, withSnapshot } from '../../database/snapshot.ts'
import { AuditLogError } from '../../errors.ts'
import { checkName, quoteIdentifier, resolveNames, type SchemaNameOptions, type SchemaNames } from '../names.ts'
import { currentSchemaVersion, readSchemaVersion, type SchemaVersion } from '../state.ts'
import { compareBaseline, type PostureBaseline, readBaseline } from './baseline.ts'
import { readCatalog } from './catalog.ts'
import { compareCatalog } from './compare-catalog.ts'
import { finding, type Finding, type FindingCode, findingCodes, type Severity } from './finding-codes.ts'
import shippedCatalog from './shipped-catalog.json'
import surroundingsSql from './surroundings.sql'

/** Options of {@link inspect}. */
export interface InspectOptions extends SchemaNameOptions {
  /**
   * The login that the application uses, besides all logins that hold a group role. Default is the login of this connection;
   * null for none, when an administrator looks.
   */
  readonly login?: string | null | undefined
  /** A baseline that was taken before and kept outside of the database. Default is none. */
  readonly baseline?: PostureBaseline | undefined
}

/** What the database's own catalog says of our guards. It proves nothing against a superuser: evidence does. */
export interface PostureReport {
  /** Clock of the database: RFC 3339, UTC. */
  readonly checkedAt: string
  readonly schema: string
  /** Migrations that are installed; undefined when this login may not see it. */
  readonly schemaVersion: SchemaVersion | undefined
  /** Version of the server, e.g. `18.4`. */
  readonly serverVersion: string
  /** Login that looked. */
  readonly checkedBy: string
  /** No critical finding and no warning, and everything could be checked. */
  readonly ok: boolean
  /**
   * Whether guards and grants hold against the application: no critical finding. False means that the log must be called "not
   * tamper-resistant against the application"; evidence that is kept elsewhere counts all the same.
   */
  readonly tamperResistant: boolean
  /** The worst first. */
  readonly findings: readonly Finding[]
  /** What this login could not look at, and why. */
  readonly notChecked: readonly NotChecked[]
  /** State of the marks now: what a baseline is made of. */
  readonly baseline: PostureBaseline | undefined
}

/** A part of the posture that could not be looked at. */
export interface NotChecked {
  readonly check: string
  readonly reason: string
}

interface Inspection {
  readonly executor: Executor
  readonly names: SchemaNames
  readonly findings: Finding[]
  readonly notChecked: NotChecked[]
}

const ranks: Readonly<Record<Severity, number>> = { critical: 0, warning: 1, info: 2 }

/**
 * Compares an installed schema and what surrounds it with what this version ships, from the system catalog alone: a handful
 * of queries that read a snapshot and lock nothing. Any login may call it; what it cannot see is listed, not thrown.
 *
 * @throws AuditLogError `option_invalid`; `read_failed` when the connection fails
 * @example
 * const report = await inspect(pool, { login: 'app' })
 * if (!report.tamperResistant) alarm(report.findings)
 */
export async function inspect(db: Database, options: InspectOptions = {}): Promise<PostureReport> {
  const names = resolveNames(options)
  if (typeof options.login === 'string') checkName(options.login, '$.login')
  try {
    return await withSnapshot(db, (executor) => inspectSnapshot(executor, names, options))
  } catch (error) {
    if (error instanceof AuditLogError) throw error
    throw new AuditLogError('read_failed', 'the posture could not be read', causeOf(error))
  }
}

async function inspectSnapshot(
  executor: Executor,
  names: SchemaNames,
  options: InspectOptions,
): Promise<PostureReport> {
  const [server] = await executor.run(
    // The form in which definitions are printed depends on these.
    `select set_config('search_path', 'pg_catalog', true), set_config('timezone', 'UTC', true), set_config('datestyle', 'ISO, YMD', true),
       set_config('intervalstyle', 'postgres', true), set_config('quote_all_identifiers', 'off', true), current_setting('server_version') as version, session_user as login,
       to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as now,
       exists (select from pg_catalog.pg_namespace where nspname = $1) as installed`,
    [names.schema],
  )
  const inspection: Inspection = { executor, names, findings: [], notChecked: [] }
  let schemaVersion: SchemaVersion | undefined = 0
  let baseline: PostureBaseline | undefined
  if (server?.['installed'] === true) {
    schemaVersion = await readVersion(inspection)
    await check(inspection, 'roles, settings and server', () =>
      readSurroundings(inspection, options.login === undefined ? String(server['login']) : options.login),
    )
    await check(inspection, 'definitions and grants', () => readDefinitions(inspection, schemaVersion))
    await check(inspection, 'sequence', () => readSequence(inspection))
    await check(inspection, 'baseline', async () => {
      baseline = await readBaseline(executor, names.schema)
      if (options.baseline !== undefined) inspection.findings.push(...compareBaseline(options.baseline, baseline))
    })
  } else {
    inspection.findings.push(finding('schema_missing', `schema ${names.schema}`, 'run installSchema() or schemaSql()'))
  }
  const findings = inspection.findings.toSorted((a, b) => ranks[a.severity] - ranks[b.severity])
  return {
    checkedAt: String(server?.['now']),
    schema: names.schema,
    schemaVersion,
    serverVersion: String(server?.['version']).split(' ')[0] ?? '',
    checkedBy: String(server?.['login']),
    ok: findings.every(({ severity }) => severity === 'info') && inspection.notChecked.length === 0,
    tamperResistant: findings.every(({ severity }) => severity !== 'critical'),
    findings,
    notChecked: inspection.notChecked,
    baseline,
  }
}

/** A part that this login may not see, or that fails because of what was done to the catalog, is said and does not end the rest. */
async function check({ executor, notChecked }: Inspection, name: string, work: () => Promise<void>): Promise<void> {
  try {
    await atSavepoint(executor, work)
  } catch (error) {
    const state = sqlStateOf(error)
    if (state === undefined) throw error
    notChecked.push({ check: name, reason: state === '42501' ? 'this login may not read it' : `SQLSTATE ${state}` })
  }
}

async function readVersion(inspection: Inspection): Promise<SchemaVersion | undefined> {
  let version: SchemaVersion | undefined
  await check(inspection, 'version of the schema', async () => {
    try {
      version = await readSchemaVersion(inspection.executor, inspection.names)
    } catch (error) {
      if (!(error instanceof AuditLogError)) throw error
      const code = error.code === 'schema_newer' ? 'schema_newer' : 'schema_changed'
      const fix =
        code === 'schema_newer' ? 'upgrade this library' : 'verify the log, then restore the table from a backup'
      inspection.findings.push(finding(code, 'table migration', fix, error.message))
    }
  })
  return version
}

async function readDefinitions(
  { executor, names, findings, notChecked }: Inspection,
  version: number | undefined,
): Promise<void> {
  if (findings.some(({ code }) => code === 'schema_newer')) {
    notChecked.push({ check: 'definitions and grants', reason: 'the schema is newer than this library' })
  } else if (version !== undefined && version < currentSchemaVersion) {
    const detail = `version ${version}, this library installs ${currentSchemaVersion}`
    findings.push(finding('schema_outdated', `schema ${names.schema}`, 'run installSchema() or schemaSql()', detail))
    notChecked.push({ check: 'definitions and grants', reason: 'the schema is older than this library' })
  } else {
    findings.push(...compareCatalog(await readCatalog(executor, names), shippedCatalog, names))
  }
}

async function readSurroundings({ executor, names, findings }: Inspection, login: string | null): Promise<void> {
  const rows = await executor.run(surroundingsSql, [names.schema, JSON.stringify(names.roles), login])
  for (const row of rows) {
    const code = String(row['code'])
    if (!isCode(code)) throw new Error(`surroundings.sql uses the unknown code ${code}`)
    if (code === 'default_partition_filled' && (await isEmpty(executor, names))) continue
    const detail = row['detail']
    findings.push(
      finding(code, String(row['subject']), String(row['fix']), typeof detail === 'string' ? detail : undefined),
    )
  }
}

/** A table that has pages need not have rows: a transaction that wrote them may have been rolled back. */
async function isEmpty(executor: Executor, { schema }: SchemaNames): Promise<boolean> {
  try {
    const query = `select exists (select from ${quoteIdentifier(schema)}.entry_default) as filled`
    const [row] = await atSavepoint(executor, () => executor.run(query))
    return row?.['filled'] === false
  } catch (error) {
    if (sqlStateOf(error) === undefined) throw error
    return false
  }
}

const isCode = (code: string): code is FindingCode => code in findingCodes

async function readSequence({ executor, names, findings }: Inspection): Promise<void> {
  const schema = quoteIdentifier(names.schema)
  const [row] = await executor.run(
    `select ${schema}.sequence_is_behind() as behind, (select max(seq) from ${schema}.leaf)::text as leaf,
       (select max(seq) from (select seq from ${schema}.entry order by timestamp desc, seq desc limit 1000) as latest)::text as entry`,
  )
  if (row?.['behind'] !== true) return
  const newest = Math.max(Number(row['leaf'] ?? 0), Number(row['entry'] ?? 0))
  findings.push(
    finding(
      'sequence_behind',
      'sequence entry_seq',
      `select setval('${schema.replaceAll("'", "''")}.entry_seq', ${newest});`,
      `it stands below ${newest}, which is taken`,
    ),
  )
}
