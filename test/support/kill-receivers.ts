import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { azureSecret, startFakeAzure } from './azure.ts'
import { testAuthority } from './certificates.ts'
import { startFakeElastic } from './fake-elastic.ts'
import { startFakeServer } from './fake-server.ts'
import { startFakeSplunk } from './fake-splunk.ts'
import { startSyslogReceiver } from './syslog-receiver.ts'

/** A receiver of one kind, its sink's configuration, and what it holds, in the order of arrival. */
export interface KillReceiver {
  readonly sink: Readonly<Record<string, unknown>>
  /** How many events it has, copies included. */
  count(): number
  /** One of them, as it is kept. */
  text(index: number): string
  stop(): Promise<void>
}

/** One for each kind of sink. */
export const killReceivers: Readonly<Record<string, () => Promise<KillReceiver>>> = {
  'Splunk without acknowledgement': () => splunk(false),
  'Splunk with acknowledgement': () => splunk(true),
  async Elastic() {
    const fake = await startFakeElastic()
    return {
      sink: { kind: 'elastic', url: fake.url, apiKey: fake.apiKey, maxBatchBytes: 100_000 },
      count: () => fake.documents.length,
      text: (index) => JSON.stringify(fake.documents[index]?.source),
      stop: () => fake.stop(),
    }
  },
  async Sentinel() {
    const authority = testAuthority()
    const fake = await startFakeAzure(authority.issue({ commonName: 'localhost' }))
    const rows = fake.rows['Custom-AuditLog_CL'] ?? []
    const { url, dcrImmutableId } = fake
    const credential = {
      tenantId: 'tenant',
      clientId: 'app-id',
      clientSecret: azureSecret,
      authorityHost: url,
      ca: authority.cert,
    }
    return {
      sink: { kind: 'sentinel', url, dcrImmutableId, credential, ca: authority.cert },
      count: () => rows.length,
      text: (index) => JSON.stringify(rows[index]),
      stop: () => fake.stop(),
    }
  },
  'QRadar with confirm: close': async () => {
    const receiver = await startSyslogReceiver('lf')
    const { port, messages } = receiver
    const address = { host: '127.0.0.1', port, tls: false, hostname: 'app01' }
    return {
      sink: { kind: 'qradar', ...address, confirm: 'close', confirmDelayMs: 100 },
      count: () => messages.length,
      text: (index) => messages[index] ?? '',
      stop: () => receiver.stop(),
    }
  },
  async HTTPS() {
    const texts: string[] = []
    const fake = await startFakeServer(({ body }) => {
      for (const event of JSON.parse(body) as object[]) texts.push(JSON.stringify(event))
      return { status: 204 }
    })
    return {
      sink: { kind: 'http', url: fake.url, maxBatchItems: 200 },
      count: () => texts.length,
      text: (index) => texts[index] ?? '',
      stop: () => fake.stop(),
    }
  },
  async 'a file of JSON lines'() {
    const folder = await mkdtemp(join(tmpdir(), 'audit-log-kill-'))
    const file = join(folder, 'audit.ndjson')
    const lines = followLines(file)
    return {
      sink: { kind: 'ndjson', file },
      count: () => lines().length,
      text: (index) => lines()[index] ?? '',
      stop: () => rm(folder, { recursive: true }),
    }
  },
}

async function splunk(useAck: boolean): Promise<KillReceiver> {
  const fake = await startFakeSplunk({ useAck })
  const { url, token } = fake
  const ack = useAck ? { acknowledgement: 'required', ackIntervalMs: 20 } : {}
  return {
    sink: { kind: 'splunk', url, token, index: 'audit', maxBatchBytes: 100_000, ...ack },
    count: () => fake.events.length,
    text: (index) => fake.events[index]?.text ?? '',
    stop: () => fake.stop(),
  }
}

/** What a file has in complete lines so far. What stands behind the last line end may be taken off again. */
function followLines(file: string): () => readonly string[] {
  const lines: string[] = []
  let offset = 0
  return () => {
    let descriptor: number
    try {
      descriptor = openSync(file, 'r')
    } catch {
      return lines
    }
    const unread = Buffer.alloc(Math.max(0, fstatSync(descriptor).size - offset))
    readSync(descriptor, unread, 0, unread.length, offset)
    closeSync(descriptor)
    const end = unread.lastIndexOf(10) + 1
    if (end > 0) lines.push(...unread.toString('utf8', 0, end - 1).split('\n'))
    offset += end
    return lines
  }
}
