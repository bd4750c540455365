import { pathTo } from '../canonical/json-path.ts'
import type { Database } from '../database/database.ts'
import { AuditLogError } from '../errors.ts'
import { optionInvalid } from '../option.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import type { EventDefinitions } from './catalogue/definition.ts'
import type { AuditEvent } from './event.ts'
import type { RedactOptions } from './redact.ts'

/** Lets the host go on when an event cannot be recorded. An explicit choice: by default errors are thrown. */
export interface FailOpen {
  /**
   * Gets every event that was not recorded, with the reason. With code `write_uncertain` the event may have been recorded
   * after all. What the callback throws is ignored: it must not fail.
   *
   * In a transaction of the host, wait for `log()` before the next statement: what was sent meanwhile is undone with a failed entry.
   */
  readonly onLost: (event: AuditEvent, error: AuditLogError) => void
}

/** Options of {@link AuditLogger}. */
export interface AuditLoggerOptions {
  /**
   * Where to write and read: a pool for the calls that bring no transaction of their own. Give a `pg` pool a
   * `connectionTimeoutMillis`: by default it waits for a free connection for ever, and `log()` with it.
   */
  readonly db: Database
  /** Schema of the log. Default is `audit_log`. */
  readonly schema?: string | undefined
  /**
   * Refuses content that would have to be repaired (`event_invalid_content`) instead of repairing it with a visible marker.
   * A user of the host who controls a part of the content can then prevent the event from being recorded. Default is false.
   */
  readonly strict?: boolean | undefined
  /** What happens when an event cannot be recorded: `'throw'`, or a {@link FailOpen} that takes it. Default is `'throw'`. */
  readonly onError?: 'throw' | FailOpen | undefined
  /** Statements that `log()` calls outside a transaction have under way at once, each on a connection of its own, 1 to 64. Default is 2. */
  readonly lanes?: number | undefined
  /** `log()` calls outside a transaction that may wait for a lane, 1 to 1,000,000; one more gets `queue_full`. Default is 10,000. */
  readonly maxWaiting?: number | undefined
  /**
   * Uses a server-side prepared statement where the driver can (`pg`). When a connection pooler turns out not to support
   * it, the logger stops using it by itself, but one transaction of the host fails before: switch it off for
   * PgBouncer older than 1.21 in transaction mode. Default is true.
   */
  readonly prepare?: boolean | undefined
  /** Events of the host's own, made with `defineEvents`, besides those of the built-in catalogue. Default is none. */
  readonly events?: EventDefinitions | undefined
  /**
   * Makes `log()` and `logMany()` take only actions that the catalogue has, and check target and details as
   * `audit.events` always does. Default is false: they record any action.
   */
  readonly onlyKnownActions?: boolean | undefined
  /**
   * Takes secrets and other things that must not be recorded out of events and leaves `[redacted]` in their place: true for
   * what looks like a secret, or {@link RedactOptions}. Default is false. In the members of the catalogue's events that
   * may hold secrets, such as `changes`, they are taken out in any case.
   */
  readonly redact?: boolean | RedactOptions | undefined
  /** What watches the logger at work, e.g. `openTelemetry()` of the subpath `opentelemetry`. Default is nothing. */
  readonly telemetry?: Telemetry | undefined
}

/**
 * Refuses an option that does not exist. The type cannot, because it is inferred; and a misspelt `redact` would record secrets.
 *
 * @throws AuditLogError `option_invalid`
 */
export function checkOptions(options: unknown): void {
  const isObject = typeof options === 'object' && options !== null
  const unknown = isObject ? Object.keys(options).find((name) => !optionNames.has(name)) : undefined
  if (isObject && unknown === undefined) return
  throw new AuditLogError('option_invalid', `expected an object with some of ${[...optionNames].join(', ')}`, {
    path: unknown === undefined ? '$' : pathTo([unknown]),
  })
}
const optionNames: ReadonlySet<string> = new Set(
  Object.keys({
    db: true,
    schema: true,
    strict: true,
    onError: true,
    lanes: true,
    maxWaiting: true,
    prepare: true,
    events: true,
    onlyKnownActions: true,
    redact: true,
    telemetry: true,
  } satisfies Record<keyof AuditLoggerOptions, true>),
)

/** What `onError` says. @throws AuditLogError `option_invalid` */
export function readOnError(onError: AuditLoggerOptions['onError']): FailOpen | undefined {
  if (onError === undefined || onError === 'throw') return undefined
  if (typeof onError === 'object' && typeof onError.onLost === 'function') return onError
  throw optionInvalid("'throw' or an object with onLost(event, error)", '$.onError')
}
