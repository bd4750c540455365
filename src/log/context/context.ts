import { AsyncLocalStorage } from 'node:async_hooks'
import type { JsonObject } from '../../canonical/canonicalize.ts'
import { AuditLogError } from '../../errors.ts'
import { optionInvalid } from '../../option.ts'

/** Who and what is behind the events that are logged meanwhile. */
export interface AuditContext {
  /** Recorded as `user_id`. */
  readonly user_id?: string | null | undefined
  /** Recorded as `tenant_id`. */
  readonly tenant_id?: string | null | undefined
  /** Recorded as `source_ip`. */
  readonly source_ip?: string | null | undefined
  /** Recorded as `details.context.request_id`. */
  readonly request_id?: string | null | undefined
}

/** A context whose members are looked up when an event is logged: what a request is known to be may become known later. */
export type ContextSource = AuditContext | (() => AuditContext | undefined)

/** A context, and the one that it is inside of. */
interface Level {
  readonly source: ContextSource
  readonly outer: Level | undefined
}

// One for the process, also when the package is loaded twice (ESM and CommonJS): a middleware of one copy serves a logger
// of the other.
const key = Symbol.for('@entraguard/audit-log/context')
const shared = globalThis as { [key]?: AsyncLocalStorage<Level> }
const storage = (shared[key] ??= new AsyncLocalStorage<Level>())

const members: readonly (keyof AuditContext)[] = ['user_id', 'tenant_id', 'source_ip', 'request_id']

/**
 * Runs `work` with a context: events that are logged in it, or in anything that it starts, get the members that they do not
 * have themselves. What an event says itself wins, also when it says null. Contexts nest: an inner one adds to the outer.
 *
 * @param context its members, or a function that returns them, called for each event when it is logged
 * @returns what `work` returns
 * @throws AuditLogError `option_invalid` for a member that a context does not have, and for an async function, before `work` is
 * called
 * @example
 * await withContext({ user_id: 'alice', request_id: 'a1' }, async () => {
 *   await audit.log({ action: 'report.downloaded', target: 'report:7' })
 * })
 */
export function withContext<T>(context: ContextSource, work: () => T): T {
  if (typeof context !== 'function') checkContext(context)
  else if (isAsync(context)) {
    throw new AuditLogError('option_invalid', 'a function that returns a context must not be async', { path: '$' })
  }
  return storage.run({ source: context, outer: storage.getStore() }, work)
}

/** The context that is in effect here, or undefined. */
export function currentContext(): AuditContext | undefined {
  let result: AuditContext | undefined
  for (let level = storage.getStore(); level !== undefined; level = level.outer) {
    const context = typeof level.source === 'function' ? lookUp(level.source) : level.source
    if (context === undefined) continue
    if (result === undefined) result = context
    else {
      const merged: Record<string, unknown> = { ...result }
      for (const member of members) if (merged[member] === undefined) merged[member] = context[member]
      result = merged
    }
  }
  return result
}

/** What stands in `details.context`, the one member that the library writes itself. */
export interface RecordedContext {
  readonly request_id?: string | null | undefined
  readonly trace_id?: string | undefined
  readonly span_id?: string | undefined
}

/**
 * Puts ids of a request and trace into details, as `context`. What the host has there stays, but for the ids themselves:
 * what a user can write into details must not pass for them.
 */
export function addContext(details: JsonObject, recorded: RecordedContext): JsonObject {
  const own = details['context']
  const kept =
    own === undefined ? {} : typeof own === 'object' && own !== null && !Array.isArray(own) ? own : { value: own }
  const { request_id, trace_id, span_id } = recorded
  return {
    ...details,
    context: {
      ...kept,
      ...(typeof request_id === 'string' ? { request_id: shortText(request_id) } : {}),
      ...(trace_id === undefined ? {} : { trace_id }),
      ...(span_id === undefined ? {} : { span_id }),
    },
  }
}

// It may be what a client sent.
function shortText(text: string): string {
  return text.slice(0, 256).replaceAll('\0', '\u{fffd}').toWellFormed()
}

/** Events are logged without waiting, so what a promise would say later would be missing in them without a word. */
export const isAsync = (value: unknown): boolean => Object.prototype.toString.call(value) === '[object AsyncFunction]'

// A host's function that fails must not suppress the event.
function lookUp(source: () => AuditContext | undefined): AuditContext | undefined {
  try {
    const context = source()
    return typeof context === 'object' ? context : undefined
  } catch {
    return undefined
  }
}

function checkContext(context: AuditContext): void {
  if (typeof context !== 'object' || (context as unknown) === null) {
    throw new AuditLogError('option_invalid', 'a context is an object or a function that returns one', { path: '$' })
  }
  for (const [member, value] of Object.entries(context)) {
    const path = `$.${member}`
    if (!(members as readonly string[]).includes(member)) {
      throw new AuditLogError('option_invalid', `a context has only ${members.join(', ')}`, { path: '$' })
    }
    if (value !== undefined && value !== null && typeof value !== 'string') {
      throw optionInvalid('a string or null', path)
    }
  }
}
