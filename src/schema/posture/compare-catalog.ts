import type { SchemaNames } from '../names.ts'
import { optionalIndexes } from '../optional-indexes.ts'
import { type Catalog, type Difference, type Fact, fillTemplate } from './catalog.ts'
import { finding, type Finding, type FindingCode } from './finding-codes.ts'
import { fixFor } from './fix.ts'

/** The codes for what differs, by the first words of the subject; null: something else says it already. */
const codes: readonly (readonly [prefix: string, codes: Readonly<Record<Difference, FindingCode | null>>])[] = [
  ['trigger ', { missing: 'trigger_missing', changed: 'trigger_changed', unknown: 'trigger_unknown' }],
  ['function ', { missing: 'function_missing', changed: 'function_changed', unknown: 'function_unknown' }],
  ['owner of ', { missing: null, changed: 'owner_changed', unknown: null }],
  ['persistence of ', { missing: null, changed: 'table_unlogged', unknown: null }],
  ['row security of ', { missing: null, changed: 'row_security', unknown: 'row_security' }],
  ['column ', { missing: 'column_changed', changed: 'column_changed', unknown: 'column_changed' }],
  ['constraint ', { missing: 'constraint_missing', changed: 'constraint_missing', unknown: 'constraint_unknown' }],
  ['reference ', { missing: null, changed: 'reference_foreign', unknown: 'reference_foreign' }],
  ['index ', { missing: 'index_missing', changed: 'index_missing', unknown: 'index_unknown' }],
  ['rule ', { missing: null, changed: 'rule_present', unknown: 'rule_present' }],
  ['policy ', { missing: null, changed: 'policy_present', unknown: 'policy_present' }],
  ['child ', { missing: null, changed: 'child_foreign', unknown: 'child_foreign' }],
  ['parent ', { missing: null, changed: 'child_foreign', unknown: 'child_foreign' }],
  ['publication ', { missing: null, changed: 'publication_present', unknown: 'publication_present' }],
  ['grant ', { missing: 'grant_missing', changed: 'grant_unknown', unknown: 'grant_unknown' }],
  [
    'default grant ',
    { missing: 'default_grant_changed', changed: 'default_grant_changed', unknown: 'default_grant_changed' },
  ],
  ['built-in ', { missing: 'builtin_changed', changed: 'builtin_changed', unknown: 'builtin_changed' }],
  ['', { missing: 'relation_missing', changed: 'relation_changed', unknown: 'relation_unknown' }],
]

/** One fact that differs. */
interface Deviation {
  readonly kind: Difference
  readonly fact: Fact
  /** What it should say; undefined when it should not be there. */
  readonly wanted: string | undefined
}

/** What is missing, other than shipped, or not ours in an installed schema. */
export function compareCatalog(
  catalog: Catalog,
  shipped: Readonly<Record<string, string>>,
  names: SchemaNames,
): Finding[] {
  const deviations = findDeviations(catalog, fillTemplate(shipped, names, catalog.quoted))
  return withoutConsequences(deviations).flatMap(({ kind, fact, wanted }) => {
    const code = codeOf(kind, fact, wanted)
    if (code === null) return []
    return [finding(code, describe(fact), fixFor(kind, fact, wanted, catalog.quoted), detailOf(code, fact, wanted))]
  })
}

function findDeviations({ facts }: Catalog, expected: ReadonlyMap<string, string>): Deviation[] {
  const found = new Map(facts.map((fact) => [keyOf(fact.subject, fact.partition), fact]))
  const partitions = new Set(facts.flatMap(({ partition }) => (partition === undefined ? [] : [partition])))
  const deviations: Deviation[] = facts
    .filter((fact) => !expected.has(fact.subject) && !isLaterBuiltIn(fact) && !isOptionalIndex(fact))
    .map((fact) => ({ kind: 'unknown', fact, wanted: undefined }))
  for (const [subject, wanted] of expected) {
    for (const partition of /\bentry_month\b/.test(subject) ? partitions : [undefined]) {
      const fact = found.get(keyOf(subject, partition))
      if (fact === undefined) {
        deviations.push({ kind: 'missing', fact: { subject, value: '', partition, name: undefined }, wanted })
      } else if (fact.value !== wanted) deviations.push({ kind: 'changed', fact, wanted })
    }
  }
  return deviations
}

