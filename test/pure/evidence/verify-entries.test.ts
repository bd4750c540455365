import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalize, type Entry, type FaultyEntry, verifyEntries } from '../../../src/index.ts'
import { checkEntry } from '../../../src/evidence/check-entry.ts'
import { codeOfAsync } from '../../support/error-code.ts'
import { ndjson, sampleEntries } from '../../support/exports.ts'
import { anyObject, anyText } from '../../support/i-json.ts'
import { oneByteMutations } from '../../support/mutations.ts'
import { sampleEntry } from '../../support/sample-entry.ts'

type Source = Parameters<typeof verifyEntries>[0]

async function faultsOf(source: Source | string, canonical = true): Promise<FaultyEntry[]> {
  const faults: FaultyEntry[] = []
  const onFault = (entry: FaultyEntry): void => void faults.push(entry)
  const report = await verifyEntries(typeof source === 'string' ? [source] : source, { canonical, onFault })
  expect(report.faulty).toBe(faults.length)
  expect(report.intact).toBe(faults.length === 0 && report.entries > 0)
  return faults
}

function piecesOf(text: string | Uint8Array, size: number): Buffer[] {
  const bytes = Buffer.from(text as string)
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
    Buffer.from(bytes.subarray(n * size, (n + 1) * size)),
  )
}

/** The same entries in every form that is taken. */
const formsOf = (entries: readonly Entry[]): Record<string, string> => ({
  'newline-delimited JSON': ndjson(entries),
  'newline-delimited JSON without a last line break': ndjson(entries).slice(0, -1),
  'newline-delimited JSON with CRLF': ndjson(entries).replaceAll('\n', '\r\n'),
  'newline-delimited JSON with a byte order mark': `\u{feff}${ndjson(entries)}`,
  'newline-delimited JSON with blank lines': `\n\n${ndjson(entries).replaceAll('\n', '\n \r\n\n')}`,
  'newline-delimited JSON in another order of the members': entries
    .map((entry) => `${JSON.stringify(entry)}\n`)
    .join(''),
  'a JSON array': JSON.stringify(entries),
  'a JSON array of canonical entries': canonicalize(entries),
  'a JSON array on many lines': JSON.stringify(entries, null, 2),
  'a list response': JSON.stringify({ entries, next_cursor: null }),
  'a list response on many lines': JSON.stringify({ entries, next_cursor: 'x' }, null, 2),
  'a list response that begins with something else': JSON.stringify({
    version: 1,
    page: { entries: [1] },
    'a"b': '{"action":',
    entries,
  }),
})

describe('Invariant 8: an honest export is never called tampered', () => {
  it.each(Object.entries(formsOf(sampleEntries)))('as %s', async (_, text) => {
    expect(await faultsOf(text)).toEqual([])
    expect(await faultsOf(text, false)).toEqual([])
    for (const size of [1, 2, 7, 64, 1000]) {
      expect(await verifyEntries(piecesOf(text, size))).toMatchObject({ intact: true, entries: 12, faulty: 0 })
    }
  })

  it('with any content', async () => {
    const anyEntry = fc
      .record({ details: anyObject, user_id: anyText, target: fc.option(anyText, { nil: null }) })
      .map((changes) => sampleEntry(changes as Partial<Entry>))
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyEntry, { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 300 }),
        async (entries, size) => {
          for (const text of Object.values(formsOf(entries))) {
            expect((await verifyEntries(piecesOf(text, size))).intact).toBe(true)
            expect((await verifyEntries([text], { canonical: false })).intact).toBe(true)
          }
        },
      ),
      { numRuns: 60 },
    )
  })

  it('when a page of the list is longer than any entry', async () => {
    const entries = Array.from({ length: 300 }, (_, seq) =>
      sampleEntry({ seq: seq + 1, details: { text: 'x'.repeat(60_000) } }),
    )
    const text = JSON.stringify({ next_cursor: 'x'.repeat(1000), entries })
    expect(text.length).toBeGreaterThan(16 * 1024 * 1024)
    expect(await verifyEntries(piecesOf(text, 1024 * 1024))).toMatchObject({ intact: true, entries: 300 })
  })

  it('and leaves the pieces that it was given as they were', async () => {
    const pieces = piecesOf(ndjson(sampleEntries), 100)
    const before = Buffer.concat(pieces)
    await verifyEntries(pieces)
    expect(Buffer.concat(pieces).equals(before)).toBe(true)
  })
})

