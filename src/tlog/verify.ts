import { AuditLogError } from '../errors.ts'
import { emptyRoot, hashNode, isHash, sameHash } from './merkle-hash.ts'
import { isTreeSize, type TreeHead } from './tree-head.ts'

/**
 * Verifies that a tree contains a leaf at an index (RFC 9162 section 2.1.3.2). Returns when it does and throws
 * otherwise, so that a forgotten check of a result cannot pass for a yes. Everything but `head` may come from an
 * attacker.
 *
 * @param head the tree, from a checkpoint that was opened: a proof alone does not bind the size to the root
 * @param index position of the leaf, 0 .. size-1
 * @param leafHash what `hashLeaf` made of the data that the caller holds; a hash taken from elsewhere could be that of
 * an inner node
 * @param proof from the leaf's sibling up to the root's child
 * @throws AuditLogError `proof_invalid` when the proof has the wrong length or leads to another root
 * @example
 * verifyInclusion(checkpoint, index, hashLeaf(entryHash), proof)
 */
export function verifyInclusion(
  head: TreeHead,
  index: number,
  leafHash: Uint8Array,
  proof: readonly Uint8Array[],
): void {
  requireHead(head)
  requireHashes([leafHash])
  requireHashes(proof)
  if (!isTreeSize(index) || index >= head.size) throw invalid('the index is outside of the tree')

  // The numbers are those of the algorithm in the RFC; fn and sn are positions at the level that was reached.
  let fn = index
  let sn = head.size - 1
  let root = leafHash
  for (const sibling of proof) {
    if (sn === 0) throw invalid('the proof is too long')
    if (isOdd(fn) || fn === sn) {
      root = hashNode(sibling, root)
      while (!isOdd(fn) && fn !== 0) [fn, sn] = [half(fn), half(sn)]
    } else {
      root = hashNode(root, sibling)
    }
    ;[fn, sn] = [half(fn), half(sn)]
  }
  if (sn !== 0) throw invalid('the proof is too short')
  if (!sameHash(root, head.rootHash)) throw invalid('the proof leads to another root hash')
}

/**
 * Verifies that a tree begins with all leaves of an older one, unchanged and in the same order (RFC 9162 section
 * 2.1.4.2). Returns when it does and throws otherwise. The proof may come from an attacker.
 *
 * Every tree continues the empty tree and itself; there the proof is empty.
 *
 * @throws AuditLogError `proof_invalid` when the proof has the wrong length or leads to another root, and when `older`
 * is the larger tree
 * @example
 * verifyConsistency(lastSeen, checkpoint, proof)
 */
export function verifyConsistency(older: TreeHead, newer: TreeHead, proof: readonly Uint8Array[]): void {
  requireHead(older)
  requireHead(newer)
  requireHashes(proof)
  if (older.size > newer.size) throw invalid('the older tree is the larger one')
  if (older.size === 0 || older.size === newer.size) {
    if (proof.length > 0) throw invalid('the proof is too long')
    if (older.size > 0 && !sameHash(older.rootHash, newer.rootHash)) {
      throw invalid('trees of the same size have different root hashes')
    }
    return
  }

  let fn = older.size - 1
  let sn = newer.size - 1
  while (isOdd(fn)) [fn, sn] = [half(fn), half(sn)]
  // An older tree that is complete is a node of the newer one, and the proof leaves out what the verifier knows.
  const [first, ...rest] = fn === 0 ? [older.rootHash, ...proof] : proof
  if (first === undefined) throw invalid('the proof is too short')
  let olderRoot = first
  let newerRoot = first
  for (const sibling of rest) {
    if (sn === 0) throw invalid('the proof is too long')
    if (isOdd(fn) || fn === sn) {
      olderRoot = hashNode(sibling, olderRoot)
      newerRoot = hashNode(sibling, newerRoot)
      while (!isOdd(fn) && fn !== 0) [fn, sn] = [half(fn), half(sn)]
    } else {
      newerRoot = hashNode(newerRoot, sibling)
    }
    ;[fn, sn] = [half(fn), half(sn)]
  }
  if (sn !== 0) throw invalid('the proof is too short')
  if (!sameHash(olderRoot, older.rootHash)) throw invalid('the proof leads to another root hash of the older tree')
  if (!sameHash(newerRoot, newer.rootHash)) throw invalid('the proof leads to another root hash of the newer tree')
}

/** @throws AuditLogError `proof_invalid` when this is the head of no tree */
function requireHead({ size, rootHash }: TreeHead): void {
  if (!isTreeSize(size)) throw invalid('expected a tree size from 0 to 2^53-1')
  requireHashes([rootHash])
  if (size === 0 && !sameHash(rootHash, emptyRoot())) throw invalid('the root hash is not that of the empty tree')
}

function requireHashes(hashes: readonly Uint8Array[]): void {
  if (!Array.isArray(hashes) || hashes.length > maximumProofLength || !hashes.every(isHash)) {
    throw invalid(`expected at most ${maximumProofLength} hashes of 32 bytes`)
  }
}

// A tree of 2^53 leaves is 53 levels high; a consistency proof has one hash more.
const maximumProofLength = 54

function invalid(reason: string): AuditLogError {
  return new AuditLogError('proof_invalid', reason)
}

function isOdd(number: number): boolean {
  return number % 2 === 1
}

function half(number: number): number {
  return Math.floor(number / 2)
}
