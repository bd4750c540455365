import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AuditLogError, AuditLogger, builtInEvents, categoryOf, defineEvents, fields } from '../../../../src/index.ts'
import { codeOf } from '../../../support/error-code.ts'

const untouched = { query: () => Promise.reject(new Error('I/O')) }
const audit = new AuditLogger({ db: untouched })

async function refusalOf(work: Promise<unknown>): Promise<[string, string | undefined]> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof AuditLogError)) throw new Error('expected an AuditLogError', { cause: error })
  return [error.code, error.path]
}

const terms = {
  acceptance_id: 'acc-1',
  justification: 'because',
  requester: 'Alice',
  approver: 'bob',
  expires_at: new Date(Date.now() + 1000),
}
const accept = (details: object, target = 'finding:1'): Promise<[string, string | undefined]> =>
  refusalOf(audit.events.risk.accepted({ target: target as 'finding:1', details: { ...terms, ...details } }))

describe('an event of the catalogue', () => {
  it.each([
    ['a justification that is missing', { justification: undefined }, 'justification'],
    ['a justification that is blank', { justification: ' \n' }, 'justification'],
    ['an approver that is missing', { approver: undefined }, 'approver'],
    ['an approver who is the requester', { approver: 'Alice' }, 'approver'],
    ['an approver who is the requester written otherwise', { approver: ' aLICE\u{200a}' }, 'approver'],
    ['an approver who is the requester in wide letters', { approver: 'Ａｌｉｃｅ' }, 'approver'],
    ['an expiry that is missing', { expires_at: undefined }, 'expires_at'],
    ['an expiry in the past', { expires_at: new Date(Date.now() - 1) }, 'expires_at'],
    ['an expiry without a zone', { expires_at: '2999-01-01T00:00:00' }, 'expires_at'],
    ['an expiry that is no date', { expires_at: new Date(Number.NaN) }, 'expires_at'],
    ['a member that it does not have', { aprover: 'carol' }, 'aprover'],
  ])('is refused for %s', async (_, details, member) => {
    expect(await accept(details)).toEqual(['event_breaks_definition', `$.details.${member}`])
  })

  it('is refused for a target of another kind', async () => {
    for (const target of ['scan:1', 'finding:', 'finding', '', null]) {
      expect(await accept({}, target as string)).toEqual(['event_breaks_definition', '$.target'])
    }
  })

  it('is refused whatever details are', async () => {
    for (const details of [[], 'text', 5, null, new Map(), { duration_ms: -1, findings: 1 }]) {
      const [code] = await refusalOf(audit.events.scan.completed({ target: 'scan:1', details: details as never }))
      expect(code).toBe('event_breaks_definition')
    }
  })

  it('takes words of an action that functions have themselves', async () => {
    const names = ['call.apply', 'call', 'constructor.name', 'prototype', 'length', 'to-string']
    const events = defineEvents(
      Object.fromEntries(
        names.map((name) => [name, { description: 'x', severity: 'low', subject: 'data', verb: 'info' } as const]),
      ),
    )
    const caller = new AuditLogger({ db: untouched, events }).events as never as Record<
      string,
      Record<string, () => Promise<void>>
    >
    expect(await refusalOf(caller['call']!['apply']!())).toEqual(['write_uncertain', undefined])
    expect(await refusalOf(caller['constructor']!['name']!())).toEqual(['write_uncertain', undefined])
    expect(Object.keys(caller)).toEqual(expect.arrayContaining(['call', 'constructor', 'prototype', 'length']))
  })
})

describe('defineEvents', () => {
  const good = { description: 'Done.', severity: 'low', subject: 'data', verb: 'info' } as const

  it.each([
    ['an action that is none', { 'Not An Action': good }],
    ['a description that is missing', { 'a.b': { ...good, description: '' } }],
    ['a severity that is none', { 'a.b': { ...good, severity: 'bad' } }],
    ['a subject that is none', { 'a.b': { ...good, subject: 'bad' } }],
    ['a verb that is none', { 'a.b': { ...good, verb: 'bad' } }],
    ['a target without a form', { 'a.b': { ...good, target: 'finding' } }],
    ['an outcome that is none', { 'a.b': { ...good, outcome: 'fine' } }],
    ['a kind of member that is none', { 'a.b': { ...good, details: { x: ['string', 'An x.'] } } }],
    ['a definition that is null', { 'a.b': null }],
  ])('refuses %s', (_, definitions) => {
    expect(codeOf(() => defineEvents(definitions as never))).toBe('option_invalid')
  })

  it('leaves the events of the register of accepted risks alone', () => {
    const events = defineEvents({ 'risk.accepted': good })
    expect(codeOf(() => new AuditLogger({ db: untouched, events }))).toBe('option_invalid')
  })

  it('refuses a schema that validates asynchronously when it is used', async () => {
    const details = {
      '~standard': { version: 1, vendor: 'own', validate: (value: unknown) => Promise.resolve({ value }) },
    } as const
    const events = defineEvents({ 'a.b': { ...good, details } })
    expect(await refusalOf(new AuditLogger({ db: untouched, events }).events.a.b({ details: {} }))).toEqual([
      'option_invalid',
      '$.events',
    ])
  })
})

