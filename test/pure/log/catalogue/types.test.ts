import { expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import { AuditLogger, defineEvents, type Entry, type EventInput, type BuiltInEvents } from '../../../../src/index.ts'

// The type checker is the judge here: each line after a @ts-expect-error must not compile. Nothing of it is sent.

const untouched = { query: () => Promise.reject(new Error('I/O')) }
const events = defineEvents({
  'invoice.paid': {
    description: 'Paid.',
    severity: 'low',
    subject: 'data',
    verb: 'change',
    target: 'invoice:<id>',
    details: z.object({ amount: z.number() }),
  },
  'invoice.paid.late': { description: 'Late.', severity: 'low', subject: 'data', verb: 'info' },
})
const audit = new AuditLogger({ db: untouched, events })

async function calls(): Promise<void> {
  const expires_at = new Date()
  const terms = { acceptance_id: 'a', justification: 'b', requester: 'c', approver: 'd', expires_at }

  expectTypeOf(
    await audit.events.scan.completed({ target: 'scan:1', details: { duration_ms: 1, findings: 2 } }),
  ).toEqualTypeOf<Entry>()
  await audit.events.scan.completed({
    target: 'scan:1',
    user_id: 'alice',
    details: { duration_ms: 1, findings: 2, findings_by_severity: { high: 2 } },
  })
  // @ts-expect-error details are missing
  await audit.events.scan.completed({ target: 'scan:1' })
  // @ts-expect-error a target of another kind
  await audit.events.scan.completed({ target: 'finding:1', details: { duration_ms: 1, findings: 2 } })
  // @ts-expect-error the target is missing
  await audit.events.scan.completed({ details: { duration_ms: 1, findings: 2 } })
  // @ts-expect-error a member that is missing
  await audit.events.scan.completed({ target: 'scan:1', details: { duration_ms: 1 } })
  // @ts-expect-error a member of another type
  await audit.events.scan.completed({ target: 'scan:1', details: { duration_ms: '1', findings: 2 } })
  // @ts-expect-error a member that is misspelt
  await audit.events.scan.completed({ target: 'scan:1', details: { duration: 1, duration_ms: 1, findings: 2 } })
  const failed = { action: 'scan.failed', target: 'scan:1', details: { duration_ms: 1, findings: 2 } } as const
  await audit.events.scan.completed({
    ...failed,
    // @ts-expect-error the action is given by the name of the function
    action: 'scan.failed',
  })
  // @ts-expect-error an event that the catalogue does not have
  await audit.events.scan.finished({ target: 'scan:1' })

  await audit.events.user.login({ user_id: 'alice' })
  await audit.events.user.logout({ details: { cause: 'timeout' } })
  // @ts-expect-error none of the words
  await audit.events.user.logout({ details: { cause: 'boredom' } })
  await audit.events.scan.started({ target: 'scan:1', details: { trigger: 'api', collectors: ['users'] } })
  // @ts-expect-error a list of something else
  await audit.events.scan.started({ target: 'scan:1', details: { trigger: 'api', collectors: [1] } })

  await audit.events.risk.accepted({ target: 'finding:1', details: terms })
  const { justification: _, ...unjustified } = terms
  // @ts-expect-error a justification is missing
  await audit.events.risk.accepted({ target: 'finding:1', details: unjustified })
  await audit.events.config.ldap.changed({
    target: 'ldap:1',
    details: { changes: { host: { before: 'a', after: 'b' } } },
  })
  // @ts-expect-error no values before and after
  await audit.events.config.ldap.changed({ target: 'ldap:1', details: { changes: { host: 'b' } } })

  await audit.events.invoice.paid({ target: 'invoice:1', details: { amount: 1 } }, { db: untouched })
  await audit.events.invoice.paid.late({ details: { anything: true } })
  // @ts-expect-error the schema of zod wants a number
  await audit.events.invoice.paid({ target: 'invoice:1', details: { amount: '1' } })
  // @ts-expect-error another logger does not know the events of this one
  await new AuditLogger({ db: untouched }).events.invoice.paid({ target: 'invoice:1', details: { amount: 1 } })

  const open = new AuditLogger({ db: untouched, onError: { onLost: () => undefined } })
  expectTypeOf(await open.events.user.login({})).toEqualTypeOf<Entry | null>()
  // @ts-expect-error a severity that is none
  defineEvents({ 'a.b': { description: 'x', severity: 'bad', subject: 'data', verb: 'info' } })
}

it('has types for what each event needs', () => {
  expectTypeOf(calls).toBeFunction()
  expectTypeOf<EventInput<BuiltInEvents['scan.failed']>['details']['reason']>().toEqualTypeOf<string>()
  expectTypeOf<EventInput<BuiltInEvents['scan.failed']>['details']['stage']>().toEqualTypeOf<string | undefined>()
  expectTypeOf<EventInput<BuiltInEvents['user.logout']>['details']['cause']>().toEqualTypeOf<
    'user' | 'timeout' | 'administrator' | 'system'
  >()
  expect(Object.keys(audit.events.invoice)).toEqual(['paid'])
})
