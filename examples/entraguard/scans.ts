import { randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { sessionOf } from './accounts.ts'
import type { Product } from './app.ts'

const checks = [
  { title: 'NTLM is allowed', severity: 'high' },
  { title: 'Legacy authentication is not blocked', severity: 'critical' },
  { title: 'krbtgt password is older than a year', severity: 'medium' },
]

/** Scans, their findings, and what is done about them. Each change and its entry commit or roll back together. */
export function scanRoutes(app: FastifyInstance, { db, audit }: Product): void {
  app.post<{ Body: { collectors: string[] } }>('/scans', async (request) => {
    const tenant = sessionOf(request)?.tenant ?? ''
    const { collectors } = request.body
    const { id } = await db.transaction().execute(async (trx) => {
      const scan = await trx
        .insertInto('entraguard.scan')
        .values({ tenant, state: 'running' })
        .returning('id')
        .executeTakeFirstOrThrow()
      await audit.events.scan.started(
        { target: `scan:${scan.id}`, details: { trigger: 'manual', collectors } },
        { db: trx },
      )
      return scan
    })
    const target = `scan:${id}` as const
    for (const collector of collectors) {
      await audit.events.collection.progress({ target, details: { collector, state: 'completed', collected: 100 } })
    }
    if (collectors.includes('broken')) {
      await db.transaction().execute(async (trx) => {
        await trx.updateTable('entraguard.scan').set({ state: 'failed' }).where('id', '=', id).execute()
        const details = { reason: 'the collector broke', stage: 'collection' }
        await audit.events.scan.failed({ target, details }, { db: trx })
      })
      return { id, state: 'failed' }
    }
    await db.transaction().execute(async (trx) => {
      const found = checks.map((check) => ({ ...check, tenant, scan: id }))
      await trx.insertInto('entraguard.finding').values(found).execute()
      await trx.updateTable('entraguard.scan').set({ state: 'done', score: 62 }).where('id', '=', id).execute()
      await audit.events.analysis.completed({ target, details: { findings: checks.length } }, { db: trx })
      await audit.events.score.calculated({ target, details: { score: 62, maximum: 100 } }, { db: trx })
      await audit.events.scan.completed({ target, details: { findings: checks.length, duration_ms: 12 } }, { db: trx })
    })
    return { id, state: 'done' }
  })

  app.get('/findings', (request) =>
    db
      .selectFrom('entraguard.finding')
      .selectAll()
      .where('tenant', '=', sessionOf(request)?.tenant ?? '')
      .orderBy('id')
      .execute(),
  )

  app.post<{ Params: { id: string }; Body: { justification: string; approver: string; expires_at: string } }>(
    '/findings/:id/accept',
    async (request) => {
      const { justification, approver, expires_at } = request.body
      const session = sessionOf(request)
      return db.transaction().execute(async (trx) => {
        const finding = await trx
          .updateTable('entraguard.finding')
          .set({ state: 'accepted' })
          .where('id', '=', Number(request.params.id))
          .where('tenant', '=', session?.tenant ?? '')
          .returning('id')
          .executeTakeFirstOrThrow()
        // Refused without a justification, with an approver who asked for it, or with an expiry in the past: then the
        // finding stays open, too.
        const entry = await audit.events.risk.accepted(
          {
            target: `finding:${finding.id}`,
            details: {
              acceptance_id: randomUUID(),
              justification,
              requester: session?.name ?? '',
              approver,
              expires_at,
            },
          },
          { db: trx },
        )
        return { id: finding.id, seq: entry.seq }
      })
    },
  )

  app.get<{ Params: { id: string } }>('/reports/:id', async (request) => {
    await audit.events.report.downloaded({ target: `report:${request.params.id}`, details: { format: 'json' } })
    return { id: request.params.id }
  })
}
