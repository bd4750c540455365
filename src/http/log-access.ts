import { type Database, databaseOver, type Executor } from '../database/database.ts'
import { readCancellably, readOnly } from '../database/read-only.ts'
import type { FeatureFlags } from '../flags/feature-flags.ts'
import type { AuditEvent } from '../log/event.ts'
import { EntryQuery } from '../query/entry-query.ts'
import { explainRead } from '../query/explain-read.ts'
import type { SchemaNameOptions } from '../schema/names.ts'
import type { AllowDestination } from '../settings/allow-destination.ts'
import { ForwarderSettings } from '../settings/forwarder-settings.ts'
import type { SettingsKey } from '../settings/secret-box.ts'
import type { CursorSeal } from './cursor-seal.ts'
import { filterParameters, orderParameter, reading } from './parameters.ts'
import { type Principal, tenantsFor } from './principal.ts'
import { Problem } from './problem.ts'
import type { Csrf } from './same-origin.ts'

/** Writes an entry: what `AuditLogger` does. */
export interface Recorder {
  log(event: AuditEvent): Promise<unknown>
}

/** What the routes share: the database, and who is told what was read. */
export interface LogAccessOptions {
  readonly db: Database
  readonly schema: string
  readonly roles: SchemaNameOptions['roles']
  readonly basePath: string
  readonly flags: FeatureFlags
  readonly csrf: Csrf | undefined
  readonly settingsKey: SettingsKey | undefined
  readonly allowDestination: AllowDestination | undefined
  readonly audit: Recorder
  readonly auditViews: boolean
  readonly cursors: CursorSeal
  readonly maxExports: number
  readonly exportStallMs: number
  readonly onError: (error: unknown) => void
}

type ReadingWork<T> = (executor: Executor, query: EntryQuery) => Promise<T>

/** The log as the routes see it. */
export class LogAccess {
  readonly options: LogAccessOptions
  readonly settings: ForwarderSettings
  #exports = 0

  constructor(options: LogAccessOptions) {
    this.options = options
    this.settings = new ForwarderSettings(options)
  }

  /** Reads in one transaction, cancelled in the server when the signal is aborted. @throws AuditLogError `read_failed` */
  read<T>(signal: AbortSignal, work: ReadingWork<T>): Promise<T> {
    return this.#reading(readOnly, signal, work)
  }

  /** Like {@link LogAccess.read} for a single SELECT, which needs no transaction: one round trip instead of three. */
  readAtOnce<T>(signal: AbortSignal, work: ReadingWork<T>): Promise<T> {
    return this.#reading(readCancellably, signal, work)
  }

  async #reading<T>(way: typeof readOnly<T>, signal: AbortSignal, work: ReadingWork<T>): Promise<T> {
    const { db, schema } = this.options
    try {
      return await way(db, signal, (executor) => work(executor, EntryQuery.over(databaseOver(executor), schema)))
    } catch (error) {
      if (error instanceof Problem || signal.aborted) throw error
      throw explainRead(error)
    }
  }

  /**
   * The query that some parameters describe. Entries of other tenants than the principal's are left out by the database.
   *
   * @throws Problem `parameter_invalid`, `tenant_forbidden`
   */
  queryFor(query: EntryQuery, principal: Principal, values: ReadonlyMap<string, string>): EntryQuery {
    const tenants = tenantsFor(principal, values)
    let filtered = tenants === undefined ? query : reading('tenant_id', () => query.tenant(tenants))
    for (const parameter of [...filterParameters, orderParameter]) {
      const text = values.get(parameter.name)
      if (text !== undefined) {
        const before = filtered
        filtered = reading(parameter.name, () => parameter.apply(before, text))
      }
    }
    const [since, until] = [values.get('since'), values.get('until')]
    if (since !== undefined && until !== undefined && isAfter(since, until)) {
      throw new Problem('parameter_invalid', { parameter: 'until', detail: 'expected a time that is not before since' })
    }
    const [from, to] = [values.get('seq_from'), values.get('seq_to')]
    if (from !== undefined && to !== undefined && Number(from) > Number(to)) {
      throw new Problem('parameter_invalid', { parameter: 'seq_to', detail: 'expected a number not below seq_from' })
    }
    return filtered
  }

  /** Finds what is wrong with parameters, without asking the database. @throws Problem like {@link LogAccess.queryFor} */
  checkQuery(principal: Principal, values: ReadonlyMap<string, string>): void {
    this.queryFor(EntryQuery.over(this.options.db, this.options.schema), principal, values)
  }

  /** Records that somebody looked at the log, where the host wants that. */
  async recordView(resource: string, principal: Principal, values: ReadonlyMap<string, string>): Promise<void> {
    if (!this.options.auditViews) return
    await this.record('audit_log.viewed', principal, values, { resource, parameters: givenIn(values) })
  }

  /** Records something that a principal did with the log. @throws AuditLogError like `AuditLogger.log` */
  async record(
    action: string,
    principal: Principal,
    values: ReadonlyMap<string, string>,
    details: Record<string, unknown>,
    outcome: 'success' | 'failure' | 'denied' = 'success',
  ): Promise<void> {
    const { id, tenants, sourceIp } = principal
    const asked = values.get('tenant_id') ?? ''
    // The tenant whose entries were read should find it among its own.
    const only = tenants !== 'all' && tenants.length === 1 ? tenants[0] : undefined
    const mayAsk = tenants === 'all' || tenants.includes(asked)
    await this.options.audit.log({
      action,
      user_id: id,
      tenant_id: (asked !== '' && mayAsk ? asked : only) ?? null,
      source_ip: sourceIp ?? null,
      outcome,
      details,
    })
  }

  /** Takes one of the places for exports; the result gives it back. @throws Problem `export_busy` */
  beginExport(): () => void {
    if (this.#exports >= this.options.maxExports) {
      throw new Problem('export_busy', { headers: { 'retry-after': '5' } })
    }
    this.#exports += 1
    let ended = false
    return () => {
      if (!ended) this.#exports -= 1
      ended = true
    }
  }
}

/** The parameters of a request as they go into the entry about it. */
export function givenIn(values: ReadonlyMap<string, string>): Record<string, string> {
  return Object.fromEntries([...values].filter(([name]) => name !== 'cursor'))
}

/** Compares two RFC 3339 times to the microsecond. */
function isAfter(time: string, other: string): boolean {
  const [milliseconds, others] = [Date.parse(time), Date.parse(other)]
  return milliseconds === others ? microseconds(time) > microseconds(other) : milliseconds > others
}

const microseconds = (time: string): string => (/\.([0-9]+)/.exec(time)?.[1] ?? '').padEnd(6, '0')
