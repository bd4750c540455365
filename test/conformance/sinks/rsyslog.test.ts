import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { verifyEntry } from '../../../src/canonical/entry.ts'
import { QRadarSink, type QRadarOptions } from '../../../src/sinks/qradar.ts'
import type { Confirmation, EncodedEvent } from '../../../src/sinks/sink.ts'
import { batchOf } from '../../support/batch-of.ts'
import { testAuthority } from '../../support/certificates.ts'
import { deliver } from '../../support/deliver.ts'
import { emojis, forwardedMany, hostileTexts } from '../../support/forwarded.ts'
import { entryOfLeef, parseLeef } from '../../support/leef-parser.ts'
import { hasRsyslog, type Rsyslog, startRsyslog } from '../../support/rsyslog.ts'
import { parseSyslog } from '../../support/syslog-parser.ts'

const authority = testAuthority()
const server = authority.issue({ commonName: 'receiver' })
const client = authority.issue({ commonName: 'app.example', names: ['app.example'] })
const stops: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop()
})

async function rsyslog(): Promise<Rsyslog> {
  const started = await startRsyslog(server, authority.cert, 'app.example')
  stops.push(() => started.stop())
  return started
}

function qradar({ port }: Rsyslog, options: Partial<QRadarOptions> = {}): QRadarSink {
  const sink = new QRadarSink({
    host: '127.0.0.1',
    port,
    hostname: 'app01.example.com',
    tls: { ca: authority.cert, ...client },
    confirm: 'close',
    confirmDelayMs: 100,
    maxEventBytes: 65_536,
    ...options,
  })
  stops.push(() => sink.close())
  return sink
}

/** The lines, once there are enough of them. */
async function stored(receiving: Rsyslog, count: number): Promise<string[]> {
  for (let attempt = 0; ; attempt += 1) {
    const lines = await receiving.lines()
    if (lines.length >= count || attempt === 2000) return lines
    await sleep(25)
  }
}

const texts = Object.values(hostileTexts)
const items = forwardedMany(texts.length + 2, (index) => ({
  user_id: texts[index] ?? 'usr_42',
  target: texts[index] ?? 'user:usr_77',
  details: { note: texts[index] ?? (index === texts.length ? emojis.slice(0, 20_000) : 'x'.repeat(40_000)) },
}))

describe.skipIf(!hasRsyslog)('rsyslog with TLS (skipped where rsyslogd or its gtls driver is missing)', () => {
  it.each(['lf', 'octet-counting'] as const)('stores every event so that it verifies, with %s', async (framing) => {
    const receiving = await rsyslog()
    await deliver(qradar(receiving, { framing }), items)
    const lines = await stored(receiving, items.length)
    expect(lines).toHaveLength(items.length)
    lines.forEach((line, index) => {
      const entry = entryOfLeef(parseLeef(parseSyslog(line).message))
      expect(entry).toEqual(items[index]!.entry)
      expect(verifyEntry(entry)).toBe(true)
    })
  })

  it('gets everything when it is restarted in the middle', async () => {
    const receiving = await rsyslog()
    const many = forwardedMany(2000)
    const delivering = deliver(qradar(receiving, { confirmDelayMs: 20 }), many, 250)
    await stored(receiving, 250)
    await receiving.restart()
    const { controls } = await delivering
    expect(controls.length).toBeGreaterThan(0)
    const ids = (await stored(receiving, 2000)).map(
      (line) => parseLeef(parseSyslog(line).message).attributes['auditId'],
    )
    expect(new Set(ids)).toEqual(new Set(many.map(({ entry }) => entry.id)))
  })

  it('takes nothing from a client without a certificate, and the sink says so and takes nothing for delivered', async () => {
    const receiving = await rsyslog()
    const sink = qradar(receiving, { tls: { ca: authority.cert } })
    const event = sink.encode(items[0]!) as EncodedEvent
    const signal = new AbortController().signal
    let { outcomes, control } = await sink.send(batchOf(sink, [event]), { signal })
    const [outcome] = outcomes
    if (outcome?.kind === 'pending') {
      let answer: Confirmation | undefined = 'waiting'
      while (answer === 'waiting') {
        await sleep(10)
        ;[answer] = await sink.confirm([outcome.handle])
      }
      expect(answer).toBe('unknown')
      ;({ control } = await sink.send(batchOf(sink, [event]), { signal }))
    }
    expect(control.kind).toMatch(/^(backoff|pause)$/)
    expect(await receiving.lines()).toEqual([])
  })
})
