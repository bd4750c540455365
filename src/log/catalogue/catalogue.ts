import type { JsonObject, JsonValue } from '../../canonical/canonicalize.ts'
import { pathTo } from '../../canonical/json-path.ts'
import { AuditLogError } from '../../errors.ts'
import type { AuditEvent } from '../event.ts'
import { maskSecrets } from '../redact.ts'
import { builtInEvents, type BuiltInEvents } from './built-in-events.ts'
import { guessCategory, siemCategory, type SiemCategory } from './category.ts'
import { defineEvents, type EventDefinition, type EventDefinitions } from './definition.ts'
import { fields, type FieldSpec, fieldsVendor, maskedFields } from './fields.ts'
import { isOwnAction } from './own-actions.ts'
import { isStandardSchema, type SchemaIssue, type StandardSchema } from './standard-schema.ts'

/** The built-in events with those of the host, which win. */
export type CatalogueOf<Own> = Own extends EventDefinitions
  ? string extends keyof Own
    ? BuiltInEvents
    : Omit<BuiltInEvents, keyof Own> & Own
  : BuiltInEvents

/** Whatever fields an event was handed over with, before they are read. */
export type EventFields = Record<string, unknown>

interface KnownEvent {
  readonly definition: EventDefinition
  readonly schema: StandardSchema | undefined
  readonly targetPrefix: string | undefined
  /** Members of details in which secrets are masked. */
  readonly masked: readonly string[]
}

/** All events that one logger knows. */
export class Catalogue {
  readonly #known: ReadonlyMap<string, KnownEvent>

  /** @throws AuditLogError `option_invalid` when an event of the register of accepted risks is defined anew */
  constructor(own: EventDefinitions = {}) {
    const reserved = Object.keys(own).find(
      (action) => action.startsWith('risk.') && Object.hasOwn(builtInEvents, action),
    )
    if (reserved !== undefined) {
      const path = pathTo(['events', reserved])
      throw new AuditLogError('option_invalid', `the register of accepted risks defines what is at ${path}`, { path })
    }
    this.#known = new Map(
      Object.entries({ ...builtInEvents, ...defineEvents(own) }).map(([action, definition]) => [
        action,
        know(definition),
      ]),
    )
  }

  actions(): IterableIterator<string> {
    return this.#known.keys()
  }

  /**
   * Checks the fields of an event against its definition, and puts in what the definition says when the event does not.
   *
   * @throws AuditLogError `event_unknown_action`, `event_breaks_definition` with the path of what does not fit
   */
  check(event: EventFields): void {
    const { action } = event
    if (isOwnAction(action)) return
    const known = typeof action === 'string' ? this.#known.get(action) : undefined
    if (known === undefined) {
      throw new AuditLogError('event_unknown_action', 'the catalogue has no event of this action', { path: '$.action' })
    }
    const { definition, schema, targetPrefix } = known
    if (targetPrefix !== undefined) {
      const { target } = event
      if (typeof target !== 'string' || target.length <= targetPrefix.length || !target.startsWith(targetPrefix)) {
        throw broken(['target'], `a target of the form ${definition.target ?? ''}`)
      }
    }
    event['outcome'] ??= definition.outcome
    if (schema !== undefined) event['details'] = conform(schema, event['details'] ?? {})
    if (definition.apart !== undefined) checkApart(definition.apart, (event['details'] ?? {}) as EventFields)
  }

  /** Masks the secrets in the members of details where the definition of the event says that there may be some. */
  mask(action: string, details: JsonObject): JsonObject {
    const masked = this.#known.get(action)?.masked
    if (masked === undefined || masked.length === 0) return details
    const safe: Record<string, JsonValue> = {}
    for (const name of masked) {
      const value = Object.hasOwn(details, name) ? details[name] : undefined
      if (value !== undefined) safe[name] = maskSecrets(value)
    }
    return { ...details, ...safe }
  }

  /** The function for each action, nested by the words of the action. */
  callers(log: (event: AuditEvent, options: unknown) => Promise<unknown>): object {
    const root: EventFields = {}
    // An action that goes on where another ends comes after it.
    for (const action of [...this.#known.keys()].sort()) {
      const words = action.split('.')
      const last = words.pop() ?? ''
      let node: object = root
      for (const word of words) node = memberOf(node, word, () => ({}))
      memberOf(node, last, () => (event: AuditEvent, options?: unknown) => log({ ...event, action }, options))
    }
    return root
  }
}

const builtInCategories: Readonly<Record<string, EventDefinition>> = builtInEvents

/**
 * Where an action belongs in ECS, OCSF, CIM and ASIM: what its definition says, or for an action without one a guess from
 * its words.
 *
 * @param events definitions of the host's own
 * @example
 * categoryOf('user.login').ecs // { category: ['authentication', 'session'], type: ['start'] }
 */
export function categoryOf(action: string, events: EventDefinitions = {}): SiemCategory {
  const definition = Object.hasOwn(events, action)
    ? events[action]
    : Object.hasOwn(builtInCategories, action)
      ? builtInCategories[action]
      : undefined
  return definition === undefined ? guessCategory(action) : siemCategory(definition.subject, definition.verb)
}

function know(definition: EventDefinition): KnownEvent {
  const { details, target } = definition
  const schema = details === undefined || isStandardSchema(details) ? details : fields<FieldSpec>(details)
  return {
    definition,
    schema,
    targetPrefix: target?.slice(0, target.indexOf('<')),
    masked: schema !== undefined && 'spec' in schema ? maskedFields(schema.spec as FieldSpec) : [],
  }
}

function conform(schema: StandardSchema, details: unknown): unknown {
  const { validate, vendor } = schema['~standard']
  const result = validate(details)
  if (result instanceof Promise) {
    result.catch(() => undefined)
    throw new AuditLogError('option_invalid', 'a schema of an event must validate synchronously', { path: '$.events' })
  }
  if (result.issues === undefined) return result.value
  const [issue] = result.issues
  // What a schema library says may quote the value; only what is said here is known not to.
  throw broken(
    ['details', ...stepsOf(issue)],
    vendor === fieldsVendor ? (issue?.message ?? '') : 'what its schema wants',
  )
}

function stepsOf(issue: SchemaIssue | undefined): (string | number)[] {
  return (issue?.path ?? []).map((step) => {
    const key = typeof step === 'object' ? step.key : step
    return typeof key === 'number' ? key : String(key)
  })
}

// The same person must not pass as two by writing their name in another way.
function checkApart([one, other]: readonly [string, string], details: EventFields): void {
  if (nameOf(details[one]) === nameOf(details[other]))
    throw broken(['details', other], `somebody other than the ${one}`)
}

/** A name of a person for comparisons. */
export function nameOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value.normalize('NFKC').trim().toLowerCase() : undefined
}

function broken(steps: readonly (string | number)[], expected: string): AuditLogError {
  const path = pathTo(steps)
  const wanted = expected.startsWith('expected ') ? expected : `expected ${expected}`
  return new AuditLogError('event_breaks_definition', `${wanted} at ${path}`, { path })
}

/** The own member of that name, made when it is not there. Own: a word of an action may be `constructor` or `name`. */
function memberOf(node: object, word: string, make: () => object): object {
  const found: unknown = Object.getOwnPropertyDescriptor(node, word)?.value
  if (typeof found === 'object' || typeof found === 'function') return found as object
  const made = make()
  Object.defineProperty(node, word, { value: made, enumerable: true, configurable: true, writable: false })
  return made
}
