import { randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { sessionOf } from './accounts.ts'
import type { Product } from './app.ts'

/** Settings and API keys. What was tried and not allowed is recorded, too. */
export function settingRoutes(app: FastifyInstance, { db, audit }: Product): void {
  app.put<{ Body: Record<string, unknown> }>('/settings/ldap', async (request, reply) => {
    const session = sessionOf(request)
    if (session?.role !== 'admin') {
      const details = { changes: {}, reason: 'not an administrator' }
      await audit.events.config.ldap.changed({ target: 'ldap:main', outcome: 'denied', details })
      return reply.code(403).send({ error: 'administrators only' })
    }
    return db.transaction().execute(async (trx) => {
      const key = { tenant: session.tenant, name: 'ldap' }
      const stored = await trx
        .selectFrom('entraguard.setting')
        .select('value')
        .where('tenant', '=', key.tenant)
        .where('name', '=', key.name)
        .executeTakeFirst()
      const before = (stored?.value ?? {}) as Record<string, unknown>
      const after = { ...before, ...request.body }
      const value = JSON.stringify(after)
      await trx
        .insertInto('entraguard.setting')
        .values({ ...key, value })
        .onConflict((conflict) => conflict.columns(['tenant', 'name']).doUpdateSet({ value }))
        .execute()
      // Secrets among the values are masked when this is recorded.
      const changes = Object.fromEntries(
        Object.keys(request.body).map((name) => [name, { before: before[name] ?? null, after: after[name] ?? null }]),
      )
      await audit.events.config.ldap.changed({ target: 'ldap:main', details: { changes } }, { db: trx })
      return {}
    })
  })

  app.post<{ Body: { name: string; scopes: string[] } }>('/api-keys', async (request) => {
    const { name, scopes } = request.body
    const id = randomUUID()
    await audit.events.api_key.created({ target: `api_key:${id}`, details: { name, scopes } })
    return { id }
  })

  app.delete<{ Params: { id: string } }>('/api-keys/:id', async (request) => {
    await audit.events.api_key.revoked({ target: `api_key:${request.params.id}`, details: { reason: 'not needed' } })
    return {}
  })
}
