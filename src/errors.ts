/**
 * Every code that an {@link AuditLogError} can carry. Codes are stable: match on them, never on a message.
 *
 * | code | meaning |
 * |---|---|
 * | `event_invalid_type` | a field or a value inside `details` has a type that cannot be logged |
 * | `event_unknown_field` | the event has a field that the log does not have |
 * | `event_missing_field` | the event has no `action` |
 * | `event_invalid_action` | `action` breaks the grammar (lower case words joined by `.`, `_` or `-`, at most 255 bytes), or is `audit_log.purged` |
 * | `event_invalid_outcome` | `outcome` is not `success`, `failure` or `denied` |
 * | `event_invalid_address` | `source_ip` is no IPv4 or IPv6 address of one host |
 * | `event_invalid_content` | with `strict`: the content would have to be repaired (not Unicode, not finite, too long, too deep) |
 * | `event_unknown_action` | with `onlyKnownActions`: the catalogue has no event of this action |
 * | `event_breaks_definition` | target or details are not what the definition of the event wants |
 * | `batch_too_large` | more events, or more in them, in one call than one statement takes |
 * | `query_invalid` | a filter, order, limit or cursor is not what the query builder takes |
 * | `cursor_invalid` | the cursor is damaged or belongs to another query |
 * | `json_invalid` | a value is no I-JSON (RFC 7493) and has no canonical form |
 * | `option_invalid` | an option has a wrong type or value |
 * | `driver_missing` | an optional package that this needs is not installed |
 * | `queue_full` | more calls are waiting than the queue holds; nothing was written |
 * | `closed` | the logger is closed, and nothing was written; or what was stopped, or is being stopped, was started |
 * | `write_failed` | the database refused or was not reached; it is certain that nothing was written |
 * | `write_uncertain` | the connection was lost after the statement was sent: the entries may have been committed |
 * | `hash_mismatch` | the entry that came back does not hash to its `entry_hash`: the database or the way to it altered it |
 * | `read_failed` | a query failed |
 * | `schema_missing` | the schema is not installed, or by an older version of this library |
 * | `schema_newer` | the schema was installed by a newer version of this library |
 * | `schema_changed` | an installed migration is not the one that this version ships |
 * | `schema_foreign` | a schema of that name exists and belongs to somebody else |
 * | `schema_busy` | locks or other installers did not let the installation through in time |
 * | `role_unsafe` | one of the group roles exists and is not a plain group role |
 * | `privilege_missing` | this login may not do that; from `installSchema()` the error carries the SQL for somebody who may |
 * | `server_unsupported` | PostgreSQL older than 15, or a database that is not UTF8 |
 * | `sequencing_failed` | a round of the sequencer failed; it is tried again |
 * | `timeout` | something did not happen in the time that was given to it |
 * | `publisher_failed` | a publisher did not take a checkpoint, or did not give back the last one |
 * | `witness_refused` | a witness has seen another history of the log |
 * | `witness_unreachable` | a witness did not answer in time, or answered something else |
 * | `state_busy` | another process works on the state of the witness |
 * | `state_unreadable` | what the witness remembers cannot be read or written: it refuses rather than forget |
 * | `log_forked` | the log contradicts a checkpoint that was signed before: it was rewritten |
 * | `log_rolled_back` | the log is shorter than a checkpoint that was signed before: it was put back to an earlier state |
 * | `tree_damaged` | the stored tree does not lead to the checkpoint that was signed over it |
 * | `file_unreadable` | a file cannot be read, is too large, or is not what it was taken for |
 * | `entry_unknown` | the log has no entry of that seq |
 * | `proof_pending` | the entry is committed, and no checkpoint covers it yet: ask again in a second |
 * | `bundle_malformed` | a file is no bundle (docs/format.md), or a part of it has not the form that bundles have |
 * | `bundle_too_large` | more entries than a bundle takes: archive the log instead |
 * | `checkpoint_unknown` | the log has no stored checkpoint of that size |
 * | `note_malformed` | a text is no signed note (c2sp.org/signed-note) |
 * | `note_unverified` | no signature of the note is by a key that is trusted for it |
 * | `signature_invalid` | a signature names a known key and does not verify: the text, the signature or the key was altered |
 * | `checkpoint_malformed` | a note's text is no checkpoint (c2sp.org/tlog-checkpoint), or its tree is larger than 2^53-1 |
 * | `checkpoint_foreign` | the checkpoint is of a log that the policy does not name |
 * | `quorum_missing` | the log signed the checkpoint, but not enough of the policy's witnesses did |
 * | `proof_malformed` | a file is no proof (c2sp.org/tlog-proof) |
 * | `proof_invalid` | the proof does not prove what it was offered for |
 * | `request_malformed` | a request to a witness (c2sp.org/tlog-witness) is malformed |
 * | `key_malformed` | a key is not in the form that c2sp.org/signed-note gives it, or its key ID does not fit |
 * | `key_unsupported` | a key is of a signature type that does not serve here |
 * | `policy_malformed` | a file is no policy (c2sp.org/tlog-policy) |
 * | `tile_malformed` | a tile, an entry bundle or its path has not the form of c2sp.org/tlog-tiles |
 * | `tile_invalid` | tiles do not hash to the root of the tree that they are said to belong to |
 * | `crypto_unavailable` | this runtime has no Ed25519, so nothing can be said about a signature |
 * | `feature_off` | the feature flag that this needs is off |
 * | `retention_invalid` | a retention, a legal hold or a reason is not what it must be |
 * | `retention_too_young` | the month is younger than the retention, or the retention would not grow |
 * | `legal_hold` | entries of the month are under legal hold |
 * | `month_unknown` | there is no such month, or it has not been cleared for purging |
 * | `month_uncovered` | entries of the month are not covered by the checkpoint of the archive |
 * | `archive_busy` | somebody else is writing into the archive |
 * | `archive_unverified` | the archive is missing, does not verify, or lacks entries: nothing was purged |
 * | `purge_busy` | the month is in use: nothing was dropped; try again |
 * | `retention_failed` | a statement of the retention failed |
 * | `setting_invalid` | a member of a setting is missing, unknown, or has a value that it cannot have |
 * | `settings_busy` | somebody else changed the same setting at the same time: look, and try again |
 * | `settings_key_missing` | the host has given no key for secrets in the settings, so none can be stored or read |
 * | `settings_key_wrong` | a stored secret is under a key that the host does not have, or was altered or moved |
 * | `forwarder_unknown` | no forwarder of that name is configured |
 * | `destination_forbidden` | the host does not permit that destination |
 */
