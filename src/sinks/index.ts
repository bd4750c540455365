export type { CloudEventsOptions } from './cloudevents.ts'
export {
  type AccessToken,
  clientSecretCredential,
  type ClientSecretOptions,
  type TokenCredential,
} from './entra-token.ts'
export { ElasticSink, type ElasticOptions } from './elastic.ts'
export { elasticTemplate, type ElasticTemplate } from './elastic-template.ts'
export { Forwarder, type ForwarderOptions } from './forwarder/forwarder.ts'
export { type ForwarderRow, readForwarders } from './forwarder/forwarder-state.ts'
export { HttpClient, type HttpFailure, type HttpOptions, type HttpReply, type HttpRequest } from './http-client.ts'
export { HttpSink, type HttpSinkOptions } from './http-sink.ts'
export type { CheckpointDetails, ForwardedEntry, ForwardedNotice, LogItem } from './log-item.ts'
export { NdjsonSink, type NdjsonOptions } from './ndjson.ts'
export type { OcsfVersion } from './ocsf.ts'
export type { Position } from './forwarder/progress.ts'
export type { ProductOptions } from './product.ts'
export { QRadarSink, type QRadarOptions } from './qradar.ts'
export { SentinelSink, type SentinelOptions } from './sentinel.ts'
export type { Columns, ColumnType } from './sentinel-row.ts'
export { sentinelTemplate, type SentinelTemplate } from './sentinel-template.ts'
export type {
  AttemptOptions,
  Batch,
  Confirmation,
  ConfirmHandle,
  Control,
  DeliveryLevel,
  EncodedEvent,
  Framing,
  Outcome,
  SendResult,
  Sink,
  SinkCapabilities,
  Unencodable,
} from './sink.ts'
export { type CopyFinding, type CopyReport } from '../evidence/copy/copy-report.ts'
export { SplunkSink, type SplunkOptions } from './splunk.ts'
export { verifyCopy, type VerifyCopyOptions } from '../evidence/copy/verify-copy.ts'
export type { ForwarderCounters, ForwarderProblem, ForwarderStatus } from './forwarder/status.ts'
export { SyslogSink, type SyslogOptions } from './syslog.ts'
export type { SyslogTlsOptions, SyslogTransportOptions } from './syslog-delivery.ts'
export type { SyslogFraming, SyslogHeaderOptions } from './syslog-message.ts'
export { sinkOfConfiguration } from './sink-kinds.ts'
export { testSink, type SinkTestOptions, type SinkTestReport } from './sink-test.ts'
export { splunkTemplate } from './splunk-template.ts'
