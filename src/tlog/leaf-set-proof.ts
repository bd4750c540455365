import { AuditLogError } from '../errors.ts'
import { emptyRoot, hashBytes, hashNode, isHash, requireHashRow } from './merkle-hash.ts'
import { type HashReader, hashRanges } from './prove.ts'
import { type LeafRange, splitPoint } from './subtree.ts'
import { isTreeSize } from './tree-head.ts'

/**
 * One proof that a tree contains a set of leaves: the hashes of the largest subtrees that have none of them, left to right.
 * With the leaves themselves they make the root. A range of leaves needs about 2 log2(treeSize) hashes, however long it is;
 * leaves far apart need what their inclusion proofs do not have in common.
 *
 * @param indexes of the leaves, ascending, each once
 * @throws AuditLogError `option_invalid` when they are not, or the tree has no such leaf; and whatever the reader throws
 */
export async function proveLeafSet(
  treeSize: number,
  indexes: readonly number[],
  reader: HashReader,
): Promise<Uint8Array[]> {
  if (!isTreeSize(treeSize) || !isLeafSet(indexes, treeSize)) {
    throw new AuditLogError('option_invalid', 'expected leaf indexes of the tree, ascending, each once')
  }
  return treeSize === 0 ? [] : hashRanges([...gapsOf({ start: 0, end: treeSize }, indexes, 0, indexes.length)], reader)
}

/**
 * The root hash that a set of leaves and its proof lead to. Compare it with that of a checkpoint: only then it says anything.
 * Everything may come from an attacker.
 *
 * @param leafHashes those of the leaves, in the order of `indexes`, side by side
 * @throws AuditLogError `proof_invalid` when the proof has the wrong number of hashes or the indexes are no leaves of the tree
 */
export function rootOfLeafSet(
  treeSize: number,
  indexes: readonly number[],
  leafHashes: Uint8Array,
  proof: readonly Uint8Array[],
): Uint8Array {
  requireHashRow(leafHashes)
  if (!isTreeSize(treeSize) || !isLeafSet(indexes, treeSize) || leafHashes.length !== indexes.length * hashBytes) {
    throw invalid('the leaves are none of a tree of that size')
  }
  if (!proof.every(isHash)) throw invalid('expected hashes of 32 bytes')
  if (treeSize === 0) {
    if (proof.length > 0) throw invalid('the proof is too long')
    return emptyRoot()
  }
  let used = 0
  const hashOf = (start: number, end: number, first: number, last: number): Uint8Array => {
    if (first === last) {
      const hash = proof[used]
      if (hash === undefined) throw invalid('the proof is too short')
      used += 1
      return hash
    }
    if (end - start === 1) return leafHashes.slice(first * hashBytes, last * hashBytes)
    const split = start + splitPoint(end - start)
    const middle = placeOf(split, indexes, first, last)
    const left = hashOf(start, split, first, middle)
    return hashNode(left, hashOf(split, end, middle, last))
  }
  const root = hashOf(0, treeSize, 0, indexes.length)
  if (used < proof.length) throw invalid('the proof is too long')
  return root
}

/** The largest subtrees without any of the leaves `indexes[first]` to before `indexes[last]`, which lie in the range. */
function* gapsOf(
  { start, end }: LeafRange,
  indexes: readonly number[],
  first: number,
  last: number,
): Generator<LeafRange> {
  if (first === last) yield { start, end }
  else if (end - start > 1) {
    const split = start + splitPoint(end - start)
    const middle = placeOf(split, indexes, first, last)
    yield* gapsOf({ start, end: split }, indexes, first, middle)
    yield* gapsOf({ start: split, end }, indexes, middle, last)
  }
}

/** Where the first index that is not below `leaf` stands. */
function placeOf(leaf: number, indexes: readonly number[], first: number, last: number): number {
  let [low, high] = [first, last]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((indexes[middle] ?? 0) < leaf) low = middle + 1
    else high = middle
  }
  return low
}

function isLeafSet(indexes: readonly number[], treeSize: number): boolean {
  return indexes.every((index, place) => isTreeSize(index) && index < treeSize && index > (indexes[place - 1] ?? -1))
}

function invalid(reason: string): AuditLogError {
  return new AuditLogError('proof_invalid', reason)
}
