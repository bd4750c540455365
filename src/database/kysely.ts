import {
  type DatabaseConnection,
  type Driver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from 'kysely'
import { AuditLogError } from '../errors.ts'
import type { Executor } from './database.ts'

/** A Kysely instance that runs its queries on the host's own connection. It has no transactions: those are the host's. */
export function kyselyOver<Tables>(executor: Executor): Kysely<Tables> {
  return new Kysely<Tables>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new ExecutorDriver(executor),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  })
}

class ExecutorDriver implements Driver {
  readonly #connection: DatabaseConnection

  constructor(executor: Executor) {
    this.#connection = {
      executeQuery: async <R>({
        sql,
        parameters,
      }: {
        sql: string
        parameters: readonly unknown[]
      }): Promise<QueryResult<R>> => ({
        rows: (await executor.run(sql, parameters)) as R[],
      }),
      streamQuery: () => unsupported('streaming'),
    }
  }

  async init(): Promise<void> {}
  acquireConnection(): Promise<DatabaseConnection> {
    return Promise.resolve(this.#connection)
  }
  async releaseConnection(): Promise<void> {}
  async destroy(): Promise<void> {}
  beginTransaction(): Promise<void> {
    return unsupported('a transaction')
  }
  commitTransaction(): Promise<void> {
    return unsupported('a transaction')
  }
  rollbackTransaction(): Promise<void> {
    return unsupported('a transaction')
  }
}

function unsupported(what: string): never {
  throw new AuditLogError(
    'option_invalid',
    `this Kysely instance only runs queries on the host's connection; for ${what} use the host's own`,
  )
}
