import type { Generated } from 'kysely'
import type { Outcome } from '../canonical/entry.ts'

/** The log's tables as Kysely sees them, with the types that `pg` gives its columns. */
export interface AuditLogTables {
  entry: EntryTable
}

/** Columns of the table `entry`; the page docs/format.md describes them. */
export interface EntryTable {
  version: Generated<number>
  /** bigint: a string with `pg`. */
  seq: Generated<string>
  id: Generated<string>
  /** timestamptz: a Date with `pg`, which has milliseconds only. The query builder reads it as text. */
  timestamp: Generated<Date>
  tenant_id: string | null
  user_id: string | null
  action: string
  target: string | null
  source_ip: string | null
  outcome: Generated<Outcome>
  details: Generated<unknown>
  recorded_by: Generated<string>
  entry_hash: Generated<Uint8Array>
  /** Whether the client promised canonical details; not part of the entry. */
  canonical: boolean | null
  /** Transaction that inserted the row; not part of the entry. */
  xid: Generated<string>
}
