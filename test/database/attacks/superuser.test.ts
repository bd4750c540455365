import type pg from 'pg'
import { describe, expect, it } from 'vitest'
import type { VerificationReport } from '../../../src/evidence/verdict.ts'
import { verifyLog } from '../../../src/evidence/verify-log.ts'
import { off, on } from '../../../src/evidence/drill/tamper.ts'
import { inspect } from '../../../src/schema/posture/inspect.ts'
import { trustLogs } from '../../../src/tlog/index.ts'
import { refusal } from '../../support/database.ts'
import { sequencedLog } from '../../support/sequenced-log.ts'

const log = await sequencedLog()
await log.grow(600)
const policy = trustLogs([log.verifierKey])

const fill = (sql: string): string => sql.replaceAll('{s}', 'audit_log').replaceAll('{owner}', log.roles.owner)
/** Runs `work` after a superuser's statements, and takes them back. */
async function after<T>(sql: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = await log.connect()
  await client.query('begin; set local allow_system_table_mods = on')
  await client.query(fill(sql))
  try {
    return await work(client)
  } finally {
    await client.query('rollback')
  }
}
const guardsOff = (sql: string): string => `${off}; ${sql}; ${on}`
const verified = (sql: string): Promise<VerificationReport> => after(sql, (client) => verifyLog(client, { policy }))

const forged = `insert into {s}.entry (seq, id, timestamp, action, recorded_by, xid, entry_hash)
  select 77777, gen_random_uuid(), now() - interval '1 day', 'forged', 'x', '3', sha256('x')`
const twin = `select version, seq, gen_random_uuid(), timestamp, tenant_id, 'mallory', action, target, source_ip, outcome, details,
  recorded_by, sha256('x'), xid, canonical from {s}.entry where seq = 5`
const indexes = (
  state: boolean,
): string => `update pg_index set indisready = ${state}, indisvalid = ${state}, indislive = ${state}
  where indrelid in (select oid from pg_class where relnamespace = '{s}'::regnamespace and relname like 'entry%')`

describe('Invariant 8: a log that a superuser changed without touching what is hashed', () => {
  it.each([
    ['the hash beside an entry', `update {s}.entry set entry_hash = sha256('x') where seq = 5`],
    ['the version of an entry', 'update {s}.entry set version = 2 where seq = 5'],
  ])('is damaged, and the entry is named: %s', async (_, sql) => {
    const report = await verified(guardsOff(sql))
    expect(report).toMatchObject({ verdict: 'damaged', ok: false, entries: 600 })
    expect(report.findings).toMatchObject([{ verdict: 'damaged', leafIndex: 4, seq: 5 }])
  })

  it.each([
    ['past the indexes', `${indexes(false)}; insert into {s}.entry ${twin}; ${indexes(true)}`],
    [
      'into a partition where nobody looks for its month',
      // What says that the partition need not be looked through is believed.
      `alter table {s}.entry detach partition {s}.entry_default; insert into {s}.entry_default ${twin};
       do $$ begin execute (select 'alter table {s}.entry_default add constraint believed check (not (' || string_agg(
           format('timestamp >= %L and timestamp < %L', bounds[1], bounds[2]), ' or ') || ')) not valid'
         from pg_class, regexp_match(pg_get_expr(relpartbound, oid), $r$FROM \\('(.*)'\\) TO \\('(.*)'\\)$r$) as bounds
         where relispartition and relkind = 'r' and relnamespace = '{s}'::regnamespace); end $$;
       update pg_constraint set convalidated = true where conname = 'believed';
       alter table {s}.entry attach partition {s}.entry_default default;
       alter table {s}.entry_default drop constraint believed`,
    ],
  ])('has an entry too many, under the seq and timestamp of another one, %s', async (_, sql) => {
    const report = await verified(guardsOff(sql))
    expect(report).toMatchObject({ verdict: 'entry_added', ok: false, entries: 600 })
  })

  it.each([600, 1_000_000])('has an entry beside the tree with a leaf of its own, %i', async (leafIndex) => {
    const leaf = `insert into {s}.leaf select ${leafIndex}, seq, timestamp, entry_hash from {s}.entry where seq = 77777`
    expect(await verified(guardsOff(`${forged}; ${leaf}`))).toMatchObject({
      verdict: 'unsequenced',
      findings: [{ leafIndex, seq: 77_777 }],
    })
  })

  it.each(['update {s}.sequencer_state set done = null', 'delete from {s}.sequencer_state'])(
    'has an entry beside the tree, and does not say any more how far the sequencer has come: %s',
    async (sql) => {
      expect(await verified(sql)).toMatchObject({ verdict: 'intact' })
      expect(await verified(`${sql}; ${guardsOff(forged)}`)).toMatchObject({
        verdict: 'unsequenced',
        findings: [{ seq: 77_777 }],
      })
    },
  )
})

describe('the posture of a log of which a superuser', () => {
  const flags = (set: string): string => `update pg_class set ${set} where oid = '{s}.leaf'::regclass`
  it.each([
    ['has the triggers ignored', flags('relhastriggers = false'), 'relation_changed'],
    ['has the indexes ignored', flags('relhasindex = false'), 'relation_changed'],
    ['has the checks ignored', flags('relchecks = 0'), 'relation_changed'],
    [
      'has the partitions ignored',
      `update pg_class set relhassubclass = false where oid = '{s}.entry'::regclass`,
      'relation_changed',
    ],
    [
      'left a partition half detached',
      `update pg_inherits set inhdetachpending = true where inhrelid = '{s}.entry_default'::regclass`,
      'relation_changed',
    ],
    [
      'replaced how hashes are compared',
      `create or replace function pg_catalog.byteaeq(bytea, bytea) returns boolean language sql immutable as 'select true'`,
      'builtin_changed',
    ],
    [
      'shadowed what puts the hashed text together',
      `create function pg_catalog.format(text, text) returns text language sql as 'select $1'`,
      'builtin_changed',
    ],
  ])('%s says so', async (_, sql, code) => {
    const report = await after(sql, (client) => inspect(client, { roles: log.roles }))
    expect(report.findings.filter(({ severity }) => severity === 'critical')).toContainEqual(
      expect.objectContaining({ code }),
    )
  })

  it('has the triggers ignored is worth looking for: what they refuse goes through', async () => {
    const removal = 'delete from audit_log.leaf where leaf_index = 1'
    expect(await after('', (client) => refusal(client.query(removal)))).toBe('WO001')
    const { rowCount } = await after(flags('relhastriggers = false'), (client) => client.query(removal))
    expect(rowCount).toBe(1)
  })
})
