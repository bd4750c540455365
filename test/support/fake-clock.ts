import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../../src/sinks/forwarder/clock.ts'

/** A clock that goes on by itself whenever somebody waits for it, so that an hour passes in no time. */
export interface FakeClock extends Clock {
  /** The delays that were asked for. */
  readonly sleeps: number[]
  advance(ms: number): void
}

/** @param random what `random()` returns, in turn; default is 0.5 */
export function fakeClock(random: () => number = () => 0.5): FakeClock {
  let time = Date.parse('2026-09-26T12:00:00Z')
  const sleeps: number[] = []
  return {
    sleeps,
    now: () => time,
    random,
    advance(ms) {
      time += ms
    },
    async sleep(ms, signal) {
      // A little real time, in which real sockets can answer. A day is how a delivery says that it waits for nothing but them.
      await sleep(ms < 86_400_000 ? 1 : 60_000, undefined, { signal }).catch(() => undefined)
      if (signal.aborted) return
      sleeps.push(ms)
      time += ms
    },
  }
}
