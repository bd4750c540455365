import type { Queryable } from '@entraguard/audit-log'

/** A database to try things out in. */
export interface ExampleDatabase {
  readonly db: Queryable
  readonly where: string
  close(): Promise<void>
}

/** The server that `DATABASE_URL` names, or else PGlite: PostgreSQL inside this process, in memory. */
export async function openDatabase(): Promise<ExampleDatabase> {
  const url = process.env['DATABASE_URL']
  if (url !== undefined) {
    const { default: pg } = await import('pg')
    const pool = new pg.Pool({ connectionString: url })
    return { db: pool, where: 'the server of DATABASE_URL', close: () => pool.end() }
  }
  const { PGlite } = await import('@electric-sql/pglite')
  const database = await PGlite.create()
  return { db: database, where: 'PGlite, in memory', close: () => database.close() }
}
