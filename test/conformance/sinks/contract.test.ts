import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HttpSink } from '../../../src/sinks/http-sink.ts'
import { NdjsonSink } from '../../../src/sinks/ndjson.ts'
import { QRadarSink } from '../../../src/sinks/qradar.ts'
import { SentinelSink } from '../../../src/sinks/sentinel.ts'
import { SyslogSink } from '../../../src/sinks/syslog.ts'
import { azureSecret, type ScriptedReply, startFakeAzure, type StoredRow } from '../../support/azure.ts'
import { testAuthority } from '../../support/certificates.ts'
import { startFakeServer } from '../../support/fake-server.ts'
import { parseLeef } from '../../support/leef-parser.ts'
import { httpMisbehaviours, misbehave } from '../../support/misbehave.ts'
import { type Misbehaviour, testSinkContract } from '../../support/sink-contract.ts'
import { parseSyslog } from '../../support/syslog-parser.ts'
import { startSyslogReceiver, type SyslogReceiver } from '../../support/syslog-receiver.ts'

const azureFaults: Readonly<Partial<Record<Misbehaviour, ScriptedReply>>> = {
  'is down': { instead: 'reset' },
  hangs: { instead: 'hang' },
  'resets the connection': { instead: 'reset' },
  'resets the connection after it has taken the events': { instead: 'reset', store: true },
  'answers a page of HTML': { status: 502, body: '<html></html>' },
  'answers 200 and a page of HTML': { status: 200, body: '<html></html>' },
  'answers 500': { status: 500 },
  'redirects to another host': { status: 307, headers: { location: 'http://127.0.0.1:9/elsewhere' } },
}

const syslogMisbehaviours = [
  'is down',
  'resets the connection',
  'resets the connection after it has taken the events',
] as const

function misbehaveOnSyslog(receiving: SyslogReceiver, how: Misbehaviour): void {
  if (how === 'hangs') receiving.behaviour.deaf = true
  else if (how === 'resets the connection after it has taken the events') receiving.behaviour.resetAfter = 40
  else receiving.behaviour.refuse = true
}

function mendSyslog(receiving: SyslogReceiver): void {
  receiving.behaviour.refuse = false
  receiving.behaviour.resetAfter = undefined
  receiving.listen()
}

testSinkContract(
  'QRadar',
  async (timeoutMs) => {
    const receiving = await startSyslogReceiver('lf')
    const sink = new QRadarSink({
      host: '127.0.0.1',
      port: receiving.port,
      hostname: 'app01',
      tls: false,
      confirm: 'close',
      confirmDelayMs: 20,
      maxEventBytes: 65_536,
      sendTimeoutMs: timeoutMs,
    })
    const leef = (text: string): Readonly<Record<string, string>> => parseLeef(parseSyslog(text).message).attributes
    return {
      sink,
      secret: 'none',
      received: () => receiving.messages.map((text) => ({ id: leef(text)['auditId']!, text })),
      detailsOf: (text) => JSON.parse(leef(text)['details']!) as unknown,
      misbehave: (how) => misbehaveOnSyslog(receiving, how),
      mend: () => mendSyslog(receiving),
      stop: () => receiving.stop(),
    }
  },
  syslogMisbehaviours,
)

testSinkContract(
  'syslog with structured data',
  async (timeoutMs) => {
    const receiving = await startSyslogReceiver('octet-counting')
    const sink = new SyslogSink({
      host: '127.0.0.1',
      port: receiving.port,
      hostname: 'app01',
      tls: false,
      framing: 'octet-counting',
      confirm: 'close',
      confirmDelayMs: 20,
      maxEventBytes: 131_072,
      sendTimeoutMs: timeoutMs,
    })
    const data = (text: string): Readonly<Record<string, string>> => parseSyslog(text).data['audit@32473']!
    return {
      sink,
      secret: 'none',
      received: () => receiving.messages.map((text) => ({ id: data(text)['id']!, text })),
      detailsOf: (text) => JSON.parse(data(text)['details']!) as unknown,
      misbehave: (how) => misbehaveOnSyslog(receiving, how),
      mend: () => mendSyslog(receiving),
      stop: () => receiving.stop(),
    }
  },
  syslogMisbehaviours,
)

const authority = testAuthority()
const identity = authority.issue({ commonName: 'azure', names: ['localhost', '127.0.0.1'] })

for (const [table, stream, id] of [
  ['log', 'Custom-AuditLog_CL', 'EntryId'],
  ['asim', 'Custom-AuditLogAsim', 'EventOriginalUid'],
] as const) {
  testSinkContract(
    `Sentinel, table ${table}`,
    async (timeoutMs) => {
      const fake = await startFakeAzure(identity)
      const sink = new SentinelSink({
        url: fake.url,
        ca: authority.cert,
        dcrImmutableId: fake.dcrImmutableId,
        table,
        timeoutMs,
        credential: {
          tenantId: 'tenant',
          clientId: 'app-id',
          clientSecret: azureSecret,
          authorityHost: fake.url,
          ca: authority.cert,
        },
      })
      const withoutArrival = (row: StoredRow): string => JSON.stringify({ ...row, TimeGenerated: undefined })
      return {
        sink,
        secret: azureSecret,
        received: () => fake.rows[stream]!.map((row) => ({ id: row[id] as string, text: withoutArrival(row) })),
        misbehave: (how) => {
          if (how === 'refuses the credentials') fake.permitted = false
          else fake.always = azureFaults[how]
        },
        mend: () => {
          fake.permitted = true
          fake.always = undefined
        },
        stop: () => fake.stop(),
      }
    },
    [...Object.keys(azureFaults), 'refuses the credentials'] as Misbehaviour[],
  )
}

testSinkContract(
  'any HTTPS receiver',
  async (timeoutMs) => {
    const texts: string[] = []
    const secret = 'S3cret-token'
    const state = { refuses: false }
    const fake = await startFakeServer(({ body }) => {
      if (state.refuses) return { status: 401 }
      texts.push(...(JSON.parse(body) as object[]).map((event) => JSON.stringify(event)))
      return { status: 202 }
    })
    const sink = new HttpSink({ url: fake.url, token: secret, timeoutMs })
    return {
      sink,
      secret,
      received: () => texts.map((text) => ({ id: (JSON.parse(text) as { id: string }).id, text })),
      detailsOf: (text) => (JSON.parse(text) as { details: unknown }).details,
      misbehave: (how) => {
        if (how === 'refuses the credentials') state.refuses = true
        else misbehave(fake, how)
      },
      mend: () => {
        state.refuses = false
        fake.fault = undefined
      },
      stop: () => fake.stop(),
    }
  },
  httpMisbehaviours,
)

testSinkContract(
  'JSON lines',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'audit-log-'))
    const place = join(folder, 'place')
    const file = join(place, 'audit.ndjson')
    mkdirSync(place)
    const lines = (): string[] => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [])
    return {
      sink: new NdjsonSink({ file }),
      secret: 'none',
      received: () => lines().map((text) => ({ id: (JSON.parse(text) as { id: string }).id, text })),
      detailsOf: (text) => (JSON.parse(text) as { details: unknown }).details,
      misbehave: () => renameSync(place, join(folder, 'gone')),
      mend: () => renameSync(join(folder, 'gone'), place),
      stop: () => rm(folder, { recursive: true }),
    }
  },
  ['is down'],
)
