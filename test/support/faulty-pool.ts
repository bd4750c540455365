import type pg from 'pg'
import type { Queryable } from '../../src/index.ts'

/**
 * - `failed`: the statement is not sent
 * - `failed but persisted`: it takes effect, and the answer is lost
 * - `killed`: the process is gone at this point: the statement takes effect, the connection breaks, and nothing that was in
 *   memory is there any more
 */
export type Fault = 'failed' | 'failed but persisted' | 'killed'

class FaultError extends Error {}

/**
 * A pool that lets one statement go wrong, the n-th of all that are run on it, and then works again. With `killed` no later
 * statement gets through.
 */
export class FaultyPool {
  readonly totalCount = 0
  readonly #pool: pg.Pool
  readonly #at: number
  readonly #fault: Fault
  /** The statements so far. */
  readonly statements: string[] = []
  #isDead = false

  constructor(pool: pg.Pool, at: number = Number.POSITIVE_INFINITY, fault: Fault = 'failed') {
    this.#pool = pool
    this.#at = at
    this.#fault = fault
  }

  async connect(): Promise<Queryable & { release(destroy?: boolean): void; on(): void; off(): void }> {
    const client = await this.#pool.connect()
    if (client.listenerCount('error') === 0) client.on('error', () => undefined)
    return {
      query: (text, values) => this.#run(client, text, values),
      release: (destroy) => client.release(destroy === true || this.#isDead),
      on: () => undefined,
      off: () => undefined,
    }
  }

  async query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }> {
    const client = await this.connect()
    try {
      return await client.query(text, values)
    } finally {
      client.release()
    }
  }

  async #run(client: pg.PoolClient, text: string, values?: unknown[]): Promise<{ rows: unknown[] }> {
    if (this.#isDead) throw new FaultError('the process is gone')
    this.statements.push(text)
    if (this.statements.length !== this.#at) return client.query(text, values)
    if (this.#fault === 'failed') throw new FaultError('not sent')
    await client.query(text, values)
    if (this.#fault === 'killed') {
      this.#isDead = true
      ;(client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy()
    }
    throw new FaultError('the answer is lost')
  }
}
