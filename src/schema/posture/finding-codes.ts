/** How bad a finding is. */
export type Severity = 'critical' | 'warning' | 'info'

/** What a code says. */
export interface CodeMeaning {
  readonly severity: Severity
  /** One sentence: what it means that this was found. */
  readonly meaning: string
}

const critical = (meaning: string): CodeMeaning => ({ severity: 'critical', meaning })
const warning = (meaning: string): CodeMeaning => ({ severity: 'warning', meaning })
const info = (meaning: string): CodeMeaning => ({ severity: 'info', meaning })

/**
 * Every code that a finding of the posture can carry. Codes are stable. Critical: somebody who should not can change or hide
 * entries, or entries are not what they seem. Warning: a safety margin is missing. Info: worth knowing.
 */
export const findingCodes: Readonly<Record<FindingCode, CodeMeaning>> = {
  schema_missing: critical('There is no audit log of that name.'),
  schema_outdated: warning('The schema is older than this library, so its definitions were not compared.'),
  schema_newer: warning('The schema was installed by a newer library, so its definitions were not compared.'),
  schema_changed: critical('The table of migrations does not hold what this library installs.'),

  trigger_missing: critical('A trigger that refuses changes or stamps entries is gone.'),
  trigger_disabled: critical('A trigger does not fire always: it can be passed by as a replica, or is off.'),
  trigger_changed: critical('A trigger is not the one that this version ships.'),
  trigger_unknown: critical('A trigger that is not ours can drop or alter what is written.'),
  function_missing: critical('A function of the log is gone.'),
  function_changed: critical('A function does other things than the one that this version ships.'),
  function_unknown: warning('A function in the schema is not ours.'),
  builtin_changed: critical('A built-in function that the log rests on was replaced or shadowed by a superuser.'),
  relation_missing: critical('A table, a sequence or a partition of the log is gone.'),
  relation_changed: critical('A table, a sequence or a partition is not what this version ships.'),
  relation_unknown: warning('A table, a view, a type or the like in the schema is not ours.'),
  table_unlogged: critical('An unlogged table is empty after a crash.'),
  row_security: critical('Row security can hide entries from some readers and show them to others.'),
  column_changed: critical('A column is missing, was added or is of another type or default than this version ships.'),
  constraint_missing: warning('A constraint is gone.'),
  constraint_unknown: warning('A constraint that is not ours can make inserts fail.'),
  index_missing: warning('An index is gone or not valid: reads are slow, or duplicates are accepted.'),
  index_unknown: warning('An index that is not ours slows down or, when it is unique, refuses inserts.'),
  rule_present: critical('A rule can redirect or swallow what is written.'),
  policy_present: critical('A row security policy can hide entries.'),
  child_foreign: critical('A table that is no partition of ours shows up in reads of the log.'),
  reference_foreign: warning('A foreign key to the log can block it or be blocked by it.'),
  publication_present: info('Entries are replicated to somewhere else: who reads them there is decided there.'),
  owner_changed: critical('Whoever owns an object can change it; this one does not belong to the owner role.'),
  grant_unknown: critical('Somebody has a right on the log that this version does not give.'),
  grant_reading: warning('Somebody besides the reader roles can read the log.'),
  grant_installer: info('The login that installed sees the version of the schema, and no more.'),
  grant_missing: warning('A right is missing: something will be refused that should work.'),
  default_grant_changed: warning('Objects that the owner role creates later will be open to others.'),

  role_missing: critical('One of the five group roles is gone.'),
  role_unsafe: critical('A group role can log in, or has attributes or memberships that it must not have.'),
  application_is_superuser: critical(
    'The application is a superuser: it can do everything, so the log is not tamper-resistant against it.',
  ),
  application_reaches_owner: critical(
    'The application can become the owner and switch the guards off: the log is not tamper-resistant against it.',
  ),
  application_has_power: critical('The application has a power beside which guards and grants do not count for much.'),
  application_owns_database: warning('The application owns the database: it can drop it and force settings on it.'),
  owner_reachable: warning('Somebody besides superusers can become the owner and switch the guards off.'),
  owner_owns_elsewhere: warning('A function outside the schema runs with the rights of the owner role.'),
  duties_not_separated: warning('One login both writes and purges.'),
  parameter_granted: critical('Somebody besides superusers may set a parameter that passes by guards.'),

  replication_role_set: critical('Ordinary triggers do not fire here; ours do, but this has no honest reason.'),
  setting_overridden: warning('A setting is forced on a role or a database that can stop entries or lose them.'),
  catalog_writable: warning('The system catalog can be written to directly, past every guard.'),
  write_not_durable: warning('The server can lose committed entries in a crash.'),
  checksums_off: warning('Edits of the data files do not show in page checksums.'),
  commit_timestamps_off: info('The server does not record when transactions committed, which would date late entries.'),
  prepared_transactions_allowed: info(
    'A prepared transaction can hold entries back and locks for as long as it likes.',
  ),
  prepared_transaction: warning(
    'A prepared transaction is left over: what it wrote is not there yet, what it locked stays locked.',
  ),
  encoding_unsafe: critical('In this encoding the database stores text that is no Unicode.'),
  event_trigger_present: info('An event trigger that is not ours runs at changes of the schema.'),
  hardened: info('Event triggers of a superuser refuse what would change the schema, also to its owner.'),
  hardening_incomplete: warning('The event triggers that hardened the schema are gone, off, or not of a superuser.'),
  extension_dangerous: warning('An extension that is installed can edit tables past all triggers or run programs.'),
  sequence_behind: critical('The sequence will give out numbers that entries have already.'),
  partition_missing: warning('A month has no partition: its entries go to the default partition and stay there.'),
  default_partition_filled: warning(
    'The default partition has been written to: those entries cannot be purged by month.',
  ),
  baseline_moved: warning('Something was changed since the baseline was taken, even if it looks the same now.'),
  baseline_foreign: warning('The baseline is of another database or schema.'),
}

