import { pathTo } from '../canonical/json-path.ts'
import { optionInvalid } from '../option.ts'
import { ElasticSink, type ElasticOptions } from './elastic.ts'
import type { HttpOptions } from './http-client.ts'
import { HttpSink, type HttpSinkOptions } from './http-sink.ts'
import { NdjsonSink, type NdjsonOptions } from './ndjson.ts'
import type { ProductOptions } from './product.ts'
import { QRadarSink, type QRadarOptions } from './qradar.ts'
import { SentinelSink, type SentinelOptions } from './sentinel.ts'
import type { Sink } from './sink.ts'
import { SplunkSink, type SplunkOptions } from './splunk.ts'
import type { SyslogTransportOptions } from './syslog-delivery.ts'
import type { SyslogHeaderOptions } from './syslog-message.ts'
import { SyslogSink, type SyslogOptions } from './syslog.ts'

interface Kind {
  readonly options: Readonly<Record<string, true>>
  readonly make: (options: object) => Sink
}

/** All options of a sink: the compiler sees to it that none is forgotten. */
type Names<Options> = Readonly<Record<keyof Options, true>>

const http: Names<HttpOptions> = {
  url: true,
  ca: true,
  cert: true,
  key: true,
  servername: true,
  insecure: true,
  timeoutMs: true,
  gzip: true,
}
const product: Names<ProductOptions> = { vendor: true, product: true, productVersion: true }
const syslog: Names<SyslogTransportOptions & SyslogHeaderOptions & ProductOptions> = {
  ...product,
  host: true,
  port: true,
  tls: true,
  confirm: true,
  confirmDelayMs: true,
  connectTimeoutMs: true,
  sendTimeoutMs: true,
  idleTimeoutMs: true,
  header: true,
  hostname: true,
  appName: true,
  facility: true,
  timeDecimals: true,
}

const kindOf = <Options extends object>(options: Names<Options>, make: (options: Options) => Sink): Kind => ({
  options,
  make: (given) => make(given as Options),
})

const kinds: Readonly<Record<string, Kind>> = {
  splunk: kindOf<SplunkOptions>(
    {
      ...http,
      token: true,
      index: true,
      sourcetype: true,
      source: true,
      host: true,
      acknowledgement: true,
      ackTimeoutMs: true,
      ackIntervalMs: true,
      maxBatchBytes: true,
      maxInFlight: true,
    },
    (options) => new SplunkSink(options),
  ),
  elastic: kindOf<ElasticOptions>(
    {
      ...http,
      apiKey: true,
      username: true,
      password: true,
      target: true,
      verifyConflicts: true,
      maxBatchBytes: true,
      maxInFlight: true,
    },
    (options) => new ElasticSink(options),
  ),
  sentinel: kindOf<SentinelOptions>(
    {
      ...http,
      ...product,
      dcrImmutableId: true,
      credential: true,
      table: true,
      stream: true,
      columns: true,
      cloud: true,
      hostname: true,
      maxBatchSpanMs: true,
      maxInFlight: true,
    },
    (options) => new SentinelSink(options),
  ),
  qradar: kindOf<QRadarOptions>(
    { ...syslog, framing: true, maxEventBytes: true },
    (options) => new QRadarSink(options),
  ),
  syslog: kindOf<SyslogOptions>(
    { ...syslog, format: true, framing: true, maxEventBytes: true, structuredDataId: true },
    (options) => new SyslogSink(options),
  ),
  http: kindOf<HttpSinkOptions>(
    {
      ...http,
      ...product,
      format: true,
      body: true,
      cloudEvents: true,
      ocsfVersion: true,
      token: true,
      headers: true,
      contentType: true,
      maxBatchBytes: true,
      maxBatchItems: true,
      maxInFlight: true,
    },
    (options) => new HttpSink(options),
  ),
  ndjson: kindOf<NdjsonOptions>({ stream: true, file: true }, (options) => new NdjsonSink(options)),
}

/**
 * Makes a sink from configuration: `kind` names it, and the other members are its options.
 *
 * @throws AuditLogError `option_invalid` for an unknown kind or option, and what the sink's constructor throws
 * @example
 * sinkOfConfiguration({ kind: 'splunk', url: 'https://splunk.example.com:8088', token })
 */
export function sinkOfConfiguration(configuration: Readonly<Record<string, unknown>>): Sink {
  const { kind: name, ...options } = configuration
  const kind = typeof name === 'string' && Object.hasOwn(kinds, name) ? kinds[name] : undefined
  if (kind === undefined) {
    throw optionInvalid(`one of ${Object.keys(kinds).join(', ')}`, '$.kind')
  }
  // Whoever misspells an option would get the default without a word.
  const unknown = Object.keys(options).find((option) => !Object.hasOwn(kind.options, option))
  if (unknown === undefined) return kind.make(options)
  const path = pathTo([unknown])
  throw optionInvalid(`an option of ${String(name)}`, path)
}
