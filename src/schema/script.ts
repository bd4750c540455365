import { optionInvalid } from '../option.ts'
import rolesSql from '../../sql/roles.sql'
import { currentSchemaVersion, type SchemaVersion } from './state.ts'
import { migrations } from './migrations.ts'
import {
  checkName,
  fillIn,
  quoteIdentifier,
  quoteLiteral,
  resolveNames,
  roleKinds,
  type RoleKind,
  type SchemaNameOptions,
  type SchemaNames,
} from './names.ts'

/** Which logins of the host get which group role, e.g. `{ writer: ['app'], reader: ['app', 'auditor'] }`. */
export type RoleGrants = Partial<Readonly<Record<Exclude<RoleKind, 'owner'>, readonly string[]>>>

/** Options of {@link schemaSql}. */
export interface SchemaSqlOptions extends SchemaNameOptions {
  /** Logins that get the group roles. They must exist. Default is none. */
  readonly grant?: RoleGrants | undefined
  /** Schema version to upgrade from, 0 for a new installation. Default is 0. */
  readonly from?: SchemaVersion | undefined
}

/**
 * The SQL that {@link installSchema} runs, as one script for a DBA who runs it by hand with psql or any other client: one
 * transaction, by a superuser or a role with CREATEROLE that may create a schema.
 *
 * @throws AuditLogError `option_invalid`
 * @example
 * await writeFile('audit-log.sql', schemaSql({ grant: { writer: ['app'] } })) // psql -v ON_ERROR_STOP=1 -f audit-log.sql
 */
export function schemaSql(options: SchemaSqlOptions = {}): string {
  const names = resolveNames(options)
  const from = options.from ?? 0
  return ['begin;', ...installSteps(names, checkGrants(options.grant), from), 'commit;', ''].join('\n')
}

/** The statements that lead from one version to another, for one transaction. */
export function installSteps(
  names: SchemaNames,
  grants: readonly Grant[],
  from: SchemaVersion,
  to: SchemaVersion = currentSchemaVersion,
): string[] {
  return [
    // Whoever may create something in the schema public could have put a function or an operator there that fits better than
    // the built-in one, and the superuser who installs would run it.
    'set local search_path = pg_catalog, pg_temp;',
    'set local standard_conforming_strings = on;',
    "select set_config('audit_log.installer', current_user, true);",
    'set local check_function_bodies = on;',
    fillIn(rolesSql, names),
    ...(from < to ? ownerSteps(names, from, to) : []),
    ...grants.map((grant) => grantStep(names, grant)),
    fillIn(leaveOwner, names),
  ]
}

/** One login that gets one group role. */
export interface Grant {
  readonly kind: RoleKind
  readonly login: string
}

/** Checks the option `grant` and flattens it. */
export function checkGrants(grants: RoleGrants = {}): Grant[] {
  return Object.entries<unknown>(grants).flatMap(([kind, logins = []]) => {
    const path = `$.grant.${kind}`
    if (!isGrantable(kind) || !Array.isArray(logins)) {
      throw optionInvalid(`lists of logins for ${grantable.join(', ')}, e.g. { writer: ['app'] },`, path)
    }
    return logins.map((login: string, index) => ({ kind, login: checkName(login, `${path}[${index}]`) }))
  })
}
const grantable = roleKinds.filter((kind) => kind !== 'owner')
const isGrantable = (kind: string): kind is RoleKind => (grantable as readonly string[]).includes(kind)

function ownerSteps(names: SchemaNames, from: SchemaVersion, to: SchemaVersion): string[] {
  return [
    `set local role ${quoteIdentifier(names.roles.owner)};`,
    // Later functions of the owner are closed to the public too, until they are granted.
    'alter default privileges revoke execute on functions from public;',
    ...migrations.slice(from, to).flatMap((migration) => [
      ...(migration.id === 1 ? [fillIn(migration.sql, names)] : []),
      // The row first: when two installers come at once, the second waits here and then fails, before it has done anything.
      `insert into ${quoteIdentifier(names.schema)}.migration (id, name, sha256) values (${migration.id}, ${quoteLiteral(migration.name)}, '${migration.sha256}');`,
      ...(migration.id === 1 ? [] : [fillIn(migration.sql, names)]),
    ]),
    becomeInstaller,
  ]
}

function grantStep(names: SchemaNames, { kind, login }: Grant): string {
  return `grant ${quoteIdentifier(names.roles[kind])} to ${quoteIdentifier(login)};`
}

// Not RESET ROLE, which would also undo a SET ROLE that the host had made for its session.
const becomeInstaller = `do $do$ begin execute format('set local role %I', current_setting('audit_log.installer')); end $do$;`

// The owner role has no members once the installation is over. A login that is no superuser keeps what it needs to see,
// at the next start, that nothing is to do.
const leaveOwner = `do $do$
declare
  installer constant text := current_user;
begin
  if not (select rolsuper from pg_catalog.pg_roles where rolname = installer) then
    execute format('set local role %I', :'owner');
    execute format('grant usage on schema %I to %I', :'schema', installer);
    execute format('grant select on %I.migration to %I', :'schema', installer);
    execute format('set local role %I', installer);
    execute format('revoke %1$I from %2$I granted by %2$I', :'owner', installer);
  end if;
end
$do$;`
