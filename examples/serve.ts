import { AuditLogger, installSchema } from '@entraguard/audit-log'
import { createHandler, type Principal } from '@entraguard/audit-log/http'
import { aDay } from './day.ts'
import type { listen as listenOnNode } from './node-http.ts'
import { openDatabase } from './open-database.ts'

// Serves a day's entries with the framework that is named: npx tsx examples/serve.ts node-http|express|fastify|hono

const framework = process.argv[2] ?? 'node-http'
const port = Number(process.env['PORT'] ?? 8080)
const { db, where } = await openDatabase()
await installSchema(db)
await new AuditLogger({ db }).logMany([...aDay()])

// A real host looks at its session or checks a signed token here.
const principals: Readonly<Record<string, Principal>> = {
  'Bearer alice': { id: 'alice@contoso.example', tenants: ['contoso'], permissions: ['read', 'export'] },
}
const handler = createHandler({
  db,
  flags: { audit_export: true },
  authorize: (request) => principals[request.headers.get('authorization') ?? ''] ?? null,
  onError: (error) => console.error(error),
})
const { listen } = (await import(`./${framework}.ts`)) as { listen: typeof listenOnNode }
listen(handler, port)
console.log(`database ${where}; try:`)
console.log(`curl -H 'Authorization: Bearer alice' 'http://127.0.0.1:${port}/api/audit-logs/list?limit=2'`)
