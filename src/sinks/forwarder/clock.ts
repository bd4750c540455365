import { setTimeout as sleep } from 'node:timers/promises'

/** Time and chance, so that a test can let an hour of failures pass at once. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** Resolves after so many milliseconds, or at once when the signal aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
  /** From 0 up to, but not including, 1. */
  random(): number
}

/** The clock of this machine as it was at the start, and the time since: who waits for a time waits no longer when it is set back. */
export const systemClock: Clock = {
  now: () => Math.round(performance.timeOrigin + performance.now()),
  sleep: async (ms, signal) => {
    await sleep(ms, undefined, { signal }).catch(() => undefined)
  },
  random: () => Math.random(),
}

const longestDelayMs = 60_000

/**
 * How long to wait before the next attempt: full jitter, a random part of 1, 2, 4, ... seconds, 60 at most, for as long as it
 * takes. The receiver's own wish is the least.
 *
 * @param failures attempts in a row that failed, 1 or more
 */
export function backoffMs(failures: number, minimumMs: number, random: number): number {
  return Math.max(minimumMs, Math.min(longestDelayMs, 1000 * 2 ** Math.min(failures - 1, 10)) * random)
}
