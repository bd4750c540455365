import type { AuditLogErrorCode } from '../../errors.ts'
import type { TreeHead } from '../../tlog/index.ts'

/**
 * What is wrong with a copy.
 *
 * - `missing`: there is no event for these leaves
 * - `altered`: the event of a leaf was changed: its `content`, the `entry_hash` that it carries, or its `previous_entry_hash`
 * - `altered_between`: some event of these leaves was changed so that only the checkpoints show it
 * - `conflicting`: two events for one leaf say different things
 * - `checkpoint_refused`: a checkpoint does not verify; `code` says why
 * - `checkpoints_forked`: two verified checkpoints of one size differ, or one is smaller and not continued: there are two histories
 * - `unreadable`: a record says nothing that this verifier knows
 */
export type CopyFinding =
  | { readonly kind: 'missing' | 'altered_between'; readonly first: number; readonly last: number }
  | {
      readonly kind: 'altered'
      readonly leafIndex: number
      readonly part: 'content' | 'entry_hash' | 'previous_entry_hash'
    }
  | { readonly kind: 'conflicting'; readonly leafIndex: number }
  | { readonly kind: 'checkpoint_refused'; readonly record: number; readonly code: AuditLogErrorCode }
  | { readonly kind: 'checkpoints_forked'; readonly treeSize: number }
  | { readonly kind: 'unreadable'; readonly record: number }

/** What {@link verifyCopy} found. */
export interface CopyReport {
  readonly records: number
  /** Different leaves that the copy has events for. */
  readonly leaves: number
  /** Events that say again what another one said: at-least-once delivery makes them. */
  readonly duplicates: number
  /** Leaves whose event has only the hash and not all of the content. */
  readonly withoutContent: number
  readonly checkpoints: number
  /** Leaves that are proven to be all there and as they were logged: from `begin` up to, but not including, `end`. */
  readonly proven: readonly { readonly begin: number; readonly end: number }[]
  /** In the order of the leaves. */
  readonly findings: readonly CopyFinding[]
}

/** A verified tree head, and the hashes to go on from it when the copy has them. */
export interface CopyHead extends TreeHead {
  readonly edge: Uint8Array | undefined
}
