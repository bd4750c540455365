import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, describe, expect, it } from 'vitest'
import { startFakeElastic } from '../../support/fake-elastic.ts'
import { startFakeServer } from '../../support/fake-server.ts'
import { startFakeSplunk } from '../../support/fake-splunk.ts'
import { azureSecret, startFakeAzure } from '../../support/azure.ts'
import { parseCef } from '../../support/cef-parser.ts'
import { testAuthority } from '../../support/certificates.ts'
import { buildCli } from '../../support/cli.ts'
import { parseLeef } from '../../support/leef-parser.ts'
import { sequencedLog } from '../../support/sequenced-log.ts'
import { startSyslogReceiver } from '../../support/syslog-receiver.ts'
import { parseSyslog } from '../../support/syslog-parser.ts'
import { unique } from '../../support/unique.ts'
import { until } from '../../support/until.ts'

// The commands as processes, with one configuration for all kinds of sinks and a receiver for each.

const count = 300
const log = await sequencedLog()
await log.grow(count)
const cli = await buildCli()
const folder = await mkdtemp(join(tmpdir(), 'audit-log-sinks-'))
afterAll(() => rm(folder, { recursive: true }))

const authority = testAuthority()
const identity = authority.issue({ commonName: 'localhost' })
const [splunk, elastic, azure, leef, rfc5424] = await Promise.all([
  startFakeSplunk(),
  startFakeElastic(),
  startFakeAzure(identity),
  startSyslogReceiver('lf'),
  startSyslogReceiver('octet-counting', identity),
])
const posted: Record<string, string[]> = {}
const collector = await startFakeServer(({ path, body }) => {
  ;(posted[path.slice(1)] ??= []).push(body)
  return { status: 202 }
})
afterAll(async () => {
  for (const one of [splunk, elastic, azure, leef, rfc5424, collector]) await one.stop()
})

const config = join(folder, 'sinks.json')
const ndjson = join(folder, 'audit.ndjson')
await writeFile(join(folder, 'ca.pem'), authority.cert)
await writeFile(join(folder, 'token'), `${splunk.token}\n`)
const ca = { file: join(folder, 'ca.pem') }
const hostname = 'app01.example.com'
const http = (format: string): object => ({ kind: 'http', url: `${collector.url}/${format}`, format })
const sinks: Readonly<Record<string, object>> = {
  splunk: { kind: 'splunk', url: splunk.url, token: { file: join(folder, 'token') }, index: 'audit' },
  elastic: { kind: 'elastic', url: elastic.url, apiKey: { env: 'AUDIT_TEST_API_KEY' } },
  sentinel: {
    kind: 'sentinel',
    url: azure.url,
    dcrImmutableId: azure.dcrImmutableId,
    credential: { tenantId: 'tenant', clientId: 'app-id', clientSecret: azureSecret, authorityHost: azure.url, ca },
    ca,
  },
  qradar: { kind: 'qradar', host: '127.0.0.1', port: leef.port, tls: false, hostname, confirmDelayMs: 50 },
  syslog: {
    kind: 'syslog',
    host: 'localhost',
    port: rfc5424.port,
    tls: { ca },
    hostname,
    confirm: 'close',
    confirmDelayMs: 50,
  },
  'http-json': http('json'),
  'http-cloudevents': { ...http('cloudevents'), cloudEvents: { source: '/audit-log' } },
  'http-ocsf': http('ocsf'),
  'http-cef': http('cef'),
  file: { kind: 'ndjson', file: ndjson },
}
await writeFile(config, JSON.stringify({ sinks }))
process.env['AUDIT_TEST_API_KEY'] = elastic.apiKey

/** The leaves that each receiver has. */
const leavesOf: Readonly<Record<string, () => Promise<number[]>>> = {
  splunk: () => numbers(splunk.events.map(({ fields }) => fields['leaf_index'])),
  elastic: () => numbers(elastic.documents.map(({ source }) => source['audit_log']['leaf_index'])),
  sentinel: () => numbers(azure.rows['Custom-AuditLog_CL']!.map((row) => row['LeafIndex'])),
  qradar: () =>
    numbers(leef.messages.map((line) => parseLeef(line.slice(line.indexOf('LEEF:'))).attributes['auditLeaf'])),
  syslog: () => numbers(rfc5424.messages.map((line) => parseSyslog(line).data['audit@32473']?.['leafIndex'])),
  'http-json': () => numbers(eventsOf('json').map((event) => event['leaf_index'])),
  'http-cloudevents': () => numbers(eventsOf('cloudevents').map(({ data }) => data['leaf_index'])),
  'http-ocsf': () => numbers(eventsOf('ocsf').map(({ unmapped }) => unmapped['leaf_index'])),
  'http-cef': () =>
    numbers(
      (posted['cef'] ?? [])
        .flatMap((body) => body.split('\n').filter((line) => line !== ''))
        .map((line) => parseCef(line).extension['cn1']),
    ),
  file: async () => {
    const text = await readFile(ndjson, 'utf8').catch(() => '')
    return numbers(
      text
        .split('\n')
        .slice(0, -1)
        .map((line) => (JSON.parse(line) as { leaf_index?: number }).leaf_index),
    )
  },
}
const eventsOf = (format: string): Record<string, any>[] =>
  (posted[format] ?? []).flatMap((body) => JSON.parse(body) as Record<string, any>[])