/**
 * Leaves out what follows from another deviation and ends with it: what a table that is gone or not ours has, the rights on an
 * object of another owner, and what a partition has from the table.
 */
function withoutConsequences(deviations: readonly Deviation[]): Deviation[] {
  const keys = new Set(deviations.map(({ kind, fact }) => `${kind} ${keyOf(fact.subject, fact.partition)}`))
  const has = (kind: Difference, subject: string, partition?: string): boolean =>
    keys.has(`${kind} ${keyOf(subject, partition)}`)
  return deviations.filter(({ kind, fact: { subject, partition } }) => {
    const ofTable = subject.replace(/\bentry_(?:month|default)\b/, 'entry')
    if (ofTable !== subject && has(kind, ofTable)) return false
    const object = objectOf(subject)
    if (object === undefined) return true
    if (subject.startsWith('grant ') && has('changed', `owner of ${object}`, partition)) return false
    const shapes = object.startsWith('table ') ? [object, object.replace('table', 'view')] : [object]
    return !shapes.some((shape) => has('missing', shape, partition) || has('unknown', shape, partition))
  })
}

/** The object that a column, a right or the like belongs to, e.g. `table leaf`. */
function objectOf(subject: string): string | undefined {
  const right = /^grant .*? on (.*) to \S+$/.exec(subject)?.[1]
  const rest = right ?? subject
  const table = /^(?:column|constraint|index|trigger|rule|policy) ("[^"]*"|\w+)[.:]/.exec(rest)?.[1]
  if (table !== undefined) return `table ${table}`
  return right ?? /^(?:owner|persistence|row security) of (.*)$/.exec(subject)?.[1]
}

const keyOf = (subject: string, partition: string | undefined): string => `${partition ?? ''}\0${subject}`

const describe = ({ subject, partition }: Fact): string =>
  partition === undefined ? subject : subject.replace(/\bentry_month\b/, partition)

function codeOf(kind: Difference, { subject, value }: Fact, wanted: string | undefined): FindingCode | null {
  if (kind === 'unknown' && subject.startsWith('grant ')) {
    // What installSchema() leaves to a login that is no superuser, so that it sees at the next start that nothing is to do.
    if (/^grant (usage on schema|select on table migration) to /.test(subject)) return 'grant_installer'
    if (subject.startsWith('grant select ')) return 'grant_reading'
  }
  if (kind === 'changed' && subject.startsWith('trigger ') && value.slice(1) === wanted?.slice(1))
    return 'trigger_disabled'
  return codes.find(([prefix]) => subject.startsWith(prefix))?.[1][kind] ?? null
}

/** Newer servers have more built-in functions of the same names; those of users have object ids from 16384 on. */
function isLaterBuiltIn({ subject, value }: Fact): boolean {
  return subject.startsWith('built-in ') && Number.parseInt(value, 10) < 16_384
}

/** An index that `createIndexes()` makes. */
function isOptionalIndex({ subject, value }: Fact): boolean {
  const [, definition = ''] = /^index entry(?:_month|_default)?: (.*)$/.exec(subject) ?? []
  return value === 'valid' && optionalIndexes.has(definition)
}

function detailOf(code: FindingCode, { value }: Fact, wanted: string | undefined): string | undefined {
  switch (code) {
    case 'function_changed':
    case 'trigger_changed':
    case 'trigger_unknown':
    case 'trigger_missing':
    case 'function_missing':
    case 'function_unknown':
      return undefined
    case 'trigger_disabled':
      return `fires ${{ O: 'only outside of replication', R: 'only as a replica', D: 'never' }[value.slice(0, 1)] ?? 'otherwise'}`
    default:
      return wanted === undefined ? value : `expected ${wanted}${value === '' ? '' : `, found ${value}`}`
  }
}
