import { Kysely, MysqlAdapter, PostgresAdapter, PostgresDialect, SqliteAdapter } from 'kysely'
import { describe, expect, it } from 'vitest'
import { executorOf, type Queryable, withTransaction } from '../../../src/database/database.ts'
import { testLog } from '../../support/database.ts'

const log = await testLog()
const around = (db: Queryable): Queryable => ({ query: (text, values) => db.query(text, values) })
const work = (db: Queryable): Promise<unknown> => withTransaction(db, (executor) => executor.run('select 1 as one'))

describe('withTransaction', () => {
  it('refuses a function around a pool, whose statements would go to several sessions', async () => {
    const pool = log.pool(log.app.url)
    const ran: string[] = []
    const db: Queryable = {
      query(text, values) {
        ran.push(text)
        return around(pool).query(text, values)
      },
    }
    await expect(work(db)).rejects.toMatchObject({ code: 'option_invalid', path: '$.db' })
    await expect(work(db)).rejects.toMatchObject({ code: 'option_invalid' })
    expect(ran).not.toContain('begin')
  })

  it('takes a pool, and a function around one connection', async () => {
    const client = await log.connect(log.app.url)
    for (const db of [log.pool(log.app.url), client, around(client)]) expect(await work(db)).toMatchObject([{ one: 1 }])
  })
})

describe('executorOf', () => {
  it('refuses a Kysely instance whose driver cuts times to milliseconds, as postgres.js does', async () => {
    const pool = log.pool(log.app.url)
    const cutting = {
      end: () => pool.end(),
      async connect() {
        const client = await pool.connect()
        const cut = (value: unknown): unknown => (typeof value === 'string' ? new Date(value).toISOString() : value)
        return {
          query: (text: string, values: readonly unknown[]) => client.query<object>(text, values.map(cut)),
          release: () => client.release(),
        }
      },
    }
    const db = (from: object): Kysely<unknown> =>
      new Kysely({ dialect: new PostgresDialect({ pool: from as typeof pool }) })
    await expect(executorOf(db(cutting)).run('select 1')).rejects.toMatchObject({
      code: 'option_invalid',
      path: '$.db',
    })
    await expect(withTransaction(db(cutting), () => Promise.resolve())).rejects.toMatchObject({
      code: 'option_invalid',
    })
    expect(await executorOf(db(pool)).run('select 1 as one')).toMatchObject([{ one: 1 }])
  })

  it('says of what resolves to rows alone, as a query of many ORMs does, that it is none', async () => {
    const client = await log.connect(log.app.url)
    const db = { query: async (text: string, values?: unknown[]) => (await client.query(text, values)).rows }
    const refused = { code: 'option_invalid', path: '$.db' }
    await expect(executorOf(db as never).run('select 1')).rejects.toMatchObject(refused)
    await expect(work(db as never)).rejects.toMatchObject(refused)
  })

  const kysely = (adapter: object): Kysely<unknown> => {
    const missing = (): never => {
      throw new Error('not asked for')
    }
    return new Kysely({
      dialect: {
        createAdapter: () => adapter as PostgresAdapter,
        createDriver: () => ({}) as never,
        createIntrospector: missing,
        createQueryCompiler: () => ({}) as never,
      },
    })
  }

  it('refuses a Kysely instance of another dialect before any I/O', () => {
    for (const adapter of [new SqliteAdapter(), new MysqlAdapter()]) {
      expect(() => executorOf(kysely(adapter))).toThrow(expect.objectContaining({ code: 'option_invalid' }))
    }
    expect(() => executorOf(kysely(new PostgresAdapter()))).not.toThrow()
  })
})
