import type { LogItem } from '../log-item.ts'

/** How far a forwarder has come. Everything before it has been delivered or is in the dead letter. */
export interface Position {
  /** The next leaf to forward. */
  readonly leafIndex: number
  /** Size of the newest checkpoint that was forwarded; 0 when there was none. */
  readonly checkpointSize: number
}

/** Leaves whose entries are not there any more: purged, or removed by somebody. */
export interface GoneLeaves {
  readonly kind: 'gone'
  readonly firstLeafIndex: number
  readonly lastLeafIndex: number
}

/** Something to forward, and the position behind it. */
export interface SourceItem {
  readonly item: LogItem | GoneLeaves
  readonly after: Position
}

/** What was not delivered, and why. */
export interface DeadLetter {
  /** The entry's or the notice's id; `leaf-N` for the first of leaves that are gone. */
  readonly item: string
  /** Null for a notice. */
  readonly firstLeafIndex: number | null
  readonly lastLeafIndex: number | null
  /** `rejected` by the receiver or too large for it, `quarantined` by it, or `gone` from the log. */
  readonly kind: 'rejected' | 'quarantined' | 'gone'
  readonly code: string
  readonly reason: string
}

/** What has become final since the last commit. */
export interface Progress {
  readonly position: Position
  readonly delivered: number
  readonly deadLetters: readonly DeadLetter[]
}
