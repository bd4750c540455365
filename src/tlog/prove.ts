import { AuditLogError } from '../errors.ts'
import { emptyRoot, hashNode, isHash } from './merkle-hash.ts'
import { coverRange, type LeafRange, splitPoint, type Subtree } from './subtree.ts'
import { isTreeSize, requireTreeSize } from './tree-head.ts'

/** Reads hashes of complete subtrees, e.g. from tiles: see `TileHashReader`. */
export interface HashReader {
  /**
   * @param subtrees in any order, possibly some of them repeatedly
   * @returns one hash of 32 bytes for each, in the same order
   */
  readHashes(subtrees: readonly Subtree[]): Promise<readonly Uint8Array[]> | readonly Uint8Array[]
}

/**
 * Makes the proof that a tree contains the leaf at an index: PATH(m, D[n]) of RFC 6962 section 2.1.1.
 *
 * One call to the reader, for at most 2 log2(treeSize) hashes.
 *
 * @param treeSize number of leaves of the tree to prove against: that of a checkpoint, not the log's latest
 * @param index 0 .. treeSize-1
 * @returns from the leaf's sibling up to the root's child
 * @throws AuditLogError `option_invalid` when the tree has no such leaf, and whatever the reader throws
 * @example
 * const proof = await proveInclusion(checkpoint.size, 42, new TileHashReader(checkpoint, readTiles))
 */
export async function proveInclusion(treeSize: number, index: number, reader: HashReader): Promise<Uint8Array[]> {
  const [proof = []] = await proveInclusions(treeSize, [index], reader)
  return proof
}

/**
 * Makes the inclusion proofs of several leaves with one call to the reader: for a page of entries this costs little
 * more than one proof.
 *
 * @returns one proof for each index, in the same order, as {@link proveInclusion} makes it
 * @throws AuditLogError `option_invalid` when the tree has no such leaf, and whatever the reader throws
 */
export async function proveInclusions(
  treeSize: number,
  indexes: readonly number[],
  reader: HashReader,
): Promise<Uint8Array[][]> {
  requireTreeSize(treeSize)
  for (const index of indexes) {
    if (!isTreeSize(index) || index >= treeSize) {
      throw new AuditLogError('option_invalid', 'expected the index of a leaf, from 0 to one less than the tree size')
    }
  }
  const { paths, beside } = inclusionPaths(treeSize, indexes)
  const hashes = await hashRanges(beside, reader)
  return paths.map((path) => path.map((place) => hashes[place] as Uint8Array))
}

/**
 * Makes the proof that a tree continues an older one: PROOF(m, D[n]) of RFC 6962 section 2.1.2.
 *
 * One call to the reader, for at most 2 log2(newerSize) hashes. No hash is needed when the older tree is empty or the
 * same.
 *
 * @param olderSize 0 .. newerSize
 * @throws AuditLogError `option_invalid` when the older tree is larger, and whatever the reader throws
 */
export async function proveConsistency(
  olderSize: number,
  newerSize: number,
  reader: HashReader,
): Promise<Uint8Array[]> {
  requireTreeSize(newerSize)
  requireTreeSize(olderSize)
  if (olderSize > newerSize) throw new AuditLogError('option_invalid', 'the older tree is the larger one')
  return olderSize === 0 ? [] : hashRanges(consistencyPath(olderSize, newerSize), reader)
}

/**
 * The root hash of a tree (RFC 6962 section 2.1), with one call to the reader for at most log2(treeSize) hashes.
 *
 * @returns 32 bytes
 */
export async function readRoot(treeSize: number, reader: HashReader): Promise<Uint8Array> {
  requireTreeSize(treeSize)
  const [root = emptyRoot()] = treeSize === 0 ? [] : await hashRanges([{ start: 0, end: treeSize }], reader)
  return root
}

/**
 * The subtrees beside the way down to each leaf, deepest first: what PATH(m, D[n]) lists. The paths of neighbours are mostly
 * the same, so all leaves go down together, and each subtree is there once: a path is a list of places in `beside`.
 */
function inclusionPaths(treeSize: number, indexes: readonly number[]): { paths: number[][]; beside: LeafRange[] } {
  const paths: number[][] = indexes.map(() => [])
  const beside: LeafRange[] = []
  const descend = (start: number, end: number, leaves: readonly number[]): void => {
    if (leaves.length === 0 || end - start === 1) return
    const split = start + splitPoint(end - start)
    const left = leaves.filter((leaf) => (indexes[leaf] ?? 0) < split)
    const right = left.length === leaves.length ? [] : leaves.filter((leaf) => (indexes[leaf] ?? 0) >= split)
    descend(start, split, left)
    descend(split, end, right)
    addBeside(left, { start: split, end })
    addBeside(right, { start, end: split })
  }
  const addBeside = (leaves: readonly number[], range: LeafRange): void => {
    if (leaves.length === 0) return
    const place = beside.push(range) - 1
    for (const leaf of leaves) paths[leaf]?.push(place)
  }
  descend(0, treeSize, [...indexes.keys()])
  return { paths, beside }
}

// What SUBPROOF(m, D[n], true) lists: the subtrees beside the way down to the one that ends where the older tree ends,
// and that one itself unless it is the older tree, whose root the verifier knows.
function consistencyPath(olderSize: number, newerSize: number): LeafRange[] {
  const path: LeafRange[] = []
  let [start, end] = [0, newerSize]
  while (olderSize < end) {
    const split = start + splitPoint(end - start)
    if (olderSize <= split) {
      path.push({ start: split, end })
      end = split
    } else {
      path.push({ start, end: split })
      start = split
    }
  }
  if (start > 0) path.push({ start, end })
  return path.toReversed()
}

/** The Merkle tree hash of each range, whose `start` must be where a subtree of at least its width begins. */
export async function hashRanges(ranges: readonly LeafRange[], reader: HashReader): Promise<Uint8Array[]> {
  if (ranges.length === 0) return []
  const covers = ranges.map(coverRange)
  const hashes = await readAll(covers.flat(), reader)
  let next = 0
  return covers.map((cover) =>
    hashes.slice(next, (next += cover.length)).reduceRight((right, left) => hashNode(left, right)),
  )
}

/** Reads hashes and holds the reader to its contract. */
export async function readAll(subtrees: readonly Subtree[], reader: HashReader): Promise<readonly Uint8Array[]> {
  const hashes = await reader.readHashes(subtrees)
  if (hashes.length !== subtrees.length || !hashes.every(isHash)) {
    throw new AuditLogError('option_invalid', 'the hash reader did not return one hash of 32 bytes for each subtree')
  }
  return hashes
}
