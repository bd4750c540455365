import type { TreeHead } from '../tlog/index.ts'

/** What a witness is asked to cosign. */
export interface WitnessRequest {
  /** The signed checkpoint. */
  readonly note: string
  /** Its tree head. */
  readonly head: TreeHead
  /** Makes the consistency proof from the tree of a smaller size to this one. */
  prove(olderSize: number): Promise<readonly Uint8Array[]>
}

/**
 * An observer outside of the log's control that cosigns each checkpoint only when it continues the one that it cosigned
 * before (c2sp.org/tlog-witness). With a quorum of witnesses nobody can show two histories of one log.
 */
export interface Witness {
  /** For the status; unique among the witnesses of a sequencer. */
  readonly name: string
  /**
   * Asks for a cosignature.
   *
   * @param signal aborts when the call has taken too long, which counts as a failure
   * @returns the witness's signature lines, verified, without their newlines
   * @throws AuditLogError `witness_refused` when the witness has seen another history; `witness_unreachable` when it does not
   * answer in time or answers something else
   */
  cosign(request: WitnessRequest, signal: AbortSignal): Promise<readonly string[]>
}
