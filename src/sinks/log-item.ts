import type { Entry } from '../canonical/entry.ts'
import type { JsonObject } from '../canonical/canonicalize.ts'

/** An entry in its place in the log. */
export interface ForwardedEntry {
  readonly kind: 'entry'
  /** 0-based position in the tree: dense, so a copy that lacks one lacks an entry. */
  readonly leafIndex: number
  /** The hash preimage exactly as stored: its SHA-256 is `entryHash` unless somebody altered the row. */
  readonly line: string
  /** What the hash of its leaf is made of: 64 hexadecimal digits. */
  readonly entryHash: string
  /** The entry that `line` stands for. Not verified. The forwarder parses it when it is asked for. */
  readonly entry: Entry
  /**
   * The entry hash that is the data of the leaf before this one; null at leaf 0. With it a copy that has lost or altered
   * one event still holds that event's hash, in its neighbour.
   */
  readonly previousEntryHash: string | null
}

/**
 * Something about the log that is no entry: a signed checkpoint over the leaves before it, or the event that
 * `audit-log sink test` sends.
 */
export interface ForwardedNotice {
  readonly kind: 'checkpoint' | 'test'
  /** Unique and the same each time it is sent: `checkpoint-TREESIZE-ROOT`, `test-UUID`. */
  readonly id: string
  /** RFC 3339, UTC, six decimals. */
  readonly timestamp: string
  /** `audit_log.checkpoint` or `audit_log.sink_test`: what stands where an entry has its action. */
  readonly action: string
  /** For a checkpoint {@link CheckpointDetails}; small enough (under 3 KiB as JSON) for every sink. */
  readonly details: JsonObject
}

/** The details of a checkpoint's notice. A type and no interface, so that it is a JsonObject. */
export type CheckpointDetails = {
  readonly tree_size: number
  /** 64 hexadecimal digits. */
  readonly root_hash: string
  /** The signed note (c2sp.org/tlog-checkpoint) with its cosignatures. */
  readonly note: string
  /**
   * Hashes of the complete subtrees that the tree consists of, left to right, side by side, in base64: they hash to
   * `root_hash`, and with them the tree can be continued with the leaves that follow.
   */
  readonly edge: string
}

/** What a sink is given to encode. */
export type LogItem = ForwardedEntry | ForwardedNotice
