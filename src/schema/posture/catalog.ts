import type { Executor } from '../../database/database.ts'
import { fillIn, type SchemaNames } from '../names.ts'
import catalogSql from './catalog.sql'

/** Something that the catalog says of the schema: `catalog.sql` makes them. */
export interface Fact {
  /** What it is about, e.g. `trigger entry.stamp_entry`; unique together with `partition`. */
  readonly subject: string
  readonly value: string
  /** The partition that `entry_month` stands for, when the fact is about one. */
  readonly partition: string | undefined
  /** The quoted name of an index, a constraint, a trigger or the like. */
  readonly name: string | undefined
}

/** How what is installed differs from what this version ships. */
export type Difference = 'missing' | 'changed' | 'unknown'

/** The catalog of an installed schema. */
export interface Catalog {
  readonly facts: readonly Fact[]
  /** `schema`, `owner`, `writer`, ... as identifiers, quoted where they must be. */
  readonly quoted: Readonly<Record<string, string>>
}

/** Reads the catalog, in a transaction whose search path is `pg_catalog`. Every login may. */
export async function readCatalog(executor: Executor, { schema, roles }: SchemaNames): Promise<Catalog> {
  const rows = await executor.run(catalogSql, [schema, JSON.stringify(roles)])
  const all = rows.map((row) => ({
    subject: String(row['subject']),
    value: textOf(row['value']) ?? '',
    partition: textOf(row['partition']),
    name: textOf(row['name']),
  }))
  const isName = ({ subject }: Fact): boolean => subject.startsWith('name ')
  return {
    facts: all.filter((fact) => !isName(fact)),
    quoted: Object.fromEntries(all.filter(isName).map(({ subject, value }) => [subject.slice(5), value])),
  }
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

/** Names that no other text contains: with them a catalog becomes a template for every other names. */
export const templateNames: SchemaNames = {
  schema: 'zz_schema',
  roles: {
    owner: 'zz_owner',
    writer: 'zz_writer',
    reader: 'zz_reader',
    sequencer: 'zz_sequencer',
    archivist: 'zz_archivist',
  },
}

/** The catalog of an installation with {@link templateNames}, with placeholders for the names: what this version ships. */
export function templateOf({ facts }: Catalog): Record<string, string> {
  const entries = facts.map(({ subject, value }): [string, string] => [toTemplate(subject), toTemplate(value)])
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** Fills the names of an installation into what this version ships. */
export function fillTemplate(
  template: Readonly<Record<string, string>>,
  names: SchemaNames,
  quoted: Catalog['quoted'],
): ReadonlyMap<string, string> {
  const fill = (text: string): string =>
    eachPart(text, (part, isBody) => (isBody ? fillIn(part, names) : fillDeparsed(part, names, quoted)))
  return new Map(Object.entries(template).map(([subject, value]) => [fill(subject), fill(value)]))
}

/** A function's body stands as it was sent; everything else was written by PostgreSQL, with other quotes. */
const bodyDelimiter = '$function$'

function eachPart(text: string, change: (part: string, isBody: boolean) => string): string {
  const parts = text.split(bodyDelimiter)
  return parts.map((part, index) => change(part, index % 2 === 1)).join(bodyDelimiter)
}

function toTemplate(text: string): string {
  return eachPart(text, (part, isBody) =>
    isBody
      ? part
          .replaceAll(`'"zz_schema".entry_seq'`, ":'sequence'")
          .replaceAll(/"zz_(\w+)"/g, ':"$1"')
          .replaceAll(/'zz_(\w+)'/g, ":'$1'")
      : part.replaceAll(/'zz_(\w+)'/g, ":'$1'").replaceAll(/\bzz_schema\b/g, ':schema'),
  )
}

function fillDeparsed(text: string, { schema, roles }: SchemaNames, quoted: Catalog['quoted']): string {
  const values: Readonly<Record<string, string>> = { schema, ...roles }
  return text.replaceAll(/(?<!:):(?:schema\b|'(\w+)')/g, (_, name: string | undefined) =>
    name === undefined ? (quoted['schema'] ?? schema) : `'${(values[name] ?? name).replaceAll("'", "''")}'`,
  )
}
