import type { Executor } from '../../database/database.ts'
import { AuditLogError } from '../../errors.ts'
import { finding, type Finding } from './finding-codes.ts'

/**
 * Marks that move when an object of the schema is changed, also when it is changed back: the transaction that last wrote its
 * row in the system catalog, and the file that a table is in. Kept outside of the database, they show what definitions
 * cannot: guards that were off for a moment, a table that was rewritten.
 *
 * VACUUM FULL, CLUSTER, an upgrade of the schema, dump and restore, and pg_upgrade move them too: take a new baseline then.
 */
export interface PostureBaseline {
  readonly version: 1
  /** Database server and database that it is of. */
  readonly database: string
  readonly schema: string
  /** When it was taken: RFC 3339, UTC, by the clock of the database. */
  readonly takenAt: string
  /** Object to mark. */
  readonly marks: Readonly<Record<string, string>>
}

/** Reads the marks. */
export async function readBaseline(executor: Executor, schema: string): Promise<PostureBaseline> {
  const [allowed] = await executor.run(
    `select has_function_privilege('pg_catalog.pg_control_system()', 'execute') as allowed`,
  )
  const system = allowed?.['allowed'] === true ? '(select system_identifier from pg_control_system())' : "''"
  const [head] = await executor.run(
    `select concat_ws('/', ${system}, (select oid from pg_database where datname = current_database())) as database,
       to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as taken_at`,
  )
  const rows = await executor.run(
    `with ours as (select oid, xmin from pg_namespace where nspname = $1),
     relation as (select c.oid, c.xmin, relname, relfilenode, relkind from ours join pg_class as c on relnamespace = ours.oid where relkind in ('r', 'p', 'S', 'v', 'm'))
     select 'schema' as object, xmin::text as mark from ours
     union all select 'relation ' || relname, xmin || ' ' || case relkind when 'S' then 0 else relfilenode end from relation
     union all select 'trigger ' || relname || '.' || tgname, t.xmin::text from relation join pg_trigger as t on tgrelid = relation.oid
     union all select 'function ' || p.oid::regprocedure, p.xmin::text from ours join pg_proc as p on pronamespace = ours.oid
     union all select 'columns of ' || relname, string_agg(a.xmin::text, ' ' order by attnum) from relation join pg_attribute as a on attrelid = relation.oid and attnum > 0 group by relname
     union all select 'built-in ' || p.oid::regprocedure, p.xmin::text from pg_proc as p where pronamespace = 'pg_catalog'::regnamespace
       and proname in ('sha256', 'convert_to', 'encode', 'clock_timestamp', 'to_json', 'nextval', 'gen_random_uuid', 'pg_get_functiondef', 'pg_get_triggerdef', 'aclexplode')`,
    [schema],
  )
  return {
    version: 1,
    database: String(head?.['database']),
    schema,
    takenAt: String(head?.['taken_at']),
    marks: Object.fromEntries(
      rows
        .map((row): [string, string] => [String(row['object']), String(row['mark'])])
        .toSorted(([a], [b]) => (a < b ? -1 : 1)),
    ),
  }
}

/** What has moved since a baseline was taken. Partitions that were made since are no finding. */
export function compareBaseline(before: PostureBaseline, now: PostureBaseline): Finding[] {
  if (before.database !== now.database || before.schema !== now.schema) {
    return [finding('baseline_foreign', `schema ${now.schema}`, takeAgain, `taken of schema ${before.schema}`)]
  }
  const objects = [...new Set([...Object.keys(before.marks), ...Object.keys(now.marks)])]
  return objects
    .filter((object) => before.marks[object] !== now.marks[object])
    .filter((object) => before.marks[object] !== undefined || !/\bentry_\d{4}_\d{2}\b/.test(object))
    .map((object) =>
      finding('baseline_moved', object, takeAgain, detail(before.marks[object], now.marks[object], before.takenAt)),
    )
}

const takeAgain = 'find out who did it and why; then: audit-log doctor --write-baseline FILE'

function detail(before: string | undefined, now: string | undefined, since: string): string {
  if (before === undefined) return `not there on ${since}`
  return now === undefined ? `there on ${since}, gone now` : `written since ${since}`
}

/**
 * Reads a baseline from the text of its file.
 *
 * @throws AuditLogError `option_invalid` when it is none
 */
export function parseBaseline(text: string): PostureBaseline {
  try {
    const value = JSON.parse(text) as Partial<PostureBaseline> | null
    if (
      value?.version === 1 &&
      [value.database, value.schema, value.takenAt].every((part) => typeof part === 'string')
    ) {
      const marks = Object.entries(value.marks ?? {})
      if (marks.length > 0 && marks.every(([, mark]) => typeof mark === 'string')) return value as PostureBaseline
    }
  } catch (error) {
    throw new AuditLogError('option_invalid', 'the baseline is not JSON', { path: '$.baseline', cause: error })
  }
  throw new AuditLogError('option_invalid', 'the baseline is not one of this version', { path: '$.baseline' })
}
