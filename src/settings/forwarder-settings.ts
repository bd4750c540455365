import { type Database, executorOf } from '../database/database.ts'
import { AuditLogError } from '../errors.ts'
import { checkName } from '../schema/names.ts'
import { forwarderName, forwarderNameForm } from '../sinks/forwarder/forwarder-name.ts'
import type { Sink } from '../sinks/sink.ts'
import { type AllowDestination, requireAllowed } from './allow-destination.ts'
import { readSecrets, readValues, settingInvalid, type SettingSecrets, type SettingValues } from './field.ts'
import type { ForwarderKind } from './kind.ts'
import { destinationOf, kindOf, makeSink, secretFields, valueFields } from './kinds.ts'
import { SecretBox, type SettingsKey } from './secret-box.ts'
import { type Actor, appendSetting, readSettings, type StoredForwarder } from './setting-store.ts'

/** Options of {@link ForwarderSettings}. */
export interface ForwarderSettingsOptions {
  /** A login in the reader role to look, and in the writer role too to change. */
  readonly db: Database
  /** Schema of the log. Default is `audit_log`. */
  readonly schema?: string | undefined
  /** Encrypts secrets, 32 bytes; see {@link SettingsKey}. Default is none: then no secret can be stored. */
  readonly settingsKey?: SettingsKey | undefined
  /** Which destinations may be configured. Default is all. */
  readonly allowDestination?: AllowDestination | undefined
}

/** A forwarder as somebody wants it. Nothing in it has been checked. */
export interface ForwarderDraft {
  readonly kind: unknown
  readonly config: unknown
  /** Those that are new, and null for those to remove; the others stay, as long as the destination does. */
  readonly secrets?: unknown
}

/** A forwarder that is configured, without its secrets. */
export interface ConfiguredForwarder {
  readonly name: string
  readonly kind: string
  readonly config: SettingValues
  /** Names of the secrets that are stored. */
  readonly secretsSet: readonly string[]
  readonly paused: boolean
  /** RFC 3339, UTC. */
  readonly updatedAt: string
}

interface Checked {
  readonly kind: ForwarderKind
  readonly values: SettingValues
  readonly clear: SettingSecrets
  readonly sealed: Readonly<Record<string, string>>
}

/**
 * Forwarders as settings: stored append-only in the schema, with secrets encrypted under a key of the host's. Each change is an
 * entry of the log. A `ForwarderSupervisor` runs what is configured.
 *
 * Secrets go in and never come out. They are bound to their destination: whoever changes where a forwarder sends to must enter
 * them again, so that nobody can have stored secrets sent to himself.
 *
 * @example
 * const settings = new ForwarderSettings({ db: pool, settingsKey })
 * await settings.put('splunk', { kind: 'splunk', config: { url }, secrets: { token } }, { id: 'alice' })
 */
export class ForwarderSettings {
  readonly #db: Database
  readonly #schema: string
  readonly #box: SecretBox
  readonly #allow: AllowDestination | undefined

  /** @throws AuditLogError `option_invalid` */
  constructor(options: ForwarderSettingsOptions) {
    executorOf(options.db)
    this.#db = options.db
    this.#schema = checkName(options.schema ?? 'audit_log', '$.schema')
    this.#box = new SecretBox(options.settingsKey)
    this.#allow = options.allowDestination
  }

