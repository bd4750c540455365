import { type Database, executorOf } from '../database/database.ts'
import { AuditLogError } from '../errors.ts'
import { wholeNumber } from '../option.ts'
import { quoteIdentifier } from '../schema/names.ts'
import { parseTlogProof, type Policy } from '../tlog/index.ts'
import { type EntryProof, proveEntries } from './prove-entry.ts'

/** Options of {@link AuditLogger.receipt}. */
export interface ReceiptOptions {
  /** How long to wait, in milliseconds, 1 to 3,600,000. Default is 30,000. */
  readonly timeoutMs?: number | undefined
  /** Gives up when it aborts; the promise rejects with its reason. */
  readonly signal?: AbortSignal | undefined
  /** Waits for a checkpoint that this policy trusts, its quorum of witnesses included. */
  readonly policy?: Policy | undefined
}

interface Waiter {
  readonly seq: number
  readonly policy: Policy | undefined
  readonly resolve: (proof: string) => void
  readonly reject: (error: unknown) => void
}

const firstPauseMs = 100
const longestPauseMs = 1000
const largestBatch = 1000

/** Waits for proofs. However many callers wait, there is one question at a time to the database. */
export class Receipts {
  readonly #db: Database
  readonly #schema: string
  readonly #waiters = new Set<Waiter>()
  #timer: NodeJS.Timeout | undefined
  #pauseMs = firstPauseMs

  constructor(db: Database, schema: string) {
    this.#db = db
    this.#schema = schema
  }

  /** See `AuditLogger.receipt`. */
  async wait(seq: number, { timeoutMs = 30_000, signal, policy }: ReceiptOptions = {}): Promise<string> {
    if (!Number.isSafeInteger(seq) || seq < 1)
      throw new AuditLogError('option_invalid', 'expected an entry with its seq')
    wholeNumber(timeoutMs, 1, 3_600_000, '$.timeoutMs')
    signal?.throwIfAborted()
    let giveUp = (): void => undefined
    let timer: NodeJS.Timeout | undefined
    let waiter: Waiter | undefined
    try {
      return await new Promise<string>((resolve, reject) => {
        waiter = { seq, policy, resolve, reject }
        giveUp = () => reject(signal?.reason)
        signal?.addEventListener('abort', giveUp)
        timer = setTimeout(() => {
          reject(
            new AuditLogError('proof_pending', `no published checkpoint covered entry ${seq} within ${timeoutMs} ms`),
          )
        }, timeoutMs)
        this.#waiters.add(waiter)
        this.#pauseMs = firstPauseMs
        this.#schedule()
      })
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', giveUp)
      if (waiter !== undefined) this.#waiters.delete(waiter)
    }
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#waiters.size === 0) return
    this.#timer = setTimeout(() => {
      void this.#look().finally(() => {
        this.#timer = undefined
        this.#pauseMs = Math.min(longestPauseMs, this.#pauseMs * 1.5)
        this.#schedule()
      })
    }, this.#pauseMs)
  }

  async #look(): Promise<void> {
    const byPolicy = new Map<Policy | undefined, Waiter[]>()
    for (const waiter of [...this.#waiters].slice(0, largestBatch)) {
      byPolicy.set(waiter.policy, [...(byPolicy.get(waiter.policy) ?? []), waiter])
      // Those that others wait behind come again after them.
      this.#waiters.delete(waiter)
      this.#waiters.add(waiter)
    }
    for (const [policy, waiters] of byPolicy) {
      try {
        await this.#answer(waiters, policy)
      } catch (error) {
        // A database that does not answer now may do so in time; anything else will not get better by waiting.
        const isTransient = error instanceof AuditLogError && error.code === 'read_failed'
        if (!isTransient) for (const waiter of waiters) waiter.reject(error)
      }
    }
  }

  async #answer(waiters: readonly Waiter[], policy: Policy | undefined): Promise<void> {
    const published = policy === undefined ? await this.#publishedSize() : Number.POSITIVE_INFINITY
    const seqs = [...new Set(waiters.map(({ seq }) => seq))]
    const proofs = await proveEntries(this.#db, seqs, { schema: this.#schema, policy })
    const ready = new Map(proofs.filter((proof) => isReady(proof, published)).map(({ seq, proof }) => [seq, proof]))
    for (const { seq, resolve } of waiters) {
      const proof = ready.get(seq)
      if (proof !== undefined) resolve(proof)
    }
  }

  /** The largest tree that a publisher has taken; without publishers, a checkpoint counts as soon as it is stored. */
  async #publishedSize(): Promise<number> {
    const [row] = await executorOf(this.#db)
      .run(`select max(tree_size)::text as size from ${quoteIdentifier(this.#schema)}.publication`)
      .catch((error: unknown) => {
        throw new AuditLogError('read_failed', 'the publications could not be read', { cause: error })
      })
    return typeof row?.['size'] === 'string' ? Number(row['size']) : Number.POSITIVE_INFINITY
  }
}

// An entry that is not there may be in a transaction that has not been committed yet.
const isReady = ({ proof }: EntryProof, published: number): boolean =>
  proof !== undefined && parseTlogProof(proof).index < published
