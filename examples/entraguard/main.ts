import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { installSchema } from '@entraguard/audit-log'
import { createAccount } from './accounts.ts'
import { buildApp } from './app.ts'
import { listen, useForADay } from './day.ts'
import { createTables, type Tables } from './tables.ts'

// npm run example, with DATABASE_URL naming a superuser of a database for trying: starts the backend, uses it for a day, and
// shows what its audit log has.

const admin = new pg.Pool({ connectionString: process.env['DATABASE_URL'] })
await admin.query('drop schema if exists entraguard cascade')
await installSchema(admin)
const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: admin }) })
await createTables(db)
for (const [name, role] of [
  ['alice', 'admin'],
  ['bob', 'analyst'],
] as const) {
  await createAccount(db, { name, role, tenant: 'contoso', password: 'correct horse' })
}

const { app, audit } = await buildApp(admin)
const base = await listen(app)
const { token } = await useForADay(base, (request, status) => console.log(`${status} ${request}`))
const response = await fetch(`${base}/api/audit-logs/list?limit=1000`, {
  headers: { authorization: `Bearer ${token}` },
})
const { entries } = (await response.json()) as { entries: Record<string, unknown>[] }
for (const { timestamp, user_id, action, target, outcome } of entries.toReversed()) {
  console.log(timestamp, user_id ?? '-', action, target ?? '-', outcome)
}
await audit.close()
await app.close()
await admin.end()
