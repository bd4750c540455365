import { type JsonObject, stringifyCanonical } from '../canonical/canonicalize.ts'
import type { Outcome } from '../canonical/entry.ts'
import { AuditLogError, type AuditLogErrorCode } from '../errors.ts'
import { pathTo } from '../canonical/json-path.ts'
import { purgeAction } from '../evidence/purge-record.ts'
import { formatAddress } from '../database/address.ts'
import { actionGrammar } from './action.ts'
import { cutDetails, cutText, readDetails, repairText } from './content.ts'

/**
 * What the host wants recorded. Everything else in an {@link Entry} comes from the server.
 *
 * Fields that are undefined or null are recorded as null. `tenant_id`, `user_id` and `target` hold at most 1,024 bytes of
 * UTF-8; an empty string is recorded as null.
 */
export interface AuditEvent {
  /**
   * What was done: lower-case words and digits joined by `.`, `_` or `-`, at most 255 bytes, e.g. `scan.completed`. Chosen
   * by the programmer, never by a user.
   */
  readonly action: string
  /** Tenant that the event belongs to. */
  readonly tenant_id?: string | null | undefined
  /** Who did it; leave it out for events of the system itself. */
  readonly user_id?: string | null | undefined
  /** What it was done to, e.g. `finding:42`. */
  readonly target?: string | null | undefined
  /** IPv4 or IPv6 address of the client. IPv4-mapped addresses are recorded as IPv4, zones are dropped. */
  readonly source_ip?: string | null | undefined
  /** How it ended. Default is `success`. */
  readonly outcome?: Outcome | undefined
  /**
   * Anything else, as a plain JSON object: at most 64 KiB of canonical JSON and 32 levels. Dates are recorded as ISO 8601
   * strings, members that are undefined are left out.
   */
  readonly details?: Readonly<Record<string, unknown>> | null | undefined
}

/** How events are read. */
export interface EventRules {
  /** Refuses content that would have to be repaired. */
  readonly strict: boolean
  /** Checks the fields before they are read, and fills in what is missing. Each has been read from the event once. */
  readonly complete?: ((fields: Record<string, unknown>) => void) | undefined
  /** Takes out of the details what must not be recorded, and adds what the log itself knows. */
  readonly finishDetails?: ((details: JsonObject, action: string) => JsonObject) | undefined
  readonly redactText?: ((text: string) => string) | undefined
}

/** An event that the database will take as it is. */
export interface ReadyEvent {
  readonly tenant_id: string | null
  readonly user_id: string | null
  readonly action: string
  readonly target: string | null
  readonly source_ip: string | null
  readonly outcome: Outcome
  readonly details: JsonObject
  /** Canonical text of `details`. */
  readonly detailsText: string
}

const fields: ReadonlySet<string> = new Set([
  'action',
  'tenant_id',
  'user_id',
  'target',
  'source_ip',
  'outcome',
  'details',
])
const maximumNameBytes = 1024
const maximumActionBytes = 255
const maximumDetailsBytes = 65_536

/**
 * Checks an event and brings it into the form in which it is stored, before any I/O.
 *
 * What only a programmer gets wrong is refused. What a user of the host can influence (text that is not Unicode, NUL,
 * numbers that are not finite, excess length and depth) never suppresses the event: it is repaired with a visible marker,
 * or refused when the host chose `strict`.
 *
 * @throws AuditLogError `event_*` with the path of the fault
 */
export function readEvent(event: AuditEvent, { strict, complete, finishDetails, redactText }: EventRules): ReadyEvent {
  const input = fieldsOf(event)
  complete?.(input)
  const action = readAction(input['action'])
  const read = readDetails(input['details'] ?? {}, strict)
  // Before anything is cut: the marker of a cut holds a hash of what was there.
  const details = finishDetails?.(read, action) ?? read
  let detailsText = stringifyCanonical(details)
  let detailsObject = details
  if (detailsText.length * 3 > maximumDetailsBytes && Buffer.byteLength(detailsText) > maximumDetailsBytes) {
    if (strict) throw refused('event_invalid_content', 'details', `at most ${maximumDetailsBytes} bytes of JSON`)
    detailsObject = cutDetails(details, detailsText, maximumDetailsBytes)
    detailsText = stringifyCanonical(detailsObject)
  }
  return {
    action,
    tenant_id: readName('tenant_id', input['tenant_id'], strict),
    user_id: readName('user_id', input['user_id'], strict),
    target: readName('target', input['target'], strict, redactText),
    source_ip: readAddress(input['source_ip']),
    outcome: readOutcome(input['outcome']),
    details: detailsObject,
    detailsText,
  }
}

// Reads each field once, so that a getter or proxy cannot show different values to the checks and to the database.
function fieldsOf(event: unknown): Record<string, unknown> {
  if (typeof event !== 'object' || event === null) {
    throw new AuditLogError('event_invalid_type', 'an event must be an object', { path: '$' })
  }
  const path: string[] = []
  try {
    if (Array.isArray(event)) throw new TypeError('an array')
    const input: Record<string, unknown> = {}
    for (const field of Object.keys(event)) {
      if (!fields.has(field)) throw refused('event_unknown_field', field, `one of ${[...fields].join(', ')}`)
      path[0] = field
      input[field] = (event as Record<string, unknown>)[field]
    }
    return input
  } catch (error) {
    if (error instanceof AuditLogError) throw error
    const place = pathTo(path)
    throw new AuditLogError('event_invalid_type', `expected an object that can be read at ${place}`, {
      path: place,
      cause: error,
    })
  }
}

function readAction(value: unknown): string {
  if (value === undefined || value === null) throw refused('event_missing_field', 'action', 'a string')
  if (typeof value !== 'string') throw refused('event_invalid_type', 'action', 'a string', value)
  if (value.length > maximumActionBytes || !actionGrammar.test(value) || value === purgeAction) {
    throw refused(
      'event_invalid_action',
      'action',
      `lower-case words joined by ".", "_" or "-", at most ${maximumActionBytes} bytes, and not the record of a purge`,
    )
  }
  return value
}

function readName(field: string, value: unknown, strict: boolean, redact?: (text: string) => string): string | null {
  if (value === undefined || value === null || value === '') return null
  if (typeof value !== 'string') throw refused('event_invalid_type', field, 'a string or null', value)
  const text = repairText(value, strict, [field])
  const name = redact?.(text) ?? text
  if (name.length * 3 <= maximumNameBytes || Buffer.byteLength(name) <= maximumNameBytes) return name
  if (strict) throw refused('event_invalid_content', field, `at most ${maximumNameBytes} bytes`)
  return cutText(name)
}

function readAddress(value: unknown): string | null {
  if (value === undefined || value === null) return null
  if (typeof value !== 'string') throw refused('event_invalid_type', 'source_ip', 'a string or null', value)
  const address = formatAddress(value)
  if (address === null) throw refused('event_invalid_address', 'source_ip', 'an IPv4 or IPv6 address of one host')
  return address
}

function readOutcome(value: unknown): Outcome {
  if (value === undefined || value === null) return 'success'
  if (value === 'success' || value === 'failure' || value === 'denied') return value
  throw refused('event_invalid_outcome', 'outcome', 'success, failure or denied')
}

function refused(code: AuditLogErrorCode, field: string, expected: string, found?: unknown): AuditLogError {
  const path = pathTo([field])
  return new AuditLogError(
    code,
    `expected ${expected} at ${path}${found === undefined ? '' : `, found ${typeof found}`}`,
    { path },
  )
}
