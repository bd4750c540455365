import { AuditLogError } from '../errors.ts'
import { sinkOfConfiguration } from '../sinks/sink-kinds.ts'
import type { Sink } from '../sinks/sink.ts'
import { type SettingField, settingInvalid, type SettingSecrets, type SettingValues } from './field.ts'
import { httpKinds } from './http-kinds.ts'
import { commonFields, type ForwarderKind } from './kind.ts'
import { syslogKinds } from './syslog-kinds.ts'

const order = ['splunk', 'elastic', 'sentinel', 'qradar', 'syslog', 'http']

/**
 * Every kind of destination that can be configured from the page. Files are not among them: whoever may change settings must
 * not be able to write anywhere on the host.
 */
export const forwarderKinds: readonly ForwarderKind[] = [...httpKinds, ...syslogKinds]
  .map((kind) => ({ ...kind, fields: [...kind.fields, ...commonFields] }))
  .sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind))

/** @throws AuditLogError `setting_invalid` */
export function kindOf(name: unknown): ForwarderKind {
  const kind = forwarderKinds.find((candidate) => candidate.kind === name)
  if (kind !== undefined) return kind
  throw settingInvalid('$.kind', `one of ${forwarderKinds.map((candidate) => candidate.kind).join(', ')}`)
}

export const secretFields = ({ fields }: ForwarderKind): readonly SettingField[] =>
  fields.filter(({ type }) => type === 'secret')
export const valueFields = ({ fields }: ForwarderKind): readonly SettingField[] =>
  fields.filter(({ type }) => type !== 'secret')

/** What decides who gets the secrets: when any of it changes, they must be entered again. */
export function destinationOf(kind: ForwarderKind, values: SettingValues): string {
  const binding = valueFields(kind).filter(({ bindsSecrets }) => bindsSecrets === true)
  return JSON.stringify([kind.kind, ...binding.map(({ name, default: usual }) => values[name] ?? usual ?? null)])
}

/**
 * Makes the sink. Connects to nothing yet.
 *
 * @param more options of the sink that no form has, e.g. `timeoutMs`
 * @throws AuditLogError `setting_invalid`, with the path of the member
 */
export function makeSink(
  kind: ForwarderKind,
  values: SettingValues,
  secrets: SettingSecrets,
  more: Readonly<Record<string, unknown>> = {},
): Sink {
  try {
    return sinkOfConfiguration({ ...kind.options(values, secrets), ...more, kind: kind.kind })
  } catch (error) {
    if (!(error instanceof AuditLogError) || error.code !== 'option_invalid') throw error
    throw new AuditLogError('setting_invalid', error.message, { path: pathOf(kind, error.path), cause: error })
  }
}

/** The member of the form that an option of the sink comes from: `$.dcrImmutableId` from `$.config.dcr_immutable_id`. */
function pathOf(kind: ForwarderKind, path = '$'): string {
  const option = path.slice(path.lastIndexOf('.') + 1)
  const name = option.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  const field = kind.fields.find((candidate) => candidate.name === name)
  if (field === undefined) return '$.config'
  return `${field.type === 'secret' ? '$.secrets' : '$.config'}.${name}`
}
