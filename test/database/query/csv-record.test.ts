import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { entryFields } from '../../../src/canonical/entry.ts'
import { canonicalize, type JsonObject } from '../../../src/canonical/index.ts'
import { executorOf } from '../../../src/database/database.ts'
import { kyselyOver } from '../../../src/database/kysely.ts'
import { csvRecord } from '../../../src/query/entry-text.ts'
import { testLog } from '../../support/database.ts'

const log = await testLog()
const entry = {
  version: 1,
  seq: 7,
  id: '0190f3a2-1111-7000-8000-00000000cafe',
  timestamp: '2026-11-25T09:00:00.000001Z',
  tenant_id: null,
  user_id: null,
  action: 'a.b',
  target: null,
  source_ip: '203.0.113.7',
  outcome: 'success',
  details: {},
  recorded_by: 'app',
  entry_hash: '\\xabab',
}
const names = ['user_id', 'tenant_id', 'target', 'recorded_by'] as const

/** What the database makes of rows, which need not be entries that the log would take. */
async function recordsOf(rows: readonly object[]): Promise<string[]> {
  const query = sql`select ${csvRecord} as record from json_populate_recordset(null::audit_log.entry, ${JSON.stringify(rows)}::json) as entry`
  const { sql: text, parameters } = query.compile(kyselyOver(executorOf(log.admin)))
  const { rows: found } = await log.admin.query<{ record: string }>(text, [...parameters])
  return found.map(({ record }) => record)
}

const fieldsOf = (record: string): Record<string, string> => {
  const [fields = []] = parse(record, { record_delimiter: '\r\n' })
  return Object.fromEntries(entryFields.map((name, place) => [name, fields[place] ?? '']))
}

const text = fc.string({ unit: 'binary', minLength: 1 }).filter((value) => !value.includes('\0'))
const sign = fc.constantFrom(
  ...'=+-@\uFF1D\uFF0B\uFF0D\uFF20\t\r\n\v\f \u00A0\u1680\u2003\u2028\u2029\u202F\u205F\u3000\uFEFF",a0',
)
const name = fc.oneof(
  text,
  fc.array(sign, { minLength: 1, maxLength: 4 }).map((signs) => signs.join('')),
)

it('reads back as what was exported, with an apostrophe before what starts a formula and nowhere else', async () => {
  const row = fc.record({
    user_id: name,
    tenant_id: name,
    target: name,
    recorded_by: name,
    details: fc
      .dictionary(text, fc.oneof(text, fc.integer(), fc.constant(null), fc.constant('","entry_hash":"x')))
      .map((details) => canonicalize(details as JsonObject)),
  })
  const given = fc.sample(row, 2000)
  const records = await recordsOf(
    given.map(({ details, ...fields }) => ({ ...entry, ...fields, details: JSON.parse(details) })),
  )
  for (const [index, values] of given.entries()) {
    const fields = fieldsOf(records[index] ?? '')
    expect(JSON.parse(fields['details'] ?? '')).toEqual(JSON.parse(values.details))
    for (const column of names) {
      const starts = /^[\s\uFEFF]*[=+\-@＝＋－＠]|^[\t\r\n]/.test(values[column])
      expect(fields[column]).toBe(starts ? `'${values[column]}` : values[column])
    }
  }
})

it.each(['=1', '+1', '-1', '@a', '\t=1', '\n=1', '\r', '  =1', '\u00a0=1', '＝1', '＋1', '－1', '＠a'])(
  'disarms %j',
  async (user_id) => {
    const [record = ''] = await recordsOf([{ ...entry, user_id }])
    expect(fieldsOf(record)['user_id']).toBe(`'${user_id}`)
  },
)

it.each(['a=1', 'alice', '1', 'ä', '"', ',', '{', ':=', '~'])('leaves %j as it is', async (user_id) => {
  const [record = ''] = await recordsOf([{ ...entry, user_id }])
  expect(fieldsOf(record)['user_id']).toBe(user_id)
})

it('quotes what needs it alone', async () => {
  expect(await recordsOf([{ ...entry, user_id: 'a b', target: 'a,b', details: { a: 1 } }])).toEqual([
    `1,7,0190f3a2-1111-7000-8000-00000000cafe,2026-11-25T09:00:00.000001Z,,a b,a.b,"a,b",203.0.113.7,success,"{""a"":1}",app,abab`,
  ])
})
