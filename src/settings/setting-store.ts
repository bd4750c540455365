import { addressOf } from '../database/address.ts'
import { type Database, type Executor, executorOf, type Row } from '../database/database.ts'
import { explaining } from '../database/explain-error.ts'
import { quoteIdentifier } from '../schema/names.ts'
import type { SettingValues } from './field.ts'

/** A forwarder as it is stored. */
export interface StoredForwarder {
  /** Grows with every change of any setting. */
  readonly settingId: number
  readonly name: string
  /** Undefined when it was removed. */
  readonly value: ForwarderValue | undefined
  /** Name of each secret to its ciphertext. */
  readonly secrets: Readonly<Record<string, string>>
  /** RFC 3339, UTC. */
  readonly changedAt: string
}

/** What is stored of a forwarder besides its secrets. */
export interface ForwarderValue {
  readonly kind: string
  readonly config: SettingValues
  readonly paused: boolean
}

/** Who changes a setting, for the entry about it. */
export interface Actor {
  readonly id: string
  readonly sourceIp?: string | undefined
}

/**
 * The newest row of each forwarder, by name, removed ones included.
 *
 * @param db a login in the reader or the sequencer role
 */
export async function readSettings(db: Database, schema: string): Promise<readonly StoredForwarder[]> {
  return readOn(executorOf(db), schema)
}

/** The same on one connection. @throws AuditLogError `schema_missing`, `privilege_missing`, `read_failed` */
export async function readOn(executor: Executor, schema: string): Promise<readonly StoredForwarder[]> {
  // By the column: setting_id alone would be the text that is selected, of which '9' is more than '10'.
  const rows = await explained('read_failed', () =>
    executor.run(
      `select distinct on (name) setting_id::text, name, value::text, secrets::text,
         to_char(changed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as changed_at
       from ${quoteIdentifier(schema)}.setting order by name, setting.setting_id desc`,
    ),
  )
  return rows.map(readRow)
}

/**
 * Stores a forwarder, or with undefined its removal, on top of the row that the caller has seen. The entry about it is written
 * in the same statement.
 *
 * @param db a login in the writer role and the reader role
 * @throws AuditLogError `settings_busy` when somebody else changed it; `setting_invalid`; `write_failed`, `privilege_missing`
 */
export async function appendSetting(
  db: Database,
  schema: string,
  name: string,
  before: StoredForwarder | undefined,
  value: ForwarderValue | undefined,
  secrets: Readonly<Record<string, string>>,
  actor: Actor,
): Promise<void> {
  await explained('write_failed', () =>
    executorOf(db).run(
      `select ${quoteIdentifier(schema)}.set_forwarder($1, $2::bigint, $3::json, $4::json, $5, $6::inet)::text`,
      [
        name,
        before?.settingId ?? null,
        value === undefined ? null : JSON.stringify(value),
        JSON.stringify(secrets),
        actor.id,
        addressOf(actor.sourceIp),
      ],
    ),
  )
}

async function explained<T>(otherwise: 'read_failed' | 'write_failed', work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw explaining(
      'this login may not do that: seeing settings takes the reader role, changing them the writer role too',
      otherwise,
      'the settings are out of reach',
      {
        WO031: ['setting_invalid', 'the database refused the setting'],
        WO032: ['settings_busy', 'somebody else changed the setting at the same time'],
      },
    )(error)
  }
}

function readRow(row: Row): StoredForwarder {
  return {
    settingId: Number(row['setting_id']),
    name: String(row['name']),
    value: typeof row['value'] === 'string' ? (JSON.parse(row['value']) as ForwarderValue) : undefined,
    secrets: JSON.parse(String(row['secrets'])) as Record<string, string>,
    changedAt: String(row['changed_at']),
  }
}
