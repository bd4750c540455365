import fastify, { type FastifyInstance } from 'fastify'
import { Kysely, PostgresDialect } from 'kysely'
import type pg from 'pg'
import { AuditLogError, AuditLogger } from '@entraguard/audit-log'
import { fastifyContext } from '@entraguard/audit-log/context'
import { createHandler, toNodeListener } from '@entraguard/audit-log/http'
import { accountRoutes, sessionOf } from './accounts.ts'
import { scanRoutes } from './scans.ts'
import { settingRoutes } from './settings.ts'
import type { Tables } from './tables.ts'

/** What the routes work with. */
export interface Product {
  readonly db: Kysely<Tables>
  readonly audit: AuditLogger
}

/** A small but whole backend of a security product, which records what is done in it. */
export async function buildApp(pool: pg.Pool): Promise<{ readonly app: FastifyInstance; readonly audit: AuditLogger }> {
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
  const audit = new AuditLogger({ db: pool, onlyKnownActions: true })
  const app = fastify()

  // Who, from where, in which request: known to every event that is logged while a request is handled.
  await app.register(
    fastifyContext({
      identify: (request: Parameters<typeof sessionOf>[0]) => {
        const session = sessionOf(request)
        return session === undefined ? undefined : { user_id: session.name, tenant_id: session.tenant }
      },
    }),
  )
  // An event that breaks its definition was made of what the client sent, and rolled back what it belongs to.
  app.setErrorHandler((error, _request, reply) => {
    if (error instanceof AuditLogError && error.code === 'event_breaks_definition') {
      return reply.code(422).send({ error: error.code, path: error.path })
    }
    return reply.code(500).send({ error: 'internal' })
  })
  await app.register((scope, _options, done) => {
    for (const routes of [accountRoutes, scanRoutes, settingRoutes]) routes(scope, { db, audit })
    done()
  })

  // The audit log's own API: administrators see the entries of their tenant.
  const listener = toNodeListener(
    createHandler({
      db: pool,
      audit,
      flags: { audit_export: true },
      authorize: async (request) => {
        const token = request.headers.get('authorization')?.slice('Bearer '.length) ?? ''
        const account = await db
          .selectFrom('entraguard.session')
          .innerJoin('entraguard.account', 'entraguard.account.name', 'entraguard.session.name')
          .select(['entraguard.account.name', 'tenant', 'role'])
          .where('token', '=', token)
          .executeTakeFirst()
        return account?.role === 'admin'
          ? { id: account.name, tenants: [account.tenant], permissions: ['read', 'export'] }
          : null
      },
    }),
  )
  await app.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, _payload, parsed) => parsed(null))
    scope.all('/api/audit-logs/*', (request, reply) => {
      reply.hijack()
      listener(request.raw, reply.raw)
    })
    done()
  })
  return { app, audit }
}
