import { AuditLogError } from '../errors.ts'
import { canonicalize, type JsonObject } from './canonicalize.ts'
import { sha256Hex } from './sha256.ts'

/** How an action ended. */
export type Outcome = 'success' | 'failure' | 'denied'

/**
 * An event as it was recorded. The same names and values stand in the table, the query result, the REST response and the
 * export, and all but `entry_hash` in the hash preimage.
 */
export interface Entry {
  /** Format of the hash preimage. */
  readonly version: 1
  /** Monotonic number given by the server, 1 .. 2^53-1. Gaps are legal: a rolled-back transaction leaves one. */
  readonly seq: number
  /** UUID version 7 (RFC 9562) made by the server. */
  readonly id: string
  /** Server clock at the insert: RFC 3339, UTC, exactly six decimals, e.g. `2026-11-23T09:00:00.123456Z`. */
  readonly timestamp: string
  readonly tenant_id: string | null
  /** Who did it; null for the system itself. */
  readonly user_id: string | null
  /** What was done, e.g. `scan.completed`. */
  readonly action: string
  /** What it was done to, e.g. `finding:42`. */
  readonly target: string | null
  /** Address of the client in PostgreSQL's text form of `inet`, e.g. `203.0.113.7` or `2001:db8::1`. */
  readonly source_ip: string | null
  readonly outcome: Outcome
  readonly details: JsonObject
  /** Database login that inserted the entry. */
  readonly recorded_by: string
  /** SHA-256 of the entry's canonical JSON: 64 lower-case hexadecimal digits. */
  readonly entry_hash: string
}

/** What is hashed: an entry without its `entry_hash`. */
export type EntryContent = Omit<Entry, 'entry_hash'>

/** The members of an entry, in the order in which they are documented. */
export const entryFields: readonly (keyof Entry)[] = [
  'version',
  'seq',
  'id',
  'timestamp',
  'tenant_id',
  'user_id',
  'action',
  'target',
  'source_ip',
  'outcome',
  'details',
  'recorded_by',
  'entry_hash',
]

/**
 * Why an entry does not verify.
 *
 * - `not_an_object`: there is no entry at all, or one that cannot be read
 * - `missing_field`, `unknown_field`: its members are not those of an entry; `field` names the first
 * - `malformed_field`: `field` has a value that the log never records
 * - `hash_mismatch`: its members are well-formed and do not hash to its `entry_hash`
 */
export interface EntryFault {
  readonly fault: 'not_an_object' | 'missing_field' | 'unknown_field' | 'malformed_field' | 'hash_mismatch'
  readonly field?: string
}

/**
 * The hash of an entry: SHA-256 over the RFC 8785 canonical JSON of all its members but `entry_hash`. Pure, and works in
 * a browser.
 *
 * @returns 64 lower-case hexadecimal digits
 * @throws AuditLogError `json_invalid` when a member is no I-JSON value
 */
export function hashEntry(entry: EntryContent): string {
  const members = membersOf(entry)
  if (members === null) throw new AuditLogError('json_invalid', 'an entry must be an object', { path: '$' })
  const { entry_hash: _, ...content } = members
  return sha256Hex(canonicalize(content))
}

/**
 * The hash preimage put together from parts that are known to be well-formed: what {@link hashEntry} hashes, without
 * building and canonicalizing an object. A test holds the two together.
 *
 * @param content the members that came from the host, with `detailsText` the canonical text of `details`
 */
export function formatEntryLine(
  content: Pick<Entry, 'action' | 'outcome' | 'source_ip' | 'target' | 'tenant_id' | 'user_id'> & {
    readonly detailsText: string
  },
  seq: string,
  id: string,
  timestamp: string,
  recordedBy: string,
): string {
  return (
    `{"action":"${content.action}","details":${content.detailsText},"id":"${id}","outcome":"${content.outcome}"` +
    `,"recorded_by":${JSON.stringify(recordedBy)},"seq":${seq},"source_ip":${JSON.stringify(content.source_ip)}` +
    `,"target":${JSON.stringify(content.target)},"tenant_id":${JSON.stringify(content.tenant_id)}` +
    `,"timestamp":"${timestamp}","user_id":${JSON.stringify(content.user_id)},"version":1}`
  )
}

/**
 * Whether an entry is exactly what was hashed: all members there, none added, each well-formed, and the hash fits.
 * Proves integrity against the hash, not that the log contains the entry: whoever can edit an entry can hash it again.
 *
 * @param entry anything, e.g. what `JSON.parse` made of a line of an export
 */
export function verifyEntry(entry: unknown): entry is Entry {
  return findEntryFault(entry) === null
}

/** What {@link verifyEntry} found, or null when the entry verifies. Never throws. */
export function findEntryFault(entry: unknown): EntryFault | null {
  const members = membersOf(entry)
  if (members === null) return { fault: 'not_an_object' }
  const fault = findFormFault(members)
  if (fault !== null) return fault
  try {
    return hashEntry(members as unknown as EntryContent) === members['entry_hash'] ? null : { fault: 'hash_mismatch' }
  } catch {
    // All the others have been looked at.
    return { fault: 'malformed_field', field: 'details' }
  }
}

/**
 * Whether a value that `JSON.parse` made has the members of an entry and each has a form that the log records. Says nothing
 * about the hash.
 */
export function hasEntryForm(entry: unknown): entry is Entry {
  return (
    typeof entry === 'object' &&
    entry !== null &&
    !Array.isArray(entry) &&
    findFormFault(entry as Record<string, unknown>) === null
  )
}

// Each member is read once, so that a getter or a proxy cannot show one value to the checks and another to the hash.
function membersOf(entry: unknown): Record<string, unknown> | null {
  try {
    return typeof entry === 'object' && entry !== null && !Array.isArray(entry) ? { ...entry } : null
  } catch {
    return null
  }
}

function findFormFault(members: Record<string, unknown>): EntryFault | null {
  for (const field of entryFields) if (!Object.hasOwn(members, field)) return { fault: 'missing_field', field }
  for (const field of Object.keys(members)) if (!Object.hasOwn(forms, field)) return { fault: 'unknown_field', field }
  for (const field of entryFields) if (!forms[field](members[field])) return { fault: 'malformed_field', field }
  return null
}

const matches =
  (pattern: RegExp) =>
  (value: unknown): boolean =>
    typeof value === 'string' && pattern.test(value)
const isName = (value: unknown): boolean => value === null || (typeof value === 'string' && value.isWellFormed())

// The forms that the database produces. An entry that has another form was not recorded by this library.
const forms: Readonly<Record<keyof Entry, (value: unknown) => boolean>> = {
  version: (value) => value === 1,
  seq: (value) => Number.isSafeInteger(value) && (value as number) >= 1,
  id: matches(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
  timestamp: matches(/^[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]\.[0-9]{6}Z$/),
  tenant_id: isName,
  user_id: isName,
  action: matches(/^[a-z0-9]+([._-][a-z0-9]+)*$/),
  target: isName,
  source_ip: (value) => value === null || matches(/^[0-9a-f.:]{2,45}$/)(value),
  outcome: (value) => value === 'success' || value === 'failure' || value === 'denied',
  details: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  recorded_by: (value) => typeof value === 'string' && value !== '' && value.isWellFormed(),
  entry_hash: matches(/^[0-9a-f]{64}$/),
}
