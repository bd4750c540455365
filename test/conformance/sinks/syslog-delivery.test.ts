import dns from 'node:dns'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { systemClock } from '../../../src/sinks/forwarder/clock.ts'
import type { ForwardedEntry } from '../../../src/sinks/log-item.ts'
import { QRadarSink, type QRadarOptions } from '../../../src/sinks/qradar.ts'
import type { EncodedEvent, SendResult, Sink } from '../../../src/sinks/sink.ts'
import { SyslogSink } from '../../../src/sinks/syslog.ts'
import { batchOf } from '../../support/batch-of.ts'
import { selfSigned, testAuthority } from '../../support/certificates.ts'
import { deliver } from '../../support/deliver.ts'
import { codeOf } from '../../support/error-code.ts'
import { fastForward } from '../../support/fast-forward.ts'
import { checklistNote, forwarded, forwardedMany, hostileTexts } from '../../support/forwarded.ts'
import { parseLeef } from '../../support/leef-parser.ts'
import { deliver as deliverLog, memoryLog } from '../../support/memory-log.ts'
import { parseSyslog } from '../../support/syslog-parser.ts'
import { startSyslogReceiver, type SyslogReceiver } from '../../support/syslog-receiver.ts'
import { until } from '../../support/until.ts'

const authority = testAuthority()
const server = authority.issue({ commonName: 'receiver' })
const signal = new AbortController().signal

const stops: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop()
})

async function receiver(...parameters: Parameters<typeof startSyslogReceiver>): Promise<SyslogReceiver> {
  const started = await startSyslogReceiver(...parameters)
  stops.push(() => started.stop())
  return started
}

function qradar(port: number, options: Partial<QRadarOptions> = {}): QRadarSink {
  const sink = new QRadarSink({
    host: '127.0.0.1',
    port,
    hostname: 'app01.example.com',
    tls: false,
    // Long enough for this process to see what the receiver does, also on a busy machine.
    confirmDelayMs: 250,
    ...options,
  })
  stops.push(() => sink.close())
  return sink
}

async function settled(sink: QRadarSink, handle: object): Promise<void> {
  for (;;) {
    const [answer] = await sink.confirm([handle])
    if (answer !== 'waiting') return
    await sleep(5)
  }
}

type Resolved = (error: null, address: unknown, family?: number) => void
/** Small batches, so that a stop comes in the middle. */
const limited = (sink: QRadarSink): Sink => ({
  description: sink.description,
  capabilities: { ...sink.capabilities, maxBatchItems: 5 },
  encode: (item) => sink.encode(item),
  send: (...args) => sink.send(...args),
  confirm: (handles) => sink.confirm(handles),
  close: () => sink.close(),
})

const encoded = (sink: Sink, items: readonly ForwardedEntry[]): EncodedEvent[] =>
  items.map((item) => sink.encode(item) as EncodedEvent)
const ids = (messages: readonly string[]): string[] =>
  messages.map((message) => parseLeef(parseSyslog(message).message).attributes['auditId']!)
const sorted = (items: Iterable<string>): string[] => [...new Set(items)].toSorted()
const kinds = (result: SendResult): string[] => [...new Set(result.outcomes.map(({ kind }) => kind))]

