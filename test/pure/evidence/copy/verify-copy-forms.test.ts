import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { isTestEvent } from '../../../../src/evidence/copy/copy-event.ts'
import { ElasticSink } from '../../../../src/sinks/elastic.ts'
import { HttpSink } from '../../../../src/sinks/http-sink.ts'
import { NdjsonSink } from '../../../../src/sinks/ndjson.ts'
import { QRadarSink } from '../../../../src/sinks/qradar.ts'
import { SentinelSink } from '../../../../src/sinks/sentinel.ts'
import { SplunkSink } from '../../../../src/sinks/splunk.ts'
import { type EncodedEvent, type Sink, SyslogSink, verifyCopy } from '../../../../src/sinks/index.ts'
import { trustLogs } from '../../../../src/tlog/index.ts'
import { logCopy } from '../../../support/log-copy.ts'

// The events of every other sink, as a receiver keeps them and a query returns them.

const log = await logCopy(200, [120, 200])
const address = { host: 'siem.example.com', hostname: 'app01.example.com', tls: false } as const
const sentinel = { url: 'https://a.ingest.monitor.azure.com', dcrImmutableId: `dcr-${'0a'.repeat(16)}` }
const credential = { getToken: () => Promise.resolve(null) }
const http = (format: 'json' | 'cloudevents' | 'ocsf' | 'cef'): Sink =>
  new HttpSink({ url: 'https://collector.example.com', format, cloudEvents: { source: '/log' } })

const texts = (sink: Sink): string[] => log.items.map((item) => (sink.encode(item) as EncodedEvent).text)
const jsonLines = (sink: Sink): string[] => texts(sink).map((text) => text.replace(/[,\n]$/, ''))
/** What rsyslog's own file format puts in front, which has neither priority nor version. */
const stored = (lines: readonly string[]): string[] =>
  lines.map((line) => line.trimEnd().replace(/^<\d+>1 (\S+) (\S+) (\S+) - AUDIT - /, '$1 $2 $3: '))

/** RFC 4180, with quotes where they are needed, as SIEMs export a table. */
type Cell = string | number | undefined
const csv = (names: readonly string[], rows: readonly (readonly Cell[])[]): string[] =>
  [names, ...rows].map((row) =>
    row
      .map((value) => String(value ?? ''))
      .map((text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text))
      .join(','),
  )

/** The columns of the query in docs/siem/sentinel.md, and those of the table that they are made of. */
const projected: Readonly<Record<string, (row: Readonly<Record<string, Cell>>) => Cell>> = {
  leaf_index: (row) => row['LeafIndex'],
  id: (row) => row['EntryId'],
  seq: (row) => row['Seq'],
  entry_hash: (row) => row['EntryHash'],
  previous_entry_hash: (row) => row['PreviousEntryHash'],
  timestamp: (row) => row['EventTime'],
  version: (row) => row['EntryVersion'],
  tenant_id: (row) => row['EntryTenant'],
  user_id: (row) => row['UserId'],
  action: (row) => row['Action'],
  target: (row) => row['Target'],
  source_ip: (row) => row['SourceIp'],
  outcome: (row) => row['Outcome'],
  recorded_by: (row) => row['RecordedBy'],
  details: (row) => `${row['Details']}${row['Details2'] ?? ''}${row['Details3'] ?? ''}`,
}
const sentinelRows = (): Cell[][] =>
  jsonLines(new SentinelSink({ ...sentinel, credential })).map((line) => {
    const row = JSON.parse(line) as Record<string, Cell>
    return Object.values(projected).map((column) => column(row))
  })

const forms: Readonly<Record<string, readonly string[]>> = {
  "Sentinel's answer in CSV": csv(Object.keys(projected), sentinelRows()),
  "Sentinel's answer as objects whose values are all text": sentinelRows().map((row) =>
    JSON.stringify(Object.fromEntries(Object.keys(projected).map((name, at) => [name, String(row[at] ?? '')]))),
  ),
  "QRadar's answer in CSV": csv(
    ['payload'],
    texts(new QRadarSink(address)).map((line) => [line.trimEnd()]),
  ),
  'LEEF as it was sent': texts(new QRadarSink(address)).map((line) => line.trimEnd()),
  'LEEF as rsyslog writes it to a file': stored(texts(new QRadarSink(address))),
  'CEF over syslog': texts(new SyslogSink({ ...address, format: 'cef' })).map((line) => line.trimEnd()),
  'CEF over HTTPS': texts(http('cef')).map((line) => line.trimEnd()),
  'structured data of RFC 5424': texts(new SyslogSink(address)).map((line) => line.trimEnd()),
  'JSON of syslog as rsyslog writes it to a file': stored(texts(new SyslogSink({ ...address, format: 'json' }))),
  'JSON over syslog': texts(new SyslogSink({ ...address, format: 'json' })).map((line) => line.trimEnd()),
  "rows of Sentinel's own table": jsonLines(new SentinelSink({ ...sentinel, credential })),
  'rows of ASimAuditEventLogs': jsonLines(new SentinelSink({ ...sentinel, credential, table: 'asim' })),
  OCSF: jsonLines(http('ocsf')),
  CloudEvents: jsonLines(http('cloudevents')),
  'JSON of the entries': jsonLines(http('json')),
  'lines of a file': jsonLines(new NdjsonSink({ file: 'audit.ndjson' })),
}

