/** Where a forwarder stands. Holds no secrets and no contents of events. */
export interface ForwarderStatus {
  /** Name of the forwarder's row. */
  readonly name: string
  /** What the sink calls its destination. */
  readonly destination: string
  /**
   * - `stopped`: not started, or stopped
   * - `standby`: another process forwards
   * - `held`: somebody paused it; nothing is sent until it is resumed
   * - `running`: sends, or has nothing to send
   * - `backing_off`: the last attempt failed in a way that passes; it is tried again
   * - `paused`: credentials or configuration must be put right; one small batch a minute is sent to see whether they are
   * - `failing`: the database cannot be read or written; it is tried again
   */
  readonly state: 'stopped' | 'standby' | 'held' | 'running' | 'backing_off' | 'paused' | 'failing'
  /** What is wrong, until it is not any more. */
  readonly problem: ForwarderProblem | undefined
  /** The next leaf whose delivery is not final; everything before it is delivered or in the dead letter. */
  readonly nextLeafIndex: number
  /** Leaves that are covered by the newest checkpoint and not final yet. */
  readonly lag: number
  /** Age of the oldest event that is being worked on, in milliseconds; undefined when there is none. */
  readonly oldestAgeMs: number | undefined
  /** Events that are accepted and not yet confirmed. */
  readonly unconfirmed: number
  /** Bytes of events in memory. */
  readonly bufferedBytes: number
  /** Since this process started. */
  readonly counters: ForwarderCounters
  /** When the receiver last took something: milliseconds since 1970; undefined when it has not. */
  readonly lastSuccessAt: number | undefined
}

/** Why nothing gets through. */
export interface ForwarderProblem {
  readonly cause: 'receiver' | 'auth' | 'config' | 'database'
  /** A stable word such as `http_503`, `tls_untrusted`, `splunk_code_4`. */
  readonly code: string
  /** One sentence for an operator. */
  readonly detail: string
  /** When it began: milliseconds since 1970. */
  readonly since: number
}

/** Counts of events, notices included. */
export interface ForwarderCounters {
  readonly delivered: number
  /** Of the delivered, those that the receiver had already. */
  readonly duplicates: number
  readonly quarantined: number
  readonly rejected: number
  /** Leaves whose entries are gone from the log. */
  readonly gone: number
  /** Sends of an event after the first one. */
  readonly repeated: number
  /** Requests with events. */
  readonly requests: number
  /** Encoded bytes of all sends. */
  readonly bytes: number
}

export const noCounters: ForwarderCounters = {
  delivered: 0,
  duplicates: 0,
  quarantined: 0,
  rejected: 0,
  gone: 0,
  repeated: 0,
  requests: 0,
  bytes: 0,
}
