import type { SchemaNames } from '../names.ts'
import { type Catalog, type Difference, type Fact, fillTemplate } from './catalog.ts'
import { finding, type Finding, type FindingCode } from './finding-codes.ts'
import { fixFor } from './fix.ts'

/** The codes for what differs, by the first words of the subject; null: something else says it already. */
const codes: readonly (readonly [
  prefix: string,
  codes: Readonly<Record<Difference, FindingCode | null>>,
])[] = [
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

/** What is missing, other than shipped, or not ours in an installed schema. */
export function compareCatalog(
  catalog: Catalog,
  shipped: Readonly<Record<string, string>>,
  names: SchemaNames,
): Finding[] {
  const expected = fillTemplate(shipped, names, catalog.quoted)
  const found = new Map(catalog.facts.map((fact) => [keyOf(fact.subject, fact.partition), fact]))
  const partitions = new Set(catalog.facts.flatMap(({ partition }) => (partition === undefined ? [] : [partition])))
  const findings: Finding[] = []
  const add = (kind: Difference, fact: Fact, wanted: string | undefined): void => {
    const code = codeOf(kind, fact, wanted)
    if (code === null) return
    const fix = fixFor(kind, fact, wanted, catalog.quoted)
    findings.push(finding(code, describe(fact), fix, detailOf(code, fact, wanted)))
  }
  for (const [subject, value] of expected) {
    const isMonthly = /\bentry_month\b/.test(subject)
    for (const partition of isMonthly ? partitions : [undefined]) {
      const fact = found.get(keyOf(subject, partition))
      if (fact === undefined) {
        if (!isDroppedWith(subject, partition, found)) add('missing', { subject, value: '', partition, name: undefined }, value)
      } else if (fact.value !== value) add('changed', fact, value)
    }
  }
  for (const fact of catalog.facts) {
    if (!expected.has(fact.subject) && !isLaterBuiltIn(fact)) add('unknown', fact, undefined)
  }
  return findings
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
  if (kind === 'changed' && subject.startsWith('trigger ') && value.slice(1) === wanted?.slice(1)) return 'trigger_disabled'
  return codes.find(([prefix]) => subject.startsWith(prefix))?.[1][kind] ?? null
}

/** Of a table that is gone, its columns and the rest need no findings of their own. */
function isDroppedWith(subject: string, partition: string | undefined, found: ReadonlyMap<string, Fact>): boolean {
  const table = /^(?:column|constraint|index|grant \w+ on (?:table|column)) (\w+)/.exec(subject)?.[1]
  if (table === undefined) return false
  return !found.has(keyOf(`table ${table}`, partition))
}

/** Newer servers have more built-in functions of the same names; those of users have object ids from 16384 on. */
function isLaterBuiltIn({ subject, value }: Fact): boolean {
  return subject.startsWith('built-in ') && Number.parseInt(value, 10) < 16_384
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
