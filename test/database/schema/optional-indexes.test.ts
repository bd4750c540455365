import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { AuditLogger, createIndexes, inspect, installSchema, type OptionalIndex } from '../../../src/index.ts'
import { buildCli } from '../../support/cli.ts'
import { testLog } from '../../support/database.ts'
import { codeOfAsync } from '../../support/error-code.ts'

const all: readonly OptionalIndex[] = ['target', 'source_ip', 'outcome', 'details']
const cli = await buildCli()
const log = await testLog()
const audit = new AuditLogger({ db: log.appPool })
await audit.logMany(
  Array.from({ length: 3000 }, (_, index) => ({
    action: 'scan.completed',
    target: `finding:${index}`,
    source_ip: `10.0.${index >> 8}.${index % 256}`,
    outcome: index % 100 === 0 ? ('denied' as const) : ('success' as const),
    details: { index, text: 'a\0b' },
  })),
)
const findings = async (): Promise<string[]> =>
  (await inspect(log.admin, { roles: log.roles, login: null })).findings
    .map(({ code }) => code)
    .filter((code) => code.startsWith('index_'))

/** Takes away what an earlier test, or an earlier run of one, has made, also where it got no further than a partition. */
async function dropIndexes(...indexes: OptionalIndex[]): Promise<void> {
  const { rows } = await log.admin.query<{ name: string }>(
    `select pg_class.oid::regclass::text as name from pg_class
     where relnamespace = 'audit_log'::regnamespace and relkind in ('i', 'I') and not relispartition
       and relname ~ ('^entry(_\\d+|_default|_\\d+_\\d+)?_(' || $1 || ')(_idx)?$')
     order by relkind`,
    [indexes.join('|')],
  )
  if (rows.length > 0) await log.admin.query(`drop index ${rows.map(({ name }) => name).join(', ')}`)
}

describe('createIndexes', () => {
  it('creates each of them on every partition, where the posture knows them and a query uses them', async () => {
    await dropIndexes(...all)
    expect(await createIndexes(log.admin, all)).toEqual(all)
    expect(await createIndexes(log.admin, all)).toEqual([])
    await log.admin.query('select audit_log.ensure_partitions(6); analyze audit_log.entry')
    expect(await findings()).toEqual([])
    const { rows } = await log.admin.query(
      `select parent.relname, count(*)::integer as partitions, bool_and(indisvalid) as valid
       from pg_inherits join pg_index on indexrelid = inhrelid join pg_class as parent on parent.oid = inhparent
       where parent.relname = any ($1) and parent.relnamespace = 'audit_log'::regnamespace group by 1 order by 1`,
      [all.map((index) => `entry_${index}`)],
    )
    const { rows: leaves } = await log.admin.query(`select from pg_partition_tree('audit_log.entry') where isleaf`)
    expect(rows).toEqual(
      all.toSorted().map((index) => ({ relname: `entry_${index}`, partitions: leaves.length, valid: true })),
    )
    const query = audit.query()
    for (const [index, filtered] of [
      ['target', query.target('finding:7')],
      ['source_ip', query.sourceIp('10.0.1.7')],
      ['outcome', query.outcome('denied')],
      ['details', query.details({ index: 7 })],
    ] as const) {
      const { sql, parameters } = filtered.toKysely().selectAll().limit(10).compile()
      const plan = await log.admin.query(`explain (format json) ${sql}`, [...parameters])
      expect([index, JSON.stringify(plan.rows).includes(`_${index}`)]).toEqual([index, true])
    }
    expect((await query.details({ index: 7 }).page()).entries).toMatchObject([{ target: 'finding:7' }])
    // Also what jsonb would not take as it was sent.
    await audit.log({ action: 'a.b', details: { text: '\0', '\ud800': 1 } })
  })

  it('finishes what was left half-way, and gives up on locks rather than queue up in front of writers', async () => {
    await dropIndexes('target')
    const writer = await log.connect()
    onTestFinished(() => writer.end())
    await writer.query('begin; insert into audit_log.entry (action) values ($$a.b$$)')
    expect(await codeOfAsync(createIndexes(log.admin, ['target'], { timeoutMs: 0 }))).toBe('schema_busy')
    await writer.query('rollback')

    // The parent is there, one partition has an index that failed, another one that was not attached.
    await log.admin.query(
      `create index entry_target on only audit_log.entry (target, timestamp, seq) where target is not null`,
    )
    await log.admin.query(
      `create index entry_default_target on audit_log.entry_default (target, timestamp, seq) where target is not null`,
    )
    const { rows } = await log.admin.query<{ name: string }>(
      `select relname as name from pg_partition_tree('audit_log.entry') join pg_class on oid = relid where relname ~ '\\d$' order by 1 limit 1`,
    )
    const month = rows[0]?.name ?? ''
    await log.admin.query(
      `create index ${month}_target on audit_log.${month} (target, timestamp, seq) where target is not null;
       update pg_index set indisvalid = false where indexrelid = 'audit_log.${month}_target'::regclass`,
    )
    expect(await findings()).not.toEqual([])
    expect(await createIndexes(log.admin, ['target'])).toEqual(['target'])
    expect(await findings()).toEqual([])
  })

  it('lets others write while it waits for an old transaction', async () => {
    await dropIndexes('outcome')
    const old = await log.connect()
    onTestFinished(() => old.end())
    await old.query('begin isolation level repeatable read; select count(*) from audit_log.entry')
    const made = createIndexes(log.admin, ['outcome'])
    for (;;) {
      const { rows } = await log.admin.query(
        `select from pg_stat_activity where wait_event_type = 'Lock' and query like 'create index concurrently%' and datname = current_database()`,
      )
      if (rows.length > 0) break
      await sleep(20)
    }
    await audit.log({ action: 'a.b' })
    await old.query('commit')
    expect(await made).toEqual(['outcome'])
  })

  it('comes with installSchema() and as a command', async () => {
    await dropIndexes('source_ip', 'details')
    await installSchema(log.admin, { roles: log.roles, indexes: ['source_ip'] })
    const url = log.url
    expect(await cli(['index', 'source_ip', 'details', '--database-url', url])).toMatchObject({
      code: 0,
      stdout: 'entry_source_ip: was there already\nentry_details: created\n',
    })
    expect(await cli(['index', 'user', '--database-url', url])).toMatchObject({ code: 2, stdout: '' })
  })

  it('refuses a name that is none, a login that may not, and a schema that is not there', async () => {
    expect(await codeOfAsync(createIndexes(log.admin, ['seq' as OptionalIndex]))).toBe('option_invalid')
    await dropIndexes('target')
    expect(await codeOfAsync(createIndexes(log.appPool, ['target']))).toBe('privilege_missing')
    expect(await codeOfAsync(createIndexes(log.admin, ['target'], { schema: 'nowhere' }))).toBe('schema_missing')
  })
})
