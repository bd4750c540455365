/** Which rows of a long list are in the document. */
export interface RowWindow {
  readonly first: number
  /** Exclusive. */
  readonly end: number
}

/**
 * The rows that can be seen, and some around them. The number does not depend on how many there are.
 *
 * @param scrollTop in pixels, of the list's own scroll container
 * @param height of the container, in pixels
 * @param rowHeight in pixels, the same for all rows
 * @param count rows that are known
 * @param overscan rows beyond each edge
 */
export function rowWindow(
  scrollTop: number,
  height: number,
  rowHeight: number,
  count: number,
  overscan: number,
): RowWindow {
  const top = Math.max(0, Math.min(scrollTop, count * rowHeight - height))
  const first = Math.max(0, Math.floor(top / rowHeight) - overscan)
  const end = Math.min(count, Math.ceil((top + height) / rowHeight) + overscan)
  return { first, end: Math.max(first, end) }
}

/** Where to scroll so that a row is in sight. */
export function scrollTopFor(row: number, scrollTop: number, height: number, rowHeight: number): number {
  const top = row * rowHeight
  if (top < scrollTop) return top
  return top + rowHeight > scrollTop + height ? top + rowHeight - height : scrollTop
}
