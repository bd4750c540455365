import { english, type StringKey } from '../strings.ts'

/** A kind of receiver, and what it wants to know: part of `GET /settings/forwarders`. */
export interface ForwarderKind {
  readonly kind: string
  readonly title: string
  readonly fields: readonly ForwarderField[]
}

/** One thing that a kind of receiver wants to know. */
export interface ForwarderField {
  readonly name: string
  readonly title: string
  readonly type: 'text' | 'url' | 'number' | 'boolean' | 'select' | 'secret'
  readonly required: boolean
  readonly options?: readonly string[]
  readonly help?: string
  /** What counts when it is left out. */
  readonly default?: string | number | boolean
  /** Text that may have several lines. */
  readonly multiline?: boolean
}

/** A forwarder as it is set up, and how it is doing. Secrets are not in it. */
export interface ForwarderSettings {
  readonly name: string
  readonly kind: string
  readonly config: Readonly<Record<string, unknown>>
  readonly secrets_set: readonly string[]
  readonly paused: boolean
  readonly behind: number
  readonly delivered: number
  readonly dead_lettered: number
  readonly problem: string | null
  readonly updated_at: string
}

/** What is sent to set one up. */
export interface ForwarderBody {
  readonly kind: string
  readonly config: Readonly<Record<string, unknown>>
  /** Those that are given anew; the others stay. */
  readonly secrets?: Readonly<Record<string, string>>
}

/** What is wrong with a form: the text's key by the name of the field. */
export type FormFaults = ReadonlyMap<string, 'form.required' | 'form.badUrl' | 'form.badNumber'>

/**
 * Reads what was typed into the form of a kind of receiver.
 *
 * @param values text by field; `on` and empty for a checkbox
 * @param secretsSet names of secrets that the server has: leaving them empty keeps them
 */
export function readForwarderForm(
  kind: ForwarderKind,
  values: ReadonlyMap<string, string>,
  secretsSet: readonly string[],
): { readonly body: ForwarderBody; readonly faults: FormFaults } {
  const config: Record<string, unknown> = {}
  const secrets: Record<string, string> = {}
  const faults = new Map<string, 'form.required' | 'form.badUrl' | 'form.badNumber'>()
  for (const { name, type, required } of kind.fields) {
    const text = values.get(name) ?? ''
    const value = type === 'secret' ? text : text.trim()
    if (type === 'boolean') config[name] = value === 'on'
    else if (value === '') {
      if (required && !(type === 'secret' && secretsSet.includes(name))) faults.set(name, 'form.required')
    } else if (type === 'secret') secrets[name] = value
    else if (type === 'number') {
      if (/^-?[0-9]{1,15}$/.test(value)) config[name] = Number(value)
      else faults.set(name, 'form.badNumber')
    } else if (type === 'url') {
      if (isUrl(value)) config[name] = value
      else faults.set(name, 'form.badUrl')
    } else config[name] = value
  }
  const body: ForwarderBody = { kind: kind.kind, config, ...(Object.keys(secrets).length === 0 ? {} : { secrets }) }
  return { body, faults }
}

/** In which state a forwarder is, as one word. */
export function forwarderState({ paused, problem, behind }: ForwarderSettings): 'paused' | 'problem' | 'behind' | 'ok' {
  if (paused) return 'paused'
  if (problem !== null) return 'problem'
  return behind > 0 ? 'behind' : 'ok'
}

/** The text that says what a problem's code means. Codes of receivers and databases are told by their family. */
export function problemKey(code: string): StringKey {
  const own = `forwarder.${code}`
  if (Object.hasOwn(english, own)) return own as StringKey
  const status = /^http_(\d)/.exec(code)?.[1]
  if (/^http_(401|403|407)$/.test(code)) return 'forwarder.auth'
  if (/^http_(408|425|429)$/.test(code) || status === '5') return 'forwarder.busy'
  if (status !== undefined) return status === '3' ? 'forwarder.redirect' : 'forwarder.refused'
  if (code.startsWith('splunk_code_')) return 'forwarder.splunk'
  if (code.startsWith('elastic_') || code.endsWith('_exception')) return 'forwarder.elastic'
  // A SQLSTATE, an error of the network or of this library under the log's own database.
  if (/^([0-9A-Z]{5}|E[A-Z]+|(lease|read|write)_failed|(schema|privilege)_\w+)$/.test(code)) return 'forwarder.database'
  return 'forwarder.other'
}

/** Whether a text can name a forwarder. */
export function isForwarderName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/.test(name)
}

function isUrl(text: string): boolean {
  try {
    const { protocol, hostname } = new URL(text)
    return /^(https?|tcp|tls|udp|syslog):$/.test(protocol) && hostname !== ''
  } catch {
    return false
  }
}