describe('Invariant 8: a tampered export is never called intact', () => {
  const line = canonicalize(sampleEntries[3])

  it.each([true, false])('after any change of one byte that changes what is said (canonical: %s)', (canonical) => {
    const entry = JSON.parse(line) as Entry
    for (const bytes of oneByteMutations(line)) {
      const buffer = Buffer.from(bytes)
      // What verifies must be the same entry, spelled in another way.
      if (checkEntry({ buffer: Buffer.from(bytes), start: 0, end: bytes.length }, canonical).fault === null)
        expect(JSON.parse(buffer.toString())).toEqual(entry)
    }
  })

  const [first, second, third] = sampleEntries as [Entry, Entry, Entry]
  const edits: [keyof Entry, unknown, boolean][] = [
    ['user_id', 'mallory', true],
    ['tenant_id', null, true],
    ['target', 'finding:999', false],
    ['action', 'user.login', true],
    ['outcome', 'failure', true],
    ['source_ip', '198.51.100.1', true],
    ['recorded_by', 'somebody', true],
    ['seq', 7, true],
    ['timestamp', '2025-10-18T02:32:23.441999Z', false],
    ['details', { forged: true }, false],
    ['entry_hash', '0'.repeat(64), false],
  ]
  it.each(edits)(
    'when %s was edited, and names the field and the original where that can be known',
    async (field, value, known) => {
      const edited = { ...third, [field]: value } as Entry
      expect(edited[field]).not.toEqual(third[field])
      for (const canonical of [true, false]) {
        for (const text of Object.values(formsOf([first, second, edited]))) {
          expect(await faultsOf(text, canonical)).toEqual([
            {
              position: 3,
              seq: edited.seq,
              id: third.id,
              fault: 'hash_mismatch',
              field: known ? field : undefined,
              original: known ? third[field] : undefined,
            },
          ])
        }
      }
    },
  )

  it('when the microseconds were edited within the millisecond of the id', async () => {
    const id = '0199f4fa-91bc-7abc-8def-00000000cafe'
    const millisecond = new Date(Number.parseInt('0199f4fa91bc', 16)).toISOString().slice(0, -1)
    const honest = sampleEntry({ id, timestamp: `${millisecond}042Z` })
    expect(await faultsOf(ndjson([{ ...honest, timestamp: '2026-01-01T00:00:00.000000Z' }]))).toMatchObject([
      { field: 'timestamp', original: honest.timestamp },
    ])
    const laterId = `0199ffff${id.slice(8)}`
    expect(await faultsOf(ndjson([{ ...honest, id: laterId }]))).toMatchObject([{ field: 'id', original: id }])
  })

  it('when a target was put where there was none', async () => {
    const honest = sampleEntry({ target: null })
    expect(await faultsOf(ndjson([{ ...honest, target: 'finding:1' }]))).toMatchObject([
      { field: 'target', original: null },
    ])
  })

  it('when a member was put into details or a boolean in it was turned', async () => {
    const honest = sampleEntry({ details: { admin: false, x: 1 } })
    expect(await faultsOf(ndjson([{ ...honest, details: { ...honest.details, more: 1 } }]))).toMatchObject([
      { field: 'details', original: honest.details },
    ])
    expect(await faultsOf(ndjson([{ ...honest, details: { admin: true, x: 1 } }]))).toMatchObject([
      { field: 'details', original: honest.details },
    ])
  })

  const { user_id: _, ...withoutUser } = third
  it.each<[string, string, Partial<FaultyEntry>]>([
    ['a field is missing', canonicalize(withoutUser), { fault: 'missing_field', field: 'user_id' }],
    ['a field is unknown', canonicalize({ ...third, zone: 'x' }), { fault: 'unknown_field', field: 'zone' }],
    ['a field has no form', canonicalize({ ...third, seq: -1 }), { fault: 'malformed_field', field: 'seq' }],
    ['a member is repeated', line.replace('"action"', '"user_id":"mallory","action"'), { fault: 'not_json' }],
    ['a member is repeated as it is', line.replace('"action"', '"version":1,"action"'), { fault: 'not_json' }],
    [
      'a member of details is repeated as an array and as an object',
      line.replace('"nested":{', '"twice":{"0":"x"},"twice":["x"],"nested":{'),
      { fault: 'not_json' },
    ],
    ['a member of details is repeated', line.replace('"nested":{', '"nested":1,"nested":{'), { fault: 'not_json' }],
    ['a line was cut', line.slice(0, -30), { fault: 'not_json' }],
    ['a line is garbage', '\u{0}\u{1}garbage', { fault: 'not_json' }],
    ['a number is larger than a double', line.replace('"seq":4', '"seq":1e400'), { fault: 'not_json' }],
    [
      'a number has more digits than a double',
      line.replace('"seq":4', '"seq":4.00000000000000000001'),
      { fault: 'not_json' },
    ],
    ['something follows the entry', `${line}{}`, { fault: 'not_json' }],
    ['an entry is no object', '"entry"', { fault: 'not_an_object' }],
    ['an entry is nested without end', '['.repeat(200_000), { fault: 'not_json' }],
    [
      'details are nested without end',
      line.replace('"nested":', `"deep":${'['.repeat(50_000)}${']'.repeat(50_000)},"nested":`),
      { fault: 'not_json' },
    ],
    [
      'a name is written with a lone surrogate',
      line.replace('"nested"', '"\\ud800"'),
      { fault: 'malformed_field', field: 'details' },
    ],
  ])('when %s', async (_, damaged, fault) => {
    const text = `${canonicalize(first)}\n${damaged}\n${canonicalize(second)}\n`
    expect(await faultsOf(text)).toMatchObject([{ position: 2, ...fault }])
    expect(await faultsOf(text, false)).toMatchObject([{ position: 2, ...fault }])
  })

  it('when the damage is in the first line', async () => {
    for (const damaged of [line.slice(0, 40), line.slice(0, -1), `{"x":1}`, canonicalize(withoutUser)]) {
      expect((await faultsOf(`${damaged}\n${canonicalize(second)}\n`)).map(({ position }) => position)).toEqual([1])
    }
  })

  it('when a byte of a character was replaced by one that is no UTF-8', async () => {
    const honest = sampleEntry({ user_id: 'x\u{fffd}y' })
    const bytes = Buffer.from(ndjson([honest]))
    const at = bytes.indexOf(Buffer.from('\u{fffd}'))
    const forged = Buffer.concat([bytes.subarray(0, at), Buffer.from([0xff]), bytes.subarray(at + 3)])
    expect(await faultsOf([forged])).toMatchObject([{ fault: 'not_json' }])
    expect(await faultsOf([forged], false)).toMatchObject([{ fault: 'not_json' }])
  })

  // Two readers of such a line see two entries. Its bytes do hash to its entry_hash: a forger can see to that.
  it('when a line hashes but can be read in two ways', async () => {
    const content = line
      .replace(/"entry_hash":"[0-9a-f]{64}",/, '')
      .replace('"user_id":', '"user_id":"mallory","user_id":')
    const hash = createHash('sha256').update(content).digest('hex')
    const forged = content.replace('"id":', `"entry_hash":"${hash}","id":`)
    expect(await faultsOf(`${forged}\n`)).toMatchObject([{ fault: 'not_json' }])
    // Said in the options: this is what the faster way does not see.
    expect(await faultsOf(`${line}\n${forged}\n`, false)).toEqual([])
  })

  it('when everything in it is wrong', async () => {
    const all = Array.from({ length: 300 }, (_, seq) => ({ ...third, seq: seq + 1000 }))
    expect((await faultsOf(ndjson(all))).length).toBe(300)
  })
})