export type AuditLogErrorCode =
  | 'event_invalid_type'
  | 'event_unknown_field'
  | 'event_missing_field'
  | 'event_invalid_action'
  | 'event_invalid_outcome'
  | 'event_invalid_address'
  | 'event_invalid_content'
  | 'event_unknown_action'
  | 'event_breaks_definition'
  | 'batch_too_large'
  | 'query_invalid'
  | 'cursor_invalid'
  | 'json_invalid'
  | 'option_invalid'
  | 'driver_missing'
  | 'queue_full'
  | 'closed'
  | 'write_failed'
  | 'write_uncertain'
  | 'hash_mismatch'
  | 'read_failed'
  | 'schema_missing'
  | 'schema_newer'
  | 'schema_changed'
  | 'schema_foreign'
  | 'schema_busy'
  | 'role_unsafe'
  | 'privilege_missing'
  | 'server_unsupported'
  | 'sequencing_failed'
  | 'timeout'
  | 'publisher_failed'
  | 'witness_refused'
  | 'witness_unreachable'
  | 'state_busy'
  | 'state_unreadable'
  | 'log_forked'
  | 'log_rolled_back'
  | 'tree_damaged'
  | 'file_unreadable'
  | 'entry_unknown'
  | 'proof_pending'
  | 'bundle_malformed'
  | 'bundle_too_large'
  | 'checkpoint_unknown'
  | 'note_malformed'
  | 'note_unverified'
  | 'signature_invalid'
  | 'checkpoint_malformed'
  | 'checkpoint_foreign'
  | 'quorum_missing'
  | 'proof_malformed'
  | 'proof_invalid'
  | 'request_malformed'
  | 'key_malformed'
  | 'key_unsupported'
  | 'policy_malformed'
  | 'tile_malformed'
  | 'tile_invalid'
  | 'crypto_unavailable'
  | 'feature_off'
  | 'retention_invalid'
  | 'retention_too_young'
  | 'legal_hold'
  | 'month_unknown'
  | 'month_uncovered'
  | 'archive_busy'
  | 'archive_unverified'
  | 'purge_busy'
  | 'retention_failed'
  | 'setting_invalid'
  | 'settings_busy'
  | 'settings_key_missing'
  | 'settings_key_wrong'
  | 'forwarder_unknown'
  | 'destination_forbidden'

/** What an {@link AuditLogError} can tell besides its code. */
export interface AuditLogErrorDetails {
  /** Where in the input the fault is, as a JSONPath (RFC 9535) such as `$.details.user.name`. */
  readonly path?: string | undefined
  /** The SQLSTATE of the database's error. */
  readonly sqlState?: string | undefined
  /** SQL that somebody with more rights can run instead. */
  readonly sql?: string | undefined
  readonly cause?: unknown
}

/**
 * The base of every error that this library throws. The message says what was expected and what was found; it holds
 * neither event contents nor secrets, and errors of the database arrive without their `detail`, which would print the row.
 */
export class AuditLogError extends Error {
  override readonly name: string = 'AuditLogError'
  /** What went wrong; stable across releases. */
  readonly code: AuditLogErrorCode
  /** Where in the input the fault is, as a JSONPath (RFC 9535), when the input is at fault. */
  readonly path: string | undefined
  /** The SQLSTATE of the database's error, when the database is at fault. */
  readonly sqlState: string | undefined
  /** SQL that somebody with more rights can run instead, with code `privilege_missing`. */
  readonly sql: string | undefined

  constructor(code: AuditLogErrorCode, message: string, details: AuditLogErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.path = details.path
    this.sqlState = details.sqlState
    this.sql = details.sql
  }
}

/** The code of an error of the system's, of a driver's or of ours. */
export function codeOf(error: unknown, otherwise = 'unknown'): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : otherwise
}
