import { AuditLogError } from '../errors.ts'
import { type Database, isPool, type PoolClientLike, type PoolLike } from './database.ts'

/** How long an answer may take, in milliseconds. */
export interface AnswerLimits {
  /** Of a statement outside of a transaction, and of the one that begins one. */
  readonly promptMs: number
  /** Of a statement in a transaction: longer than the server's own `statement_timeout` there. */
  readonly transactionMs: number
}

const usualLimits: AnswerLimits = { promptMs: 30_000, transactionMs: 660_000 }

/**
 * The same pool, for work that goes on for months: a connection on which an answer is late is destroyed, and the work fails
 * with `timeout`. When the other end of a connection is gone without a word (a firewall forgot it, a machine was switched off) the
 * operating system notices after a quarter of an hour, and until then whoever waits for the answer would seem to be at work.
 *
 * What is no `pg` pool stays as it is: a late statement would still be under way on a connection that others go on to use.
 */
export function answeringInTime(db: Database, limits: AnswerLimits = usualLimits): Database {
  if (!isPool(db)) return db
  const pool: PoolLike = {
    totalCount: db.totalCount,
    query: (text, values) => db.query(text, values),
    connect: async () => inTime(await db.connect(), limits),
  }
  return pool
}

function inTime(client: PoolClientLike, { promptMs, transactionMs }: AnswerLimits): PoolClientLike {
  let limitMs = promptMs
  let late: AuditLogError | undefined
  return {
    async query(text, values) {
      // Such as the rollback after the statement that was late.
      if (late !== undefined) throw late
      let timer: NodeJS.Timeout | undefined
      const expiry = new Promise<never>((_, reject) => {
        timer = setTimeout(() => {
          late = new AuditLogError('timeout', `no answer from the database within ${limitMs} ms`)
          reject(late)
        }, limitMs)
      })
      try {
        const result = await Promise.race([client.query(text, values), expiry])
        if (text.startsWith('begin')) limitMs = transactionMs
        return result
      } finally {
        clearTimeout(timer)
      }
    },
    release: (destroy) => client.release(destroy),
    on: (event, listener) => client.on(event, listener),
    off: (event, listener) => client.off(event, listener),
  }
}
