import { randomBytes } from 'node:crypto'
import { type Entry, formatEntryLine } from '../canonical/entry.ts'
import { sha256Hex } from '../canonical/sha256.ts'
import { causeOf, isCertain } from '../database/database-error.ts'
import type { Executor } from '../database/database.ts'
import { notInstalled } from '../database/explain-error.ts'
import { AuditLogError } from '../errors.ts'
import { binaryTime, formatTime } from '../query/binary-time.ts'
import { quoteIdentifier } from '../schema/names.ts'
import type { ReadyEvent } from './event.ts'

/** Writes events with one statement and returns the entries that they became, in the order of the events. */
export type Append = (executor: Executor, events: readonly ReadyEvent[], prepared: boolean) => Promise<Entry[]>

/** What the server gave an entry. */
interface Stamp {
  readonly seq: string
  readonly id: string
  readonly timestamp: string
  readonly recordedBy: string
}

/**
 * Makes the statements that append to one schema: a plain INSERT for one event, a function for several. Each is the cheaper
 * one for its case (docs/performance.md).
 */
export function appendTo(schema: string): Append {
  const quoted = quoteIdentifier(schema)
  // As text first: what a driver takes for JSON it may write down once more, as postgres.js does.
  const one = `insert into ${quoted}.entry (tenant_id, user_id, action, target, source_ip, outcome, details, canonical)
    values ($1, $2, $3, $4, $5, $6, $7::text::json, true)
    returning pg_catalog.concat(id, encode(entry_hash, 'hex'), ${binaryTime('timestamp')}, seq, ' ', recorded_by) as stamp`
  const many = `select ${quoted}.append_canonical($1) as appended`
  // Unguessable, so that a session left dirty by somebody else cannot hold a statement of that name.
  const name = `audit_log_${randomBytes(8).toString('hex')}`
  return async (executor, events, prepared) => {
    const [event] = events
    if (event !== undefined && events.length === 1) {
      const [row] = await executor.run(one, valuesOf(event), prepared ? `${name}_one` : undefined)
      const { entryHash, ...stamp } = readStamp(row?.['stamp'])
      const entry = entryOf(event, stamp)
      if (entry.entry_hash !== entryHash) throw mismatch()
      return [entry]
    }
    const [row] = await executor.run(
      many,
      [`[${events.map(eventText).join(',')}]`],
      prepared ? `${name}_many` : undefined,
    )
    const { stamps, hashOfHashes } = readStamps(row?.['appended'])
    if (stamps.length !== events.length) throw mismatch()
    const entries = events.map((ready, index) => entryOf(ready, stamps[index] as Stamp))
    const hashes = Buffer.from(entries.map(({ entry_hash }) => entry_hash).join(''), 'hex')
    if (sha256Hex(hashes) !== hashOfHashes) throw mismatch()
    return entries
  }
}

/** What {@link AuditLogError} callers get for an error of an append. */
export function explainAppend(error: unknown): AuditLogError {
  if (error instanceof AuditLogError) return error
  const details = causeOf(error)
  const { cause, sqlState } = details
  switch (sqlState) {
    case '3F000':
    case '42P01':
    case '42883':
      return new AuditLogError('schema_missing', notInstalled, details)
    case '42501':
      return new AuditLogError('privilege_missing', 'this login is not in the writer role of the audit log', details)
    case '26000':
    case '42P05':
      return new AuditLogError(
        'write_failed',
        'a pooler before the database does not keep prepared statements apart: give the logger prepare: false',
        details,
      )
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
            'no answer says what became of the statement: the entry may or may not have been written',
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
  // Most events succeed, and that is what the database takes it for.
  if (event.outcome !== 'success') text += `,"outcome":"${event.outcome}"`
  return `${text},"details":${event.detailsText}}`
}

function valuesOf(event: ReadyEvent): unknown[] {
  return [event.tenant_id, event.user_id, event.action, event.target, event.source_ip, event.outcome, event.detailsText]
}

// One text, because a driver takes longer for several columns. All but the last two have a fixed length.
function readStamp(stamp: unknown): Stamp & { readonly entryHash: string } {
  const text = String(stamp)
  const login = text.indexOf(' ', 116)
  return {
    id: text.slice(0, 36),
    entryHash: text.slice(36, 100),
    timestamp: formatTime(text.slice(100, 116)),
    seq: text.slice(116, login),
    recordedBy: text.slice(login + 1),
  }
}

// The login as JSON, the time, the hash of all hashes, then a line for each event.
function readStamps(appended: unknown): { readonly stamps: readonly Stamp[]; readonly hashOfHashes: string } {
  const [login = '""', timestamp = '', hashOfHashes = '', ...lines] =
    typeof appended === 'string' ? appended.split('\n') : []
  const recordedBy = JSON.parse(login) as string
  const stamps = lines.map((line) => ({ id: line.slice(0, 36), seq: line.slice(36), timestamp, recordedBy }))
  return { stamps, hashOfHashes }
}

function entryOf(event: ReadyEvent, { seq, id, timestamp, recordedBy }: Stamp): Entry {
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
    entry_hash: sha256Hex(formatEntryLine(event, seq, id, timestamp, recordedBy)),
  }
}

function mismatch(): AuditLogError {
  return new AuditLogError(
    'hash_mismatch',
    'the entry was written, but what the database hashed is not what was sent: something between here and the table altered it',
  )
}