const numbers = (values: unknown[]): Promise<number[]> =>
  Promise.resolve(values.filter((value) => value !== undefined).map(Number))
const all = Array.from({ length: count }, (_, index) => index)

const database = ['--database-url', log.sequencerUrl]
type Lines = Record<string, unknown>[]
/** Forwards in a process of its own while `work` lasts, which gets what is printed as it comes; resolves to all of it. */
async function forwarding(
  names: readonly string[],
  work: (printed: Lines) => Promise<void>,
  options: readonly string[] = [],
): Promise<Lines> {
  const args = [cli.file, 'forward', ...names, '--config', config, ...database, ...options]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const printed: Lines = []
  createInterface({ input: child.stdout }).on('line', (line) => printed.push(JSON.parse(line) as Lines[number]))
  const exited = once(child, 'close')
  try {
    await work(printed)
  } finally {
    child.kill('SIGTERM')
  }
  expect(await exited).toEqual([0, null])
  return printed
}
const runs = (printed: Lines, name: string): boolean =>
  printed.some((line) => line['name'] === name && line['state'] === 'running')

describe('audit-log forward', () => {
  it('takes the log to a sink of every kind, and ends in an orderly way at SIGTERM', async () => {
    const printed = await forwarding([], async (lines) => {
      await until(() => Object.keys(sinks).every((name) => runs(lines, name)))
      for (const leaves of Object.values(leavesOf)) await until(async () => new Set(await leaves()).size >= count)
    })
    for (const [name, leaves] of Object.entries(leavesOf)) {
      expect([name, [...new Set(await leaves())].toSorted((a, b) => a - b)]).toEqual([name, all])
      expect(printed).toContainEqual(expect.objectContaining({ event: 'state', name, state: 'running' }))
    }
  })
})

