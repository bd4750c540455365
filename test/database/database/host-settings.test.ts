import { CamelCasePlugin, Kysely, type KyselyPlugin, ParseJSONResultsPlugin, PostgresDialect } from 'kysely'
import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { type Database, verifyLog } from '../../../src/index.ts'
import { AuditLogger } from '../../../src/index.ts'
import { createHandler, type Principal } from '../../../src/http/index.ts'
import { trustLogs } from '../../../src/tlog/index.ts'
import { sequencedLog } from '../../support/sequenced-log.ts'

const log = await sequencedLog()
await log.grow(20)
await log.admin.query(`grant ${log.roles.reader}, ${log.roles.writer} to ${new URL(log.sequencerUrl).username}`)
const auditor: Principal = { id: 'auditor', tenants: 'all', permissions: ['read', 'export', 'inspect'] }
const policy = trustLogs([log.verifierKey])
const day = new Date(Date.now() - 86_400_000).toISOString()

/** What the library says of the same entries, without what differs from one moment to the next. */
async function told(db: Database): Promise<unknown> {
  const audit = new AuditLogger({ db })
  const query = audit.query().action('finding.*').order('oldest')
  const entry = await audit.log({ action: 'a.written', details: { text: 'ä"\\' } })
  const many = await audit.logMany([{ action: 'a.written' }, { action: 'a.written', details: { text: '[1]' } }])
  const handler = createHandler({ db, roles: log.roles, flags: { audit_export: true }, authorize: () => auditor })
  const get = async (path: string): Promise<string> => {
    const response = await handler(new Request(`http://localhost/api/audit-logs${path}`))
    return `${response.status} ${await response.text()}`
  }
  const { ok, size, entries } = await verifyLog(db, { policy })
  return {
    written: [entry, ...many].map(({ timestamp, details }) => [timestamp.length, details]),
    page: await query.limit(3).page(),
    count: await query.count(),
    verified: [ok, size, entries],
    posture: (await audit.inspect({ roles: log.roles })).findings,
    proof: await audit.proveEntry(5, { policy }),
    // A first request makes the row of the count of a day; what is written here is in it.
    activity: (await get(`/activity?since=${day}`)).replace(/"action" : "a\..*/s, ''),
    entry: await get('/entries/5'),
    status: (await get('/status')).replace(/"backlog".*/s, ''),
    export: await get('/export?action=finding.*&format=csv'),
  }
}

const expected = await told(log.pool(log.sequencerUrl))
const kysely = (plugin: KyselyPlugin): Kysely<unknown> =>
  new Kysely({ dialect: new PostgresDialect({ pool: log.pool(log.sequencerUrl) }), plugins: [plugin] })
const session =
  '-c DateStyle=SQL,DMY -c TimeZone=Asia/Kolkata -c bytea_output=escape -c standard_conforming_strings=off ' +
  '-c IntervalStyle=sql_standard -c extra_float_digits=-3 -c row_security=off -c transform_null_equals=on ' +
  '-c default_transaction_isolation=serializable -c search_path=pg_temp'
const types = {
  getTypeParser: (oid: number) => (value: string) =>
    oid === 20 || oid === 21 || oid === 23
      ? BigInt(value)
      : [114, 3802, 17, 1082, 1114, 1184, 1700, 2950, 869].includes(oid)
        ? { of: value }
        : (pg.types.getTypeParser(oid) as (text: string) => unknown)(value),
}

describe('nothing is read, written or proved otherwise', () => {
  it.each<[string, () => Database]>([
    ['with a plugin of Kysely that renames columns', () => kysely(new CamelCasePlugin())],
    ['with a plugin of Kysely that parses what looks like JSON', () => kysely(new ParseJSONResultsPlugin())],
    ['in a session with settings of its own', () => log.pool(log.sequencerUrl, { options: session })],
    ['with type parsers of the host', () => log.pool(log.sequencerUrl, { types })],
    ['with a pool that asks for binary values', () => log.pool(log.sequencerUrl, { binary: true } as pg.PoolConfig)],
  ])('%s', async (_, database) => {
    expect(await told(database())).toEqual(expected)
  })
})
