import type { StoredCheckpoint } from '../sequencer/checkpoints.ts'

/** A checkpoint as the API answers with it. */
export interface CheckpointJson {
  readonly tree_size: number
  readonly root_hash: string
  readonly signed_at: string
  /** The signed note. The only member that proves anything. */
  readonly note: string
}

export function checkpointJson({ size, rootHash, signedAt, note }: StoredCheckpoint): CheckpointJson {
  return { tree_size: size, root_hash: Buffer.from(rootHash).toString('hex'), signed_at: signedAt, note }
}
