import { setTimeout as sleep } from 'node:timers/promises'

/** Resolves when a condition holds; looks every few milliseconds, until the test times out. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(10)
}
