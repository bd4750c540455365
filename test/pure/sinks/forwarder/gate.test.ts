import { describe, expect, it } from 'vitest'
import { Gate } from '../../../../src/sinks/forwarder/gate.ts'
import type { Control } from '../../../../src/sinks/sink.ts'
import { type FakeClock, fakeClock } from '../../../support/fake-clock.ts'

function gateOf(maxInFlight = 4): { gate: Gate; clock: FakeClock; waits: () => number } {
  const clock = fakeClock()
  const gate = new Gate(clock, maxInFlight)
  return { gate, clock, waits: () => gate.nextAt(false) - clock.now() }
}
const backoff: Control = { kind: 'backoff', code: 'unreachable', detail: 'nobody answers' }
const pause: Control = { kind: 'pause', cause: 'auth', code: 'status_401', detail: 'the token is wrong' }
const goOn: Control = { kind: 'continue' }

describe('a failure', () => {
  it('is waited for longer each time that it comes again, up to a minute', () => {
    const { gate, clock, waits } = gateOf()
    const seen = Array.from({ length: 9 }, () => {
      gate.apply(backoff)
      const wait = waits()
      clock.advance(wait)
      return wait
    })
    expect(seen).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000])
  })

  it('of several requests that were under way together counts once', () => {
    const { gate, clock, waits } = gateOf()
    for (let request = 0; request < 4; request += 1) gate.apply(backoff)
    expect(waits()).toBe(500)
    clock.advance(500)
    gate.apply(backoff)
    expect(waits()).toBe(1000)
  })

  it('is not forgotten for the success of a request that was sent before it', () => {
    const { gate, clock, waits } = gateOf()
    gate.apply(backoff)
    gate.apply(goOn)
    expect([gate.isOpen(0, false), gate.problem?.code, waits()]).toEqual([false, 'unreachable', 500])
    clock.advance(500)
    expect([gate.isOpen(0, false), gate.isOpen(1, false)]).toEqual([true, false])
    gate.apply(goOn)
    expect([gate.isOpen(3, false), gate.isOpen(4, false), gate.problem]).toEqual([true, false, undefined])
  })

  it('is waited for as long as the receiver wishes', () => {
    const { gate, waits } = gateOf()
    gate.apply({ ...backoff, minDelayMs: 120_000 })
    gate.apply(backoff)
    expect(waits()).toBe(120_000)
  })

  it('keeps the time at which the problem began', () => {
    const { gate, clock } = gateOf()
    const since = clock.now()
    gate.apply(backoff)
    clock.advance(10_000)
    gate.apply(pause)
    expect(gate.problem).toEqual({ cause: 'auth', code: 'status_401', detail: 'the token is wrong', since })
  })

  it('of a receiver that is full until it confirms is waited for as long as something is pending', () => {
    const { gate, clock } = gateOf()
    gate.apply({ ...backoff, untilConfirmed: true })
    clock.advance(86_400_000)
    expect([gate.isOpen(0, true), gate.isOpen(0, false)]).toEqual([false, true])
    gate.succeeded()
    expect(gate.isOpen(0, true)).toBe(true)
  })
})

it('a pause ends with a probe of ten events after a minute that the receiver takes', () => {
  const { gate, clock, waits } = gateOf()
  gate.apply(pause)
  expect([gate.isPaused, gate.batchLimit, waits()]).toEqual([true, 10, 60_000])
  clock.advance(60_000)
  gate.apply(goOn)
  expect([gate.isPaused, gate.batchLimit]).toEqual([false, Number.POSITIVE_INFINITY])
})

it('a receiver that asks for less gets one request at a time for a second', () => {
  const { gate, clock, waits } = gateOf()
  gate.apply({ kind: 'continue', slowDown: true })
  expect(waits()).toBe(500)
  clock.advance(500)
  expect([gate.isOpen(0, false), gate.isOpen(1, false)]).toEqual([true, false])
  clock.advance(500)
  expect(gate.isOpen(1, false)).toBe(true)
})

it('what was too large is halved, and grows again slowly with what is taken', () => {
  const { gate } = gateOf()
  gate.tooLarge(1000)
  gate.tooLarge(4000)
  expect(gate.byteLimit).toBe(500)
  gate.succeeded()
  expect(gate.byteLimit).toBeCloseTo(505)
})

it('rejections are counted until something is taken', () => {
  const { gate, clock } = gateOf()
  gate.rejected(3)
  gate.rejected(2)
  expect([gate.rejectedInARow, gate.lastSuccessAt]).toEqual([5, undefined])
  gate.succeeded()
  expect([gate.rejectedInARow, gate.lastSuccessAt]).toEqual([0, clock.now()])
})
