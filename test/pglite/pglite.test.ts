import { PGlite } from '@electric-sql/pglite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AuditLogger, inspect, installSchema, verifyEntry } from '../../src/index.ts'
import { refusal } from '../support/database.ts'

// PGlite is one session of one superuser: what it can show is that the same schema and the same calls work there.

let db: PGlite
let audit: AuditLogger

beforeAll(async () => {
  db = await PGlite.create()
  await installSchema(db)
  audit = new AuditLogger({ db })
})
afterAll(() => db.close())

describe('on PGlite', () => {
  it('installs once, and finds nothing to do the second time', async () => {
    const { from, to } = await installSchema(db)
    expect(from).toBe(to)
  })

  it('records one event and several, with hashes that verify', async () => {
    const before = await audit.query().count()
    const entries = [
      await audit.log({ action: 'user.login', user_id: 'alice', source_ip: '::ffff:203.0.113.7' }),
      ...(await audit.logMany([{ action: 'scan.started' }, { action: 'scan.completed', details: { ä: [1.5, '😀'] } }])),
    ]
    expect(entries.every(verifyEntry)).toBe(true)
    expect((await audit.query().order('oldest').page()).entries.slice(before)).toEqual(entries)
  })

  it('commits and rolls back an entry with the transaction of the host', async () => {
    const before = await audit.query().count()
    await db
      .transaction(async (transaction) => {
        await audit.log({ action: 'settings.changed' }, { db: transaction })
        throw new Error('the host changes its mind')
      })
      .catch(() => undefined)
    expect(await audit.query().count()).toBe(before)
    await db.transaction(async (transaction) => {
      await audit.log({ action: 'settings.changed' }, { db: transaction })
    })
    expect(await audit.query().count()).toBe(before + 1)
  })

  it.each([
    'update audit_log.entry set user_id = null',
    'delete from audit_log.entry',
    'truncate audit_log.entry',
    'truncate audit_log.entry_default',
    'merge into audit_log.entry using (values (1)) as one on true when matched then delete',
  ])('refuses %s', async (statement) => {
    expect(await refusal(db.query(statement))).toBe('WO001')
  })

  it('reads pages by cursor and filters like any server', async () => {
    const before = await audit.query().action('paged.*').count()
    await audit.logMany(Array.from({ length: 25 }, (_, number) => ({ action: 'paged.event', details: { number } })))
    const query = audit.query().action('paged.*').limit(10)
    const [first, numbers] = [await query.page(), [] as unknown[]]
    for (let page = first; ; page = await query.after(page.nextCursor).page()) {
      numbers.push(...page.entries.map(({ details }) => details['number']))
      if (page.nextCursor === null) break
    }
    expect(numbers.slice(0, 25)).toEqual(Array.from({ length: 25 }, (_, index) => 24 - index))
    expect(numbers).toHaveLength(before + 25)
  })

  it('is inspected: nothing of the schema is amiss, and the one session is that of a superuser', async () => {
    const report = await inspect(db)
    const codes = report.findings.map(({ code }) => code)
    expect(report.tamperResistant).toBe(false)
    expect(codes).toContain('application_is_superuser')
    expect(
      codes.filter((code) => /trigger|function|relation|column|constraint|index|grant_|owner_changed/.test(code)),
    ).toEqual([])
    expect(report.notChecked).toEqual([])
    await db.exec('alter table audit_log.leaf disable trigger refuse_change')
    expect((await inspect(db)).findings.map(({ code }) => code)).toContain('trigger_disabled')
    await db.exec('alter table audit_log.leaf enable always trigger refuse_change')
    expect((await inspect(db)).findings.map(({ code }) => code)).toEqual(codes)
  })
})
