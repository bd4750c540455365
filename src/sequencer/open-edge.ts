import { AuditLogError } from '../errors.ts'
import {
  emptyRoot,
  hashLeaves,
  openCheckpoint,
  proveConsistency,
  type RightEdge,
  TileHashReader,
  type TreeHead,
  trustLogs,
  verifyConsistency,
} from '../tlog/index.ts'
import type { Checkpoints } from './checkpoints.ts'
import type { StoredTree } from './stored-tree.ts'

/** Leaves that are read at once while an edge is opened. */
const chunkLeaves = 65_536

/**
 * The right edge of the stored tree, from what was signed last: the newest checkpoint's tree must be what is stored, and
 * what has grown on it since must be in the stored tiles too.
 *
 * @param treeSize leaves that have been given out
 * @param verifierKeys the keys of this log, old ones included
 * @throws AuditLogError `tree_damaged`, `log_rolled_back`, and what `openCheckpoint` throws when the stored checkpoint is not
 * one of this log's
 */
export async function openEdge(
  tree: StoredTree,
  checkpoints: Checkpoints,
  treeSize: number,
  verifierKeys: readonly string[],
): Promise<RightEdge> {
  const latest = await checkpoints.latest()
  const head: TreeHead =
    latest === undefined
      ? { size: 0, rootHash: emptyRoot() }
      : await openCheckpoint(latest.note, trustLogs(verifierKeys))
  if (head.size > treeSize) {
    throw new AuditLogError(
      'log_rolled_back',
      `a checkpoint of ${head.size} leaves was signed, and there are ${treeSize}`,
    )
  }
  try {
    const edge = await tree.restoreEdge(head)
    while (edge.size < treeSize) {
      const end = Math.min(treeSize, edge.size + chunkLeaves)
      const filled = edge.append(hashLeaves(await tree.readEntryHashes(edge.size, end)))
      const stored = await tree.readTiles(filled)
      if (filled.some(({ data }, index) => Buffer.compare(data, stored[index] ?? new Uint8Array(0)) !== 0)) {
        throw new AuditLogError('tree_damaged', 'a stored tile is not what its leaves make')
      }
    }
    return edge
  } catch (error) {
    if (!(error instanceof AuditLogError) || error.code === 'tree_damaged') throw error
    throw new AuditLogError('tree_damaged', 'the stored tree does not lead to the checkpoint that was signed over it', {
      cause: error,
    })
  }
}

/**
 * Makes sure that a tree continues another one that was signed before.
 *
 * @throws AuditLogError `log_rolled_back` when it is smaller, `log_forked` when it is not a continuation, `tree_damaged` when
 * the stored tiles are not those of the tree
 */
export async function requireContinuation(known: TreeHead, current: TreeHead, tree: StoredTree): Promise<void> {
  if (known.size > current.size) {
    throw new AuditLogError(
      'log_rolled_back',
      `a checkpoint of ${known.size} leaves was signed, and there are ${current.size}`,
    )
  }
  try {
    const reader = new TileHashReader(current, tree.readTiles)
    verifyConsistency(known, current, await proveConsistency(known.size, current.size, reader))
  } catch (error) {
    if (!(error instanceof AuditLogError)) throw error
    if (error.code !== 'proof_invalid') {
      throw new AuditLogError('tree_damaged', 'the stored tiles are not those of the tree', { cause: error })
    }
    throw new AuditLogError(
      'log_forked',
      `the log does not continue the checkpoint of ${known.size} leaves that was signed before`,
      { cause: error },
    )
  }
}
