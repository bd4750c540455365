import type { SettingField, SettingSecrets, SettingValues } from './field.ts'

/** A kind of destination that can be configured as a setting. */
export interface ForwarderKind {
  /** As `sinkOfConfiguration` knows it. */
  readonly kind: string
  /** For people. */
  readonly title: string
  readonly fields: readonly SettingField[]
  /** The options of the sink; what is undefined counts as left out. @throws AuditLogError `option_invalid` */
  options(values: SettingValues, secrets: SettingSecrets): Readonly<Record<string, unknown>>
  /** Every place that the sink connects to, as a URL; `tls:` and `tcp:` for syslog. */
  destinations(values: SettingValues): readonly string[]
}

/** What every kind has besides its own fields. */
export const commonFields: readonly SettingField[] = [
  {
    name: 'start_at',
    title: 'Begins',
    type: 'select',
    options: ['beginning', 'now'],
    required: false,
    default: 'beginning',
    help: 'Where a forwarder that has never run begins: at the first entry, or behind the newest.',
  },
]
