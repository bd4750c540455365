/** The leaves from `start` to before `end`. */
export interface LeafRange {
  readonly start: number
  readonly end: number
}

/**
 * A complete subtree: the one over the leaves `index * 2^level` to before `(index + 1) * 2^level`. Level 0 is the
 * leaves.
 */
export interface Subtree {
  readonly level: number
  readonly index: number
}

/**
 * The largest power of two that is smaller than `count`: where RFC 6962 section 2.1 splits a tree. Requires `count >
 * 1`.
 *
 * Powers of two stay exact in a double, so there are no shifts here: those would cut to 32 bits.
 */
export function splitPoint(count: number): number {
  let split = 1
  while (split * 2 < count) split *= 2
  return split
}

/** The fewest complete subtrees that cover a range, left to right. At most 2 log2(end - start) of them. */
export function coverRange({ start, end }: LeafRange): Subtree[] {
  const subtrees: Subtree[] = []
  for (let at = start; at < end;) {
    let level = 0
    let width = 1
    while (at % (width * 2) === 0 && at + width * 2 <= end) {
      level += 1
      width *= 2
    }
    subtrees.push({ level, index: at / width })
    at += width
  }
  return subtrees
}
