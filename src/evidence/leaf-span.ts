/** Leaves from `begin` to before `end`. */
export type LeafSpan = readonly [begin: number, end: number]

/** Adds leaves to some ranges, in place. Those must be in order, and none begins after the leaves that are added. */
export function addSpan(spans: [number, number][], begin: number, end: number): void {
  const last = spans.at(-1)
  if (last !== undefined && last[1] >= begin) last[1] = Math.max(last[1], end)
  else spans.push([begin, end])
}

/** Adds a leaf behind some ranges, in place. They may be in any order. */
export function addLeaf(spans: [number, number][], leafIndex: number): void {
  const last = spans.at(-1)
  if (last?.[1] === leafIndex) last[1] = leafIndex + 1
  else spans.push([leafIndex, leafIndex + 1])
}

/** The parts of some ranges that no other range covers. */
export function uncovered(spans: readonly LeafSpan[], covers: readonly LeafSpan[]): LeafSpan[] {
  const sorted = covers.toSorted(([a], [b]) => a - b)
  const left: LeafSpan[] = []
  for (const [begin, end] of spans) {
    let at = begin
    for (const [from, to] of sorted) {
      if (to <= at) continue
      if (from >= end) break
      if (from > at) left.push([at, from])
      at = Math.max(at, to)
    }
    if (at < end) left.push([at, end])
  }
  return left
}

/** How many leaves some ranges have. */
export function countLeaves(spans: readonly LeafSpan[]): number {
  return spans.reduce((count, [begin, end]) => count + end - begin, 0)
}
