import type { Control, Outcome, SendResult } from '../sink.ts'
import type { Gate } from './gate.ts'
import type { ForwarderCounters } from './status.ts'
import { bury, type Slot, type Window } from './window.ts'

interface Settlement {
  readonly slots: readonly Slot[]
  /** Of the body. */
  readonly bytes: number
  readonly result: SendResult
  readonly gate: Gate
  readonly window: Window
  readonly counters: { -readonly [name in keyof ForwarderCounters]: number }
  /** Whether the batch was a probe of a sink that is paused. */
  readonly probing: boolean
}

/**
 * Draws the consequences of one answer for the events of the batch and for what may be sent next.
 *
 * A receiver that rejects one event after the other is more likely set up wrongly than all events are bad. Then the sink
 * pauses, the events stay, and only those of the probes go to the dead letter.
 */
export function settle({ slots, bytes, result, gate, window, counters, probing }: Settlement): void {
  const { control, outcomes } = checked(result, slots.length)
  const refused = outcomes.map((outcome) => refusalOf(outcome, control, slots.length))
  const count = refused.filter((refusal) => refusal !== undefined).length
  const taken = outcomes.some(({ kind }) => kind !== 'retry' && kind !== 'rejected')
  const suspicious = count > 0 && !taken && gate.rejectedInARow + count > suspiciousRejections
  if (suspicious && !probing) {
    for (const slot of slots) window.release(slot)
    // They stay, and count: a probe that is rejected as well is no sign that the receiver is well again.
    gate.rejected(count)
    gate.apply(everythingRejected(refused.find((refusal) => refusal !== undefined)))
    return
  }
  if (control.kind === 'split') gate.tooLarge(bytes)
  for (const [index, slot] of slots.entries()) {
    const refusal = refused[index]
    if (refusal === undefined) settleOne(slot, outcomes[index] ?? lost, control, slots.length, window, counters)
    else {
      counters.rejected += 1
      bury(slot, 'rejected', refusal.code, refusal.reason)
    }
  }
  if (taken) gate.succeeded()
  else gate.rejected(count)
  gate.apply(suspicious ? everythingRejected(refused[0]) : control)
}

interface Refusal {
  readonly code: string
  readonly reason: string
}

/** Why an event will never be taken: the receiver says so, or it is alone in a batch that was refused. */
function refusalOf(outcome: Outcome, control: Control, batchLength: number): Refusal | undefined {
  if (outcome.kind === 'rejected') return outcome
  const alone = outcome.kind === 'retry' && batchLength === 1
  if (!alone || (control.kind !== 'split' && control.kind !== 'isolate')) return undefined
  return { code: control.code, reason: control.detail }
}

function settleOne(
  slot: Slot,
  outcome: Outcome,
  control: Control,
  batchLength: number,
  window: Window,
  counters: Settlement['counters'],
): void {
  switch (outcome.kind) {
    case 'delivered':
    case 'duplicate':
      slot.state = 'settled'
      counters.delivered += 1
      if (outcome.kind === 'duplicate') counters.duplicates += 1
      return
    case 'pending':
      window.await(slot, outcome.handle)
      return
    case 'quarantined':
      counters.quarantined += 1
      bury(slot, 'quarantined', outcome.code, outcome.reason)
      return
    case 'rejected':
      return
    case 'retry':
      if (control.kind === 'split' || control.kind === 'isolate') slot.batchLimit = Math.ceil(batchLength / 2)
      else if (control.kind === 'backoff' && outcome.ambiguous && slot.attempts >= 2) {
        // Perhaps the batch is what breaks the connection.
        slot.batchLimit = Math.max(1, Math.ceil(batchLength / 2))
      }
      window.release(slot)
  }
}

/** A sink that does not account for every event has a bug; nothing may be taken for delivered then. */
function checked(result: SendResult, expected: number): SendResult {
  if (result.outcomes.length === expected) return result
  const control: Control =
    result.control.kind === 'continue'
      ? { kind: 'backoff', code: 'outcomes_incomplete', detail: 'the sink did not say what became of each event' }
      : result.control
  return { outcomes: Array.from({ length: expected }, () => lost), control }
}

function everythingRejected(refusal: Refusal | undefined): Control {
  const detail = `the receiver rejects one event after the other (${refusal?.code}: ${refusal?.reason})`
  return { kind: 'pause', cause: 'config', code: 'everything_rejected', detail }
}

const lost: Outcome = { kind: 'retry', code: 'outcome_missing', ambiguous: true }
const suspiciousRejections = 20
