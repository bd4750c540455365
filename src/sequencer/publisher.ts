/** A checkpoint that is handed to publishers. */
export interface PublishedCheckpoint {
  /** Number of leaves that it covers. */
  readonly size: number
  /** The signed note (c2sp.org/tlog-checkpoint), with the cosignatures that witnesses gave in time. */
  readonly note: string
}

/**
 * Takes checkpoints to a place that whoever controls the database does not control. That place is what makes tampering
 * provable: a rewritten log cannot be consistent with a checkpoint that somebody else holds.
 */
export interface Publisher {
  /** For the status; unique among the publishers of a sequencer. */
  readonly name: string
  /**
   * Makes a checkpoint available there, durably, before the promise resolves. Called with ever larger checkpoints, perhaps
   * leaving some out; again with the same one after a failure or a restart, or when more witnesses have cosigned it. What it
   * throws is shown in the status, and the newest checkpoint is tried again.
   *
   * @param signal aborts when the call has taken too long, which counts as a failure
   */
  publish(checkpoint: PublishedCheckpoint, signal: AbortSignal): Promise<void>
  /**
   * Reads back the newest checkpoint that was published, so that a sequencer that takes over notices that the log was rolled
   * back or rewritten meanwhile. Undefined when there is none. Leave it out where it cannot be read back.
   */
  latest?(signal: AbortSignal): Promise<string | undefined>
}
