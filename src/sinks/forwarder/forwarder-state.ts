import { type Database, type Executor, executorOf, type Row, withTransaction } from '../../database/database.ts'
import { AuditLogError } from '../../errors.ts'
import { optionInvalid } from '../../option.ts'
import { quoteIdentifier } from '../../schema/names.ts'
import { LeaseLostError } from './delivery.ts'
import type { DeadLetter, Position, Progress } from './progress.ts'

/** A forwarder's row, as it stands in the database. */
export interface ForwarderRow {
  readonly name: string
  readonly position: Position
  /** Whether somebody paused it. */
  readonly held: boolean
  /** Whether a process is at it. */
  readonly active: boolean
  /** Events that are delivered, and leaves and events in the dead letter, since the row exists. */
  readonly delivered: number
  readonly deadLettered: number
  /** Code of what keeps it from sending, as of `updatedAt`. */
  readonly problem: string | undefined
  /** RFC 3339, UTC. */
  readonly updatedAt: string
}

/** What a process needs to be at work. */
export interface Lease {
  readonly generation: string
  readonly position: Position
  readonly held: boolean
}

/** The rows of the tables `forwarder` and `dead_letter`. */
export class ForwarderState {
  readonly #db: Database
  readonly #quoted: string
  readonly #name: string

  constructor(db: Database, schema: string, name: string) {
    this.#db = db
    this.#quoted = quoteIdentifier(schema)
    this.#name = name
  }

  /** Makes the row if there is none: `now` begins behind the newest checkpoint. */
  async create(startAt: number | 'now'): Promise<void> {
    const position = startAt === 'now' ? `(select coalesce(max(tree_size), 0) from ${this.#quoted}.checkpoint)` : '$2'
    await this.#executor().run(
      `insert into ${this.#quoted}.forwarder (name, next_leaf_index, checkpoint_size) values ($1, ${position}, 0) on conflict (name) do nothing`,
      startAt === 'now' ? [this.#name] : [this.#name, startAt],
    )
  }

  /**
   * Takes or renews the lease. The statement locks the row, so that one process gets it. A lease that ends later than any can
   * was given before the database's clock was set back, and counts for nothing.
   *
   * @returns undefined when another process has an unexpired lease
   */
  async lease(leader: string, leaseMs: number, problem: string | undefined): Promise<Lease | undefined> {
    const [row] = await this.#executor().run(
      `update ${this.#quoted}.forwarder
       set leader = $2, lease_until = clock_timestamp() + $3::double precision * interval '1 millisecond', problem = $4, updated_at = clock_timestamp()
       where name = $1 and (leader is not distinct from $2 or lease_until is null
           or lease_until not between clock_timestamp() and clock_timestamp() + interval '11 minutes')
       returning generation::text, next_leaf_index::text, checkpoint_size::text, held`,
      [this.#name, leader, leaseMs, problem ?? null],
    )
    if (row === undefined) return undefined
    return { generation: String(row['generation']), position: positionOf(row), held: row['held'] === true }
  }

  /** Lets another process take over at once. */
  async release(leader: string): Promise<void> {
    await this.#executor().run(
      `update ${this.#quoted}.forwarder set lease_until = null, updated_at = clock_timestamp() where name = $1 and leader = $2`,
      [this.#name, leader],
    )
  }

  /**
   * Makes progress durable: the dead letters and the position together, so that the position never passes an event that is
   * neither delivered nor accounted for.
   *
   * Dies before the commit: the events are sent again, and the same dead letters written. Dies after: it goes on from here.
   *
   * @throws LeaseLostError when another process is at it or the position was moved
   */
  async commit(leader: string, generation: string, progress: Progress): Promise<void> {
    const { deadLetters } = progress
    if (deadLetters.length === 0) return this.#advance(this.#executor(), leader, generation, progress)
    await withTransaction(this.#db, async (executor) => {
      await this.#advance(executor, leader, generation, progress)
      await executor.run(
        `insert into ${this.#quoted}.dead_letter (forwarder, item, first_leaf_index, last_leaf_index, kind, code, reason)
         select $1, item, first, last, kind, code, reason
         from pg_catalog.json_to_recordset($2) as letter (item text, first bigint, last bigint, kind text, code text, reason text)
         on conflict (forwarder, item) do nothing`,
        [this.#name, JSON.stringify(deadLetters.map(rowOf))],
      )
    })
  }