describe('syslog over TCP', () => {
  it('Q1, Q2, Q4 delivers hostile content with line ends, every event one message', async () => {
    const receiving = await receiver('lf')
    const texts = Object.values(hostileTexts)
    const items = forwardedMany(texts.length, (index) => ({ user_id: texts[index]!, details: { note: texts[index]! } }))
    await deliver(qradar(receiving.port), items)
    expect(receiving.messages).toHaveLength(items.length)
    for (const [index, message] of receiving.messages.entries()) {
      const { priority, timestamp, hostname, message: text } = parseSyslog(message)
      expect({ priority, timestamp, hostname }).toEqual({
        priority: 109,
        timestamp: '2026-09-26T12:00:00.123Z',
        hostname: 'app01.example.com',
      })
      expect(text.startsWith('LEEF:2.0|')).toBe(true)
      expect(JSON.parse(parseLeef(text).attributes['details']!)).toEqual({ note: texts[index] })
    }
  })

  it('Q1 delivers with octet counting', async () => {
    const receiving = await receiver('octet-counting')
    const items = forwardedMany(3, (index) => ({ details: { note: ['ä😀', checklistNote, 'x'][index]! } }))
    await deliver(qradar(receiving.port, { framing: 'octet-counting' }), items)
    expect(ids(receiving.messages)).toEqual(items.map(({ entry }) => entry.id))
    for (const message of receiving.messages) expect(message).not.toContain('\n')
  })

  it('Q8 sends on a new connection when the receiver has ended the old one, and loses nothing', async () => {
    const receiving = await receiver('lf')
    const sink = qradar(receiving.port)
    const items = forwardedMany(3)
    for (const [index, item] of items.entries()) {
      const { controls } = await deliver(sink, [item])
      expect(controls).toEqual([])
      await receiving.until(index + 1)
      receiving.end()
    }
    expect(ids(receiving.messages)).toEqual(items.map(({ entry }) => entry.id))
    expect(receiving.connections).toBe(3)
  })

  it('Q8 does not believe a write after an end that nobody has seen yet', async () => {
    const receiving = await receiver('lf')
    const sink = qradar(receiving.port)
    const [first, second] = forwardedMany(2)
    await deliver(sink, [first!])
    receiving.end()
    // In the same turn: the end is on its way.
    const events = encoded(sink, [second!])
    const result = await sink.send(batchOf(sink, events), { signal })
    if (kinds(result)[0] === 'pending') await deliver(sink, [second!])
    await receiving.until(2)
    expect(sorted(ids(receiving.messages))).toEqual([first!.entry.id, second!.entry.id])
  })

  it('Q9 sends everything again that a broken connection may have lost, with the same identity', async () => {
    const receiving = await receiver('lf')
    receiving.behaviour.resetAfter = 3
    const sink = qradar(receiving.port, { confirmDelayMs: 1000 })
    const items = forwardedMany(10)
    const delivering = deliver(sink, items)
    await receiving.until(3)
    receiving.behaviour.resetAfter = undefined
    const { controls } = await delivering
    expect(sorted(ids(receiving.messages))).toEqual(items.map(({ entry }) => entry.id))
    expect(new Set(receiving.messages).size).toBe(10)
    expect(receiving.messages.length).toBeGreaterThan(10)
    expect(controls[0]).toMatchObject({
      kind: 'backoff',
      code: expect.stringMatching(/^(connection_lost|peer_closed)$/),
    })
  })

  it('Q9 does the same when the receiver ends the connection in the middle', async () => {
    const receiving = await receiver('lf')
    receiving.behaviour.endAfter = 3
    const delivering = deliver(qradar(receiving.port, { confirmDelayMs: 1000 }), forwardedMany(10))
    await receiving.until(3)
    receiving.behaviour.endAfter = undefined
    await delivering
    expect(sorted(ids(receiving.messages))).toHaveLength(10)
  })

  it('Q10 waits for a receiver that does not read, and goes on when it reads again', async () => {
    const receiving = await receiver('lf')
    receiving.behaviour.deaf = true
    const sink = qradar(receiving.port, { maxEventBytes: 65_536 })
    const items = forwardedMany(4, () => ({ details: { note: 'x'.repeat(60_000) } }))
    const batch = encoded(sink, items)
    // More than any buffer of the operating system: the last send waits.
    let sent = 0
    const sending = (async () => {
      for (let round = 0; round < 200; round += 1) {
        expect(kinds(await sink.send(batchOf(sink, batch), { signal }))).toEqual(['pending'])
        sent += 1
      }
    })()
    let before = -1
    while (before !== sent) {
      before = sent
      await sleep(100)
    }
    expect(sent).toBeLessThan(200)
    receiving.listen()
    await sending
    await receiving.until(800)
    expect(receiving.connections).toBe(1)
  })

  it('Q10 breaks a connection on which nothing moves, and sends again on another', async () => {
    const receiving = await receiver('lf')
    receiving.behaviour.deaf = true
    const sink = qradar(receiving.port, { maxEventBytes: 65_536, sendTimeoutMs: 500, confirmDelayMs: 60_000 })
    const batch = encoded(
      sink,
      forwardedMany(4, () => ({ details: { note: 'x'.repeat(60_000) } })),
    )
    let result = await sink.send(batchOf(sink, batch), { signal })
    while (result.control.kind === 'continue') result = await sink.send(batchOf(sink, batch), { signal })
    expect(result.control).toMatchObject({ kind: 'backoff', code: 'stalled' })
    expect(kinds(result)).toEqual(['retry'])
    expect(result.outcomes[0]).toMatchObject({ ambiguous: true })
    receiving.listen()
    expect(kinds(await sink.send(batchOf(sink, batch), { signal }))).toEqual(['pending'])
    expect(receiving.connections).toBe(2)
  })

  it('Q11 takes an event for delivered only after the delay, and for lost when the connection breaks before', async () => {
    const receiving = await receiver('lf')
    const sink = qradar(receiving.port, { confirmDelayMs: 60_000 })
    const pass = fastForward()
    const send = async (): Promise<object> => {
      const { outcomes } = await sink.send(batchOf(sink, encoded(sink, [forwarded()])), { signal })
      return (outcomes[0] as { handle: object }).handle
    }
    const handle = await send()
    await receiving.until(1)
    expect(await sink.confirm([handle])).toEqual(['waiting'])
    pass(60_000)
    expect(await sink.confirm([handle])).toEqual(['confirmed'])
    const lost = await send()
    await receiving.until(2)
    receiving.reset()
    await until(async () => (await sink.confirm([lost]))[0] !== 'waiting')
    expect(await sink.confirm([lost])).toEqual(['unknown'])
  })

  it('Q13 ends its side when it is closed, and waits for the receiver to end too', async () => {
    const receiving = await receiver('lf')
    const sink = qradar(receiving.port)
    const items = forwardedMany(50)
    const { outcomes } = await sink.send(batchOf(sink, encoded(sink, items)), { signal })
    const handle = (outcomes[0] as { handle: object }).handle
    await sink.close()
    expect(receiving.messages).toHaveLength(50)
    expect(await sink.confirm([handle])).toEqual(['confirmed'])
  })

  it('G7 breaks off without an unhandled rejection, and what was under way is uncertain', async () => {
    const receiving = await receiver('lf')
    receiving.behaviour.deaf = true
    const sink = qradar(receiving.port, { maxEventBytes: 65_536 })
    const batch = encoded(
      sink,
      forwardedMany(4, () => ({ details: { note: 'x'.repeat(60_000) } })),
    )
    const aborting = new AbortController()
    setTimeout(() => aborting.abort(), 200)
    let result = await sink.send(batchOf(sink, batch), { signal: aborting.signal })
    while (result.control.kind === 'continue')
      result = await sink.send(batchOf(sink, batch), { signal: aborting.signal })
    expect(result.outcomes[0]).toEqual({ kind: 'retry', code: 'aborted', ambiguous: true })
    expect((await sink.send(batchOf(sink, batch), { signal: aborting.signal })).outcomes[0]).toMatchObject({
      kind: 'retry',
    })
  })

  it('says that nothing was sent when there is no connection', async () => {
    const closed = net.createServer().listen(0, '127.0.0.1')
    await once(closed, 'listening')
    const { port } = closed.address() as net.AddressInfo
    closed.close()
    const sink = qradar(port)
    const result = await sink.send(batchOf(sink, encoded(sink, [forwarded()])), { signal })
    expect(result.outcomes).toEqual([{ kind: 'retry', code: 'unreachable', ambiguous: false }])
    expect(result.control).toMatchObject({ kind: 'backoff', detail: 'no connection (ECONNREFUSED)' })
    expect(await sink.health({ signal })).toMatchObject({ kind: 'backoff', code: 'unreachable' })
  })

  it('Q14 asks for longer and longer waits while every connection dies, and counts anew after a confirmation', async () => {
    const receiving = await receiver('lf')
    receiving.behaviour.resetAfter = 1
    const sink = qradar(receiving.port, { confirmDelayMs: 1000 })
    const waits: number[] = []
    for (let round = 0; round < 20; round += 1) {
      const { outcomes, control } = await sink.send(batchOf(sink, encoded(sink, [forwarded()])), { signal })
      if (control.kind === 'backoff' && control.minDelayMs !== undefined) waits.push(control.minDelayMs)
      const handle = outcomes[0]?.kind === 'pending' ? outcomes[0].handle : undefined
      if (handle !== undefined) await settled(sink, handle)
    }
    expect(waits.length).toBe(10)
    waits.forEach((wait, index) => expect(wait).toBeLessThanOrEqual(Math.min(60_000, 1000 * 2 ** index)))
    // Full jitter: a sum of ten that stays under a second has a probability of less than 10^-9.
    expect(waits.reduce((sum, wait) => sum + wait, 0)).toBeGreaterThan(1000)
    receiving.behaviour.resetAfter = undefined
    const { controls } = await deliver(sink, [forwarded()])
    receiving.behaviour.resetAfter = 1
    expect(controls.length).toBeLessThanOrEqual(1)
  })

  it('Q14 asks the resolver for the name on each connection', async () => {
    const receiving = await receiver('lf')
    const names: string[] = []
    const lookup = vi.spyOn(dns, 'lookup').mockImplementation(((name: string, options: object, done: Resolved) => {
      names.push(name)
      const address = { address: '127.0.0.1', family: 4 }
      if ('all' in options && options.all === true) done(null, [address])
      else done(null, address.address, address.family)
    }) as typeof dns.lookup)
    const sink = qradar(receiving.port, { host: 'qradar.example.com', confirm: 'close', confirmDelayMs: 20 })
    await deliver(sink, forwardedMany(3), 1)
    lookup.mockRestore()
    expect(receiving.connections).toBeGreaterThan(1)
    expect(names).toEqual(Array.from({ length: receiving.connections }, () => 'qradar.example.com'))
  })

  it('Q13 when it is stopped, the position is that of the last message that the receiver has read', async () => {
    const receiving = await receiver('lf')
    const log = memoryLog(forwardedMany(200))
    const sink = qradar(receiving.port, { confirm: 'close', confirmDelayMs: 20 })
    const running = deliverLog(log, limited(sink), systemClock)
    await running.until(() => log.position.leafIndex > 0)
    await running.stop()
    await sink.close()
    expect(receiving.messages.length).toBeGreaterThan(0)
    expect(ids(receiving.messages).slice(0, log.position.leafIndex)).toEqual(
      forwardedMany(log.position.leafIndex).map(({ entry }) => entry.id),
    )
    expect(log.position.leafIndex).toBe(receiving.messages.length)
  })

  it('Q15 a receiver that coalesces keeps three of a kind, and nothing on the way shows it', async () => {
    const receiving = await receiver('lf')
    receiving.behaviour.coalescing = true
    const sink = qradar(receiving.port, { confirm: 'close', confirmDelayMs: 20 })
    const { controls, rejected } = await deliver(sink, forwardedMany(10))
    expect({ controls, rejected }).toEqual({ controls: [], rejected: [] })
    expect(receiving.messages).toHaveLength(3)
    receiving.behaviour.coalescing = false
    await deliver(sink, forwardedMany(10))
    expect(receiving.messages).toHaveLength(13)
    // So the page about QRadar says what to switch off.
    expect(readFileSync('docs/siem/qradar.md', 'utf8')).toMatch(/Coalescing Events/)
  })

  it('Q15 says how much it promises', () => {
    expect(qradar(1).capabilities).toMatchObject({ level: 'sent', idempotency: 'query', maxInFlight: 1 })
  })

  it('ends an idle connection itself and opens another', async () => {
    const receiving = await receiver('lf')
    const sink = qradar(receiving.port, { idleTimeoutMs: 1000 })
    await deliver(sink, [forwarded()])
    await sleep(1200)
    await deliver(sink, [forwarded()])
    expect(receiving.messages).toHaveLength(2)
    expect(receiving.connections).toBe(2)
  })
})

