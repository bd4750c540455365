import { type RawBuilder, sql } from 'kysely'

/**
 * The canonical JSON (RFC 8785) of an entry with its `entry_hash`, put together by the database as its function preimage()
 * puts together what is hashed. Without `entry_hash` it is the hash preimage.
 */
export const entryJson: RawBuilder<string> = sql<string>`concat('{"action":"', entry.action,
  '","details":', entry.details,
  ',"entry_hash":"', encode(entry.entry_hash, 'hex'),
  '","id":"', entry.id,
  '","outcome":"', entry.outcome,
  '","recorded_by":', to_json(entry.recorded_by),
  ',"seq":', entry.seq,
  ',"source_ip":', coalesce(to_json(entry.source_ip), 'null'),
  ',"target":', coalesce(to_json(entry.target), 'null'),
  ',"tenant_id":', coalesce(to_json(entry.tenant_id), 'null'),
  ',"timestamp":"', to_char(entry.timestamp at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
  '","user_id":', coalesce(to_json(entry.user_id), 'null'),
  ',"version":', entry.version, '}')`