/** The code of a finding. */
export type FindingCode =
  | 'schema_missing'
  | 'schema_outdated'
  | 'schema_newer'
  | 'schema_changed'
  | 'trigger_missing'
  | 'trigger_disabled'
  | 'trigger_changed'
  | 'trigger_unknown'
  | 'function_missing'
  | 'function_changed'
  | 'function_unknown'
  | 'builtin_changed'
  | 'relation_missing'
  | 'relation_changed'
  | 'relation_unknown'
  | 'table_unlogged'
  | 'row_security'
  | 'column_changed'
  | 'constraint_missing'
  | 'constraint_unknown'
  | 'index_missing'
  | 'index_unknown'
  | 'rule_present'
  | 'policy_present'
  | 'child_foreign'
  | 'reference_foreign'
  | 'publication_present'
  | 'owner_changed'
  | 'grant_unknown'
  | 'grant_reading'
  | 'grant_installer'
  | 'grant_missing'
  | 'default_grant_changed'
  | 'role_missing'
  | 'role_unsafe'
  | 'application_is_superuser'
  | 'application_reaches_owner'
  | 'application_has_power'
  | 'application_owns_database'
  | 'owner_reachable'
  | 'owner_owns_elsewhere'
  | 'duties_not_separated'
  | 'parameter_granted'
  | 'replication_role_set'
  | 'setting_overridden'
  | 'catalog_writable'
  | 'write_not_durable'
  | 'checksums_off'
  | 'commit_timestamps_off'
  | 'prepared_transactions_allowed'
  | 'prepared_transaction'
  | 'encoding_unsafe'
  | 'event_trigger_present'
  | 'hardened'
  | 'hardening_incomplete'
  | 'extension_dangerous'
  | 'sequence_behind'
  | 'partition_missing'
  | 'default_partition_filled'
  | 'baseline_moved'
  | 'baseline_foreign'

/** Something in the database that weakens the log. */
export interface Finding {
  readonly code: FindingCode
  readonly severity: Severity
  /** What it is about, e.g. `trigger leaf.refuse_change` or `login app`. */
  readonly subject: string
  /** What it means, in one sentence. */
  readonly meaning: string
  /** What was found, if there is more to say. Never the contents of an entry. */
  readonly detail: string | undefined
  /** The command that mends it, for a superuser: SQL, or words where no statement can. */
  readonly fix: string
}

/** A finding with what its code says. */
export function finding(code: FindingCode, subject: string, fix: string, detail?: string): Finding {
  const { severity, meaning } = findingCodes[code]
  return { code, severity, subject, meaning, detail, fix }
}
