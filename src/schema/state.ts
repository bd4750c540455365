import { sqlStateOf } from '../database/database-error.ts'
import type { Executor } from '../database/database.ts'
import { AuditLogError } from '../errors.ts'
import { migrations } from './migrations.ts'
import { quoteIdentifier, type SchemaNames } from './names.ts'

/** How many of the migrations are installed, in order; 0 when there is no schema. */
export type SchemaVersion = number

/** The schema version that this release of the library installs and needs. */
export const currentSchemaVersion: SchemaVersion = migrations.length

/**
 * Reads which migrations are installed. Takes no lock but the one that any SELECT takes.
 *
 * @throws AuditLogError `schema_newer` or `schema_changed` when they are not a beginning of the ones shipped here;
 * `schema_foreign` when the schema exists and cannot be read as ours
 */
export async function readSchemaVersion(executor: Executor, names: SchemaNames): Promise<SchemaVersion> {
  const [found] = await executor.run(
    "select exists (select from pg_class join pg_namespace on pg_namespace.oid = relnamespace where nspname = $1 and relname = 'migration') as installed",
    [names.schema],
  )
  if (found?.['installed'] !== true) return 0
  const installed = await executor
    .run(`select id, sha256 from ${quoteIdentifier(names.schema)}.migration order by id`)
    .catch((error: unknown) => {
      // The table has other columns than ours.
      if (sqlStateOf(error) !== '42703') throw error
      throw new AuditLogError('schema_foreign', 'the schema has a migration table that is not ours', {
        sqlState: '42703',
      })
    })
  if (installed.length > migrations.length) {
    throw new AuditLogError(
      'schema_newer',
      `the schema has version ${installed.length}, this library knows ${migrations.length}: upgrade the library`,
    )
  }
  for (const [index, row] of installed.entries()) {
    const migration = migrations[index]
    if (Number(row['id']) !== migration?.id || row['sha256'] !== migration.sha256) {
      throw new AuditLogError(
        'schema_changed',
        `migration ${index + 1} of the schema is not the one that this library ships`,
      )
    }
  }
  return installed.length
}
