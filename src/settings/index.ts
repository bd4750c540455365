export type { AllowDestination } from './allow-destination.ts'
export type { SettingField, SettingSecrets, SettingValues } from './field.ts'
export {
  type ConfiguredForwarder,
  type ForwarderDraft,
  ForwarderSettings,
  type ForwarderSettingsOptions,
} from './forwarder-settings.ts'
export { ForwarderSupervisor, type ForwarderSupervisorOptions } from './forwarder-supervisor.ts'
export type { ForwarderKind } from './kind.ts'
export { forwarderKinds } from './kinds.ts'
export type { SettingsKey } from './secret-box.ts'
export type { Actor, ForwarderValue, StoredForwarder } from './setting-store.ts'