  /** Says why no process is at it, as long as none is. Makes the row if there is none. */
  async report(problem: string): Promise<void> {
    await this.create(0)
    await this.#executor().run(
      `update ${this.#quoted}.forwarder set problem = $2, updated_at = clock_timestamp()
       where name = $1 and problem is distinct from $2 and coalesce(lease_until < clock_timestamp(), true)`,
      [this.#name, problem],
    )
  }

  /** Holds the forwarder, or lets it go on. */
  async hold(held: boolean): Promise<void> {
    await this.#change('held = $2', [held])
  }

  /**
   * Moves the position back: everything from this leaf on is sent again.
   *
   * @throws AuditLogError `option_invalid` for a leaf that was not sent yet: what is in between would be passed over
   */
  async moveTo(leafIndex: number): Promise<void> {
    const assignments = 'next_leaf_index = $2, checkpoint_size = 0, generation = generation + 1'
    if (await this.#change(assignments, [leafIndex], 'next_leaf_index >= $2')) return
    throw optionInvalid('a leaf that has been sent', '$.leafIndex')
  }

  async #advance(executor: Executor, leader: string, generation: string, progress: Progress): Promise<void> {
    const { position, delivered, deadLetters } = progress
    const buried = deadLetters.reduce((sum, letter) => sum + countOf(letter), 0)
    const rows = await executor.run(
      `update ${this.#quoted}.forwarder set next_leaf_index = $4, checkpoint_size = $5, delivered = delivered + $6,
         dead_lettered = dead_lettered + $7, updated_at = clock_timestamp()
       where name = $1 and leader = $2 and generation = $3 returning name`,
      [this.#name, leader, generation, position.leafIndex, position.checkpointSize, delivered, buried],
    )
    if (rows.length === 0) throw new LeaseLostError('another process has taken over, or the position was moved')
  }

  /** @returns whether the condition holds */
  async #change(assignments: string, values: readonly unknown[], condition = 'true'): Promise<boolean> {
    const [row] = await this.#executor().run(
      `with known as (select name, ${condition} as fits from ${this.#quoted}.forwarder where name = $1 for update),
         changed as (
           update ${this.#quoted}.forwarder set ${assignments}, updated_at = clock_timestamp()
           where name in (select name from known where fits)
         )
       select fits from known`,
      [this.#name, ...values],
    )
    if (row === undefined) throw new AuditLogError('forwarder_unknown', 'there is no forwarder of this name')
    return row['fits'] === true
  }

  #executor(): Executor {
    return executorOf(this.#db)
  }
}

/** All forwarders that the schema knows, by name. Needs the reader or the sequencer role. */
export async function readForwarders(db: Database, schema: string): Promise<readonly ForwarderRow[]> {
  const rows = await executorOf(db).run(
    `select name, next_leaf_index::text, checkpoint_size::text, held, coalesce(lease_until > clock_timestamp(), false) as active,
       delivered::text, dead_lettered::text, problem,
       to_char(updated_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as updated_at
     from ${quoteIdentifier(schema)}.forwarder order by name`,
  )
  return rows.map((row) => ({
    name: String(row['name']),
    position: positionOf(row),
    held: row['held'] === true,
    active: row['active'] === true,
    delivered: Number(row['delivered']),
    deadLettered: Number(row['dead_lettered']),
    problem: typeof row['problem'] === 'string' ? row['problem'] : undefined,
    updatedAt: String(row['updated_at']),
  }))
}

const positionOf = (row: Row): Position => ({
  leafIndex: Number(row['next_leaf_index']),
  checkpointSize: Number(row['checkpoint_size']),
})

const countOf = ({ kind, firstLeafIndex, lastLeafIndex }: DeadLetter): number =>
  kind === 'gone' ? (lastLeafIndex ?? 0) - (firstLeafIndex ?? 0) + 1 : 1

const rowOf = ({ item, firstLeafIndex, lastLeafIndex, kind, code, reason }: DeadLetter): object => ({
  item,
  first: firstLeafIndex,
  last: lastLeafIndex,
  kind,
  code,
  // What a receiver said goes through here; PostgreSQL takes no NUL.
  reason: reason.replaceAll('\0', ' ').slice(0, 1000).toWellFormed(),
})
