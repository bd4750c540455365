import type { AuditLogErrorCode } from '../errors.ts'

/** What a sequencer is doing. */
export interface SequencerStatus {
  /**
   * - `stopped`: not started, or stopped
   * - `active`: gives out leaves and signs
   * - `standby`: another process does
   * - `failing`: the last round failed; it goes on trying
   * - `halted`: the log contradicts a checkpoint that was signed before; nothing is signed until somebody has looked and
   *   the process is started anew
   */
  readonly state: 'stopped' | 'active' | 'standby' | 'failing' | 'halted'
  /** Why it is failing or halted. */
  readonly reason: { readonly code: AuditLogErrorCode; readonly message: string } | undefined
  /** Leaves that have been given out. */
  readonly treeSize: number
  /** Size of the newest checkpoint that is signed and stored; 0 when there is none. */
  readonly checkpointSize: number
  /** The newest checkpoint that each witness cosigned for this process. */
  readonly witnesses: readonly DeliveryStatus[]
  /** The newest checkpoint that each publisher took from this process. */
  readonly publishers: readonly DeliveryStatus[]
  /** Entries that were not in order when they got their leaf, since the start of this process. */
  readonly anomalies: number
}

/** How one witness or publisher is doing. */
export interface DeliveryStatus {
  readonly name: string
  /** Size of the checkpoint; 0 when there was none yet. */
  readonly size: number
  /** The message of the last failure, until the next success. */
  readonly failure: string | undefined
  /** Its code, e.g. `witness_refused` when the witness has seen another history; undefined when it has none. */
  readonly code: AuditLogErrorCode | undefined
}

/** What has been committed and has no leaf yet, and what has not been committed. */
export interface Backlog {
  /** How many entries have no leaf, counted up to 10,000. */
  readonly entries: number
  /** The oldest of them: its seq and how long ago it was inserted, in milliseconds. */
  readonly oldest: { readonly seq: number; readonly ageMs: number } | undefined
  /** What holds it; undefined when nothing does: the next round takes it. */
  readonly heldBy: BacklogHold | undefined
  /**
   * Transactions that have written to the log and have not ended. They hold up nobody, and their entries are not in the log
   * before they commit. As far as the login may see them.
   */
  readonly uncommitted: readonly UncommittedWriter[]
}

/**
 * Why an entry that is committed gets no leaf.
 *
 * - `no_sequencer`: none is at work
 * - `halted`: the log contradicts a checkpoint that was signed before, and the sequencer has stopped for that reason
 * - `locked`: a session other than the sequencer's has locked the sequencer's state
 * - `passed_over`: the sequencer is at work and did not take it, because somebody has put it in with the guards switched off
 */
export interface BacklogHold {
  readonly kind: 'no_sequencer' | 'halted' | 'locked' | 'passed_over'
  /** In words for an operator. */
  readonly explanation: string
}

/** A transaction that is open and has written to the log. */
export interface UncommittedWriter {
  /** Process id of its session; undefined for a prepared transaction, which has none. */
  readonly pid: number | undefined
  /** Identifier of a prepared transaction (PREPARE TRANSACTION), which only COMMIT PREPARED or ROLLBACK PREPARED ends. */
  readonly prepared: string | undefined
  /** How long ago it began or was prepared, in milliseconds; undefined when the login may not see it. */
  readonly ageMs: number | undefined
}
