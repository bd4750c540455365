import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createHandler, type Principal } from '../../../src/http/index.ts'
import {
  AuditLogger,
  createIndexes,
  evidencePack,
  findUnsequenced,
  hardenSql,
  installSchema,
  readBacklog,
  Retention,
  schemaSql,
  verifyLog,
  writeArchive,
} from '../../../src/index.ts'
import { Forwarder } from '../../../src/sinks/forwarder/forwarder.ts'
import { SplunkSink } from '../../../src/sinks/splunk.ts'
import { Sequencer } from '../../../src/sequencer/sequencer.ts'
import { createSigner, generateKey, trustLogs } from '../../../src/tlog/index.ts'
import { ownRoles, testDatabase } from '../../support/database.ts'
import { startFakeSplunk } from '../../support/fake-splunk.ts'
import { until } from '../../support/until.ts'
import { overloads } from '../../support/overloads.ts'

// A login that may create objects in the schema public, as applications that make their own tables may, plants functions and operators that
// fit a call better than the built-in ones. Whoever else calls one runs its code: the superuser who installs, the sequencer, the
// auditor. So nothing that the library sends may leave room for one.

const database = await testDatabase()
const planter = await database.login()
await database.admin.query(`grant create on schema public to ${planter.name}`)
const client = await database.connect(planter.url)
await client.query(`begin; ${overloads} commit`)

const roles = ownRoles()
const [app, other] = [await database.login(), await database.login()]
const pool = database.pool(app.url)
const grant = { writer: [app.name], reader: [app.name], sequencer: [app.name] }
const directory = join(tmpdir(), `audit-log-overloads-${process.pid}-${Date.now()}`)
afterAll(() => rm(directory, { recursive: true, force: true }))

it('is an attack: who does not look out runs what somebody else planted', async () => {
  await expect(pool.query(`select concat_ws('/', 1::bigint, 2::bigint)`)).resolves.toBeDefined()
  await expect(pool.query(`select to_json('a'::text)`)).rejects.toThrow('hijacked')
  await expect(pool.query(`select from json_to_recordset('[]') as row (a text)`)).rejects.toThrow()
  await expect(pool.query(`select 1::oid = 'pg_class'::regclass`)).rejects.toThrow('hijacked')
})

describe('what was planted is not run', () => {
  it('by whoever installs, installs again, hardens, or makes indexes', async () => {
    expect(await installSchema(database.admin, { roles, grant })).toMatchObject({ from: 0 })
    await installSchema(database.admin, { roles, grant: { ...grant, archivist: [other.name] } })
    await createIndexes(database.admin, ['target'], { roles })
    const admin = await database.connect()
    await admin.query(schemaSql({ roles, from: 11 }))
    await admin.query(hardenSql({ roles }))
    await admin.query(
      'drop event trigger audit_log_hardened, audit_log_hard_rewrite; drop schema audit_log_hardening cascade',
    )
  })

  it('by whoever writes, sequences, reads, verifies and looks after the log', async () => {
    const key = await generateKey('audit.example.com/overloads', 'ed25519')
    const policy = trustLogs([key.verifierKey])
    const audit = new AuditLogger({ db: pool })
    await audit.log({ action: 'a.b', user_id: 'alice', source_ip: '203.0.113.7', details: { severity: 'high' } })
    await audit.logMany(Array.from({ length: 300 }, (_, number) => ({ action: 'a.c', details: { number } })))
    const sequencer = new Sequencer({
      db: pool,
      signers: [await createSigner(key.signerKey)],
      verifierKeys: [key.verifierKey],
    })
    await sequencer.run()
    await audit.log({ action: 'a.late' })

    const since = new Date(Date.now() - 86_400_000).toISOString()
    expect(await findUnsequenced(pool)).toEqual([])
    expect(await readBacklog(pool)).toMatchObject({ entries: 1 })
    expect(await verifyLog(pool, { policy })).toMatchObject({ verdict: 'intact', entries: 301 })
    expect(await writeArchive(pool, directory, { policy })).toMatchObject({ size: 301 })
    expect(await audit.proveEntry(1, { policy })).toContain('c2sp.org/tlog-proof')
    const query = audit
      .query()
      .since('2020-01-01T00:00:00Z')
      .action('a.*')
      .sourceIp('203.0.113.0/24')
      .details({ severity: 'high' })
    expect((await query.page()).entries).toHaveLength(1)
    expect(await query.count()).toBe(1)
    expect((await audit.inspect({ roles, login: app.name })).notChecked).toEqual([])
    expect(await audit.risk.recordExpiries()).toEqual([])
    expect((await new Retention({ db: pool }).months()).length).toBeGreaterThan(0)
    await evidencePack(pool, { framework: 'soc2', from: since, to: new Date(Date.now() + 1000), policy, samples: 2 })
    const receiver = await startFakeSplunk()
    const sink = new SplunkSink({ url: receiver.url, token: receiver.token, index: 'audit' })
    const forwarder = new Forwarder({ db: pool, name: 'siem', sink, intervalMs: 20, checkpointIntervalMs: 0 })
    forwarder.start()
    await until(() => receiver.events.length >= 302)
    await forwarder.stop()
    await receiver.stop()

    const admin: Principal = { id: 'admin', tenants: 'all', permissions: ['read', 'export', 'inspect', 'settings'] }
    const errors: unknown[] = []
    const handler = createHandler({
      db: pool,
      roles,
      flags: { audit_export: true, audit_extended_retention: true },
      authorize: () => admin,
      onError: (error) => errors.push(error),
    })
    for (const path of [
      '/list?limit=5',
      '/list?action=a.*&user_id=alice',
      '/entries/1',
      '/entries/1/proof',
      '/export?format=csv',
      '/checkpoint',
      '/checkpoints',
      '/status',
      '/posture',
      `/activity?since=${since}`,
      '/acceptances',
      '/settings/retention',
      '/settings/forwarders',
      '/settings/forwarders/siem/dead-letters',
    ]) {
      const response = await handler(new Request(`http://localhost/api/audit-logs${path}`))
      await response.text()
      expect([path, response.status, errors]).toEqual([path, 200, []])
    }
  })
})
