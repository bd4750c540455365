import type { Generated, Kysely } from 'kysely'

/** The product's own tables, in the schema `entraguard`. */
export interface Tables {
  'entraguard.account': { name: string; tenant: string; password: string; role: string; failures: Generated<number> }
  'entraguard.session': { token: string; name: string }
  'entraguard.scan': { id: Generated<number>; tenant: string; state: string; score: number | null }
  'entraguard.finding': {
    id: Generated<number>
    tenant: string
    scan: number
    title: string
    severity: string
    state: Generated<string>
  }
  'entraguard.setting': { tenant: string; name: string; value: unknown }
}

/** Creates them. A real product has migrations. */
export async function createTables(db: Kysely<Tables>): Promise<void> {
  const { schema } = db
  await schema.createSchema('entraguard').ifNotExists().execute()
  await schema
    .createTable('entraguard.account')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('tenant', 'text', (column) => column.notNull())
    .addColumn('password', 'text', (column) => column.notNull())
    .addColumn('role', 'text', (column) => column.notNull())
    .addColumn('failures', 'integer', (column) => column.notNull().defaultTo(0))
    .execute()
  await schema
    .createTable('entraguard.session')
    .addColumn('token', 'text', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull())
    .execute()
  await schema
    .createTable('entraguard.scan')
    .addColumn('id', 'serial', (column) => column.primaryKey())
    .addColumn('tenant', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('score', 'float8')
    .execute()
  await schema
    .createTable('entraguard.finding')
    .addColumn('id', 'serial', (column) => column.primaryKey())
    .addColumn('tenant', 'text', (column) => column.notNull())
    .addColumn('scan', 'integer', (column) => column.notNull())
    .addColumn('title', 'text', (column) => column.notNull())
    .addColumn('severity', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull().defaultTo('open'))
    .execute()
  await schema
    .createTable('entraguard.setting')
    .addColumn('tenant', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('value', 'jsonb', (column) => column.notNull())
    .addPrimaryKeyConstraint('setting_key', ['tenant', 'name'])
    .execute()
}
