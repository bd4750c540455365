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
}

/** What has been committed and has no leaf yet. */
export interface Backlog {
  /** How many entries, counted up to 10,000. */
  readonly entries: number
  /** The oldest of them: its seq and how long ago it was inserted, in milliseconds. */
  readonly oldest: { readonly seq: number; readonly ageMs: number } | undefined
  /** What holds it, in words for an operator. */
  readonly heldBy: string | undefined
}
