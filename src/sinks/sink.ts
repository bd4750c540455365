import type { LogItem } from './log-item.ts'

/**
 * What a successful delivery means: `sent` the bytes left this host (syslog), `accepted` the receiver said that it has
 * taken them, `indexed` it said that they can be searched.
 */
export type DeliveryLevel = 'sent' | 'accepted' | 'indexed'

/** What stands in a body in front of the events, between two of them, and behind them. ASCII. */
export interface Framing {
  readonly start: string
  readonly between: string
  readonly end: string
}

/** Events as elements of a JSON array. */
export const jsonArray: Framing = { start: '[', between: ',', end: ']' }

/** What a sink takes and promises. */
export interface SinkCapabilities {
  readonly level: DeliveryLevel
  /** Who removes the copies that a repeated send makes: the receiver itself, or the query that reads it. */
  readonly idempotency: 'receiver' | 'query'
  /** How events make a body. Default is side by side. */
  readonly framing?: Framing | undefined
  /** Largest body of one {@link Sink.send}, framing included. */
  readonly maxBatchBytes: number
  readonly maxBatchItems: number
  /** Longest time between the first and the last event of a batch, in milliseconds. Default is unlimited. */
  readonly maxBatchSpanMs?: number | undefined
  /** How many sends may be under way at once; 1 keeps the order of the log. */
  readonly maxInFlight: number
  /** How often to call {@link Sink.confirm} while something is pending, in milliseconds. Default is 1,000. */
  readonly confirmIntervalMs?: number | undefined
}

/** An event in the receiver's form. */
export interface EncodedEvent {
  /** What identifies it at the receiver: the entry's id, or the notice's. */
  readonly id: string
  /** RFC 3339, UTC: the entry's time. */
  readonly timestamp: string
  /** Depends on the item and the sink's options only: never on the batch, the attempt or the clock. */
  readonly text: string
}

/** Events that go to the receiver together. */
export interface Batch {
  /** What identifies each of them. */
  readonly ids: readonly string[]
  /** All of them as UTF-8, in {@link SinkCapabilities.framing}. */
  readonly body: Uint8Array
}

/** An item that has no form that the receiver would take. It goes to the dead letter, and the rest goes on. */
export interface Unencodable {
  /** A stable word for statistics, e.g. `too_large`. */
  readonly code: string
  /** One sentence without contents of the event. */
  readonly reason: string
}

/**
 * What became of one event.
 *
 * - `delivered`: the receiver has it, as {@link SinkCapabilities.level} says
 * - `pending`: accepted, to be asked about with {@link Sink.confirm}; events of one request share one handle
 * - `duplicate`: the receiver had it already
 * - `quarantined`: the receiver keeps it somewhere apart (Elastic's failure store); sending it again makes another copy
 * - `rejected`: the receiver will never take it as it is
 * - `retry`: not taken; `ambiguous` when the receiver may have it all the same
 */
export type Outcome =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'pending'; readonly handle: ConfirmHandle }
  | { readonly kind: 'duplicate' }
  | { readonly kind: 'quarantined'; readonly code: string; readonly reason: string }
  | { readonly kind: 'rejected'; readonly code: string; readonly reason: string }
  | { readonly kind: 'retry'; readonly code: string; readonly ambiguous: boolean }

/** What the sink knows a pending request by. The forwarder compares handles by identity and looks at nothing in them. */
export type ConfirmHandle = object

/**
 * What to do next.
 *
 * - `continue`: go on; with `slowDown` the receiver took it and is close to its capacity
 * - `backoff`: wait, then send what is `retry`; `minDelayMs` (from Retry-After) is the least; with `untilConfirmed` send
 *   nothing new before something pending is confirmed
 * - `split`: the batch is too large for the receiver: send its halves; a single event becomes `rejected`. Outcomes are `retry`
 * - `isolate`: the receiver refused the batch as a whole for something in it without saying what: send its halves. A single
 *   event becomes `rejected`. Outcomes are `retry`
 * - `pause`: credentials or configuration must be put right by somebody; one batch is sent as a probe now and then
 *
 * `code` is a stable word, `detail` one sentence for an operator, without secrets and without contents of events.
 */
export type Control =
  | { readonly kind: 'continue'; readonly slowDown?: boolean | undefined }
  | {
      readonly kind: 'backoff'
      readonly code: string
      readonly detail: string
      readonly minDelayMs?: number | undefined
      readonly untilConfirmed?: boolean | undefined
    }
  | { readonly kind: 'split'; readonly code: string; readonly detail: string }
  | { readonly kind: 'isolate'; readonly code: string; readonly detail: string }
  | { readonly kind: 'pause'; readonly cause: 'auth' | 'config'; readonly code: string; readonly detail: string }

/** The answer to one attempt. */
export interface SendResult {
  /** One for each event of the batch, in its order. Anything else counts as `retry`, ambiguous, for the whole batch. */
  readonly outcomes: readonly Outcome[]
  readonly control: Control
  /** What the receiver calls the request, for its support. */
  readonly requestId?: string | undefined
}

/** What {@link Sink.confirm} found: `waiting` is asked about again, `unknown` is sent again. */
export type Confirmation = 'confirmed' | 'waiting' | 'unknown'

/** Options of one attempt. */
export interface AttemptOptions {
  /** Aborts the attempt: its events become `retry`, ambiguous. */
  readonly signal: AbortSignal
}

/**
 * A SIEM destination: how events look there, and one attempt to deliver a batch of them. Everything else (order, cursor,
 * repetition, waiting, splitting, dead letters) is the forwarder's, and the same for all sinks.
 *
 * An implementation keeps connections and what it needs to confirm, and nothing that would be missed when the process
 * dies. It writes no secret and no contents of events into a code, a detail or a reason.
 */
export interface Sink {
  /** Kind and destination for the status, without credentials, e.g. `splunk https://splunk.example.com:8088`. */
  readonly description: string
  readonly capabilities: SinkCapabilities
  /** Pure and deterministic; no I/O. */
  encode(item: LogItem): EncodedEvent | Unencodable
  /**
   * One attempt. Resolves whatever the receiver or the network does, and also when it is aborted; rejects for bugs only.
   *
   * @param batch one event or more, within the capabilities
   */
  send(batch: Batch, options: AttemptOptions): Promise<SendResult>
  /**
   * Asks about pending requests. A handle that is neither `waiting` nor forgotten is not asked about again.
   *
   * @returns one for each handle, in their order
   */
  confirm?(handles: readonly ConfirmHandle[], options: AttemptOptions): Promise<readonly Confirmation[]>
  /** Asks the receiver how it is, without sending an event. */
  health?(options: AttemptOptions): Promise<Control>
  /** Ends connections. Called once nothing is under way; what is still pending then is sent again by the next process. */
  close(): Promise<void>
}

/** Whether {@link Sink.encode} found no form. */
export function isUnencodable(encoded: EncodedEvent | Unencodable): encoded is Unencodable {
  return !('text' in encoded)
}
