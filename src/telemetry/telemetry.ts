import { codeOf } from '../errors.ts'
import { quietly } from '../quietly.ts'

/** What is measured: writing entries, giving them leaves, and delivering them to a SIEM. */
export type Operation = 'log' | 'sequence' | 'forward'

/** What is known of a piece of work, for spans and metrics: never anything of an event's content. */
export interface OperationInfo {
  /** How many events or entries it is about, when that is known before. */
  readonly entries?: number | undefined
  /** What it works for, e.g. the name of a sink. */
  readonly name?: string | undefined
}

/** The trace that the host's own code is in. */
export interface TraceContext {
  /** 32 lower-case hexadecimal digits (W3C Trace Context). */
  readonly trace_id: string
  /** 16 lower-case hexadecimal digits. */
  readonly span_id: string
}

/**
 * What watches the library at work. `openTelemetry()` of the subpath `opentelemetry` makes one; an object of your own will
 * do as well. What it throws is ignored: it must not fail.
 */
export interface Telemetry {
  /** The ids that an entry gets in `details.context`; undefined outside of a trace. */
  traceContext?(): TraceContext | undefined
  /**
   * Called when a piece of work begins. What it returns is called when the work has ended, with the number of entries that
   * were handled, or with the stable code of the error.
   */
  begin?(operation: Operation, info: OperationInfo): EndOperation
}

/** Says how a piece of work ended. */
export type EndOperation = (result: { readonly entries: number } | { readonly error: string }) => void

/**
 * Runs a piece of work under the eyes of some telemetry.
 *
 * @param entriesOf how many entries a result stands for
 */
export function observe<T>(
  telemetry: Telemetry | undefined,
  operation: Operation,
  info: OperationInfo,
  work: () => Promise<T>,
  entriesOf: (result: T) => number,
): Promise<T> {
  return telemetry?.begin === undefined ? work() : observed(telemetry, operation, info, work, entriesOf)
}

async function observed<T>(
  telemetry: Telemetry,
  operation: Operation,
  info: OperationInfo,
  work: () => Promise<T>,
  entriesOf: (result: T) => number,
): Promise<T> {
  const end = quietly(() => telemetry.begin?.(operation, info))
  try {
    const result = await work()
    quietly(() => end?.({ entries: entriesOf(result) }))
    return result
  } catch (error) {
    quietly(() => end?.({ error: codeOf(error) }))
    throw error
  }
}

/** The trace that the caller is in, whatever the telemetry does. */
export function traceContextOf(telemetry: Telemetry | undefined): TraceContext | undefined {
  return telemetry?.traceContext === undefined ? undefined : quietly(() => telemetry.traceContext?.())
}
