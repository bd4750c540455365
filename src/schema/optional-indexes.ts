import { setTimeout as sleep } from 'node:timers/promises'
import { causeOf, sqlStateOf } from '../database/database-error.ts'
import { type Database, type Executor, withConnection } from '../database/database.ts'
import { explaining } from '../database/explain-error.ts'
import { AuditLogError } from '../errors.ts'
import { optionInvalid, wholeNumber } from '../option.ts'
import { quoteIdentifier, resolveNames, type SchemaNameOptions } from './names.ts'

/** An index that not every installation wants, named after the filter of `AuditLogger.query()` that it serves. */
export type OptionalIndex = 'target' | 'source_ip' | 'outcome' | 'details'

/** What is indexed, as it is created. What each costs: docs/performance.md. */
const definitions: Readonly<Record<OptionalIndex, string>> = {
  target: '(target, timestamp, seq) where target is not null',
  source_ip: '(source_ip, timestamp, seq) where source_ip is not null',
  // Successes are most of the log, so that an index on them finds nothing faster.
  outcome: `(outcome, timestamp, seq) where outcome <> 'success'`,
  // Every object that the log takes is one for jsonb: what jsonb does not know was replaced when it was written.
  details: 'using gin ((details::jsonb) jsonb_path_ops)',
}

/** The same, as the catalog prints them: the posture knows these, and no others. */
export const optionalIndexes: ReadonlySet<string> = new Set([
  'btree (target, "timestamp", seq) WHERE (target IS NOT NULL)',
  'btree (source_ip, "timestamp", seq) WHERE (source_ip IS NOT NULL)',
  `btree (outcome, "timestamp", seq) WHERE (outcome <> 'success'::text)`,
  'gin (((details)::jsonb) jsonb_path_ops)',
])

/** Options of {@link createIndexes}. */
export interface CreateIndexesOptions extends SchemaNameOptions {
  /** How long to try again while locks are in the way, in milliseconds, 0 or more. Default is 60,000. */
  readonly timeoutMs?: number | undefined
}

/**
 * Creates optional indexes, on a log that is in use: a partition at a time with CREATE INDEX CONCURRENTLY, so that nobody who
 * writes waits longer than 200 ms. Partitions that are made later have them by themselves. What is there already stays, and
 * what an earlier call left unfinished is finished.
 *
 * @param db a superuser's pool, or a connection outside a transaction
 * @returns the indexes that were created, in the order in which they were asked for
 * @throws AuditLogError `option_invalid` for a name that is none of them; `schema_missing`, `privilege_missing`; `schema_busy`
 * after `timeoutMs`; `write_failed`
 * @example
 * await createIndexes(adminPool, ['target', 'details'])
 */
export async function createIndexes(
  db: Database,
  indexes: readonly OptionalIndex[],
  options: CreateIndexesOptions = {},
): Promise<OptionalIndex[]> {
  const { schema } = resolveNames(options)
  for (const [place, index] of indexes.entries()) {
    if (!Object.hasOwn(definitions, index)) {
      throw optionInvalid(`one of ${Object.keys(definitions).join(', ')}`, `$.indexes[${place}]`)
    }
  }
  const deadline = Date.now() + wholeNumber(options.timeoutMs ?? 60_000, 0, 2 ** 31 - 1, '$.timeoutMs')
  try {
    return await withConnection(db, async (executor) => {
      const made: OptionalIndex[] = []
      for (const index of indexes) if (await createIndex(executor, schema, index, deadline)) made.push(index)
      return made
    })
  } catch (error) {
    throw explain(error)
  }
}

async function createIndex(
  executor: Executor,
  schema: string,
  index: OptionalIndex,
  deadline: number,
): Promise<boolean> {
  const definition = definitions[index]
  const [parent, table] = [`${quoteIdentifier(schema)}.entry_${index}`, `${quoteIdentifier(schema)}.entry`]
  const isValid = `select indisvalid and indisready as valid from pg_index where indexrelid = to_regclass($1)::oid`
  const [found] = await executor.run(isValid, [parent])
  if (found?.['valid'] === true) return false
  // Of the table alone, and without looking at an entry: the partitions follow one by one.
  if (found === undefined) {
    await briefly(executor, `create index if not exists entry_${index} on only ${table} ${definition}`, deadline)
  }
  const partitions = await executor.run(
    `select relid::regclass::text as name, relname from pg_partition_tree($1::regclass) join pg_class on oid = relid::oid
     where isleaf and not exists (select from pg_inherits join pg_index on indexrelid = inhrelid
       where inhparent = $2::regclass::oid and indrelid = relid::oid)
     order by relname`,
    [table, parent],
  )
  for (const { name, relname } of partitions) {
    const child = quoteIdentifier(`${String(relname)}_${index}`)
    const qualified = `${quoteIdentifier(schema)}.${child}`
    const [left] = await executor.run(isValid, [qualified])
    // Of a call that ended half-way.
    if (left?.['valid'] === false) await executor.run(`drop index concurrently ${qualified}`)
    if (left?.['valid'] !== true)
      await executor.run(`create index concurrently ${child} on ${String(name)} ${definition}`)
    await briefly(executor, `alter index ${parent} attach partition ${qualified}`, deadline)
  }
  return true
}

/** Runs what others wait for behind us: gives up on its locks after 200 ms, and tries again. */
async function briefly(executor: Executor, statement: string, deadline: number): Promise<void> {
  for (;;) {
    try {
      // One message is one transaction, and the setting ends with it.
      await executor.run(`set local lock_timeout = '200ms'; ${statement}`)
      return
    } catch (error) {
      if (sqlStateOf(error) !== '55P03') throw error
      if (Date.now() >= deadline) {
        throw new AuditLogError('schema_busy', 'locks did not let the index through in time', causeOf(error))
      }
      await sleep(100 + Math.random() * 400)
    }
  }
}

const explain = explaining(
  'only a superuser may create indexes of the log',
  'write_failed',
  'the index could not be created',
)
