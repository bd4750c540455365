import type { Executor } from '../database/database.ts'
import { quoteIdentifier } from '../schema/names.ts'

/**
 * Counts entries without a leaf although the sequencer has been past them: rows that somebody put in behind its back, with a
 * transaction id of the past or beside an entry of the same number. Reads all entries.
 *
 * @returns how many there are, and the lowest seq of them
 */
export async function readUnsequencedEntries(
  executor: Executor,
  schema: string,
): Promise<{ readonly count: number; readonly seq: number | undefined }> {
  const quoted = quoteIdentifier(schema)
  const [row] = await executor.run(
    `select count(*)::text as count, min(entry.seq)::text as seq from ${quoted}.entry, ${quoted}.sequencer_state
     where pg_visible_in_snapshot(entry.xid, sequencer_state.done)
       and not exists (select from ${quoted}.leaf where leaf.seq = entry.seq and leaf.timestamp = entry.timestamp)`,
  )
  const seq = row?.['seq']
  return { count: Number(row?.['count'] ?? 0), seq: typeof seq === 'string' ? Number(seq) : undefined }
}
