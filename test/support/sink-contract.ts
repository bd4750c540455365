import { describe, expect, it } from 'vitest'
import { isUnencodable, type EncodedEvent, type Sink } from '../../src/sinks/sink.ts'
import { fakeClock } from './fake-clock.ts'
import { checkpointNotice, emojis, forwarded, forwardedMany, hostileTexts } from './forwarded.ts'
import { deliver, deliverAll, memoryLog } from './memory-log.ts'
import { batchOf } from './batch-of.ts'

/** Ways in which a receiver misbehaves. Each must be mendable. */
export type Misbehaviour =
  | 'is down'
  | 'hangs'
  | 'resets the connection'
  | 'resets the connection after it has taken the events'
  | 'answers no HTTP'
  | 'answers a page of HTML'
  | 'answers 200 and a page of HTML'
  | 'answers 500'
  | 'redirects to another host'
  | 'answers without an end'
  | 'breaks off its answer'
  | 'refuses the credentials'

/** A sink and the receiver that it sends to. */
export interface SinkAndReceiver {
  readonly sink: Sink
  /** A credential of the sink's, which must never show. */
  readonly secret: string
  /** Everything that the receiver holds, in the order of arrival: what identifies it, and the event as it is there. */
  readonly received: () => readonly { readonly id: string; readonly text: string }[]
  /** Makes the receiver misbehave from now on. */
  readonly misbehave: (how: Misbehaviour) => Promise<void> | void
  /** Makes it well again. */
  readonly mend: () => Promise<void> | void
  /** The details of an entry, read back from what the receiver holds. Leave it out where the format does not keep all of them. */
  readonly detailsOf?: (text: string) => unknown
  readonly stop: () => Promise<void>
}

/**
 * What every sink must do, run against its receiver. A new sink passes how to start both, and which misbehaviours its
 * receiver knows; about 40 lines.
 *
 * @param name of the sink, for the titles
 * @param open starts both; `timeoutMs` is how long the sink is to wait for a receiver: longer than a busy machine takes to
 *   answer, except where no answer comes
 */
