import { type JsonObject, type JsonValue, setMember } from '../canonical/canonicalize.ts'
import { pathTo } from '../canonical/json-path.ts'
import { optionInvalid } from '../option.ts'

/** What stands in an entry in place of something that was taken out of it. */
export const redactedMarker = '[redacted]'

/** What is taken out of events before they are recorded. */
export interface RedactOptions {
  /**
   * Takes out what looks like a secret: the values of members whose names end in a word such as `password`, `secret`,
   * `token` or `api_key`, and within texts private keys, tokens of known forms, and passwords in URLs and connection strings.
   * Default is true.
   */
  readonly secrets?: boolean | undefined
  /**
   * Members of `details`, at any depth, whose values are taken out: their names in any spelling (`birthDate` is
   * `birth_date`), or regular expressions for them. Default is none.
   */
  readonly keys?: readonly (string | RegExp)[] | undefined
  /** Regular expressions for parts of texts in `details` and `target` that are taken out wherever they occur. Default is none. */
  readonly patterns?: readonly RegExp[] | undefined
}

/** Takes out of JSON values and texts what must not be recorded. */
export interface Redaction {
  /** The same value when there is nothing to take out. */
  readonly value: <Value extends JsonValue>(value: Value) => Value
  readonly text: (text: string) => string
}

interface Rules {
  readonly isSecretName: (name: string) => boolean
  readonly patterns: readonly (readonly [pattern: RegExp, replacement: string])[]
}

// The last words of a name. A name that goes on (password_policy, token_count) is no secret.
const secretNames =
  /(?:^|_)(?:passwords?|passwd|pwd|passphrases?|passcodes?|secrets?|tokens?|jwt|api_?keys?|(?:access|account|private|signing|encryption|secret|shared|license|master)_keys?|credentials?|authorization|cookies?|set_cookie|connection_strings?|dsn|otp|totp|recovery_codes?|pins?|cvv|cvc)(?:_(?:hash|value|old|new|plain|before|after|current|previous))?$/

