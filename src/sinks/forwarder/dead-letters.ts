import { type Executor } from '../../database/database.ts'
import { quoteIdentifier } from '../../schema/names.ts'

/** Something that a forwarder went past without delivering it, as it is stored. */
export interface StoredDeadLetter {
  readonly item: string
  readonly kind: string
  readonly code: string
  readonly reason: string
  /** RFC 3339, UTC, six decimals. */
  readonly recordedAt: string
  readonly firstLeafIndex: number | null
  readonly lastLeafIndex: number | null
}

/**
 * The dead letters of a forwarder, newest first. Needs the reader or the sequencer role.
 *
 * @param before only those after this one in that order. Undefined begins at the newest.
 */
export async function readDeadLetters(
  executor: Executor,
  schema: string,
  forwarder: string,
  before: Pick<StoredDeadLetter, 'recordedAt' | 'item'> | undefined,
  limit: number,
): Promise<readonly StoredDeadLetter[]> {
  const rows = await executor.run(
    `select item, kind, code, reason, first_leaf_index::text, last_leaf_index::text,
       to_char(recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as recorded_at
     from ${quoteIdentifier(schema)}.dead_letter
     where forwarder = $1 and ($2::timestamptz is null or (recorded_at, item) < ($2::timestamptz, $3))
     order by dead_letter.recorded_at desc, item desc limit $4`,
    [forwarder, before?.recordedAt ?? null, before?.item ?? null, limit],
  )
  const index = (value: unknown): number | null => (typeof value === 'string' ? Number(value) : null)
  return rows.map((row) => ({
    item: String(row['item']),
    kind: String(row['kind']),
    code: String(row['code']),
    reason: String(row['reason']),
    recordedAt: String(row['recorded_at']),
    firstLeafIndex: index(row['first_leaf_index']),
    lastLeafIndex: index(row['last_leaf_index']),
  }))
}
