import { onTestFinished, vi } from 'vitest'

/**
 * Until the test is over, `performance.now()` can be put forward, so that nobody has to wait for what it measures.
 *
 * @returns puts it forward by so many milliseconds
 */
export function fastForward(): (ms: number) => void {
  let ahead = 0
  const now = performance.now.bind(performance)
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + ahead)
  onTestFinished(() => clock.mockRestore())
  return (ms) => {
    ahead += ms
  }
}
