import { CompactRange, hashLeaves } from '../../tlog/index.ts'
import type { CopyLeaves } from './copy-leaves.ts'
import type { CopyFinding, CopyHead } from './copy-report.ts'

/** More leaves that are in doubt than this are not tried in all combinations. */
const mostDoubts = 8

/**
 * Proves the leaves between a tree and a checkpoint: hashed onto the tree, they must make the checkpoint's root.
 *
 * Each leaf's hash is known twice: from its own event and from the next one's. Where they differ, one of the two events was
 * altered, and the checkpoint says which. A leaf whose event is missing is taken from the next one, so that one gap does not keep
 * the rest from being proven.
 *
 * @returns the tree of the checkpoint; undefined when the leaves do not lead to it, with the findings that say why
 */
export function provePiece(
  leaves: CopyLeaves,
  base: CompactRange,
  head: CopyHead,
  findings: CopyFinding[],
): CompactRange | undefined {
  const begin = base.end
  const doubts: number[] = []
  for (let index = begin; index < head.size; index += 1) {
    const [own, claim] = [leaves.ownHash(index), leaves.claimedHash(index)]
    // What is missing is named as such; nothing more can be said about this piece.
    if (own === undefined && claim === undefined) return undefined
    if (own !== undefined && claim !== undefined && !own.equals(claim)) doubts.push(index)
  }
  const hashes = Buffer.alloc((head.size - begin) * 32)
  for (let index = begin; index < head.size; index += 1) {
    ;(leaves.ownHash(index) ?? leaves.claimedHash(index))?.copy(hashes, (index - begin) * 32)
  }
  for (const trusted of choices(doubts)) {
    for (const index of doubts) {
      const believed = trusted.has(index) ? leaves.ownHash(index) : leaves.claimedHash(index)
      believed?.copy(hashes, (index - begin) * 32)
    }
    const range = CompactRange.restore(0, begin, base.hashes)
    range.append(hashLeaves(hashes))
    if (Buffer.compare(range.root(), head.rootHash) !== 0) continue
    for (const index of doubts) {
      findings.push(
        trusted.has(index)
          ? { kind: 'altered', leafIndex: index + 1, part: 'previous_entry_hash' }
          : { kind: 'altered', leafIndex: index, part: 'entry_hash' },
      )
    }
    return range
  }
  findings.push({ kind: 'altered_between', first: begin, last: head.size - 1 })
  return undefined
}

/** Which of the leaves in doubt to believe: all of them, none, or, when there are few, any. */
function* choices(doubts: readonly number[]): Generator<ReadonlySet<number>, void, undefined> {
  yield new Set(doubts)
  if (doubts.length > 0) yield new Set()
  if (doubts.length > mostDoubts) return
  for (let choice = 1; choice < 2 ** doubts.length - 1; choice += 1) {
    yield new Set(doubts.filter((_, place) => (choice & (2 ** place)) !== 0))
  }
}
