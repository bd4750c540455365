import { sha256Hex } from '../canonical/sha256.ts'
import { AuditLogError } from '../errors.ts'

/** The place after an entry, in the order (timestamp, seq). */
export interface Position {
  /** RFC 3339 with six decimals, as in the entry. */
  readonly timestamp: string
  readonly seq: number
}

/**
 * Writes a position as an opaque cursor that only fits the query it came from.
 *
 * @param query everything that decides which entries the query finds and in which order
 */
export function formatCursor(position: Position, query: unknown): string {
  return Buffer.from(`1 ${position.timestamp} ${position.seq} ${fingerprint(query)}`, 'latin1').toString('base64url')
}

/** @throws AuditLogError `cursor_invalid` when the cursor is damaged or comes from another query */
export function parseCursor(cursor: string, query: unknown): Position {
  const text =
    typeof cursor === 'string' && /^[A-Za-z0-9_-]{1,200}$/.test(cursor)
      ? Buffer.from(cursor, 'base64url').toString('latin1')
      : ''
  const match =
    /^1 ([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z) ([0-9]{1,16}) ([0-9a-f]{16})$/.exec(text)
  const [, timestamp = '', seq = ''] = match ?? []
  if (match?.[3] !== fingerprint(query) || Number.isNaN(Date.parse(timestamp))) {
    throw new AuditLogError('cursor_invalid', 'the cursor is damaged or belongs to another query')
  }
  return { timestamp, seq: Number(seq) }
}

function fingerprint(query: unknown): string {
  return sha256Hex(JSON.stringify(query)).slice(0, 16)
}
