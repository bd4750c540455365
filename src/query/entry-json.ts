import type { Outcome } from '../canonical/entry.ts'

/** An entry in the forms that cost the server and the driver least. */
export interface JsonRow {
  readonly version: number
  readonly seq: string
  readonly id: string
  /** Since 1970. */
  readonly microseconds: string
  readonly tenant_id: string | null
  readonly user_id: string | null
  readonly action: string
  readonly target: string | null
  readonly source_ip: string | null
  readonly outcome: Outcome
  /** As it is stored: canonical. */
  readonly details: string
  readonly recorded_by: string
  readonly entry_hash: string
}

/** The canonical JSON (RFC 8785) of an entry with its `entry_hash`. Without that member it is the hash preimage. */
export function formatEntryJson(row: JsonRow): string {
  return (
    `{"action":"${row.action}","details":${row.details},"entry_hash":"${row.entry_hash}","id":"${row.id}"` +
    `,"outcome":"${row.outcome}","recorded_by":${JSON.stringify(row.recorded_by)},"seq":${row.seq}` +
    `,"source_ip":${JSON.stringify(row.source_ip)},"target":${JSON.stringify(row.target)}` +
    `,"tenant_id":${JSON.stringify(row.tenant_id)},"timestamp":"${formatMicroseconds(row.microseconds)}"` +
    `,"user_id":${JSON.stringify(row.user_id)},"version":${row.version}}`
  )
}

/** RFC 3339 in UTC with six decimals, of microseconds since 1970. */
export function formatMicroseconds(microseconds: string): string {
  return `${new Date(Number(microseconds.slice(0, -6)) * 1000).toISOString().slice(0, 19)}.${microseconds.slice(-6)}Z`
}
