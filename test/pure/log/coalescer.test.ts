import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import type { Entry } from '../../../src/canonical/entry.ts'
import { Coalescer } from '../../../src/log/coalescer.ts'
import type { ReadyEvent } from '../../../src/log/event.ts'

const event = { detailsText: '{}' } as ReadyEvent

async function statementsFor(calls: number, lanes: number): Promise<number[]> {
  const statements: number[] = []
  const coalescer = new Coalescer(
    async (events) => {
      statements.push(events.length)
      await sleep(20)
      return events.map((_, index) => ({ seq: index }) as Entry)
    },
    { lanes, waiting: 10_000 },
  )
  await Promise.all(Array.from({ length: calls }, () => coalescer.write(event)))
  return statements
}

describe('calls that wait', () => {
  it.each([
    [1, 2, [1]],
    [40, 2, [40]],
    [200, 2, [100, 100]],
    [100, 2, [64, 36]],
    [300, 4, [75, 75, 75, 75]],
    [200, 1, [200]],
    [4000, 2, [1000, 1000, 1000, 1000]],
  ])('%s of them share %s lanes: %j', async (calls, lanes, expected) => {
    const statements = await statementsFor(calls, lanes)
    expect(statements.reduce((sum, one) => sum + one)).toBe(calls)
    expect(statements).toEqual(expected)
  })
})

it('writes although the tests of a host have stopped all clocks', async () => {
  vi.useFakeTimers()
  try {
    const coalescer = new Coalescer((events) => Promise.resolve(events.map(() => ({ seq: 1 }) as Entry)), {
      lanes: 1,
      waiting: 1,
    })
    expect(await coalescer.write(event)).toEqual({ seq: 1 })
  } finally {
    vi.useRealTimers()
  }
})