describe('audit-log sink', () => {
  it('status tells how far each forwarder is', async () => {
    const { code, stdout } = await cli(['sink', 'status', ...database])
    expect(code).toBe(0)
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { name: string; position: { leafIndex: number }; active: boolean })
    expect(rows.map(({ name }) => name)).toEqual(Object.keys(sinks).toSorted((a, b) => (a < b ? -1 : 1)))
    for (const { position, active } of rows) {
      expect(position.leafIndex).toBe(count)
      expect(active).toBe(false)
    }
  })

  it('pause holds a forwarder in another process, resume lets it go on, and replay sends again', async () => {
    const before = splunk.events.length
    expect(await cli(['sink', 'pause', 'splunk', ...database])).toMatchObject({ code: 0 })
    expect(await cli(['sink', 'replay', 'splunk', '--from', '100', ...database])).toMatchObject({ code: 0 })
    const printed = await forwarding(['splunk'], async () => {
      await until(async () => (await cli(['sink', 'status', ...database])).stdout.includes('"active":true'))
      expect(splunk.events.length).toBe(before)
      expect(await cli(['sink', 'resume', 'splunk', ...database])).toMatchObject({ code: 0 })
      await until(() => splunk.events.slice(before).some(({ fields }) => fields['leaf_index'] === String(count - 1)))
    })
    const sent = splunk.events.slice(before).flatMap(({ fields }) => fields['leaf_index'] ?? [])
    expect(sent.map(Number).toSorted((a, b) => a - b)).toEqual(all.slice(100))
    expect(printed.map(({ state }) => state)).toEqual(expect.arrayContaining(['held', 'running']))
  })

  it('refuses a forwarder that is not there and a leaf that is none', async () => {
    const unknown = { code: 2, stdout: '', stderr: expect.stringContaining('forwarder_unknown') as string }
    expect(await cli(['sink', 'pause', 'nobody', ...database])).toMatchObject(unknown)
    expect(await cli(['sink', 'replay', 'splunk', '--from', '-1', ...database])).toMatchObject({ code: 2, stdout: '' })
  })

  it.each(Object.keys(sinks))('test sends one marked event: %s', async (name) => {
    const { code, stdout, stderr } = await cli(['sink', 'test', name, '--config', config, '--json'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const { id, delivered } = JSON.parse(stdout) as { id: string; delivered: boolean }
    expect(delivered).toBe(true)
    const receivers = [splunk.events, elastic.documents, azure.rows, leef.messages, rfc5424.messages, posted]
    expect(JSON.stringify(receivers) + (await readFile(ndjson, 'utf8'))).toContain(id)
  })

  it('test says in words what is wrong with the credentials, without showing them', async () => {
    const wrong = join(folder, 'wrong.json')
    await writeFile(wrong, JSON.stringify({ sinks: { splunk: { ...sinks['splunk'], token: 'wrong-secret' } } }))
    const { code, stdout, stderr } = await cli(['sink', 'test', 'splunk', '--config', wrong])
    expect(code).toBe(1)
    expect(stdout).toMatch(/NOT DELIVERED[^]*Invalid token[^]*check: the token or key/)
    expect(stdout + stderr).not.toContain('wrong-secret')
  })

  it('template prints what to deploy: JSON for Elastic and Sentinel, settings for Splunk', async () => {
    const print = async (kind: string): Promise<string> => (await cli(['sink', 'template', kind])).stdout
    expect(JSON.parse(await print('elastic'))).toMatchObject({ data_stream: {}, template: {} })
    expect(JSON.parse(await print('sentinel'))).toMatchObject({ resources: expect.any(Array) as object })
    expect(await print('splunk')).toContain('[entraguard:audit:json]')
    expect(await cli(['sink', 'template', 'qradar'])).toMatchObject({ code: 2, stdout: '' })
  })
})

describe('audit-log forward with options', () => {
  it('begins where it is told to, and says when a sink fails for as long as it is told to wait', async () => {
    const [lateName, failingName] = [unique('late'), unique('failing')]
    const late = join(folder, `${lateName}.ndjson`)
    const two = {
      [lateName]: { kind: 'ndjson', file: late },
      [failingName]: { ...sinks['splunk'], token: 'wrong-secret' },
    }
    await writeFile(join(folder, 'two.json'), JSON.stringify({ sinks: two }))
    const leaves = async (): Promise<number[]> =>
      (await readFile(late, 'utf8').catch(() => ''))
        .split('\n')
        .slice(0, -1)
        .flatMap((line) => (JSON.parse(line) as { leaf_index?: number }).leaf_index ?? [])
    const printed = await forwarding(
      [],
      async (lines) => {
        await until(async () => (await leaves()).length >= 20)
        await until(() => lines.some(({ event }) => event === 'failing'))
      },
      ['--config', join(folder, 'two.json'), '--from', '280', '--failing-after', '200'],
    )
    expect(await leaves()).toEqual(all.slice(280))
    expect(printed.filter(({ event }) => event === 'failing')).toMatchObject([
      { name: failingName, state: 'paused', problem: { cause: 'auth' } },
    ])
    expect(JSON.stringify(printed)).not.toContain('wrong-secret')
    for (const wrong of [
      ['--from', 'yesterday'],
      ['--from', '-1'],
      ['--failing-after', 'never'],
      // A variable that is empty is no leaf 0.
      ['--from', ''],
    ]) {
      const refused = await cli(['forward', '--config', config, ...database, ...wrong])
      expect([wrong, refused.code, refused.stderr]).toEqual([wrong, 2, expect.stringContaining('is invalid')])
    }
  })

  it('does not start with sinks that cannot be meant', async () => {
    const write = (text: string): Promise<void> => writeFile(join(folder, 'bad.json'), text)
    for (const [text, said] of [
      ['{"sinks": {"a": {"kind": "none", "token": "s3cret"}}}', 'option_invalid'],
      ['{"sinks": {"a": {"kind": "splunk", "token": {"env": "NOT_SET_ANYWHERE"}}}}', 'option_invalid'],
      ['{"sinks": {"a": {"kind": "splunk", "token": {"file": "/nowhere"}}}}', 'file_unreadable'],
      ['{"sinks": {"a": {"kind": "splunk", "url": "https://x", "token": "s3cret", "tokn": 1}}}', 'option_invalid'],
      ['{"sinks": ["s3cret"]}', 'option_invalid'],
      ['{"sinks": {}}', 'option_invalid'],
      ['s3cret', 'option_invalid'],
    ] as const) {
      await write(text)
      const { code, stdout, stderr } = await cli(['forward', '--config', join(folder, 'bad.json'), ...database])
      expect([text, code, stdout, stderr]).toEqual([text, 2, '', expect.stringContaining(said)])
      expect(stderr).not.toContain('s3cret')
    }
    expect((await cli(['forward', 'nobody', '--config', config, ...database])).code).toBe(2)
    expect((await cli(['forward', ...database])).code).toBe(2)
    expect((await cli(['forward', '--config', config, '--settings-key', config, ...database])).code).toBe(2)
    expect((await cli(['forward', '--settings', '--from', '1', ...database])).code).toBe(2)
  })
})
