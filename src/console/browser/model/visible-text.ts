/** A piece of a text: as it is, or a character that would not be seen, or would change how others are seen. */
export interface Piece {
  readonly text: string
  /** Such as `U+202E`; undefined for a piece to be shown as it is. */
  readonly mark?: string
}

// Controls but tab and line feed, bidi controls, zero-width and other format characters, separators that look like a line's
// end, soft hyphen, byte order mark, tags, variation selectors, and the fillers that look like a space.
const hidden =
  // oxlint-disable-next-line no-control-regex, no-misleading-character-class -- they are what is looked for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]|[\ud800-\udfff]/gu

/**
 * Splits a text where it has characters that hide or reorder something, so that these can be shown as what they are.
 *
 * @param maximum in UTF-16 code units; the rest is left out
 */
export function visiblePieces(text: string, maximum: number = Infinity): Piece[] {
  // Half a character would be shown as a mark that the text does not have.
  const whole = (text.codePointAt(maximum - 1) ?? 0) <= 0xffff
  const shown = text.slice(0, whole ? maximum : maximum - 1)
  const pieces: Piece[] = []
  let from = 0
  for (const { 0: found, index } of shown.matchAll(hidden)) {
    if (index > from) pieces.push({ text: shown.slice(from, index) })
    pieces.push({ text: found, mark: `U+${(found.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}` })
    from = index + found.length
  }
  if (from < shown.length) pieces.push({ text: shown.slice(from) })
  return pieces
}

/** Whether a text has such characters. */
export function hidesSomething(text: string): boolean {
  return text.search(hidden) >= 0
}
