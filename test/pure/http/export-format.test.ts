import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { canonicalize, type JsonObject } from '../../../src/canonical/index.ts'
import { csvRecord } from '../../../src/http/export-format.ts'

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
  entry_hash: 'ab'.repeat(32),
}
const names = ['user_id', 'tenant_id', 'target', 'recorded_by'] as const
const text = fc.string({ unit: 'binary', minLength: 1 })

it('reads back as what was exported, with an apostrophe before what starts a formula', () => {
  fc.assert(
    fc.property(
      fc.record({ user_id: text, tenant_id: text, target: text, recorded_by: text }),
      fc.dictionary(text, fc.oneof(text, fc.integer(), fc.constant(null), fc.constant('","entry_hash":"x'))),
      (given, details) => {
        const line = canonicalize({ ...entry, ...given, details: details as JsonObject })
        const [record = []] = parse(csvRecord(line), { record_delimiter: '\r\n' })
        const fields = Object.fromEntries(Object.keys(entry).map((name, place) => [name, record[place]]))
        expect(fields['details']).toBe(canonicalize(details as JsonObject))
        for (const name of names) {
          expect([given[name], `'${given[name]}`]).toContain(fields[name])
          expect(fields[name]).not.toMatch(/^[\s]*[=+\-@＝＋－＠]|^[\t\r\n]/)
        }
      },
    ),
    { numRuns: 300 },
  )
})

it.each(['=1', '+1', '-1', '@a', '\t=1', '\n=1', '\r', '  =1', '\u00a0=1', '＝1', '＋1', '－1', '＠a'])(
  'disarms %j',
  (user_id) => {
    const [record = []] = parse(csvRecord(canonicalize({ ...entry, user_id })), { record_delimiter: '\r\n' })
    expect(record[5]).toBe(`'${user_id}`)
  },
)

it.each(['a=1', 'alice', '1', 'ä', '"', ','])('leaves %j as it is', (user_id) => {
  const [record = []] = parse(csvRecord(canonicalize({ ...entry, user_id })), { record_delimiter: '\r\n' })
  expect(record[5]).toBe(user_id)
})
