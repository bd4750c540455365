import { type } from 'arktype'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  AuditLogError,
  AuditLogger,
  builtInEvents,
  defineEvents,
  type Entry,
  fields,
  verifyEntry,
} from '../../../../src/index.ts'
import { testLog } from '../../../support/database.ts'
import { sampleEvents } from '../../../support/sample-events.ts'

const { appPool } = await testLog()
const audit = new AuditLogger({ db: appPool })

const recorded = async (seq: number): Promise<Entry | undefined> =>
  (await audit.query().seq({ from: seq, to: seq }).page()).entries[0]

async function errorOf(work: Promise<unknown>): Promise<[string, string | undefined]> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof AuditLogError)) throw new Error('expected an AuditLogError', { cause: error })
  return [error.code, error.path]
}

describe('the built-in catalogue', () => {
  it('has a sample of every event', () => {
    expect(Object.keys(sampleEvents).sort()).toEqual(Object.keys(builtInEvents).sort())
  })

  it.each(Object.entries(sampleEvents))('logs %s and reads it back', async (action, { event, log }) => {
    const entry = (await log(audit.events, event as never)) as Entry
    expect(await recorded(entry.seq)).toEqual(entry)
    expect(verifyEntry(entry)).toBe(true)
    const { outcome, ...asked } = { outcome: 'success', details: {}, ...event }
    const definition = builtInEvents[action as keyof typeof builtInEvents]
    expect(entry).toMatchObject({
      ...asked,
      details: JSON.parse(JSON.stringify(asked.details)),
      action,
      outcome: 'outcome' in definition ? definition.outcome : outcome,
    })
  })

  it('masks secrets in the values before and after, whichever way the event is logged', async () => {
    const event = {
      target: 'ldap:main',
      details: {
        changes: {
          host: { before: 'dc1', after: 'dc2' },
          bindPassword: { before: 'hunter2', after: 'correct horse' },
          url: { before: 'ldaps://reader:hunter2@dc1', after: 'ldaps://dc2' },
        },
      },
    } as const
    const masked = {
      changes: {
        host: { before: 'dc1', after: 'dc2' },
        bindPassword: { before: '[redacted]', after: '[redacted]' },
        url: { before: 'ldaps://reader:[redacted]@dc1', after: 'ldaps://dc2' },
      },
    }
    const entries = [
      await audit.events.config.ldap.changed(event),
      await audit.log({ action: 'config.ldap.changed', ...event }),
      ...(await audit.logMany([{ action: 'config.ldap.changed', ...event }])),
    ]
    for (const { seq } of entries) expect((await recorded(seq))?.details).toEqual(masked)
  })

  it('logs in the transaction of the host', async () => {
    const client = await appPool.connect()
    try {
      await client.query('begin')
      const entry = await audit.events.user.login({ user_id: 'rolled back' }, { db: client })
      await client.query('rollback')
      expect(await recorded(entry.seq)).toBeUndefined()
    } finally {
      client.release()
    }
  })
})

describe('events of the host', () => {
  const definition = { description: 'Paid.', severity: 'low', subject: 'data', verb: 'change' } as const
  const events = defineEvents({
    'invoice.paid': {
      ...definition,
      target: 'invoice:<id>',
      details: z.object({ amount: z.number(), note: z.string().default('none') }),
    },
    'invoice.sent': { ...definition, details: v.object({ to: v.pipe(v.string(), v.email()) }) },
    'invoice.due': { ...definition, details: type({ days: 'number > 0' }) },
    'invoice.due.again': { ...definition, details: { times: ['whole', 'How often.'] } },
    'invoice.lost': { ...definition, details: fields({ changes: ['changes?', 'What changed.'] }) },
    'scan.started': definition,
  })
  const own = new AuditLogger({ db: appPool, events, onlyKnownActions: true })

  it('are checked by zod, valibot, arktype and by descriptions of their members', async () => {
    const logged = [
      await own.events.invoice.paid({ target: 'invoice:1', details: { amount: 2 } }),
      await own.events.invoice.sent({ details: { to: 'a@b.example' } }),
      await own.events.invoice.due({ details: { days: 3 } }),
      await own.events.invoice.due.again({ details: { times: 2 } }),
      await own.events.invoice.lost({ details: { changes: { token: { after: 'x' } } } }),
      await own.events.scan.started({ details: { anything: true } }),
    ]
    expect(logged.map(({ details }) => details)).toEqual([
      { amount: 2, note: 'none' },
      { to: 'a@b.example' },
      { days: 3 },
      { times: 2 },
      { changes: { token: { after: '[redacted]' } } },
      { anything: true },
    ])
  })

  it('are refused with the path of what does not fit, and without its value', async () => {
    const wrong = [
      own.events.invoice.paid({ target: 'invoice:1', details: { amount: 'secret' as never } }),
      own.events.invoice.sent({ details: { to: 'secret' } }),
      own.events.invoice.due({ details: { days: -5_318_008 } }),
      own.events.invoice.due.again({ details: { times: 'secret' as never } }),
    ]
    const errors = await Promise.all(
      wrong.map((work) =>
        work.then(
          () => undefined,
          (error: unknown) => error as AuditLogError,
        ),
      ),
    )
    expect(errors.map((error) => [error?.code, error?.path])).toEqual([
      ['event_breaks_definition', '$.details.amount'],
      ['event_breaks_definition', '$.details.to'],
      ['event_breaks_definition', '$.details.days'],
      ['event_breaks_definition', '$.details.times'],
    ])
    expect(errors.map((error) => `${error?.message} ${String(error?.cause)}`).join(' ')).not.toMatch(/secret|5318008/)
  })

  it('are the only ones that are taken with onlyKnownActions, and each is checked', async () => {
    expect(await errorOf(own.log({ action: 'invoice.payed' }))).toEqual(['event_unknown_action', '$.action'])
    expect(await errorOf(own.log({ action: 'invoice.due', details: { days: 0 } }))).toEqual([
      'event_breaks_definition',
      '$.details.days',
    ])
    expect(await errorOf(own.logMany([{ action: 'user.login' }, { action: 'nobody.knows' }]))).toEqual([
      'event_unknown_action',
      '$[1].action',
    ])
    expect((await own.log({ action: 'user.login', user_id: 'alice' })).action).toBe('user.login')
    expect((await audit.log({ action: 'nobody.knows' })).action).toBe('nobody.knows')
  })
})