describe('a file that cannot be read as entries', () => {
  it.each([
    ['is empty', ''],
    ['has only white space', ' \n\r\n\t'],
    ['has only a byte order mark', '\u{feff}'],
    ['is text', 'hello'],
    ['is CSV', 'seq,action\n1,a.b\n'],
    ['is UTF-16', Buffer.from('\u{feff}[]', 'utf16le')],
    ['is a JSON array that is cut off', JSON.stringify(sampleEntries).slice(0, -1)],
    ['is a JSON array that is cut off within an entry', JSON.stringify(sampleEntries).slice(0, -50)],
    ['is a list response that is cut off', JSON.stringify({ entries: sampleEntries }).slice(0, -1)],
    ['goes on after its end', `${JSON.stringify(sampleEntries)}[]`],
    ['is an object without entries', JSON.stringify({ next_cursor: null, items: sampleEntries }, null, 1)],
    ['has another object in place of the entries', JSON.stringify({ entries: { a: 1 } })],
    ['is a bundle', '{"format":"audit-log-bundle/1","tree_size":1,"leaves":[0,1]}\n{"leaf_index":0,"entry":{}}\n'],
    ['is a bundle with a byte order mark', '\u{feff}{"format":"audit-log-bundle/1","tree_size":1,"leaves":[0,1]}\n'],
    ['is an entry on many lines', JSON.stringify(sampleEntries[0], null, 2)],
    [
      'hides a second list behind an escape',
      `{"entries":[${canonicalize(sampleEntries[0])}],"entr\\u0069es":[{"forged":1}]}`,
    ],
  ])('because it %s', async (_, bytes) => {
    expect(await codeOfAsync(verifyEntries([bytes]))).toBe('file_unreadable')
    expect(await codeOfAsync(verifyEntries(piecesOf(bytes, 3)))).toBe('file_unreadable')
  })

  it('because a line of 100 MB is in it, which it does not read to the end', async () => {
    let given = 0
    function* endless(): Generator<string> {
      yield ndjson(sampleEntries)
      for (; given < 100; given += 1) yield 'x'.repeat(1024 * 1024)
    }
    expect(await codeOfAsync(verifyEntries(endless()))).toBe('file_unreadable')
    expect(given).toBeLessThan(30)
  })

  it('passes on what the source throws', async () => {
    async function* broken(): AsyncGenerator<string> {
      yield ndjson(sampleEntries)
      throw new Error('disk failed')
    }
    await expect(verifyEntries(broken())).rejects.toThrow('disk failed')
  })
})

it('an empty list has no entries that could verify', async () => {
  expect(await verifyEntries(['[]'])).toEqual({ intact: false, entries: 0, faulty: 0, bytes: 2 })
  expect(await verifyEntries(['{"entries":[]}'])).toMatchObject({ intact: false, entries: 0 })
})

it('tells how far it is, after each piece', async () => {
  const progress: number[] = []
  const text = ndjson(sampleEntries)
  const report = await verifyEntries(piecesOf(text, 1000), { onProgress: (bytes) => progress.push(bytes) })
  expect(progress).toEqual(
    piecesOf(text, 1000).map((_, index) => Math.min((index + 1) * 1000, Buffer.byteLength(text))),
  )
  expect(report.bytes).toBe(Buffer.byteLength(text))
})
