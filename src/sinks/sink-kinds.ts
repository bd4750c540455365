import { AuditLogError } from '../errors.ts'
import { ElasticSink, type ElasticOptions } from './elastic.ts'
import { HttpSink, type HttpSinkOptions } from './http-sink.ts'
import { NdjsonSink } from './ndjson.ts'
import { QRadarSink, type QRadarOptions } from './qradar.ts'
import { SentinelSink, type SentinelOptions } from './sentinel.ts'
import type { Sink } from './sink.ts'
import { SplunkSink, type SplunkOptions } from './splunk.ts'
import { SyslogSink, type SyslogOptions } from './syslog.ts'

const kinds: Readonly<Record<string, (options: object) => Sink>> = {
  splunk: (options) => new SplunkSink(options as SplunkOptions),
  elastic: (options) => new ElasticSink(options as ElasticOptions),
  sentinel: (options) => new SentinelSink(options as SentinelOptions),
  qradar: (options) => new QRadarSink(options as QRadarOptions),
  syslog: (options) => new SyslogSink(options as SyslogOptions),
  http: (options) => new HttpSink(options as HttpSinkOptions),
  ndjson: (options) => new NdjsonSink(options),
}

/**
 * Makes a sink from configuration: `kind` names it, and the other members are its options.
 *
 * @throws AuditLogError `option_invalid` for an unknown kind, and what the sink's constructor throws
 * @example
 * sinkOfConfiguration({ kind: 'splunk', url: 'https://splunk.example.com:8088', token })
 */
export function sinkOfConfiguration(configuration: Readonly<Record<string, unknown>>): Sink {
  const { kind, ...options } = configuration
  const make = typeof kind === 'string' && Object.hasOwn(kinds, kind) ? kinds[kind] : undefined
  if (make !== undefined) return make(options)
  throw new AuditLogError('option_invalid', `expected one of ${Object.keys(kinds).join(', ')} at $.kind`, {
    path: '$.kind',
  })
}