  /** All that are configured, by name. */
  async list(): Promise<readonly ConfiguredForwarder[]> {
    return (await readSettings(this.#db, this.#schema)).flatMap(withoutSecrets)
  }

  /**
   * Adds a forwarder or changes it. A paused one stays paused.
   *
   * @throws AuditLogError `setting_invalid` with the path of the member; `settings_key_missing`, `settings_key_wrong`,
   * `destination_forbidden`, `settings_busy`
   */
  async put(name: string, draft: ForwarderDraft, actor: Actor): Promise<ConfiguredForwarder> {
    checkForwarderName(name)
    const before = await this.#find(name)
    const { kind, values, sealed } = await this.#check(name, draft, before)
    const value = { kind: kind.kind, config: values, paused: before?.value?.paused ?? false }
    await appendSetting(this.#db, this.#schema, name, before, value, sealed, actor)
    return this.get(name)
  }

  /** One of {@link list}. @throws AuditLogError `forwarder_unknown` */
  async get(name: string): Promise<ConfiguredForwarder> {
    const [found] = withoutSecrets(await this.#require(name))
    if (found === undefined) throw forwarderUnknown()
    return found
  }

  /**
   * Removes a forwarder. Its position in the log stays, so that one that is added by the same name later goes on from there.
   *
   * @throws AuditLogError `forwarder_unknown`, `settings_busy`
   */
  async remove(name: string, actor: Actor): Promise<void> {
    await appendSetting(this.#db, this.#schema, name, await this.#require(name), undefined, {}, actor)
  }

  /** Holds a forwarder, or lets it go on. Does nothing when it is so already. @throws AuditLogError `forwarder_unknown`, `settings_busy` */
  async pause(name: string, paused: boolean, actor: Actor): Promise<void> {
    const before = await this.#require(name)
    if (before.value.paused === paused) return
    const value = { ...before.value, paused }
    await appendSetting(this.#db, this.#schema, name, before, value, before.secrets, actor)
  }

  /**
   * Makes the sink of a forwarder as it is stored, or as somebody wants it, to try it out. Connects to nothing yet.
   *
   * @param more options of the sink that no form has
   * @throws AuditLogError like {@link put}; `forwarder_unknown`
   */
  async sink(name: string, draft?: ForwarderDraft, more?: Readonly<Record<string, unknown>>): Promise<Sink> {
    if (draft === undefined) return this.sinkOf(await this.#require(name), more)
    checkForwarderName(name)
    const { kind, values, clear } = await this.#check(name, draft, await this.#find(name))
    return makeSink(kind, values, clear, more)
  }

  /** Makes the sink of a stored forwarder. @throws AuditLogError `setting_invalid`, `settings_key_missing`, `settings_key_wrong`, `destination_forbidden` */
  async sinkOf(stored: StoredForwarder, more?: Readonly<Record<string, unknown>>): Promise<Sink> {
    if (stored.value === undefined) throw forwarderUnknown()
    const kind = kindOf(stored.value.kind)
    // Stored by a version that knew other fields, or past this class: checked like any other input.
    const values = readValues(valueFields(kind), stored.value.config, '$.config')
    await requireAllowed(kind.destinations(values), this.#allow)
    return makeSink(kind, values, this.#openAll(stored, kind, values), more)
  }

  /**
   * Encrypts every secret that is stored under an older key under the first one. After it the others can be thrown away.
   *
   * @returns the names of the forwarders that were changed
   * @throws AuditLogError `settings_key_missing`, `settings_key_wrong`, `settings_busy`
   */
  async reencrypt(actor: Actor): Promise<readonly string[]> {
    const done: string[] = []
    for (const stored of await readSettings(this.#db, this.#schema)) {
      if (stored.value === undefined || Object.values(stored.secrets).every((text) => this.#box.isCurrent(text)))
        continue
      const kind = kindOf(stored.value.kind)
      const clear = this.#openAll(stored, kind, stored.value.config)
      const sealed = this.#sealAll(stored.name, kind, stored.value.config, clear)
      await appendSetting(this.#db, this.#schema, stored.name, stored, stored.value, sealed, actor)
      done.push(stored.name)
    }
    return done
  }

  async #check(name: string, draft: ForwarderDraft, before: StoredForwarder | undefined): Promise<Checked> {
    const kind = kindOf(draft.kind)
    const values = readValues(valueFields(kind), draft.config, '$.config')
    const given = readSecrets(secretFields(kind), draft.secrets, '$.secrets')
    if (Object.keys(given).length > 0 && !this.#box.usable) this.#box.seal('', [])
    const kept = keptSecrets(kind, values, before, draft.secrets ?? {})
    const clear: SettingSecrets = { ...this.#openAll({ name, secrets: kept }, kind, values), ...given }
    for (const field of secretFields(kind)) {
      if (field.required && clear[field.name] === undefined) {
        throw settingInvalid(`$.secrets.${field.name}`, 'a value: secrets are bound to their destination')
      }
    }
    await makeSink(kind, values, clear).close()
    await requireAllowed(kind.destinations(values), this.#allow)
    return { kind, values, clear, sealed: { ...kept, ...this.#sealAll(name, kind, values, given) } }
  }

  #sealAll(name: string, kind: ForwarderKind, values: SettingValues, clear: SettingSecrets): Record<string, string> {
    return Object.fromEntries(
      Object.entries(clear).map(([field, text]) => [
        field,
        this.#box.seal(text, this.#belongsTo(name, field, kind, values)),
      ]),
    )
  }

  #openAll(
    { name, secrets }: Pick<StoredForwarder, 'name' | 'secrets'>,
    kind: ForwarderKind,
    values: SettingValues,
  ): Record<string, string> {
    return Object.fromEntries(
      Object.entries(secrets).map(([field, text]) => [
        field,
        this.#box.open(text, this.#belongsTo(name, field, kind, values)),
      ]),
    )
  }

  #belongsTo(name: string, field: string, kind: ForwarderKind, values: SettingValues): readonly string[] {
    return [this.#schema, name, field, destinationOf(kind, values)]
  }

  async #find(name: string): Promise<StoredForwarder | undefined> {
    return (await readSettings(this.#db, this.#schema)).find((stored) => stored.name === name)
  }

  async #require(name: string): Promise<StoredForwarder & { readonly value: NonNullable<StoredForwarder['value']> }> {
    const found = await this.#find(name)
    if (found?.value === undefined) throw forwarderUnknown()
    return { ...found, value: found.value }
  }
}

/** Ciphertexts that are neither replaced nor removed. With another destination there are none: they would not open. */
function keptSecrets(
  kind: ForwarderKind,
  values: SettingValues,
  before: StoredForwarder | undefined,
  given: object,
): Record<string, string> {
  if (before?.value === undefined || before.value.kind !== kind.kind) return {}
  if (destinationOf(kind, before.value.config) !== destinationOf(kind, values)) return {}
  return Object.fromEntries(Object.entries(before.secrets).filter(([field]) => !Object.hasOwn(given, field)))
}

function withoutSecrets({ name, value, secrets, changedAt }: StoredForwarder): readonly ConfiguredForwarder[] {
  if (value === undefined) return []
  const { kind, config, paused } = value
  return [{ name, kind, config, secretsSet: Object.keys(secrets).sort(), paused, updatedAt: changedAt }]
}

function checkForwarderName(name: string): void {
  if (typeof name !== 'string' || !forwarderName.test(name)) throw settingInvalid('$.name', forwarderNameForm)
}

const forwarderUnknown = (): AuditLogError =>
  new AuditLogError('forwarder_unknown', 'no forwarder of that name is configured')