// Each is anchored at a fixed text and has bounded repetitions, so that no text takes long.
const secretPatterns: Rules['patterns'] = [
  [/-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[^-]{0,20000}(?:-----END [A-Z ]{0,40}PRIVATE KEY-----)?/g, redactedMarker],
  [/(?<![\w-])eyJ[\w-]{8,8192}\.[\w-]{2,8192}(?:\.[\w-]{0,8192}){0,3}/g, redactedMarker],
  [
    /\b(?:A[KS]IA[0-9A-Z]{16}|gh[pousr]_\w{20,255}|github_pat_\w{20,255}|glpat-[\w-]{20,64}|xox[abeprs]-[\w-]{10,255}|AIza[\w-]{35}|npm_\w{36}|sk-[\w-]{20,200}|[rs]k_(?:live|test)_\w{16,128}|SG\.[\w-]{22}\.[\w-]{43})/g,
    redactedMarker,
  ],
  [/(\bhooks\.slack\.com\/(?:services|workflows|triggers)\/)[\w/-]{1,200}/g, `$1${redactedMarker}`],
  [/(\bwebhook\.office\.com\/)[\w/@-]{1,500}/g, `$1${redactedMarker}`],
  [/(\bdiscord(?:app)?\.com\/api\/webhooks\/)[\w/-]{1,200}/g, `$1${redactedMarker}`],
  [/(:\/\/[^/\s:@?#]{0,256}:)[^/\s@]{1,1024}(?=@)/g, `$1${redactedMarker}`],
  [/(\b(?:bearer|basic)[ ]{1,4})[\w.~+/=-]{8,8192}/gi, `$1${redactedMarker}`],
  [
    /((?:pass(?:word|wd|phrase)|pwd|secret|token|api[_-]?key|access[_-]?key|accountkey|\bsig|\bsignature)\\?["']?[ ]{0,4}[=:][ ]{0,4}\\?["']?)(?!\[redacted\])[^\s"'\\;&,}]{1,8192}/gi,
    `$1${redactedMarker}`,
  ],
]

/** Members whose own name says nothing, beside one that names the setting that they are the value of. */
const valueNames: ReadonlySet<string> = new Set([
  'value',
  'before',
  'after',
  'old',
  'new',
  'from',
  'to',
  'old_value',
  'new_value',
])
const namingNames: readonly string[] = ['name', 'key', 'field', 'path', 'setting', 'property', 'attribute']

/**
 * Prepares the option `redact`.
 *
 * @throws AuditLogError `option_invalid`
 */
export function redactionOf(options: true | RedactOptions): Redaction {
  const { secrets = true, keys = [], patterns = [] } = options === true ? {} : readOptions(options)
  const names = new Set(keys.filter((key) => typeof key === 'string').map(plainName))
  const forms = keys
    .filter((key) => typeof key !== 'string')
    .map((form) => new RegExp(form.source, form.flags.replace(/[gy]/g, '')))
  const rules: Rules = {
    isSecretName: (name) => {
      const plain = plainName(name)
      return names.has(plain) || (secrets && secretNames.test(plain)) || forms.some((form) => form.test(name))
    },
    patterns: [
      ...patterns.map(
        (pattern) => [new RegExp(pattern.source, `${pattern.flags.replace(/[gy]/g, '')}g`), redactedMarker] as const,
      ),
      ...(secrets ? secretPatterns : []),
    ],
  }
  return {
    value: (value) => redactValue(value, false, rules) as typeof value,
    text: (text) => redactText(text, rules),
  }
}

const secretsOnly = redactionOf(true)

/** Takes secrets out of a value. */
export function maskSecrets<Value extends JsonValue>(value: Value): Value {
  return secretsOnly.value(value)
}

function readOptions(options: RedactOptions): RedactOptions {
  if (typeof options !== 'object' || (options as unknown) === null) throw optionInvalid('true or an object', '$.redact')
  for (const [index, key] of (options.keys ?? []).entries()) {
    if (typeof key !== 'string' && !((key as unknown) instanceof RegExp)) {
      throw optionInvalid('a string or a regular expression', pathTo(['redact', 'keys', index]))
    }
  }
  for (const [index, pattern] of (options.patterns ?? []).entries()) {
    if (!((pattern as unknown) instanceof RegExp))
      throw optionInvalid('a regular expression', pathTo(['redact', 'patterns', index]))
  }
  return options
}

/** `bindPassword`, `bind-password` and `ldap.bind_password` end in the same words. */
function plainName(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .toLowerCase()
}

// Whether there is something is no secret: null, booleans and empty texts stay, and so does the structure.
function redactValue(value: JsonValue, secret: boolean, rules: Rules): JsonValue {
  if (typeof value === 'string') return secret && value !== '' ? redactedMarker : redactText(value, rules)
  if (typeof value === 'number') return secret ? redactedMarker : value
  if (typeof value !== 'object' || value === null) return value
  return Array.isArray(value) ? redactArray(value, secret, rules) : redactObject(value as JsonObject, secret, rules)
}

function redactArray(array: readonly JsonValue[], secret: boolean, rules: Rules): readonly JsonValue[] {
  const result = array.map((value) => redactValue(value, secret, rules))
  return result.some((safe, index) => safe !== array[index]) ? result : array
}

function redactObject(object: JsonObject, secret: boolean, rules: Rules): JsonObject {
  const namesSecret = namingNames.some((name) => {
    const named = Object.hasOwn(object, name) ? object[name] : undefined
    return typeof named === 'string' && named.length <= 256 && rules.isSecretName(named)
  })
  let changed = false
  const result: Record<string, JsonValue> = {}
  for (const [name, value] of Object.entries(object)) {
    const isSecret = secret || rules.isSecretName(name) || (namesSecret && valueNames.has(plainName(name)))
    const safe = redactValue(value, isSecret, rules)
    changed ||= safe !== value
    setMember(result, name, safe)
  }
  return changed ? result : object
}

function redactText(text: string, rules: Rules): string {
  let result = text
  for (const [pattern, replacement] of rules.patterns) result = result.replace(pattern, replacement)
  return result
}
