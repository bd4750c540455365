import { createHash } from 'node:crypto'
import fc from 'fast-check'
import reference from 'canonicalize'
import { describe, expect, it } from 'vitest'
import { type AuditEvent, AuditLogger, canonicalize, type Entry, findEntryFault } from '../../../src/index.ts'
import { isCanonical } from '../../../src/canonical/is-canonical.ts'
import { anyDouble, anyJson, anyObject, anyText } from '../../support/i-json.ts'
import { documentVector, doubleOf, numberVectors, orderVector } from '../../support/rfc8785.ts'
import { testLog } from '../../support/database.ts'

const log = await testLog()
const { admin } = log
const audit = new AuditLogger({ db: log.appPool })
const writer = log.pool(log.writer.url)
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const marker = (text: string): string => `[cut: ${Buffer.byteLength(text)} bytes, sha256 ${sha256(text)}]`

async function each(expression: string, values: readonly string[]): Promise<string[]> {
  const { rows } = await admin.query<{ result: string }>(
    `select (${expression})::text as result from unnest($1::text[]) with ordinality as given (value, place) order by place`,
    [values],
  )
  return rows.map(({ result }) => result)
}
const canonicalDetails = (texts: readonly string[]): Promise<string[]> =>
  each('audit_log.canonical_details(value::json)', texts)

/** JSON text of a value, spelled in one of the many ways that JSON allows. */
function respell(value: unknown, choose: (options: number) => number): string {
  const space = (): string => ['', ' ', '\n', '\t\r'][choose(4)] ?? ''
  const spellText = (text: string): string =>
    `"${[
      ...JSON.stringify(text)
        .slice(1, -1)
        .matchAll(/\\u....|\\.|[^]/gu),
    ]
      .map(([char]) =>
        (char.length > 1 && char.startsWith('\\')) || choose(3) > 0 ? char : escape(char, choose(2) > 0),
      )
      .join('')}"`
  if (typeof value === 'string') return spellText(value)
  if (typeof value === 'number') {
    const plain = Object.is(value, -0) ? '-0' : String(value)
    if (choose(2) > 0) return plain
    return /[.e]/.test(plain) ? plain.replace('e', 'E') : [`${plain}.0`, `${plain}e0`, `${plain}.00E+0`][choose(3)]!
  }
  if (typeof value !== 'object' || value === null) return String(value)
  const members = Array.isArray(value)
    ? value.map((item) => respell(item, choose))
    : Object.entries(value).map(([name, item]) => `${spellText(name)}${space()}:${space()}${respell(item, choose)}`)
  const [open, close] = Array.isArray(value) ? '[]' : '{}'
  return `${open}${space()}${members.join(`${space()},${space()}`)}${space()}${close}`
}
const escape = (char: string, upper: boolean): string =>
  Array.from({ length: char.length }, (_, unit) => {
    const hex = char.charCodeAt(unit).toString(16).padStart(4, '0')
    return `\\u${upper ? hex.toUpperCase() : hex}`
  }).join('')

/** What has no form in jsonb is repaired first; here the values need none. */
const withoutNul = (value: unknown): boolean => !JSON.stringify(value).includes('\\u0000')

