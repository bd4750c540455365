import { AuditLogError } from '../errors.ts'

/** One field of a form: what it is called, and what it takes. */
export interface SettingField {
  readonly name: string
  /** For people. */
  readonly title: string
  readonly type: 'text' | 'url' | 'number' | 'boolean' | 'select' | 'secret'
  readonly required: boolean
  /** One sentence for people. */
  readonly help: string
  /** For `select`. */
  readonly options?: readonly string[]
  /** What counts when it is left out. */
  readonly default?: string | number | boolean
  /** For `text` and `secret` that may have several lines, e.g. a certificate in PEM. */
  readonly multiline?: boolean
  /** For `number`, both ends included. */
  readonly range?: readonly [minimum: number, maximum: number]
  /** Whether it decides who gets the secrets: they are bound to its value, and must be entered again when it changes. */
  readonly bindsSecrets?: boolean
}

/** Values of fields that are no secrets. */
export type SettingValues = Readonly<Record<string, string | number | boolean>>
/** Secrets in the clear. */
export type SettingSecrets = Readonly<Record<string, string>>

const longestText = 1024
const longestLines = 16_384

/**
 * Checks the values of a form against its fields. What is null counts as left out.
 *
 * @param at where they stand in the input, e.g. `$.config`
 * @throws AuditLogError `setting_invalid`, with the path of the member
 */
export function readValues(fields: readonly SettingField[], values: unknown, at: string): SettingValues {
  const given = readObject(values, fields, at)
  const read: Record<string, string | number | boolean> = {}
  for (const field of fields) {
    const value = Object.hasOwn(given, field.name) ? (given[field.name] ?? undefined) : undefined
    if (value !== undefined) read[field.name] = readValue(field, value, `${at}.${field.name}`)
    else if (field.required) throw settingInvalid(`${at}.${field.name}`, 'a value')
  }
  return read
}

/** The same for secrets, of which any may be left out. */
export function readSecrets(fields: readonly SettingField[], values: unknown, at: string): SettingSecrets {
  const optional = fields.map((field) => ({ ...field, required: false }))
  return readValues(optional, values ?? {}, at) as SettingSecrets
}

/** The error about one member. Never holds the value, which may be a secret. */
export function settingInvalid(path: string, expected: string): AuditLogError {
  return new AuditLogError('setting_invalid', `expected ${expected} at ${path}`, { path })
}

function readObject(values: unknown, fields: readonly SettingField[], at: string): Readonly<Record<string, unknown>> {
  if (typeof values !== 'object' || values === null || Array.isArray(values)) throw settingInvalid(at, 'an object')
  const known = new Set(fields.map(({ name }) => name))
  for (const name of Object.keys(values)) {
    if (known.has(name)) continue
    const path = /^[a-z_]{1,40}$/.test(name) ? `${at}.${name}` : at
    throw settingInvalid(path, `none but ${[...known].join(', ') || 'no members'}`)
  }
  return values as Readonly<Record<string, unknown>>
}

function readValue(field: SettingField, value: unknown, path: string): string | number | boolean {
  switch (field.type) {
    case 'boolean':
      if (typeof value === 'boolean') return value
      throw settingInvalid(path, 'true or false')
    case 'number': {
      const [minimum, maximum] = field.range ?? [0, Number.MAX_SAFE_INTEGER]
      if (typeof value === 'number' && Number.isInteger(value) && value >= minimum && value <= maximum) return value
      throw settingInvalid(path, `a whole number from ${minimum} to ${maximum}`)
    }
    case 'select':
      if (typeof value === 'string' && field.options?.includes(value) === true) return value
      throw settingInvalid(path, `one of ${field.options?.join(', ') ?? ''}`)
    default:
      return readLine(field, value, path)
  }
}

function readLine({ multiline = false }: SettingField, value: unknown, path: string): string {
  const longest = multiline ? longestLines : longestText
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  const forbidden = multiline ? /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/ : /[\u0000-\u001f\u007f]/
  const isText = typeof value === 'string' && value.isWellFormed() && !forbidden.test(value)
  if (isText && value !== '' && Buffer.byteLength(value) <= longest) return value
  throw settingInvalid(path, `a text of 1 to ${longest} bytes without control characters`)
}