describe('confirmation by ending the connection', () => {
  it('takes everything for delivered that the receiver has read to the end', async () => {
    const receiving = await receiver('lf')
    const sink = qradar(receiving.port, { confirm: 'close', confirmDelayMs: 50 })
    await deliver(sink, forwardedMany(30), 10)
    expect(receiving.messages).toHaveLength(30)
    expect(receiving.connections).toBeGreaterThan(1)
  })

  it('sends again what lies unread with a receiver that dies', async () => {
    const receiving = await receiver('lf')
    receiving.behaviour.deaf = true
    const sink = qradar(receiving.port, { confirm: 'close', confirmDelayMs: 20 })
    const delivering = deliver(sink, forwardedMany(10))
    // Long after the delay the events still lie unread in the buffers of the receiver's system.
    await sleep(200)
    receiving.reset()
    receiving.behaviour.deaf = false
    await delivering
    expect(sorted(ids(receiving.messages))).toHaveLength(10)
  })

  it('believes nothing when the receiver breaks the connection instead of ending it', async () => {
    const receiving = await receiver('lf')
    receiving.behaviour.rude = true
    const sink = qradar(receiving.port, { confirm: 'close', confirmDelayMs: 20 })
    const delivering = deliver(sink, forwardedMany(2))
    await receiving.until(4)
    receiving.behaviour.rude = false
    await delivering
    expect(sorted(ids(receiving.messages))).toHaveLength(2)
  })
})