describe('Invariant 3: SQL and TypeScript agree on the canonical form of every I-JSON value', () => {
  it('on the vectors of RFC 8785', async () => {
    const finite = numberVectors.filter(([, text]) => text !== null)
    const exact = finite.map(([bits]) => String(doubleOf(bits)))
    expect(await each('audit_log.canonical_number(value::numeric)', exact)).toEqual(finite.map(([, text]) => text))
    const [document, ordered] = await each('audit_log.canonical_json(value::jsonb)', [
      // jsonb keeps all digits that a number is written with, and these are more than a double has.
      documentVector.text.replace('333333333.33333329', '333333333.3333333'),
      orderVector.text,
    ])
    expect(Buffer.from(document ?? '').toString('hex')).toBe(documentVector.canonical)
    expect([...(ordered ?? '').matchAll(/:"([^"]*)"/g)].map((match) => match[1])).toEqual(orderVector.values)
  })

  it('on every number, written as ECMAScript writes it', async () => {
    const doubles = fc.sample(anyDouble, 20_000)
    for (let exponent = -1074; exponent <= 1023; exponent += 1) doubles.push(2 ** exponent, -(2 ** exponent))
    for (let step = -50; step <= 50; step += 1)
      doubles.push(2 ** 53 + step, 2 ** 63 + step * 1024, 2 ** -20 + step * 2 ** -80)
    const texts = doubles.map((n) => JSON.stringify(n))
    expect(await each('audit_log.canonical_number(value::numeric)', texts)).toEqual(texts)
  })

  it('on every decimal of up to 17 digits: it becomes the nearest double', async () => {
    const decimals = fc.sample(
      fc
        .tuple(fc.bigInt(1n, 99_999_999_999_999_999n), fc.integer({ min: -320, max: -1 }))
        .map(([digits, exponent]) => `${digits}e${exponent}`)
        .filter((text) => Number(text) > 1e-307),
      10_000,
    )
    // With a fraction: whole numbers have to be exact.
    const fractions = decimals.filter((text) => !Number.isInteger(Number(text)))
    expect(await each('audit_log.canonical_number(value::numeric)', fractions)).toEqual(
      fractions.map((text) => String(Number(text))),
    )
  })

  it('on every value, from TypeScript to SQL', async () => {
    const values = fc.sample(anyJson, 3000).filter(withoutNul)
    const sorted = await each(
      'audit_log.canonical_json(value::jsonb, -1)',
      values.map((value) => JSON.stringify(value)),
    )
    expect(sorted).toEqual(values.map((value) => reference(value)))
    expect(sorted).toEqual(values.map((value) => canonicalize(value)))
  })

  it('on every object, from SQL to TypeScript, however its text is spelled', async () => {
    const spelled = fc.sample(
      fc.tuple(anyObject, fc.infiniteStream(fc.nat())).map(([object, stream]) => ({
        object,
        text: respell(object, (options) => stream.next().value % options),
      })),
      2000,
    )
    const texts = spelled.map(({ text }) => text)
    expect(texts.map((text) => JSON.parse(text) as unknown)).toEqual(spelled.map(({ object }) => object))
    const stored = await canonicalDetails(texts)
    expect(stored.filter((text) => !isCanonical(text))).toEqual([])
    const kept = spelled
      .map(({ object }, index) => [object, stored[index]] as const)
      .filter(([object]) => withoutNul(object))
    expect(kept.map(([, text]) => text)).toEqual(kept.map(([object]) => canonicalize(object)))
  })

  it('on what is canonical already: it stays as it is', async () => {
    const texts = fc
      .sample(anyObject, 2000)
      .filter(withoutNul)
      .map((object) => canonicalize(object))
    expect(await canonicalDetails(texts)).toEqual(texts)
  })
})

describe('Invariant 3: the stored hash is what TypeScript computes', () => {
  const anyName = fc.option(anyText, { nil: null })
  const anyEvent: fc.Arbitrary<AuditEvent> = fc.record({
    action: fc.constant('any.event'),
    user_id: anyName,
    tenant_id: anyName,
    target: anyName,
    source_ip: fc.option(fc.oneof(fc.ipV4(), fc.ipV6()), { nil: null }),
    outcome: fc.constantFrom('success', 'failure', 'denied'),
    details: anyObject,
  })
  const stored = async (seqs: readonly number[]): Promise<Entry[]> => {
    const entries: Entry[] = []
    for await (const entry of audit
      .query()
      .seq({ from: Math.min(...seqs), to: Math.max(...seqs) })
      .order('oldest')
      .stream()) {
      if (seqs.includes(entry.seq)) entries.push(entry)
    }
    return entries
  }

  it('for entries that the SDK writes one at a time', async () => {
    const written: Entry[] = []
    for (const event of fc.sample(anyEvent, 150)) written.push(await audit.log(event))
    expect(written.map(findEntryFault)).toEqual(written.map(() => null))
    expect(await stored(written.map(({ seq }) => seq))).toEqual(written)
  })

  it('for entries that the SDK writes in batches', async () => {
    const written = await audit.logMany(fc.sample(anyEvent, 1000))
    expect(written.map(findEntryFault)).toEqual(written.map(() => null))
    expect(await stored(written.map(({ seq }) => seq))).toEqual(written)
  })

  it('for entries that anybody inserts with SQL, and the line that was hashed is the canonical form', async () => {
    const events = fc.sample(anyEvent, 300)
    const name = (value: string | null | undefined): string | null => value?.replaceAll('\0', '') ?? null
    for (const event of events) {
      await writer.query(
        `insert into audit_log.entry (action, user_id, tenant_id, target, source_ip, outcome, details)
         values ('raw.event', $1, $2, $3, case when $4::inet <<= '::ffff:0:0/96' then null else $4::inet end, $5, $6)`,
        [
          ...[event.user_id, event.tenant_id, event.target].map(name),
          event.source_ip?.includes(':') ? '2001:db8::1' : event.source_ip,
          event.outcome,
          JSON.stringify(event.details, null, 1),
        ],
      )
    }
    const { rows } = await admin.query<{ line: string; hash: string }>(
      `select audit_log.entry_line(entry) as line, encode(entry_hash, 'hex') as hash from audit_log.entry where action = 'raw.event'`,
    )
    expect(rows.length).toBe(300)
    expect(rows.filter(({ line, hash }) => !isCanonical(line) || sha256(line) !== hash)).toEqual([])
    const entries = (await audit.query().action('raw.event').limit(1000).page()).entries
    expect(entries.map(findEntryFault)).toEqual(entries.map(() => null))
  })

  it.each<[string, Record<string, unknown>]>([
    ['many brackets in a text', { text: '[{'.repeat(6000) }],
    ['many containers beside each other', { list: Array.from({ length: 6000 }, () => ({})) }],
    // -0 is written as 0.
    ['many numbers', { list: fc.sample(anyDouble, 2000).map((number) => number + 0) }],
    ['many escapes', { text: '\u0001\\u0000\\ud800"\\\\'.repeat(500) }],
    ['many names', Object.fromEntries(Array.from({ length: 3000 }, (_, index) => [`\u{10000}${index}\ue000`, index]))],
  ])('for details with %s, which the database looks at again', async (_, details) => {
    const entry = await audit.log({ action: 'long.details', details })
    expect(entry.details).toEqual(details)
    const [one, two] = await audit.logMany([
      { action: 'long.details', details },
      { action: 'long.details', details },
    ])
    expect([one, two].map(findEntryFault)).toEqual([null, null])
  })
})

describe('Invariant 12: what cannot be kept leaves a marker, the same whoever writes', () => {
  const deep = (levels: number): string => `{"a":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`
  const long = 'é'.repeat(700)

  it.each<[string, string, unknown]>([
    ['1.0', '{"n":1.0}', { n: 1 }],
    ['1e2', '{"n":1e2}', { n: 100 }],
    ['-0', '{"n":-0.0}', { n: 0 }],
    ['2^53 + 1', '{"n":9007199254740993}', { n: '9007199254740993' }],
    ['a number with 20 digits', '{"n":-12345678901234567890}', { n: '-12345678901234567890' }],
    ['more digits than a double has', '{"n":0.12345678901234567891}', { n: '0.12345678901234567891' }],
    ['1e400', '{"n":1e400}', { n: `1${'0'.repeat(400)}` }],
    ['1e-400', '{"n":1e-400}', { n: `0.${'0'.repeat(399)}1` }],
    ['1e2000', '{"n":1e2000}', { n: marker(`1${'0'.repeat(2000)}`) }],
    ['a number that PostgreSQL has no type for', '{"n":1e200000}', { '[cut]': marker('{"n":1e200000}') }],
    ['a name that is repeated', '{"a":1,"b":2,"a":3}', { a: 3, b: 2 }],
    ['U+0000', '{"a":"x\\u0000y"}', { a: 'x\u{fffd}y' }],
    ['U+0000 in a name', '{"x\\u0000":1}', { 'x\u{fffd}': 1 }],
    ['an escaped backslash before u0000', '{"a":"\\\\u0000\\\\ud800"}', { a: '\\u0000\\ud800' }],
    ['a lone high surrogate', '{"a":"x\\ud83d"}', { a: 'x\u{fffd}' }],
    ['a lone low surrogate', '{"a":"\\uDE00x"}', { a: '\u{fffd}x' }],
    ['surrogates in the wrong order', '{"a":"\\ude00\\ud83d"}', { a: '\u{fffd}\u{fffd}' }],
    ['a pair between lone surrogates', '{"a":"\\ud83d\\ud83d\\ude00\\ude00"}', { a: '\u{fffd}\u{1f600}\u{fffd}' }],
    ['32 levels', deep(32), JSON.parse(deep(32))],
    ['33 levels', deep(33), JSON.parse(deep(32).replace('[]', JSON.stringify([marker('[]')])))],
    [
      '300 levels',
      deep(300),
      JSON.parse(deep(32).replace('[]', JSON.stringify([marker('['.repeat(268) + ']'.repeat(268))]))),
    ],
    ['5,000 levels', deep(5000), { '[cut]': marker(deep(5000)) }],
    [
      'details that are too long: long members are cut',
      JSON.stringify({ short: 'x', text: long.repeat(60), list: [long.repeat(30)] }),
      {
        short: 'x',
        text: `${'é'.repeat(128)}…${marker(long.repeat(60))}`,
        list: marker(JSON.stringify([long.repeat(30)])),
      },
    ],
  ])('%s', async (_, text, expected) => {
    const [result] = await canonicalDetails([text])
    expect(JSON.parse(result ?? '')).toEqual(expected)
    expect(isCanonical(result ?? '')).toBe(true)
    await writer.query(`insert into audit_log.entry (action, details) values ('a.marker', $1)`, [text])
    const [entry] = (await audit.query().action('a.marker').limit(1).page()).entries
    expect(entry?.details).toEqual(expected)
    expect(findEntryFault(entry)).toBeNull()
  })

  it('the SDK leaves the same markers as SQL', async () => {
    const nested = (levels: number, inner: unknown): unknown =>
      levels === 0 ? inner : { a: [nested(levels - 1, inner)] }
    const inputs: Record<string, unknown>[] = [
      { text: 'x\u0000y\ud800', 'na\u0000me': ['\udc00'] },
      { deep: nested(16, { z: [1.5, 'é\u0001'], y: {} }) },
      { deep: nested(150, 'x') },
      { text: long.repeat(60), other: 1, list: Array.from({ length: 9000 }, (_, index) => index) },
      { text: `${'\u{1f600}'.repeat(130)}${'y'.repeat(70_000)}` },
      { text: `x${'\u{1f600}'.repeat(40_000)}`, object: { b: 'y'.repeat(2000), a: nested(40, 1) } },
      Object.fromEntries(
        Array.from({ length: 5000 }, (_, index) => [`a name that is somewhat long ${index}`, 'value']),
      ),
    ]
    const written = await audit.logMany(inputs.map((details) => ({ action: 'same.marker', details })))
    expect(await canonicalDetails(inputs.map((details) => JSON.stringify(details)))).toEqual(
      written.map(({ details }) => canonicalize(details)),
    )
    expect(written.map(findEntryFault)).toEqual(written.map(() => null))
  })

  it('names that are too long leave the same marker', async () => {
    const names = ['x'.repeat(1025), long, '\u{1f600}'.repeat(300), `x${'\u{1f600}'.repeat(300)}`]
    const written = await audit.logMany(names.map((name) => ({ action: 'long.name', user_id: name })))
    expect(await each('audit_log.cut_text(value)', names)).toEqual(written.map(({ user_id }) => user_id))
  })
})
