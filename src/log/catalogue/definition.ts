import type { Outcome } from '../../canonical/entry.ts'
import { pathTo } from '../../canonical/json-path.ts'
import type { AuditLogError } from '../../errors.ts'
import { optionInvalid } from '../../option.ts'
import { actionGrammar } from '../action.ts'
import type { EventSubject, EventVerb } from './category.ts'
import { fields, type FieldSpec } from './fields.ts'
import { isStandardSchema, type StandardSchema } from './standard-schema.ts'

/** How much an event matters to somebody who watches, in OCSF's words. */
export type EventSeverity = 'informational' | 'low' | 'medium' | 'high' | 'critical'

/** What an event is: everything that is known of it before it happens. */
export interface EventDefinition {
  /** One sentence: what has happened when this is in the log. */
  readonly description: string
  readonly severity: EventSeverity
  /** What it is about; decides, with `verb`, where the event belongs in a SIEM. */
  readonly subject: EventSubject
  readonly verb: EventVerb
  /**
   * How `target` is written: a prefix and in angle brackets what follows, e.g. `scan:<scan id>`. An event of this kind
   * must have such a target. Default is none: any target will do.
   */
  readonly target?: string | undefined
  /** Outcome of an event that does not say. Default is `success`. */
  readonly outcome?: Outcome | undefined
  /**
   * What `details` must be: a schema of any library that implements Standard Schema and validates synchronously, or a
   * description of the members ({@link FieldSpec}). Default is anything.
   */
  readonly details?: StandardSchema | FieldSpec | undefined
  /** Two members of `details` that must not name the same person, e.g. who asks and who approves. */
  readonly apart?: readonly [string, string] | undefined
}

/** Definitions by action. */
export type EventDefinitions = Readonly<Record<string, EventDefinition>>

const severities: ReadonlySet<string> = new Set(['informational', 'low', 'medium', 'high', 'critical'])
const subjects: ReadonlySet<string> = new Set(['session', 'account', 'configuration', 'process', 'data', 'file'])
const verbs: ReadonlySet<string> = new Set([
  'create',
  'read',
  'change',
  'delete',
  'enable',
  'disable',
  'start',
  'end',
  'info',
])

/**
 * Defines events of the host's own, for the option `events` of `AuditLogger`.
 *
 * @param definitions for each action what it is; an action of the built-in catalogue may be defined anew, except `risk.*`,
 * which the register of accepted risks reads
 * @returns the same definitions, frozen
 * @throws AuditLogError `option_invalid` with the path of what is not a definition
 * @example
 * const events = defineEvents({
 *   'invoice.paid': {
 *     description: 'A customer paid an invoice.',
 *     severity: 'informational',
 *     subject: 'data',
 *     verb: 'change',
 *     target: 'invoice:<invoice id>',
 *     details: z.object({ amount: z.number(), currency: z.string().length(3) }),
 *   },
 * })
 * const audit = new AuditLogger({ db: pool, events })
 * await audit.events.invoice.paid({ target: 'invoice:7', details: { amount: 12.5, currency: 'EUR' } })
 */
export function defineEvents<const Definitions extends EventDefinitions>(definitions: Definitions): Definitions {
  for (const [action, definition] of Object.entries(definitions)) checkDefinition(action, definition)
  return Object.freeze(
    Object.fromEntries(
      Object.entries(definitions).map(([action, definition]) => [action, Object.freeze({ ...definition })]),
    ),
  ) as Definitions
}

function checkDefinition(action: string, definition: EventDefinition): void {
  const invalid = (member: string, expected: string): AuditLogError =>
    optionInvalid(expected, pathTo(['events', action, ...(member === '' ? [] : [member])]))
  if (!actionGrammar.test(action)) throw invalid('', 'an action: lower-case words joined by ".", "_" or "-"')
  if (typeof definition !== 'object' || (definition as unknown) === null) throw invalid('', 'a definition of an event')
  const { description, severity, subject, verb, target, outcome, details } = definition
  if (typeof description !== 'string' || description.trim() === '') throw invalid('description', 'a sentence')
  if (!severities.has(severity)) throw invalid('severity', `one of ${[...severities].join(', ')}`)
  if (!subjects.has(subject)) throw invalid('subject', `one of ${[...subjects].join(', ')}`)
  if (!verbs.has(verb)) throw invalid('verb', `one of ${[...verbs].join(', ')}`)
  if (target !== undefined && !/^[^<>]*<[^<>]+>$/.test(target)) throw invalid('target', 'a form such as scan:<scan id>')
  if (outcome !== undefined && !['success', 'failure', 'denied'].includes(outcome)) {
    throw invalid('outcome', 'success, failure or denied')
  }
  if (details === undefined || isStandardSchema(details)) return
  try {
    fields(details)
  } catch {
    throw invalid(
      'details',
      'a schema that implements Standard Schema, or a description of members as fields() takes it',
    )
  }
}