export function testSinkContract(
  name: string,
  open: (timeoutMs: number) => Promise<SinkAndReceiver>,
  misbehaviours: readonly Misbehaviour[],
): void {
  const withSink = async (test: (opened: SinkAndReceiver) => Promise<void>, timeoutMs = 60_000): Promise<void> => {
    const opened = await open(timeoutMs)
    try {
      await test(opened)
    } finally {
      await opened.sink.close()
      await opened.stop()
    }
  }

  describe(`the contract of a sink: ${name}`, () => {
    it('G1 after a crash between acceptance and commit, every event is there with the same bytes', () =>
      withSink(async ({ sink, received }) => {
        const log = memoryLog(forwardedMany(50))
        log.losesCommits = true
        const first = deliver(log, sink, fakeClock())
        await first.until(() => received().length >= 50)
        await first.stop()
        expect(log.position.leafIndex).toBe(0)
        log.losesCommits = false
        await deliverAll(log, sink, fakeClock())
        expect(copiesOf(received())).toEqual(Object.fromEntries(log.items.map((item) => [idOf(item), 1])))
      }))

    it('G4 delivers every event of a log, in order when one request is under way at a time', () =>
      withSink(async ({ sink, received }) => {
        const log = memoryLog([...forwardedMany(700), checkpointNotice()])
        const delivery = await deliverAll(log, sink, fakeClock())
        const ids = received().map(({ id }) => id)
        if (sink.capabilities.maxInFlight === 1) expect(ids).toEqual(log.items.map(idOf))
        else expect(new Set(ids)).toEqual(new Set(log.items.map(idOf)))
        expect(delivery.counters).toMatchObject({ delivered: 701, rejected: 0, quarantined: 0 })
        expect(log.deadLetters).toEqual([])
      }))

    it('G6 an event of 64 KiB of emoji arrives, or goes to the dead letter, and its neighbours arrive', () =>
      withSink(async ({ sink, received }) => {
        const log = memoryLog(forwardedMany(3, (index) => (index === 1 ? { details: { emojis } } : {})))
        await deliverAll(log, sink, fakeClock())
        const accounted = [...received().map(({ id }) => id), ...log.deadLetters.map(({ item }) => item)]
        expect(new Set(accounted)).toEqual(new Set(log.items.map(idOf)))
        for (const { text } of received()) expect(text.isWellFormed() && !text.includes('\ufffd')).toBe(true)
      }))

    it('G7 an attempt that is broken off leaves every event open, and does not reject', () =>
      withSink(async ({ sink, misbehave }) => {
        await misbehave('hangs')
        const breaking = new AbortController()
        const batch = forwardedMany(3).map((item) => encoded(sink, item))
        const sending = sink.send(batchOf(sink, batch), { signal: breaking.signal })
        setTimeout(() => breaking.abort(), 50)
        const { outcomes } = await sending
        expect(outcomes.length).toBe(3)
        for (const outcome of outcomes) expect(['retry', 'pending']).toContain(outcome.kind)
      }, short))

    it('encodes without I/O, the same every time, whatever the content', () =>
      withSink(async ({ sink, received }) => {
        for (const item of [
          forwarded(),
          checkpointNotice(),
          { ...checkpointNotice(), kind: 'test' as const, id: 'test-1' },
        ]) {
          const [first, second] = [encoded(sink, item), encoded(sink, structuredClone(item))]
          expect(first.text).toBe(second.text)
          expect(first.id).toBe(idOf(item))
        }
        expect(received()).toEqual([])
        await Promise.resolve()
      }))

    it('G8 hostile text arrives as one event, and means the same there', () =>
      withSink(async ({ sink, received, detailsOf }) => {
        const texts = Object.values(hostileTexts)
        const log = memoryLog(
          forwardedMany(texts.length, (index) => ({
            details: { note: texts[index] ?? '', [texts[index] ?? '']: 1 },
            target: texts[index] ?? null,
            user_id: texts[index] ?? null,
          })),
        )
        await deliverAll(log, sink, fakeClock())
        expect(log.deadLetters).toEqual([])
        expect(new Set(received().map(({ id }) => id))).toEqual(new Set(log.items.map(idOf)))
        expect(received().length).toBe(texts.length)
        if (detailsOf === undefined) return
        for (const { id, text } of received()) {
          const item = log.items.find((candidate) => idOf(candidate) === id)
          expect(detailsOf(text)).toEqual(item?.kind === 'entry' ? item.entry.details : undefined)
        }
      }))

    it.each(misbehaviours.map((how) => ({ how })))(
      'G5 G11 loses nothing and shows no secret when the receiver $how',
      ({ how }) =>
        withSink(
          async ({ sink, secret, received, misbehave, mend }) => {
            const log = memoryLog(forwardedMany(40))
            await misbehave(how)
            const running = deliver(log, sink, fakeClock())
            await running.until(() => running.delivery.problem !== undefined)
            const { problem } = running.delivery
            expect(log.position.leafIndex).toBe(0)
            expect(log.deadLetters).toEqual([])
            expect(problem?.cause === 'auth').toBe(how === 'refuses the credentials')
            expect(JSON.stringify(problem)).not.toContain(secret)
            await mend()
            await running.until(() => log.position.leafIndex === 40)
            await running.stop()
            expect(running.delivery.problem).toBeUndefined()
            expect(Object.keys(copiesOf(received())).length).toBe(40)
            expect(sink.description).not.toContain(secret)
          },
          how === 'hangs' ? short : undefined,
        ),
    )

    it('G2 with a receiver that is down for an hour, waits with full jitter, and holds no more than it may', () =>
      withSink(async ({ sink, misbehave, mend, received }) => {
        const log = memoryLog(forwardedMany(5000))
        await misbehave('is down')
        const clock = fakeClock()
        const start = clock.now()
        const running = deliver(log, sink, clock, 1_000_000)
        await running.until(() => clock.now() - start > 3_600_000)
        expect(Math.max(...clock.sleeps)).toBeLessThanOrEqual(60_000)
        // What was read ahead may go over the limit.
        expect(running.delivery.bufferedBytes).toBeLessThan(3_000_000)
        expect(log.deadLetters).toEqual([])
        await mend()
        await running.until(() => log.position.leafIndex === 5000)
        await running.stop()
        expect(new Set(received().map(({ id }) => id)).size).toBe(5000)
      }))
  })
}

/** Milliseconds. */
const short = 300

/** Ids to the number of different forms that the receiver holds under each. */
function copiesOf(received: readonly { readonly id: string; readonly text: string }[]): Record<string, number> {
  const forms = new Map<string, Set<string>>()
  for (const { id, text } of received) forms.set(id, (forms.get(id) ?? new Set()).add(text))
  return Object.fromEntries([...forms].map(([id, texts]) => [id, texts.size]))
}

function encoded(sink: Sink, item: Parameters<Sink['encode']>[0]): EncodedEvent {
  const result = sink.encode(item)
  if (isUnencodable(result)) throw new Error(result.reason)
  return result
}

const idOf = (item: Parameters<Sink['encode']>[0]): string => (item.kind === 'entry' ? item.entry.id : item.id)
