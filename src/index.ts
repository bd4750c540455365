export {
  canonicalize,
  type Entry,
  type EntryContent,
  type EntryFault,
  findEntryFault,
  hashEntry,
  type JsonObject,
  type JsonValue,
  type Outcome,
  verifyEntry,
} from './canonical/index.ts'
export type { Database, Queryable } from './database/database.ts'
export { DatabaseError } from './database/database-error.ts'
export { AuditLogError, type AuditLogErrorCode, type AuditLogErrorDetails } from './errors.ts'
export { AuditLogger, type AuditEvents, type Logged, type LogOptions } from './log/audit-logger.ts'
export type { AuditLoggerOptions, FailOpen } from './log/logger-options.ts'
export type { BuiltInEvents } from './log/catalogue/built-in-events.ts'
export { builtInEvents } from './log/catalogue/built-in-events.ts'
export { type CatalogueOf, categoryOf } from './log/catalogue/catalogue.ts'
export type { EventSubject, EventVerb, SiemCategory } from './log/catalogue/category.ts'
export {
  defineEvents,
  type EventDefinition,
  type EventDefinitions,
  type EventSeverity,
} from './log/catalogue/definition.ts'
export type { EventCallers, EventDetails, EventInput } from './log/catalogue/event-input.ts'
export { type Changes, type FieldSchema, fields, type FieldsInput, type FieldSpec } from './log/catalogue/fields.ts'
export type { SchemaInput, SchemaIssue, SchemaResult, StandardSchema } from './log/catalogue/standard-schema.ts'
export type { AuditContext } from './log/context/context.ts'
export type { AuditEvent } from './log/event.ts'
export type { RedactOptions } from './log/redact.ts'
export type { FoldedAcceptance, RiskEntry, RiskFault, RiskStep, RiskTerms } from './log/risk/acceptance.ts'
export type { AcceptedOptions, ProvenRiskStep, RiskAcceptance, RiskRegister } from './log/risk/register.ts'
export type { Watch, WatchOptions } from './log/risk/watch.ts'
export type { EndOperation, Operation, OperationInfo, Telemetry, TraceContext } from './telemetry/telemetry.ts'
export {
  type PostureStatus,
  type PostureWatch,
  type WatchedLog,
  watchPosture,
  type WatchPostureOptions,
} from './log/watch-posture.ts'
export { EntryQuery, type EntryPage } from './query/entry-query.ts'
export type { Filters } from './query/filters.ts'
export type { LinePage } from './query/line-page.ts'
export type { AuditLogTables, EntryTable } from './query/tables.ts'
export { hardenSql } from './schema/harden.ts'
export { installSchema, type InstallSchemaOptions, type InstallSchemaResult } from './schema/install.ts'
export type { RoleKind, SchemaNameOptions } from './schema/names.ts'
export { createIndexes, type CreateIndexesOptions, type OptionalIndex } from './schema/optional-indexes.ts'
export { parseBaseline, type PostureBaseline } from './schema/posture/baseline.ts'
export {
  type CodeMeaning,
  type Finding,
  type FindingCode,
  findingCodes,
  type Severity,
} from './schema/posture/finding-codes.ts'
export { inspect, type InspectOptions, type NotChecked, type PostureReport } from './schema/posture/inspect.ts'
export { type RoleGrants, schemaSql, type SchemaSqlOptions } from './schema/script.ts'
export { currentSchemaVersion, type SchemaVersion } from './schema/state.ts'
export {
  type EntriesReport,
  type FaultyEntry,
  verifyEntries,
  type VerifyEntriesOptions,
} from './evidence/verify-entries.ts'
export type { ByteSource } from './evidence/entry-source.ts'
export { type EntryProof, proveEntries, proveEntry, type ProveOptions } from './evidence/prove-entry.ts'
export { proveGrowth, type ProveGrowthOptions, verifyGrowth } from './evidence/prove-growth.ts'
export type { PurgedByOption } from './evidence/purge-record.ts'
export { type ArchiveResult, writeArchive, type WriteArchiveOptions } from './evidence/write-archive.ts'
export { verifyArchive, type VerifyArchiveOptions } from './evidence/verify-archive.ts'
export { verifyLog, type VerifyLogOptions } from './evidence/verify-log.ts'
export { verifyProof, type VerifyProofOptions } from './evidence/verify-proof.ts'
export { type BundleSelection, writeBundle, type WriteBundleOptions } from './evidence/write-bundle.ts'
export { type BundleReport, verifyBundle, type VerifyBundleOptions } from './evidence/verify-bundle.ts'
export type { Verdict, VerificationFinding, VerificationReport } from './evidence/verdict.ts'
export { readBacklog } from './sequencer/backlog.ts'
export { findUnsequenced, type FindUnsequencedOptions, type UnsequencedEntry } from './sequencer/find-unsequenced.ts'
export type { PublishedCheckpoint, Publisher } from './sequencer/publisher.ts'
export { Sequencer, type SequencerOptions } from './sequencer/sequencer.ts'
export type { Backlog, BacklogHold, DeliveryStatus, SequencerStatus, UncommittedWriter } from './sequencer/status.ts'
export type { Witness, WitnessRequest } from './sequencer/witness.ts'
export type { FeatureFlag, FeatureFlags, FlagClient, FlagContext } from './flags/feature-flags.ts'
export type { LegalHold, LegalHoldRequest, LegalHoldScope } from './retention/legal-hold.ts'
export type { LogMonth } from './retention/months.ts'
export type { RetentionExtension, RetentionPolicy } from './retention/policy.ts'
export type { PurgedMonth, PurgeOptions } from './retention/purge.ts'
export { type PurgeRequest, Retention, type RetentionOptions } from './retention/retention.ts'
export { filePublisher } from './sequencer/publishers/file.ts'
export { functionPublisher } from './sequencer/publishers/function.ts'
export { httpPublisher, type HttpPublisherOptions } from './sequencer/publishers/http.ts'
export { s3Publisher, type S3ClientLike, type S3PublisherOptions } from './sequencer/publishers/s3.ts'
export type { HttpTarget } from './sequencer/http-exchange.ts'
export { httpWitness, type HttpWitnessOptions } from './sequencer/witness-client.ts'
export type { ReceiptOptions } from './evidence/receipts.ts'
export type { AttackLevel } from './evidence/drill/attack.ts'
export type { Detector } from './evidence/drill/detect.ts'
export { formatDrill } from './evidence/drill/format-drill.ts'
export {
  type DrillOptions,
  type DrillOutcome,
  type DrillReport,
  type DrillResult,
  runDrill,
} from './evidence/drill/run-drill.ts'
export type {
  ActionCount,
  CheckpointHistory,
  Collected,
  ForwarderState,
  Period,
  PurgedInPeriod,
  SignedAt,
} from './compliance/collect.ts'
export type { Control, EvidenceSection, Framework } from './compliance/control.ts'
export type { Evidence } from './compliance/evidence.ts'
export { type EvidenceFile, evidencePack, type EvidencePackOptions } from './compliance/evidence-pack.ts'
