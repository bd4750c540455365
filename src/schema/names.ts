import { AuditLogError } from '../errors.ts'
import { optionInvalid } from '../option.ts'

/** The five group roles. Nobody logs in as one of them; the host's logins are granted into them. */
export type RoleKind = 'owner' | 'writer' | 'reader' | 'sequencer' | 'archivist'

/** What the schema and its roles are called in this database. */
export interface SchemaNames {
  /** Schema of the log. Default is `audit_log`. */
  readonly schema: string
  /** Group roles. Default is the schema's name with `_owner`, `_writer`, `_reader`, `_sequencer` and `_archivist`. */
  readonly roles: Readonly<Record<RoleKind, string>>
}

/** Options that name the schema and its roles. Any name that PostgreSQL takes will do, also mixed-case ones. */
export interface SchemaNameOptions {
  /** Schema of the log. Must be 1 to 63 bytes and not begin with `pg_`. Default is `audit_log`. */
  readonly schema?: string | undefined
  /**
   * Names of the group roles, for a cluster in which another database has an audit log of its own. Default is the schema's
   * name with `_owner`, `_writer`, `_reader`, `_sequencer` and `_archivist`.
   */
  readonly roles?: Partial<Readonly<Record<RoleKind, string>>> | undefined
}

export const roleKinds: readonly RoleKind[] = ['owner', 'writer', 'reader', 'sequencer', 'archivist']

/**
 * Fills in the defaults.
 *
 * @throws AuditLogError `option_invalid` when a name is none that PostgreSQL takes, or two roles are the same
 */
export function resolveNames(options: SchemaNameOptions = {}): SchemaNames {
  const schema = checkName(options.schema ?? 'audit_log', '$.schema')
  const roles = Object.fromEntries(
    roleKinds.map((kind) => [kind, checkName(options.roles?.[kind] ?? `${schema}_${kind}`, `$.roles.${kind}`)]),
  ) as Record<RoleKind, string>
  if (new Set(Object.values(roles)).size < roleKinds.length) {
    throw new AuditLogError('option_invalid', 'the five roles must have different names', { path: '$.roles' })
  }
  return { schema, roles }
}

/** Checks the name of a schema, a role or a login. */
export function checkName(name: string, path: string): string {
  const bytes = typeof name === 'string' && name.isWellFormed() && !name.includes('\0') ? Buffer.byteLength(name) : 0
  // The last: tags of the dollar quotes in sql/, into which names are put.
  if (bytes < 1 || bytes > 63 || name.startsWith('pg_') || /\$(function|do|install)\$/.test(name)) {
    throw optionInvalid('a name of 1 to 63 bytes that does not begin with "pg_"', path)
  }
  return name
}

/** A quoted identifier. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** A quoted literal that reads the same whatever `standard_conforming_strings` is. */
export function quoteLiteral(text: string): string {
  const quoted = `'${text.replaceAll("'", "''")}'`
  return text.includes('\\') ? ` E${quoted.replaceAll('\\', '\\\\')}` : quoted
}

/** Fills in the placeholders of a file in `sql/`: `:"name"` is a quoted identifier, `:'name'` a quoted literal. */
export function fillIn(sql: string, names: SchemaNames): string {
  const sequence = `${quoteIdentifier(names.schema)}.entry_seq`
  const values: Readonly<Record<string, string>> = { schema: names.schema, sequence, ...names.roles }
  // One pass, so that a name that looks like a placeholder stays a name.
  return sql.replaceAll(/:(["'])(\w+)\1/g, (_, quote: string, name: string) => {
    const value = values[name]
    if (value === undefined) throw new Error(`sql/ uses the unknown placeholder ${name}`)
    return quote === '"' ? quoteIdentifier(value) : quoteLiteral(value)
  })
}