describe('fields', () => {
  const schema = fields({
    text: ['text?', ''],
    whole: ['whole?', ''],
    number: ['number?', ''],
    flag: ['flag?', ''],
    time: ['time?', ''],
    object: ['object?', ''],
    changes: ['changes?', ''],
    word: ['red|green?', ''],
    list: ['whole[]?', ''],
  })
  const fits = (value: object): boolean => !('issues' in schema['~standard'].validate(value))

  it('takes what each kind says', () => {
    const good = {
      text: 'a',
      whole: 0,
      number: -1.5,
      flag: false,
      time: '2026-01-01T00:00:00+01:00',
      object: {},
      changes: { a: { before: 1 }, b: { before: null, after: undefined } },
      word: 'green',
      list: [1, 2],
    }
    expect(fits(good)).toBe(true)
    expect(fits({})).toBe(true)
  })

  it('refuses everything else', () => {
    const bad = [
      { text: '' },
      { text: 1 },
      { whole: 1.5 },
      { whole: 2 ** 53 },
      { number: Number.NaN },
      { flag: 'true' },
      { time: '2026-01-01' },
      { time: 0 },
      { object: [] },
      { changes: { a: 1 } },
      { changes: { a: { old: 1 } } },
      { changes: { a: {} } },
      { word: 'blue' },
      { word: 'red|green' },
      { list: 1 },
      { list: [1, '2'] },
    ]
    expect(bad.filter(fits)).toEqual([])
  })

  it('never fails, whatever it is given', () => {
    fc.assert(fc.property(fc.anything(), (value) => void schema['~standard'].validate(value)))
  })
})

describe('categoryOf', () => {
  it('finds the places of every built-in event, with types that ECS allows in their category', () => {
    const allowed: Record<string, string[]> = {
      authentication: ['start', 'end', 'info'],
      iam: ['user', 'creation', 'change', 'deletion', 'info'],
      configuration: ['creation', 'change', 'deletion', 'access', 'info'],
      process: ['access', 'change', 'end', 'info', 'start'],
      session: ['start', 'end', 'info'],
      api: ['access', 'creation', 'change', 'deletion', 'start', 'end', 'info'],
      file: ['access', 'creation', 'change', 'deletion', 'info'],
    }
    for (const action of Object.keys(builtInEvents)) {
      const { ecs, ocsf } = categoryOf(action)
      for (const category of ecs.category) expect(allowed[category]).toEqual(expect.arrayContaining([...ecs.type]))
      expect([3002, 6003]).toContain(ocsf.class_uid)
    }
    expect(categoryOf('user.login')).toMatchObject({
      ecs: { category: ['authentication', 'session'], type: ['start'] },
      ocsf: { class_uid: 3002, activity_id: 1 },
      cim: { model: 'Authentication' },
    })
    expect(categoryOf('api_key.revoked')).toMatchObject({
      ecs: { category: ['iam'], type: ['user', 'deletion'] },
      ocsf: { class_uid: 6003, activity_id: 4, withoutAddress: { class_uid: 3004, activity_id: 4 } },
      cim: { model: 'Change', action: 'deleted', change_type: 'AAA' },
      asim: { EventType: 'Delete' },
    })
  })

  it('guesses from the words of an action that it does not know', () => {
    expect(categoryOf('invoice.created').verb).toBe('create')
    expect(categoryOf('invoice.line-removed').verb).toBe('delete')
    expect(categoryOf('invoice.created.twice').verb).toBe('create')
    expect(categoryOf('partner.login.failed')).toMatchObject({ subject: 'session', verb: 'start' })
    expect(categoryOf('partner.signout')).toMatchObject({ subject: 'session', verb: 'end' })
    expect(categoryOf('group.member.added')).toMatchObject({ subject: 'account', verb: 'create' })
    expect(categoryOf('invoice.constructor').verb).toBe('info')
    expect(categoryOf('__proto__').verb).toBe('info')
  })

  it('asks the definitions of the host first', () => {
    const events = defineEvents({
      'invoice.created': { description: 'x', severity: 'low', subject: 'file', verb: 'read' },
    })
    expect(categoryOf('invoice.created', events)).toMatchObject({ subject: 'file', verb: 'read' })
  })
})
