import type { Catalog, Difference, Fact } from './catalog.ts'

const noStatement =
  'no statement brings this back: keep the database as evidence, verify the log, and install into a new schema'

/**
 * The statement, for a superuser, that makes a fact what this version ships.
 *
 * @param wanted what it should be; undefined when it should not be there
 */
export function fixFor(kind: Difference, fact: Fact, wanted: string | undefined, quoted: Catalog['quoted']): string {
  const schema = quoted['schema'] ?? ''
  const inSchema = (name: string): string => `${schema}.${name.replace(/^entry_month\b/, fact.partition ?? '$&')}`
  const [, type = '', rest = ''] =
    /^(trigger|function|owner of|persistence of|row security of|constraint|reference|index|rule|policy|child|parent|publication|grant|default grant|built-in|type|table|view) (.*)$/s.exec(
      fact.subject,
    ) ?? []
  const [table = '', ...after] = rest.split(/[.:]/)
  const on = inSchema(table)
  const name = fact.name ?? after.join('.')
  switch (type) {
    case 'trigger':
      return fixTrigger(kind, on, name, fact, wanted?.replace(` ON ${schema}.entry_month `, ` ON ${on} `))
    case 'function':
      return wanted === undefined ? `drop function ${inSchema(rest)};` : `${wanted.trimEnd()};`
    case 'owner of': {
      const object = rest === 'schema' ? `schema ${schema}` : ownedObject(rest, inSchema)
      return `alter ${object} owner to ${quoted['owner'] ?? ''};`
    }
    case 'persistence of':
      return `alter table ${inSchema(rest.replace(/^\w+ /, ''))} set logged;`
    case 'row security of':
      return `alter table ${inSchema(rest.replace(/^\w+ /, ''))} disable row level security, no force row level security;`
    case 'constraint':
      if (kind === 'unknown') return `alter table ${on} drop constraint ${name};`
      if (kind === 'changed') return `alter table ${on} validate constraint ${name};`
      return fact.partition === undefined ? `alter table ${on} add ${afterColon(rest)};` : noStatement
    case 'reference':
      return `alter table ${rest.split(' from ')[1] ?? ''} drop constraint ${name};`
    case 'index':
      if (kind === 'unknown') return `drop index ${name};`
      if (kind === 'changed') return `reindex index ${name};`
      return `create ${afterColon(rest).replace(/^(unique )?/, `$1index on ${on} using `)};`
    case 'rule':
    case 'policy':
      return `drop ${type} ${name} on ${on};`
    case 'child':
      return `alter table ${name} no inherit ${inSchema(rest.split(' of ').at(-1) ?? '')};`
    case 'parent':
      return `alter table ${inSchema(rest.split(' of ').at(-1) ?? '')} no inherit ${name};`
    case 'publication':
      return `drop publication ${name};`
    case 'grant':
      return fixGrant(kind, rest, fact, quoted, inSchema)
    case 'default grant':
      return fixDefaultGrant(kind, fact, rest, quoted)
    case 'built-in':
      return kind === 'unknown' ? `drop function pg_catalog.${rest};` : noStatement
    case 'table':
    case 'view':
    case 'type':
      return kind === 'unknown' ? `drop ${type} ${inSchema(rest)};` : noStatement
    default:
      return noStatement
  }
}

type InSchema = (name: string) => string

function fixTrigger(kind: Difference, on: string, name: string, { value }: Fact, wanted: string | undefined): string {
  const enable = `alter table ${on} enable always trigger ${name};`
  if (wanted === undefined) return `drop trigger ${name} on ${on};`
  if (kind === 'changed' && isSameButState(value, wanted)) return enable
  return `${kind === 'changed' ? `drop trigger ${name} on ${on}; ` : ''}${wanted.slice(2)}; ${enable}`
}

/** The first letter is the state; the partition stands in one of them by its name. */
function isSameButState(value: string, wanted: string): boolean {
  const definition = (text: string): string => text.slice(2).replace(/ ON \S+ FOR /, ' ON FOR ')
  return definition(value) === definition(wanted)
}

const afterColon = (rest: string): string => rest.slice(rest.indexOf(': ') + 2)

function ownedObject(rest: string, inSchema: InSchema): string {
  const [shape = '', ...name] = rest.split(' ')
  return `${shape === 'type' ? 'type' : shape} ${inSchema(name.join(' '))}`
}

function fixGrant(kind: Difference, rest: string, fact: Fact, quoted: Catalog['quoted'], inSchema: InSchema): string {
  // e.g. "insert on column entry.action to :writer"
  const [, privilege = '', object = '', grantee = ''] = /^(.*?) on (.*) to (.*)$/.exec(rest) ?? []
  const role = roleOf(grantee, quoted)
  const [shape = '', ...words] = object.split(' ')
  const name = words.join(' ')
  const [table = '', ...column] = name.split('.')
  const right = shape === 'column' ? `${privilege} (${column.join('.')})` : privilege
  const target =
    shape === 'schema'
      ? `schema ${quoted['schema'] ?? ''}`
      : shape === 'column'
        ? `table ${inSchema(table)}`
        : `${shape} ${inSchema(name)}`
  if (kind === 'missing') return `grant ${right} on ${target} to ${role};`
  const grantor = roleOf(/^by (\S+)/.exec(fact.value)?.[1] ?? '', quoted)
  return `set role ${grantor}; revoke ${right} on ${target} from ${role} cascade; reset role;`
}

function fixDefaultGrant(kind: Difference, { value }: Fact, rest: string, quoted: Catalog['quoted']): string {
  // e.g. "execute on f of :owner to public"
  const [, privilege = '', letter = '', owner = '', grantee = ''] = /^(.*?) on (\w) of (.*) to (.*)$/.exec(rest) ?? []
  const objects = { r: 'tables', S: 'sequences', f: 'functions', T: 'types', n: 'schemas' }[letter] ?? 'tables'
  // A default that was taken from the public and given back is no longer listed at all.
  const role = kind === 'missing' ? 'public' : roleOf(grantee, quoted)
  const where = value === 'in the schema' ? ` in schema ${quoted['schema'] ?? ''}` : ''
  return `alter default privileges for role ${roleOf(owner, quoted)}${where} revoke ${privilege} on ${objects} from ${role};`
}

const roleOf = (label: string, quoted: Catalog['quoted']): string =>
  label.startsWith(':') ? (quoted[label.slice(1)] ?? label) : label
