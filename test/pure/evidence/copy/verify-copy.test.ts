import { describe, expect, it } from 'vitest'
import { hashEntry } from '../../../../src/canonical/index.ts'
import { ElasticSink } from '../../../../src/sinks/elastic.ts'
import type { EncodedEvent, Sink } from '../../../../src/sinks/sink.ts'
import { SplunkSink } from '../../../../src/sinks/splunk.ts'
import { type CopyReport, verifyCopy, type VerifyCopyOptions } from '../../../../src/sinks/index.ts'
import { trustLogs } from '../../../../src/tlog/index.ts'
import { codeOfAsync } from '../../../support/error-code.ts'
import { logCopy } from '../../../support/log-copy.ts'

const log = await logCopy(1000, [300, 700, 1000])
const splunk = new SplunkSink({ url: 'https://splunk.example.com:8088', token: 'secret', index: 'audit' })
const elastic = new ElasticSink({ url: 'https://es.example.com:9200', apiKey: 'secret' })

const textOf = (sink: Sink, item: (typeof log.items)[number]): string => (sink.encode(item) as EncodedEvent).text
type Json = Record<string, any>
/** The events as a search returns them: for Splunk `_raw`, for Elastic `_source`. */
const raws: Json[] = log.items.map((item) => (JSON.parse(textOf(splunk, item)) as Json)['event'] as Json)
const sources: Json[] = log.items.map((item) => JSON.parse(textOf(elastic, item).split('\n')[1]!) as Json)
/** Where the event of a leaf stands among the items: checkpoints lie between. */
const placeOf = (leafIndex: number): number =>
  log.items.findIndex((item) => item.kind === 'entry' && item.leafIndex === leafIndex)

const ndjson = (records: readonly unknown[]): string => records.map((record) => JSON.stringify(record)).join('\n')
const verify = (text: string, options: Partial<VerifyCopyOptions> = {}): Promise<CopyReport> =>
  verifyCopy([text], { policy: trustLogs([log.verifierKey]), ...options })

/** The copy with some events changed; undefined drops one. */
function changed(changes: Readonly<Record<number, (event: Json) => Json | undefined>>): Json[] {
  return raws.flatMap((raw, place) => {
    const item = log.items[place]!
    const change = item.kind === 'entry' ? changes[item.leafIndex] : undefined
    return change === undefined ? [raw] : (change(structuredClone(raw)) ?? [])
  })
}
const withAction = (event: Json): Json => ({ ...event, action: 'user.forged' })
/** Edits an event and hashes it again, as somebody who knows the format would. */
function rehashed(event: Json): Json {
  const { leaf_index: _, previous_entry_hash: __, entry_hash: ___, ...content } = withAction(event)
  return { ...withAction(event), entry_hash: hashEntry(content as never) }
}

