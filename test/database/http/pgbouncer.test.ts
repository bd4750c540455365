import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Handler } from '../../../src/http/index.ts'
import { asHeader, testApi } from '../../support/api.ts'
import { hasPgBouncer, startPgBouncer } from '../../support/pgbouncer.ts'

const api = await testApi(2500)

describe.skipIf(!hasPgBouncer())(
  'the API behind PgBouncer in transaction mode (skipped without /usr/sbin/pgbouncer)',
  () => {
    let bouncer: Awaited<ReturnType<typeof startPgBouncer>>
    let handler: Handler
    beforeAll(async () => {
      bouncer = await startPgBouncer(api.log.app.url, 4)
      // Records go another way, so that what is seen is what reads.
      handler = api.handler({ db: api.log.pool(bouncer.url, { max: 8 }), audit: api.audit, timeoutMs: 3_600_000 })
    })
    afterAll(() => bouncer.stop())

    const ask = (path: string, signal?: AbortSignal): Promise<Response> =>
      handler(
        new Request(`http://localhost/api/audit-logs${path}`, {
          headers: asHeader(),
          ...(signal === undefined ? {} : { signal }),
        }),
      )
    /** Resolves when so many statements of the API wait for the lock. */
    async function waiting(count: number): Promise<void> {
      for (;;) {
        const { rows } = await api.log.admin.query(
          `select from pg_stat_activity where usename = $1 and wait_event_type = 'Lock' and query like '/* audit-log%'`,
          [api.log.app.name],
        )
        if (rows.length === count) return
        await sleep(20)
      }
    }

    it('hands out pages and exports', async () => {
      // This one is prepared, and then other server connections get it, which do not know it.
      for (let again = 0; again < 3; again += 1) {
        const pages = await Promise.all(Array.from({ length: 4 }, () => ask('/list')))
        expect(pages.map(({ status }) => status)).toEqual([200, 200, 200, 200])
      }
      const first = (await (await ask('/list?limit=1000')).json()) as { entries: unknown[]; next_cursor: string }
      expect(first.entries).toHaveLength(1000)
      expect((await ask(`/list?limit=1000&cursor=${first.next_cursor}`)).status).toBe(200)
      const lines = (await (await ask('/export?action=scan.*,user.login')).text()).trimEnd().split('\n')
      expect(lines).toHaveLength(2500)
    })

    it.each([
      ['a page', '/list?limit=1000'],
      ['an export', '/export?format=csv'],
    ])('stops the statement of %s in the server when the client goes away, and no other', async (_, path) => {
      const client = new AbortController()
      const blocker = await api.log.connect()
      // An export is recorded before it begins, so it gets its answer before the lock.
      const answer = path.startsWith('/export') ? await ask(path, client.signal) : undefined
      await blocker.query('begin; lock table audit_log.entry in access exclusive mode')
      try {
        const other = ask('/list?limit=1')
        await waiting(1)
        const body = (answer?.text() ?? ask(path, client.signal).then((response) => response.text())).catch(
          (error: unknown) => error,
        )
        await waiting(2)
        client.abort()
        await waiting(1)
        await blocker.query('rollback')
        expect((await other).status).toBe(200)
        await body
      } finally {
        await blocker.query('rollback')
      }
    })
  },
)
