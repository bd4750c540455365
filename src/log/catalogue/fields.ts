import type { SchemaIssue, SchemaResult, StandardSchema } from './standard-schema.ts'

/**
 * The members of some details: for each name its kind and what it means.
 *
 * | kind | takes |
 * |---|---|
 * | `text` | a string that is not blank |
 * | `whole`, `number` | a whole number of at least 0; a finite number |
 * | `flag` | a boolean |
 * | `time`, `future` | a Date or RFC 3339 text with a zone; one that is not over yet |
 * | `masked` | as `text`; secrets in it are masked when it is recorded: for URLs and messages of other programs |
 * | `object` | a plain object |
 * | `changes` | what was changed, `{ [name]: { before, after } }`; secrets in it are masked when it is recorded |
 * | `a\|b\|c` | one of these words |
 * | `kind[]` | a list of that kind |
 * | `kind?` | the same, or nothing |
 */
export type FieldSpec = Readonly<Record<string, readonly [kind: string, meaning: string]>>

/** What was changed: the name of each setting with its value before and after. Leave one of them out where there is none. */
export type Changes = Readonly<Record<string, { readonly before?: unknown; readonly after?: unknown }>>

interface Kinds {
  readonly text: string
  readonly whole: number
  readonly number: number
  readonly flag: boolean
  readonly time: string | Date
  readonly future: string | Date
  readonly masked: string
  readonly object: Readonly<Record<string, unknown>>
  readonly changes: Changes
}
type Words<Kind extends string> = Kind extends `${infer Word}|${infer Rest}` ? Word | Words<Rest> : Kind
type KindValue<Kind extends string> = Kind extends `${infer Of}[]`
  ? readonly KindValue<Of>[]
  : Kind extends keyof Kinds
    ? Kinds[Kind]
    : Words<Kind>
type Optional<Spec extends FieldSpec, Name extends keyof Spec> = Spec[Name][0] extends `${string}?` ? Name : never

/** The details that a {@link FieldSpec} describes. */
export type FieldsInput<Spec extends FieldSpec> = {
  readonly [Name in keyof Spec as Exclude<Name, Optional<Spec, Name>>]: KindValue<Spec[Name][0]>
} & {
  readonly [Name in keyof Spec as Optional<Spec, Name>]?: Spec[Name][0] extends `${infer Kind}?`
    ? KindValue<Kind> | undefined
    : never
}

/** A schema that was made of a {@link FieldSpec}. */
export interface FieldSchema<Spec extends FieldSpec> extends StandardSchema<FieldsInput<Spec>> {
  readonly spec: Spec
}

/** Says what was expected where a value does not fit, or nothing. */
type Check = (value: unknown) => string | undefined

export const fieldsVendor = '@entraguard/audit-log'

/**
 * Makes a schema from a description of its members, for those who use no schema library. Members that it does not name
 * are refused.
 *
 * @throws RangeError for a kind that does not exist
 * @example
 * fields({ invoice_id: ['text', 'The invoice.'], amount: ['number?', 'In euros.'], state: ['open|paid', 'Its state.'] })
 */
export function fields<const Spec extends FieldSpec>(spec: Spec): FieldSchema<Spec> {
  const checks = Object.entries(spec).map(([name, [kind]]) => [name, checkOf(kind)] as const)
  const names = new Set(Object.keys(spec))
  const validate = (value: unknown): SchemaResult<FieldsInput<Spec>> => {
    if (!isObject(value)) return { issues: [{ message: 'expected an object' }] }
    const issues: SchemaIssue[] = []
    for (const [name, check] of checks) {
      const expected = check(value[name])
      if (expected !== undefined) issues.push({ message: `expected ${expected}`, path: [name] })
    }
    for (const name in value) {
      if (!names.has(name)) issues.push({ message: 'this event has no such member', path: [name] })
    }
    return issues.length > 0 ? { issues } : { value: value as FieldsInput<Spec> }
  }
  return { spec, '~standard': { version: 1, vendor: fieldsVendor, validate } }
}

/** The names of the members in which secrets are masked. */
export function maskedFields(spec: FieldSpec): string[] {
  return Object.entries(spec)
    .filter(([, [kind]]) => /^(masked|changes)\??$/.test(kind))
    .map(([name]) => name)
}

function checkOf(kind: string): Check {
  if (kind.endsWith('?')) {
    const check = checkOf(kind.slice(0, -1))
    return (value) => (value === undefined || value === null ? undefined : check(value))
  }
  if (kind.endsWith('[]')) {
    const check = checkOf(kind.slice(0, -2))
    return (value) => {
      if (!Array.isArray(value)) return 'a list'
      const expected = value.map(check).find((found) => found !== undefined)
      return expected === undefined ? undefined : `a list in which each is ${expected}`
    }
  }
  if (kind.includes('|')) {
    const words = new Set(kind.split('|'))
    return (value) => (typeof value === 'string' && words.has(value) ? undefined : `one of ${[...words].join(', ')}`)
  }
  const check = (kindChecks as Readonly<Record<string, Check | undefined>>)[kind]
  if (check === undefined) throw new RangeError(`there is no kind of field called ${kind}`)
  return check
}

const isText: Check = (value) =>
  typeof value === 'string' && value.trim() !== '' ? undefined : 'text that is not blank'

const kindChecks: Readonly<Record<keyof Kinds, Check>> = {
  text: isText,
  masked: isText,
  whole: (value) => (Number.isSafeInteger(value) && (value as number) >= 0 ? undefined : 'a whole number'),
  number: (value) => (Number.isFinite(value) ? undefined : 'a number'),
  flag: (value) => (typeof value === 'boolean' ? undefined : 'true or false'),
  time: (value) => (Number.isNaN(timeOf(value)) ? 'a Date or RFC 3339 text with a zone' : undefined),
  future: (value) =>
    timeOf(value) > Date.now() ? undefined : 'a time in the future, as a Date or RFC 3339 text with a zone',
  object: (value) => (isObject(value) ? undefined : 'an object'),
  changes: (value) =>
    isObject(value) && Object.values(value).every(isChange)
      ? undefined
      : 'an object that has for each name an object with before, after or both, and nothing else',
}

const rfc3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/

/** Milliseconds since 1970, or NaN when the value is no time. */
export function timeOf(value: unknown): number {
  if (value instanceof Date) return value.getTime()
  return typeof value === 'string' && rfc3339.test(value) ? Date.parse(value) : Number.NaN
}

function isChange(value: unknown): boolean {
  const names = isObject(value) ? Object.keys(value) : []
  return names.length > 0 && names.every((name) => name === 'before' || name === 'after')
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
}