describe('verify-copy', () => {
  const csvOf = (records: readonly Json[]): string => {
    const cell = (value: unknown): string => `"${String(value).replaceAll('"', '""')}"`
    return `_time,_raw,host\r\n${records.map((raw) => `1,${cell(JSON.stringify(raw))},app`).join('\r\n')}\r\n`
  }
  it.each([
    ['newline-delimited JSON of the events', ndjson(raws)],
    [
      "Splunk's export in JSON",
      ndjson(raws.map((raw) => ({ preview: false, result: { _raw: JSON.stringify(raw), host: 'app' } }))),
    ],
    ["Splunk's export in CSV", csvOf(raws)],
    [
      "Elasticsearch's response",
      JSON.stringify({ took: 1, hits: { hits: sources.map((_source) => ({ _id: 'x', _source })) } }, undefined, 2),
    ],
    ['an array in any order', JSON.stringify(raws.toReversed())],
    [
      "Azure's tables",
      JSON.stringify({
        tables: [
          {
            columns: [{ name: 'TimeGenerated' }, { name: 'AdditionalFields' }],
            rows: raws.map((raw) => ['x', JSON.stringify(raw)]),
          },
        ],
      }),
    ],
  ])('proves a whole copy: %s', async (_, text) => {
    expect(await verify(text)).toEqual({
      records: 1003,
      leaves: 1000,
      duplicates: 0,
      withoutContent: 0,
      checkpoints: 3,
      proven: [{ begin: 0, end: 1000 }],
      findings: [],
    })
  })

  it.each([0, 1, 299, 300, 301, 555, 699, 998])('names leaf %i when its event is missing', async (leafIndex) => {
    const { findings, proven } = await verify(ndjson(changed({ [leafIndex]: () => undefined })), { from: 0 })
    expect(findings).toEqual([{ kind: 'missing', first: leafIndex, last: leafIndex }])
    expect(proven.some(({ begin, end }) => begin <= leafIndex && leafIndex < end)).toBe(false)
  })

  it('names the last leaf when its event is missing', async () => {
    const { findings } = await verify(ndjson(changed({ 999: () => undefined })))
    expect(findings).toEqual([{ kind: 'missing', first: 999, last: 999 }])
  })

  it('names each leaf of several gaps', async () => {
    const gone = (): undefined => undefined
    const { findings } = await verify(ndjson(changed({ 10: gone, 400: gone, 401: gone, 402: gone, 800: gone })))
    expect(findings).toEqual([
      { kind: 'missing', first: 10, last: 10 },
      { kind: 'missing', first: 400, last: 402 },
      { kind: 'missing', first: 800, last: 800 },
    ])
  })

  it.each([0, 1, 299, 300, 555, 999])('names leaf %i when its content was edited', async (leafIndex) => {
    const { findings } = await verify(ndjson(changed({ [leafIndex]: withAction })))
    expect(findings).toEqual([{ kind: 'altered', leafIndex, part: 'content' }])
  })

  it.each([0, 1, 298, 300, 555, 998])('names leaf %i when it was edited and hashed again', async (leafIndex) => {
    const { findings } = await verify(ndjson(changed({ [leafIndex]: rehashed })))
    expect(findings).toEqual([{ kind: 'altered', leafIndex, part: 'entry_hash' }])
  })

  it('tells between which checkpoints an event was altered when its neighbour was made to agree', async () => {
    const forged = rehashed(raws[placeOf(500)]!)
    const copy = changed({ 500: () => forged, 501: (next) => ({ ...next, previous_entry_hash: forged['entry_hash'] }) })
    const { findings, proven } = await verify(ndjson(copy))
    expect(findings).toEqual([{ kind: 'altered_between', first: 300, last: 699 }])
    expect(proven).toEqual([
      { begin: 0, end: 300 },
      { begin: 700, end: 1000 },
    ])
  })

  it('names an event whose hash of the one before was altered', async () => {
    const other = 'a'.repeat(64)
    const { findings } = await verify(ndjson(changed({ 500: (event) => ({ ...event, previous_entry_hash: other }) })))
    expect(findings).toEqual([{ kind: 'altered', leafIndex: 500, part: 'previous_entry_hash' }])
  })

  it('names two events that were exchanged', async () => {
    const [a, b] = [raws[placeOf(400)]!, raws[placeOf(500)]!]
    const copy = changed({
      400: (event) => ({ ...b, leaf_index: event['leaf_index'] }),
      500: (event) => ({ ...a, leaf_index: event['leaf_index'] }),
    })
    const { findings } = await verify(ndjson(copy))
    expect(findings).toEqual(
      expect.arrayContaining([
        { kind: 'altered', leafIndex: 400, part: 'entry_hash' },
        { kind: 'altered', leafIndex: 500, part: 'entry_hash' },
      ]),
    )
  })

  it('counts copies of an event, and names two that differ', async () => {
    const copy = [...raws, raws[placeOf(7)]!, raws[placeOf(7)]!]
    expect(await verify(ndjson(copy))).toMatchObject({ duplicates: 2, findings: [], proven: [{ begin: 0, end: 1000 }] })
    const { findings } = await verify(ndjson([...raws, withAction(raws[placeOf(8)]!)]))
    expect(findings).toEqual([{ kind: 'conflicting', leafIndex: 8 }])
  })

  it('proves a part from the checkpoint before it', async () => {
    const part = raws.slice(placeOf(299) + 1)
    expect(await verify(ndjson(part))).toMatchObject({ proven: [{ begin: 300, end: 1000 }], findings: [] })
    const { findings } = await verify(ndjson(part), { from: 0 })
    expect(findings).toEqual([{ kind: 'missing', first: 0, last: 299 }])
  })

  it('shows with a checkpoint from elsewhere that the end is missing', async () => {
    const cut = raws.slice(0, placeOf(699) + 2)
    expect((await verify(ndjson(cut))).findings).toEqual([])
    const newest = log.checkpoints.at(-1)?.details['note'] as string
    const { findings } = await verify(ndjson(cut), { checkpoints: [newest] })
    expect(findings).toEqual([{ kind: 'missing', first: 700, last: 999 }])
  })

  it('shows with a checkpoint from elsewhere that the log was forked', async () => {
    const other = await log.sign({ size: 700, rootHash: new Uint8Array(32) })
    const { findings } = await verify(ndjson(raws), { checkpoints: [other] })
    expect(findings).toEqual([{ kind: 'checkpoints_forked', treeSize: 700 }])
  })

  it('asks for the leaves that it is told to ask for, and for no others', async () => {
    const cut = raws.slice(placeOf(299) + 1, placeOf(699) + 2)
    expect((await verify(ndjson(cut), { from: 250, to: 650 })).findings).toEqual([
      { kind: 'missing', first: 250, last: 299 },
    ])
    expect((await verify(ndjson(cut), { from: 300, to: 702 })).findings).toEqual([
      { kind: 'missing', first: 700, last: 701 },
    ])
  })

  it('refuses checkpoints that the log has not signed', async () => {
    const other = await logCopy(1000, [300, 700, 1000])
    const { findings, proven } = await verify(ndjson(raws), { policy: trustLogs([other.verifierKey]) })
    expect(proven).toEqual([])
    expect(findings.map(({ kind }) => kind)).toEqual(Array.from({ length: 3 }, () => 'checkpoint_refused'))
  })

  it('an edge that was altered proves nothing false', async () => {
    const copy = raws.map((raw) =>
      raw['action'] === 'audit_log.checkpoint' ? { ...raw, details: { ...raw['details'], edge: 'AAAA' } } : raw,
    )
    expect(await verify(ndjson(copy))).toMatchObject({ proven: [{ begin: 0, end: 1000 }], findings: [] })
    expect(await verify(ndjson(copy.slice(placeOf(300))))).toMatchObject({ proven: [] })
  })

  it('is not led astray by what users put into details, names and targets', async () => {
    const forged = JSON.stringify({ leaf_index: 5, entry_hash: 'f'.repeat(64) })
    const event = {
      ...raws[placeOf(900)]!,
      details: { leaf_index: 1, entry_hash: 'f'.repeat(64), _raw: forged },
      target: forged,
      user_id: forged,
    }
    const { findings } = await verify(ndjson(changed({ 900: () => event })))
    expect(findings).toEqual([{ kind: 'altered', leafIndex: 900, part: 'content' }])
  })

  it('names records that say nothing about the log, and passes over the test event', async () => {
    const { findings } = await verify(ndjson([...raws, { hello: 'world' }, { action: 'audit_log.sink_test', id: 'x' }]))
    expect(findings).toEqual([{ kind: 'unreadable', record: 1004 }])
  })

  it.each<[string, (records: readonly object[]) => object]>([
    ['Elasticsearch', (records) => ({ hits: { hits: records.map((source) => ({ _source: source })) } })],
    ['Splunk', (records) => ({ results: records.map((raw) => ({ _raw: JSON.stringify(raw) })) })],
  ])('reads pages of an answer of %s, one a line', async (_, page) => {
    const pages = [raws.slice(0, 400), raws.slice(400)].map(page)
    expect(await verify(ndjson(pages))).toMatchObject({ leaves: 1000, findings: [], proven: [{ begin: 0, end: 1000 }] })
  })

  it('names a forged event that has the name of the test event where a user could put it', async () => {
    const forged = { action: 'user.role.update', user_id: 'alice', target: 'audit_log.sink_test' }
    const records = [forged, { ...forged, details: { action: 'audit_log.sink_test' } }]
    const { findings } = await verify(ndjson([...raws, ...records]))
    expect(findings).toEqual([1004, 1005].map((record) => ({ kind: 'unreadable', record })))
  })

  it('ends at once for a leaf index that is far away', async () => {
    const { findings } = await verify(ndjson([...raws, { ...raws[0]!, leaf_index: 2 ** 52 }]))
    expect(findings).toEqual(expect.arrayContaining([{ kind: 'missing', first: 1000, last: 2 ** 52 - 1 }]))
  })

  it.each([[''], ['hello'], ['{"a":'], ['[1,2']])('cannot tell from %j', async (text) => {
    expect(await codeOfAsync(verify(text))).toBe('file_unreadable')
  })
})
