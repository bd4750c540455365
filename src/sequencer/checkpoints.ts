import type { Executor, Row } from '../database/database.ts'
import { quoteIdentifier } from '../schema/names.ts'

/** A checkpoint as it is stored. Not verified. */
export interface StoredCheckpoint {
  readonly size: number
  /** 32 bytes. */
  readonly rootHash: Uint8Array
  /** The signed note, with the cosignatures that have been received. */
  readonly note: string
  /** When it was signed: RFC 3339, UTC, by the clock of the database. */
  readonly signedAt: string
}

/** Reads and appends the checkpoints of one schema. */
export class Checkpoints {
  readonly #executor: Executor
  readonly #quoted: string

  constructor(executor: Executor, schema: string) {
    this.#executor = executor
    this.#quoted = quoteIdentifier(schema)
  }

  /** The one of the largest tree; undefined when none has been signed yet. */
  latest(): Promise<StoredCheckpoint | undefined> {
    return this.#read('true', [])
  }

  /** The smallest that covers a leaf. */
  covering(leafIndex: number): Promise<StoredCheckpoint | undefined> {
    return this.#read('tree_size > $1', [leafIndex], 'asc')
  }

  /** The one of a tree of this size. */
  ofSize(size: number): Promise<StoredCheckpoint | undefined> {
    return this.#read('tree_size = $1', [size])
  }

  /** The largest that witnesses have cosigned, or newer keys have signed, of those smaller than this size. */
  cosignedBefore(size: number): Promise<StoredCheckpoint | undefined> {
    const cosigned = `select max(tree_size) from ${this.#quoted}.cosignature where tree_size < $1`
    return this.#read(`tree_size = (${cosigned})`, [size])
  }

  /** The largest ones of trees below a size, largest first. */
  before(size: number, limit: number): Promise<StoredCheckpoint[]> {
    return this.#readAll('tree_size < $1', [size], 'desc', limit)
  }

  /**
   * Appends a checkpoint. Does nothing when there is one of that size, and when the last leaf of the tree is not the given
   * one: then the log was put back to an earlier state after its leaves had been given out.
   *
   * @param lastEntryHash entry hash of the last leaf, 64 hexadecimal digits
   */
  async append(
    { size, rootHash, note }: Omit<StoredCheckpoint, 'signedAt'>,
    lastEntryHash: string | null,
  ): Promise<void> {
    await this.#executor.run(
      `insert into ${this.#quoted}.checkpoint (tree_size, root_hash, note)
       select $1::bigint, decode($2, 'hex'), $3 from ${this.#quoted}.leaf
       where leaf_index = $1::bigint - 1 and entry_hash = decode($4, 'hex')
       on conflict (tree_size) do nothing`,
      [size, Buffer.from(rootHash).toString('hex'), note, lastEntryHash],
    )
  }

  /** Notes that a publisher has taken the checkpoint of this size. */
  async appendPublication(size: number, publisher: string): Promise<void> {
    await this.#executor.run(
      `insert into ${this.#quoted}.publication (tree_size, publisher) values ($1, $2) on conflict (tree_size, publisher) do nothing`,
      [size, publisher],
    )
  }

  /** Appends signature lines to a checkpoint. Those that it has already are left out. */
  async appendCosignatures(size: number, lines: readonly string[]): Promise<void> {
    for (const line of lines) {
      await this.#executor.run(
        `insert into ${this.#quoted}.cosignature (tree_size, line) values ($1, $2) on conflict (tree_size, line) do nothing`,
        [size, line],
      )
    }
  }

  async #read(
    condition: string,
    values: readonly unknown[],
    order: 'asc' | 'desc' = 'desc',
  ): Promise<StoredCheckpoint | undefined> {
    const [found] = await this.#readAll(condition, values, order, 1)
    return found
  }

  async #readAll(
    condition: string,
    values: readonly unknown[],
    order: 'asc' | 'desc',
    limit: number,
  ): Promise<StoredCheckpoint[]> {
    const rows = await this.#executor.run(selectCheckpoints(this.#quoted, condition, order, limit), values)
    return rows.map(readCheckpoint)
  }
}

/** The SELECT of the checkpoint of the largest tree, for use within another statement. */
export function selectLatestCheckpoint(schema: string): string {
  return selectCheckpoints(quoteIdentifier(schema), 'true', 'desc', 1)
}

/** A row of {@link selectLatestCheckpoint}. */
export function readCheckpoint(row: Row): StoredCheckpoint {
  return {
    size: Number(row['tree_size']),
    rootHash: Buffer.from(String(row['root_hash']), 'hex'),
    note: withCosignatures(String(row['note']), row['cosignatures']),
    signedAt: String(row['signed_at']),
  }
}

function selectCheckpoints(quoted: string, condition: string, order: 'asc' | 'desc', limit: number): string {
  return `select tree_size::text, encode(root_hash, 'hex') as root_hash, note, to_char(signed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as signed_at,
     (select string_agg(line, chr(10) order by received_at, line) from ${quoted}.cosignature
       where cosignature.tree_size = checkpoint.tree_size) as cosignatures
   from ${quoted}.checkpoint where ${condition} order by checkpoint.tree_size ${order} limit ${limit}`
}

/** The note with the last line of each key: a witness that is asked again, after a restart, cosigns again. */
function withCosignatures(note: string, lines: unknown): string {
  if (typeof lines !== 'string') return note
  const lineOfKey = new Map<string, string>()
  for (const line of lines.split('\n')) {
    // "— name base64", of which the first four bytes are the key ID (c2sp.org/signed-note, "Format").
    const [, name = '', encoded = ''] = line.split(' ')
    lineOfKey.set(`${name} ${Buffer.from(encoded, 'base64').subarray(0, 4).toString('hex')}`, line)
  }
  return note + [...lineOfKey.values()].map((line) => `${line}\n`).join('')
}
