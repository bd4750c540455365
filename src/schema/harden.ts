import { optionInvalid } from '../option.ts'
import hardeningSql from '../../sql/hardening.sql'
import { fillIn, quoteIdentifier, quoteLiteral, resolveNames, type SchemaNameOptions } from './names.ts'
import catalogSql from './posture/catalog.sql'

/**
 * A script for a superuser, as an extra that the log does not need: event triggers that refuse whatever would change the schema,
 * also to its owner and to superusers who have not switched them off. Making partitions and purging expired months go on.
 *
 * Run it when `inspect()` finds nothing, because it holds on to what is there, and again after each upgrade, which needs
 * `drop event trigger` first. What it does not stop: docs/posture.md, "Hardening".
 *
 * @throws AuditLogError `option_invalid`, also when the schema's name is longer than 50 bytes
 * @example
 * await writeFile('harden.sql', hardenSql()) // psql -v ON_ERROR_STOP=1 -f harden.sql, as a superuser
 */
export function hardenSql(options: SchemaNameOptions = {}): string {
  const names = resolveNames(options)
  if (Buffer.byteLength(names.schema) > 50) {
    throw optionInvalid('a name of at most 50 bytes', '$.schema')
  }
  const values: Readonly<Record<string, string>> = {
    hardening: `${names.schema}_hardening`,
    ddl_trigger: `${names.schema}_hardened`,
    rewrite_trigger: `${names.schema}_hard_rewrite`,
    quoted_schema: quoteIdentifier(names.schema),
  }
  const catalog = catalogSql
    .replaceAll(/^ *--.*$/gm, '')
    .replaceAll('$1', () => quoteLiteral(names.schema))
    .replaceAll('$2', () => quoteLiteral(JSON.stringify(names.roles)))
  const own = new RegExp(`:(["'])(${Object.keys(values).join('|')})\\1`, 'g')
  const sql = hardeningSql.replaceAll(own, (_, quote: string, name: string) =>
    quote === '"' ? quoteIdentifier(values[name] ?? '') : quoteLiteral(values[name] ?? ''),
  )
  const filled = fillIn(sql, names).replace('/*catalog*/', () => catalog)
  return [
    'begin;',
    'set local search_path = pg_catalog, pg_temp;',
    'set local standard_conforming_strings = on;',
    filled,
    'commit;',
    '',
  ].join('\n')
}
