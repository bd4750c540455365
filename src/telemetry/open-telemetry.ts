import {
  context,
  type Counter,
  type Histogram,
  type Meter,
  metrics,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api'
import type { Operation, Telemetry } from './telemetry.ts'

export type { EndOperation, Operation, OperationInfo, Telemetry, TraceContext } from './telemetry.ts'

/** Options of {@link openTelemetry}. */
export interface OpenTelemetryOptions {
  /** Makes the spans. Default is the tracer `@entraguard/audit-log` of the global provider. */
  readonly tracer?: Tracer | undefined
  /** Makes the metrics. Default is the meter `@entraguard/audit-log` of the global provider. */
  readonly meter?: Meter | undefined
}

const scope = '@entraguard/audit-log'

/**
 * Spans, metrics and trace ids through `@opentelemetry/api`, which the host has installed.
 *
 * A span `audit_log.log`, `audit_log.sequence` or `audit_log.forward` for each piece of work, as a child of the active
 * span; a histogram `audit_log.operation.duration` in seconds and a counter `audit_log.operation.entries`, both with the
 * attributes `audit_log.operation`, `audit_log.name` and, for failures, `error.type` with the stable code. None of them
 * holds anything of an event's content.
 *
 * @example
 * import { openTelemetry } from '@entraguard/audit-log/opentelemetry'
 * const audit = new AuditLogger({ db: pool, telemetry: openTelemetry() })
 */
export function openTelemetry(options: OpenTelemetryOptions = {}): Telemetry {
  let instruments: { readonly duration: Histogram; readonly entries: Counter } | undefined
  // Not before they are used: the host may register its providers later than it creates its loggers.
  const instrumentsOf = (): NonNullable<typeof instruments> => {
    const meter = options.meter ?? metrics.getMeter(scope)
    return {
      duration: meter.createHistogram('audit_log.operation.duration', {
        description: 'Duration of writing, sequencing and forwarding entries',
        unit: 's',
        advice: { explicitBucketBoundaries: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] },
      }),
      entries: meter.createCounter('audit_log.operation.entries', {
        description: 'Entries that were written, sequenced or forwarded',
        unit: '{entry}',
      }),
    }
  }
  return {
    traceContext() {
      const context = trace.getActiveSpan()?.spanContext()
      if (context === undefined || !/^(?!0{32})[0-9a-f]{32}$/.test(context.traceId)) return undefined
      return { trace_id: context.traceId, span_id: context.spanId }
    },
    begin(operation, { entries, name }) {
      const attributes = { 'audit_log.operation': operation, ...(name === undefined ? {} : { 'audit_log.name': name }) }
      const [parent, startTime, start] = [context.active(), Date.now(), performance.now()]
      return (result) => {
        const failure = 'error' in result ? { 'error.type': result.error } : {}
        const handled = 'error' in result ? entries : result.entries
        // A round of the sequencer that found nothing: there are two a second.
        if (operation === 'sequence' && handled === 0) return
        const tracer = options.tracer ?? trace.getTracer(scope)
        const span = tracer.startSpan(
          `audit_log.${operation}`,
          { kind: kinds[operation], startTime, attributes: { ...attributes, ...failure } },
          parent,
        )
        if (handled !== undefined) span.setAttribute('audit_log.entries', handled)
        if ('error' in result) span.setStatus({ code: SpanStatusCode.ERROR, message: result.error })
        const durationMs = performance.now() - start
        span.end(startTime + durationMs)
        instruments ??= instrumentsOf()
        instruments.duration.record(durationMs / 1000, { ...attributes, ...failure })
        if (!('error' in result) && result.entries > 0) instruments.entries.add(result.entries, attributes)
      }
    },
  }
}

const kinds: Readonly<Record<Operation, SpanKind>> = {
  log: SpanKind.CLIENT,
  sequence: SpanKind.INTERNAL,
  forward: SpanKind.PRODUCER,
}