describe('syslog over TLS', () => {
  const tls = { ca: authority.cert }

  it('Q12, G10 accepts a certificate of the given authority and asks for the server by name', async () => {
    const named = authority.issue({ commonName: 'receiver', names: ['localhost'] })
    const receiving = await receiver('lf', named)
    const { controls } = await deliver(qradar(receiving.port, { host: 'localhost', tls }), forwardedMany(5))
    expect(controls).toEqual([])
    expect(receiving.messages).toHaveLength(5)
    expect(receiving.serverNames).toEqual(['localhost'])
  })

  it.each([
    ['expired', authority.issue({ commonName: 'x', days: [-10, -1] }), {}],
    ['issued for another host', authority.issue({ commonName: 'x', names: ['other.example'] }), {}],
    ['signed by itself', selfSigned({ commonName: 'x' }), {}],
    ['of an authority that is not trusted', testAuthority('other').issue({ commonName: 'x' }), {}],
    ['good, with TLS 1.1 at most', server, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' }],
  ] as const)('Q12, G10 refuses a certificate that is %s, before anything is sent', async (_, identity, options) => {
    const receiving = await receiver('lf', { ...identity, ...options })
    const sink = qradar(receiving.port, { tls })
    const result = await sink.send(batchOf(sink, encoded(sink, [forwarded()])), { signal })
    expect(result.control).toMatchObject({ kind: 'pause', code: expect.stringMatching(/^tls_(untrusted|refused)$/) })
    expect(result.outcomes[0]).toMatchObject({ kind: 'retry', ambiguous: false })
    expect(receiving.messages).toEqual([])
  })

  it('Q12, G10 shows a client certificate', async () => {
    const client = authority.issue({ commonName: 'app', names: ['app.example'] })
    const asks = { ...server, ca: authority.cert, requestCert: true, rejectUnauthorized: true }
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const receiving = await receiver('lf', { ...asks, maxVersion })
      await deliver(qradar(receiving.port, { tls: { ...tls, ...client } }), forwardedMany(3))
      expect(receiving.messages).toHaveLength(3)
    }
  })

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'Q12 pauses when the receiver asks for a client certificate and there is none (%s)',
    async (maxVersion) => {
      const receiving = await receiver('lf', {
        ...server,
        ca: authority.cert,
        requestCert: true,
        rejectUnauthorized: true,
        maxVersion,
      })
      const { controls } = await deliver(qradar(receiving.port, { tls }), forwardedMany(3))
      expect(controls).toEqual([expect.objectContaining({ kind: 'pause', cause: 'auth', code: 'tls_refused' })])
      expect(receiving.messages).toEqual([])
    },
  )

  it('Q12 resumes the session on the next connection', async () => {
    const receiving = await receiver('lf', server)
    const sink = qradar(receiving.port, { tls, confirm: 'close', confirmDelayMs: 20 })
    await deliver(sink, forwardedMany(4), 1)
    expect(receiving.connections).toBeGreaterThan(1)
    expect(receiving.resumed).toBe(receiving.connections - 1)
  })

  it('Q8, Q9 loses nothing over TLS either', async () => {
    const receiving = await receiver('octet-counting', server)
    receiving.behaviour.resetAfter = 4
    const sink = qradar(receiving.port, { tls, framing: 'octet-counting', confirmDelayMs: 1000 })
    const items = forwardedMany(12)
    const delivering = deliver(sink, items)
    await receiving.until(4)
    receiving.behaviour.resetAfter = undefined
    await delivering
    receiving.end()
    await deliver(sink, [forwarded()])
    expect(sorted(ids(receiving.messages))).toHaveLength(13)
  })
})

