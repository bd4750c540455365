import { Readable } from 'node:stream'
import { Kysely, PostgresDialect } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAccount } from '../../../examples/entraguard/accounts.ts'
import { buildApp } from '../../../examples/entraguard/app.ts'
import { listen, useForADay } from '../../../examples/entraguard/day.ts'
import { createTables, type Tables } from '../../../examples/entraguard/tables.ts'
import { evidencePack } from '../../../src/compliance/evidence-pack.ts'
import { verifyBundle } from '../../../src/evidence/verify-bundle.ts'
import type { Entry } from '../../../src/index.ts'
import { AuditLogger, verifyEntry } from '../../../src/index.ts'
import { Sequencer } from '../../../src/sequencer/sequencer.ts'
import { createSigner, generateKey, trustLogs } from '../../../src/tlog/index.ts'
import { testLog } from '../../support/database.ts'

// The example backend is run as it stands, on a login of its own that may write and read the log and owns nothing of it.

const log = await testLog()
const statuses: string[] = []
let app: Awaited<ReturnType<typeof buildApp>>
let base: string
let token: string
const entries: Entry[] = []
const of = (action: string): Entry[] => entries.filter((entry) => entry.action === action)

beforeAll(async () => {
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: log.admin }) })
  await createTables(db)
  await log.admin.query(`grant usage on schema entraguard to ${log.app.name}`)
  await log.admin.query(`grant all on all tables in schema entraguard to ${log.app.name}`)
  await log.admin.query(`grant all on all sequences in schema entraguard to ${log.app.name}`)
  await createAccount(db, { name: 'alice', role: 'admin', tenant: 'contoso', password: 'correct horse' })
  await createAccount(db, { name: 'bob', role: 'analyst', tenant: 'contoso', password: 'correct horse' })
  app = await buildApp(log.appPool)
  base = await listen(app.app)
  ;({ token } = await useForADay(base, (request, status) => statuses.push(`${status} ${request.split('/')[1]}`)))
  for await (const entry of new AuditLogger({ db: log.appPool }).query().order('oldest').stream()) entries.push(entry)
})
afterAll(async () => {
  await app.audit.close()
  await app.app.close()
})

describe("the example's day", () => {
  it('is recorded, entry by entry, with hashes that verify', () => {
    expect(entries.map(({ action }) => action)).toEqual([
      'user.login_failed',
      'user.login_failed',
      'user.login',
      'user.login',
      'scan.started',
      'collection.progress',
      'collection.progress',
      'analysis.completed',
      'score.calculated',
      'scan.completed',
      'scan.started',
      'collection.progress',
      'scan.failed',
      'risk.accepted',
      'config.ldap.changed',
      'config.ldap.changed',
      'api_key.created',
      'api_key.revoked',
      'report.downloaded',
      'user.logout',
    ])
    expect(entries.every(verifyEntry)).toBe(true)
  })

  it('says who did it and from where, and does not believe a header that anybody can write', () => {
    expect(of('api_key.created')).toMatchObject([{ user_id: 'alice', tenant_id: 'contoso', source_ip: '127.0.0.1' }])
    expect(of('report.downloaded')).toMatchObject([{ user_id: 'bob', source_ip: '127.0.0.1' }])
    expect(entries.some(({ source_ip }) => source_ip === '6.6.6.6')).toBe(false)
  })

  it('has an acceptance only where it was justified and approved by somebody else, and the finding follows', async () => {
    expect(of('risk.accepted')).toMatchObject([{ details: { requester: 'bob', approver: 'carol' } }])
    const { rows } = await log.admin.query(`select state from entraguard.finding order by id`)
    expect(rows).toEqual([{ state: 'accepted' }, { state: 'open' }, { state: 'open' }])
    expect(statuses.filter((status) => status.includes('findings'))).toEqual([
      '200 findings',
      '422 findings',
      '422 findings',
      '200 findings',
    ])
  })

  it('records what was not allowed, and masks secrets in changes', () => {
    const [denied, changed] = of('config.ldap.changed')
    expect(denied).toMatchObject({ user_id: 'bob', outcome: 'denied' })
    expect(changed?.details).toMatchObject({ changes: { host: { after: 'ldap.contoso.example' } } })
    expect(JSON.stringify(entries)).not.toContain('hunter2')
  })

  it('is served to the administrator of the tenant, and to nobody else', async () => {
    const list = (bearer: string): Promise<Response> =>
      fetch(`${base}/api/audit-logs/list?limit=1000`, { headers: { authorization: `Bearer ${bearer}` } })
    const body = (await (await list(token)).json()) as { entries: Entry[] }
    // Failed logins of names that nobody has belong to no tenant.
    expect(body.entries).toHaveLength(19)
    expect((await list('0'.repeat(64))).status).toBe(401)
  })

  it('leaves a log whose evidence pack verifies offline', async () => {
    const key = await generateKey('audit.example.com/example', 'ed25519')
    const policy = trustLogs([key.verifierKey])
    const signers = [await createSigner(key.signerKey)]
    await new Sequencer({ db: log.admin, signers, verifierKeys: [key.verifierKey] }).run()
    const period = { from: new Date(Date.now() - 3_600_000), to: new Date(Date.now() + 3_600_000) }
    const files = await evidencePack(log.pool(log.reader.url), { framework: 'soc2', ...period, policy, samples: 100 })
    const bundle = files.find(({ name }) => name === 'samples.bundle')?.content ?? ''
    expect(await verifyBundle(Readable.from([bundle]), { policy })).toMatchObject({ verdict: 'intact', entries: 20 })
  })
})

it('has its exports recorded, although it records only known actions', async () => {
  const response = await fetch(`${base}/api/audit-logs/export?format=ndjson`, {
    headers: { authorization: `Bearer ${token}` },
  })
  expect(response.status).toBe(200)
  expect((await response.text()).trim().split('\n').length).toBeGreaterThan(18)
  const exports = await new AuditLogger({ db: log.appPool }).query().action('audit_log.*').order('oldest').page()
  expect(exports.entries).toMatchObject([
    { action: 'audit_log.export_started', user_id: 'alice' },
    { action: 'audit_log.export_ended', user_id: 'alice' },
  ])
})