const verify = (lines: readonly string[]): ReturnType<typeof verifyCopy> =>
  verifyCopy([lines.join('\n')], { policy: trustLogs([log.verifierKey]) })
/** How many lines stand before the events. */
const headerOf = (lines: readonly string[]): number => lines.length - log.items.length
const place = log.items.findIndex((item) => item.kind === 'entry' && item.leafIndex === 77)

describe('verify-copy', () => {
  it.each(Object.entries(forms))('proves a whole copy: %s', async (_, lines) => {
    expect(await verify(lines)).toMatchObject({
      leaves: 200,
      checkpoints: 2,
      findings: [],
      proven: [{ begin: 0, end: 200 }],
    })
  })

  it.each(Object.entries(forms))('names leaf 77 when its event is missing: %s', async (_, lines) => {
    const { findings } = await verify(lines.filter((_line, index) => index !== place + headerOf(lines)))
    expect(findings).toEqual([{ kind: 'missing', first: 77, last: 77 }])
  })

  it.each(Object.entries(forms))('names leaf 77 when its hash was altered: %s', async (_, lines) => {
    const hash = (log.items[place] as { entry: { entry_hash: string } }).entry.entry_hash
    const forged = lines.map((line, index) =>
      index === place + headerOf(lines) ? line.replaceAll(hash, 'ab'.repeat(32)) : line,
    )
    const { findings } = await verify(forged)
    expect(findings).toMatchObject([{ kind: 'altered', leafIndex: 77 }])
  })

  it("recomputes the content of Sentinel's answer in CSV", async () => {
    const lines = forms["Sentinel's answer in CSV"]!.map((line, index) =>
      index === place + 1 ? line.replace('finding:77', 'finding:78') : line,
    )
    expect((await verify(lines)).findings).toEqual([{ kind: 'altered', leafIndex: 77, part: 'content' }])
  })

  it('the query for Sentinel gives the columns that are read', () => {
    const page = readFileSync('docs/siem/sentinel.md', 'utf8')
    const query = page.slice(page.indexOf('| project leaf_index'), page.indexOf('| order by leaf_index'))
    expect([...query.matchAll(/(\w+) = /g)].map(([, name]) => name)).toEqual(Object.keys(projected))
  })

  it.each<[string, Sink]>([
    ['LEEF', new QRadarSink(address)],
    ['CEF', new SyslogSink({ ...address, format: 'cef' })],
    ['structured data', new SyslogSink(address)],
    ['JSON over syslog', new SyslogSink({ ...address, format: 'json' })],
    ["Sentinel's own table", new SentinelSink({ ...sentinel, credential })],
    ['ASimAuditEventLogs', new SentinelSink({ ...sentinel, credential, table: 'asim' })],
    ['ECS', new ElasticSink({ url: 'https://es.example.com', apiKey: 'key' })],
    ['HEC', new SplunkSink({ url: 'https://splunk.example.com', token: 'token' })],
    ['OCSF', http('ocsf')],
    ['CloudEvents', http('cloudevents')],
    ['JSON', http('json')],
  ])('passes over the event of a sink test: %s', (_, sink) => {
    const details = { note: 'audit_log.sink_test' }
    const notice = { kind: 'test', id: 'test-1', timestamp: '2026-09-26T12:00:00.000000Z', details } as const
    const recordOf = (action: string): unknown => {
      const text = (sink.encode({ ...notice, action }) as EncodedEvent).text.trimEnd().split('\n').at(-1) ?? ''
      return text.startsWith('{') ? JSON.parse(text) : text
    }
    expect(isTestEvent(recordOf('audit_log.sink_test'))).toBe(true)
    expect(isTestEvent(recordOf('user.login'))).toBe(false)
  })

  it('refuses a table of one column that holds no events', async () => {
    await expect(verify(['number', '1', '2'])).rejects.toMatchObject({ code: 'file_unreadable' })
  })
})
