import { context, metrics, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { afterAll, describe, expect, it } from 'vitest'
import { AuditLogger } from '../../../src/index.ts'
import { openTelemetry } from '../../../src/telemetry/open-telemetry.ts'
import { observe, type Telemetry } from '../../../src/telemetry/telemetry.ts'

const spans = new InMemorySpanExporter()
const exported = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] })
const reader = new PeriodicExportingMetricReader({ exporter: exported, exportIntervalMillis: 3_600_000 })
const meterProvider = new MeterProvider({ readers: [reader] })
// Made before the providers are registered, as a host may do.
const telemetry = openTelemetry()
trace.setGlobalTracerProvider(tracerProvider)
metrics.setGlobalMeterProvider(meterProvider)
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
afterAll(() => meterProvider.shutdown())

describe('openTelemetry', () => {
  it('makes a span below the active one, and metrics, for work that succeeds and work that fails', async () => {
    await trace.getTracer('host').startActiveSpan('request', async (span) => {
      expect(telemetry.traceContext?.()).toEqual({
        trace_id: span.spanContext().traceId,
        span_id: span.spanContext().spanId,
      })
      await observe(
        telemetry,
        'forward',
        { name: 'splunk', entries: 3 },
        () => Promise.resolve(3),
        (sent) => sent,
      )
      const failure = Object.assign(new Error('the secret'), { code: 'write_failed' })
      await expect(
        observe(
          telemetry,
          'sequence',
          {},
          () => Promise.reject(failure),
          () => 0,
        ),
      ).rejects.toBe(failure)
      await observe(
        telemetry,
        'sequence',
        {},
        () => Promise.resolve(0),
        (leaves) => leaves,
      )
      span.end()
    })
    const [forward, sequence, request] = spans.getFinishedSpans()
    expect(forward).toMatchObject({
      name: 'audit_log.forward',
      attributes: { 'audit_log.operation': 'forward', 'audit_log.name': 'splunk', 'audit_log.entries': 3 },
      parentSpanContext: { spanId: request?.spanContext().spanId },
    })
    expect(sequence).toMatchObject({
      attributes: { 'error.type': 'write_failed' },
      status: { code: 2, message: 'write_failed' },
    })
    await reader.forceFlush()
    const found = exported.getMetrics()[0]!.scopeMetrics[0]!.metrics
    expect(found.map(({ descriptor, dataPoints }) => [descriptor.name, descriptor.unit, dataPoints.length])).toEqual([
      ['audit_log.operation.duration', 's', 2],
      ['audit_log.operation.entries', '{entry}', 1],
    ])
    expect(found[1]?.dataPoints[0]).toMatchObject({ value: 3, attributes: { 'audit_log.name': 'splunk' } })
    expect(JSON.stringify([forward?.attributes, sequence?.attributes, found])).not.toContain('secret')
  })

  it('uses the tracer and the meter of the host where it is given them', async () => {
    const [ownSpans, ownMetrics] = [
      new InMemorySpanExporter(),
      new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE),
    ]
    const ownReader = new PeriodicExportingMetricReader({ exporter: ownMetrics, exportIntervalMillis: 3_600_000 })
    const provider = new MeterProvider({ readers: [ownReader] })
    const own = openTelemetry({
      tracer: new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(ownSpans)] }).getTracer('own'),
      meter: provider.getMeter('own'),
    })
    const before = spans.getFinishedSpans().length
    await observe(
      own,
      'log',
      { entries: 2 },
      () => Promise.resolve(2),
      (entries) => entries,
    )
    await ownReader.forceFlush()
    expect(ownSpans.getFinishedSpans().map(({ name }) => name)).toEqual(['audit_log.log'])
    expect(ownMetrics.getMetrics()[0]?.scopeMetrics[0]?.scope.name).toBe('own')
    expect(spans.getFinishedSpans().length).toBe(before)
    await provider.shutdown()
  })

  it('has no ids outside of a trace', () => {
    expect(telemetry.traceContext?.()).toBeUndefined()
  })
})

describe('telemetry', () => {
  it('that fails stops nothing', async () => {
    const fail = (): never => {
      throw new Error('broken')
    }
    const broken: Telemetry[] = [{ begin: fail, traceContext: fail }, { begin: () => fail }, {}]
    for (const each of broken) {
      expect(
        await observe(
          each,
          'log',
          {},
          () => Promise.resolve(1),
          (count) => count,
        ),
      ).toBe(1)
      const logger = new AuditLogger({ db: { query: () => Promise.reject(new Error('I/O')) }, telemetry: each })
      await expect(logger.log({ action: 'a.b' })).rejects.toMatchObject({ code: 'write_uncertain' })
    }
  })
})
