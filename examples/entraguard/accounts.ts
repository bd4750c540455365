import { randomBytes, scryptSync, timingSafeEqual } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Kysely } from 'kysely'
import type { Product } from './app.ts'
import type { Tables } from './tables.ts'

/** Who a request is of. */
export interface Session {
  readonly name: string
  readonly tenant: string
  readonly role: string
}

const hashOf = (password: string, salt: string): Buffer => scryptSync(password, salt, 32)

export async function createAccount(
  db: Kysely<Tables>,
  account: Session & { readonly password: string },
): Promise<void> {
  const salt = randomBytes(16).toString('hex')
  const password = `${salt}:${hashOf(account.password, salt).toString('hex')}`
  await db
    .insertInto('entraguard.account')
    .values({ ...account, password })
    .execute()
}

const sessions = new WeakMap<FastifyRequest, Session>()

/** Whose request it is, for the routes and for the context of the audit log. */
export const sessionOf = (request: FastifyRequest): Session | undefined => sessions.get(request)

const text = { type: 'string', maxLength: 200 } as const
const credentials = {
  body: { type: 'object', required: ['name', 'password'], properties: { name: text, password: text } },
} as const

/** Logging in and out. A failed attempt is recorded although nothing else about it is kept. */
export function accountRoutes(app: FastifyInstance, { db, audit }: Product): void {
  app.addHook('preHandler', async (request, reply) => {
    const token = /^Bearer ([0-9a-f]{64})$/.exec(request.headers.authorization ?? '')?.[1]
    const session =
      token === undefined
        ? undefined
        : await db
            .selectFrom('entraguard.session')
            .innerJoin('entraguard.account', 'entraguard.account.name', 'entraguard.session.name')
            .select(['entraguard.account.name', 'entraguard.account.tenant', 'entraguard.account.role'])
            .where('token', '=', token)
            .executeTakeFirst()
    if (session !== undefined) sessions.set(request, session)
    else if (request.url !== '/login') await reply.code(401).send({ error: 'log in first' })
  })

  app.post<{ Body: { name: string; password: string } }>('/login', { schema: credentials }, async (request, reply) => {
    const { name, password } = request.body
    const account = await db.selectFrom('entraguard.account').selectAll().where('name', '=', name).executeTakeFirst()
    const [salt = '', hash = ''] = account?.password.split(':') ?? []
    const known = Buffer.from(hash, 'hex')
    if (account === undefined || !timingSafeEqual(hashOf(password, salt), known)) {
      const reason = account === undefined ? 'unknown_user' : 'wrong_password'
      const who = account === undefined ? {} : { user_id: account.name, tenant_id: account.tenant }
      await audit.events.user.login_failed({ ...who, details: { reason, method: 'password' } })
      return reply.code(401).send({ error: 'unknown user or wrong password' })
    }
    const token = randomBytes(32).toString('hex')
    await db.transaction().execute(async (trx) => {
      await trx.insertInto('entraguard.session').values({ token, name: account.name }).execute()
      const who = { user_id: account.name, tenant_id: account.tenant }
      await audit.events.user.login({ ...who, details: { method: 'password', mfa: false } }, { db: trx })
    })
    return { token }
  })

  app.post('/logout', async (request) => {
    await db.transaction().execute(async (trx) => {
      await trx
        .deleteFrom('entraguard.session')
        .where('name', '=', sessionOf(request)?.name ?? '')
        .execute()
      await audit.events.user.logout({ details: { cause: 'user' } }, { db: trx })
    })
    return {}
  })
}
