import { afterEach, expect, it, vi } from 'vitest'
import { Lane } from '../../../src/sequencer/lane.ts'
import { systemClock } from '../../../src/sinks/forwarder/clock.ts'

afterEach(() => void vi.useRealTimers())

// Somebody, or NTP, sets the clock of the host back by a day.
const setBack = (): void => void vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 86_400_000 })

it('a lane tries again after its pause and not before, although the clock was set back', async () => {
  const attempts: number[] = []
  const lane = new Lane<{ size: number; key: string }>(
    'witness',
    1000,
    ({ size }) => {
      attempts.push(size)
      return attempts.length === 1 ? Promise.reject(new Error('down')) : Promise.resolve()
    },
    () => undefined,
  )
  await lane.offer({ size: 1, key: 'one' })
  await lane.offer({ size: 1, key: 'one' })
  expect(attempts).toEqual([1])
  setBack()
  await vi.waitFor(async () => {
    await lane.offer({ size: 1, key: 'one' })
    expect(attempts).toEqual([1, 1])
  }, 5000)
})

it('the clock of the forwarders goes on although that of the host was set back', () => {
  const before = systemClock.now()
  expect(Math.abs(before - Date.now())).toBeLessThan(60_000)
  setBack()
  expect(systemClock.now()).toBeGreaterThanOrEqual(before)
})
