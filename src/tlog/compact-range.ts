import { AuditLogError } from '../errors.ts'
import { emptyRoot, hashBytes, hashNode, hashPairInto, requireHashRow } from './merkle-hash.ts'
import { coverRange } from './subtree.ts'
import { fullTileBytes, hashFullTile, tileWidth } from './tile-nodes.ts'
import { isTreeSize } from './tree-head.ts'

/**
 * The hashes of the fewest complete subtrees that cover a range of leaves: enough to append to it, to join it with the
 * range beside it and, when it begins at leaf 0, to tell the root. At most 106 hashes, whatever the range.
 *
 * Two processes that each took one part of a log put their ranges together with {@link merge}. To keep a range or hand
 * it to a worker, take `begin`, `end` and {@link hashes} and {@link restore} it there.
 *
 * @example
 * const range = new CompactRange()
 * range.append(hashLeaves(entryHashes))
 * range.root()
 */
export class CompactRange {
  /** Index of the first leaf. */
  readonly begin: number
  #end: number
  #count = 0
  // The hashes lie side by side behind one spare byte, so that two neighbours are hashed where they lie.
  readonly #stack = new Uint8Array(1 + maximumHashes * hashBytes)
  readonly #pairs: Uint8Array[] = []

  /**
   * An empty range.
   *
   * @param begin index of the leaf that will be appended first
   * @throws AuditLogError `option_invalid` when it is no number from 0 to 2^53-1
   */
  constructor(begin: number = 0) {
    if (!isTreeSize(begin)) throw new AuditLogError('option_invalid', 'expected a leaf index from 0 to 2^53-1')
    this.begin = begin
    this.#end = begin
  }

  /**
   * The range that had these hashes. They are trusted: compare its root with a checkpoint.
   *
   * @throws AuditLogError `option_invalid` when the number of hashes is not that of the range
   */
  static restore(begin: number, end: number, hashes: Uint8Array): CompactRange {
    const range = new CompactRange(begin)
    requireHashRow(hashes)
    const count = isTreeSize(end) && end >= begin ? coverRange({ start: begin, end }).length : -1
    if (count * hashBytes !== hashes.length) {
      throw new AuditLogError('option_invalid', 'the hashes are not those of a range with this begin and end')
    }
    range.#stack.set(hashes, 1)
    range.#count = count
    range.#end = end
    return range
  }

  /** Index after the last leaf; the tree size when the range begins at 0. */
  get end(): number {
    return this.#end
  }

  /** The hashes of the subtrees, left to right, side by side. */
  get hashes(): Uint8Array {
    return this.#stack.slice(1, 1 + this.#count * hashBytes)
  }

  /**
   * Appends leaves. Many at once are the fast way to the root of a large log.
   *
   * @param leafHashes their hashes side by side, in the order of the leaves
   * @throws AuditLogError `option_invalid` when the length is no multiple of 32 or the range would end beyond 2^53-1;
   * nothing is appended then
   */
  append(leafHashes: Uint8Array): void {
    requireHashRow(leafHashes)
    if (!isTreeSize(this.#end + leafHashes.length / hashBytes)) {
      throw new AuditLogError('option_invalid', 'the range would end beyond 2^53-1')
    }
    let at = 0
    while (at < leafHashes.length) {
      if (this.#end % tileWidth === 0 && leafHashes.length - at >= fullTileBytes) {
        hashFullTile(leafHashes.subarray(at, at + fullTileBytes), this.#stack, 1 + this.#count * hashBytes)
        this.#grow(tileWidth)
        at += fullTileBytes
      } else {
        this.#push(leafHashes, at, 1)
        at += hashBytes
      }
    }
  }

  /**
   * Appends the range that begins where this one ends. The other stays as it is.
   *
   * @throws AuditLogError `option_invalid` when it begins elsewhere
   */
  merge(other: CompactRange): void {
    if (other.begin !== this.#end) throw new AuditLogError('option_invalid', 'the ranges are not neighbours')
    const hashes = other.hashes
    for (const [index, { level }] of coverRange({ start: other.begin, end: other.end }).entries()) {
      this.#push(hashes, index * hashBytes, 2 ** level)
    }
  }

  /**
   * The root hash of the tree with these leaves.
   *
   * @returns 32 bytes
   * @throws AuditLogError `option_invalid` when the range does not begin at leaf 0
   */
  root(): Uint8Array {
    if (this.begin !== 0) throw new AuditLogError('option_invalid', 'a range after leaf 0 has no root hash')
    if (this.#count === 0) return emptyRoot()
    let root = this.#hashAt(this.#count - 1)
    for (let index = this.#count - 2; index >= 0; index -= 1) root = hashNode(this.#hashAt(index), root)
    return root
  }

  #hashAt(index: number): Uint8Array {
    return this.#stack.slice(1 + index * hashBytes, 1 + (index + 1) * hashBytes)
  }

  #push(hashes: Uint8Array, at: number, width: number): void {
    const slot = 1 + this.#count * hashBytes
    for (let index = 0; index < hashBytes; index += 1) this.#stack[slot + index] = hashes[at + index] ?? 0
    this.#grow(width)
  }

  // Takes in the subtree of `width` leaves whose hash was just written after the last one, and joins siblings.
  #grow(width: number): void {
    this.#count += 1
    this.#end += width
    for (let span = width * 2; this.#end % span === 0 && this.#end - span >= this.begin; span *= 2) this.#joinLast()
  }

  #joinLast(): void {
    this.#count -= 1
    const at = (this.#count - 1) * hashBytes
    const pair = (this.#pairs[this.#count] ??= this.#stack.subarray(at, at + 1 + 2 * hashBytes))
    // The byte in front of the pair is the last one of the hash before it.
    const kept = this.#stack[at] ?? 0
    hashPairInto(pair, this.#stack, at + 1)
    this.#stack[at] = kept
  }
}

// Up and down again: a range inside of a tree of 2^53 leaves can need one subtree of each of 53 levels twice.
const maximumHashes = 2 * 53 + 1