describe('other syslog receivers', () => {
  it('Q17 get the entry as structured data that round-trips', async () => {
    const receiving = await receiver('octet-counting', server)
    const sink = new SyslogSink({
      host: '127.0.0.1',
      port: receiving.port,
      hostname: 'app01',
      tls: { ca: authority.cert },
      confirmDelayMs: 20,
    })
    stops.push(() => sink.close())
    const texts = Object.values(hostileTexts)
    await deliver(
      sink,
      forwardedMany(texts.length, (index) => ({ user_id: texts[index]!, details: { note: texts[index]! } })),
    )
    expect(receiving.messages).toHaveLength(texts.length)
    for (const [index, message] of receiving.messages.entries()) {
      const { timestamp, data } = parseSyslog(message)
      expect(timestamp).toBe('2026-09-26T12:00:00.123456Z')
      const entry = data['audit@32473']!
      expect(JSON.parse(entry['details']!)).toEqual({ note: texts[index] })
      const exact = JSON.parse(entry['exact'] ?? '{}') as Record<string, string>
      expect(exact['user_id'] ?? entry['user']).toBe(texts[index])
      expect(entry['leafIndex']).toBe(String(index))
    }
  })
})

describe('options', () => {
  it('name the structured data of the host', () => {
    const sink = new SyslogSink({ host: 'syslog.example.com', hostname: 'app01', structuredDataId: 'entra@99999' })
    expect((sink.encode(forwarded()) as EncodedEvent).text).toContain(' [entra@99999 leafIndex="')
  })

  it.each<[string, Partial<QRadarOptions>]>([
    ['a URL as host', { host: 'tls://qradar' }],
    ['port 0', { port: 0 }],
    ['a certificate without its key', { tls: { cert: 'x' } }],
    ['an unknown framing', { framing: 'crlf' as 'lf' }],
    ['an unknown confirmation', { confirm: 'never' as 'delay' }],
    ['a delay of an hour', { confirmDelayMs: 3_600_000 }],
    ['a limit that leaves no room', { maxEventBytes: 100 }],
    ['an empty vendor', { vendor: '' }],
  ])('refuses %s before any I/O', (_, options) => {
    expect(codeOf(() => qradar(6514, options))).toBe('option_invalid')
  })
})
