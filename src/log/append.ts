import { randomBytes } from 'node:crypto'
import { type Entry, formatEntryLine } from '../canonical/entry.ts'
import { sha256Hex } from '../canonical/sha256.ts'
import { DatabaseError, isCertain, sqlStateOf } from '../database/database-error.ts'
import type { Executor } from '../database/database.ts'
import { AuditLogError } from '../errors.ts'
import { quoteIdentifier } from '../schema/names.ts'
import type { ReadyEvent } from './event.ts'

/** Writes events with one statement and returns the entries that they became, in the order of the events. */
export type Append = (executor: Executor, events: readonly ReadyEvent[], prepared: boolean) => Promise<Entry[]>

/** Makes the statement that appends to one schema. */
export function appendTo(schema: string): Append {
  const text = `select ${quoteIdentifier(schema)}.append_canonical($1) as appended`
  // Unguessable, so that a session left dirty by somebody else cannot hold a statement of that name.
  const name = `audit_log_${randomBytes(8).toString('hex')}`
  return async (executor, events, prepared) => {
    const [row] = await executor.run(text, [`[${events.map(eventText).join(',')}]`], prepared ? name : undefined)
    return readAppended(row?.['appended'], events)
  }
}

/** What {@link AuditLogError} callers get for an error of an append. */
export function explainAppend(error: unknown): AuditLogError {
  if (error instanceof AuditLogError) return error
  const sqlState = sqlStateOf(error)
  const cause = new DatabaseError(error)
  const details = { cause, ...(sqlState === undefined ? {} : { sqlState }) }
  switch (sqlState) {
    case '3F000':
    case '42883':
      return new AuditLogError(
        'schema_missing',
        'the audit log is not installed here: call installSchema() first',
        details,
      )
    case '42501':
      return new AuditLogError('privilege_missing', 'this login is not in the writer role of the audit log', details)
    case 'WO002':
      return new AuditLogError('write_failed', 'the database refused the entry by its rules', {
        ...details,
        ...(cause.column === undefined ? {} : { path: `$.${cause.column}` }),
      })
    default:
      return isCertain(error)
        ? new AuditLogError('write_failed', 'the entry was not written', details)
        : new AuditLogError(
            'write_uncertain',
            'the connection was lost: the entry may or may not have been written',
            details,
          )
  }
}

function eventText(event: ReadyEvent): string {
  let text = `{"action":"${event.action}"`
  if (event.tenant_id !== null) text += `,"tenant_id":${JSON.stringify(event.tenant_id)}`
  if (event.user_id !== null) text += `,"user_id":${JSON.stringify(event.user_id)}`
  if (event.target !== null) text += `,"target":${JSON.stringify(event.target)}`
  if (event.source_ip !== null) text += `,"source_ip":"${event.source_ip}"`
  return `${text},"outcome":"${event.outcome}","details":${event.detailsText}}`
}

// "login" in JSON, then a line "seq id timestamp entry_hash" for each event.
function readAppended(appended: unknown, events: readonly ReadyEvent[]): Entry[] {
  const [login = '', ...lines] = typeof appended === 'string' ? appended.split('\n') : []
  if (lines.length !== events.length) throw mismatch()
  const recordedBy = JSON.parse(login) as string
  return events.map((event, index) => {
    const [seq = '', id = '', timestamp = '', entryHash = ''] = (lines[index] ?? '').split(' ')
    const line = formatEntryLine(event, seq, id, timestamp, login)
    if (sha256Hex(line) !== entryHash) throw mismatch()
    return {
      version: 1,
      seq: Number(seq),
      id,
      timestamp,
      tenant_id: event.tenant_id,
      user_id: event.user_id,
      action: event.action,
      target: event.target,
      source_ip: event.source_ip,
      outcome: event.outcome,
      details: event.details,
      recorded_by: recordedBy,
      entry_hash: entryHash,
    }
  })
}

function mismatch(): AuditLogError {
  return new AuditLogError(
    'hash_mismatch',
    'the entry was written, but what the database hashed is not what was sent: something between here and the table altered it',
  )
}
