/** Characters that mean something in the formats of this library, and some that do not. */
const inserted = ['\0', '\t', '\n', '\r', ' ', '+', '-', '/', '0', '1', '=', 'A', 'a', '\u{7f}', '\u{80}', '\u{ff}']

/**
 * Every byte string that differs from a text in one byte: each bit flipped, each byte left out, and at each place one of
 * many bytes put in, that which stands there already among them.
 */
export function* oneByteMutations(text: string): Generator<Uint8Array> {
  const bytes = new TextEncoder().encode(text)
  for (let at = 0; at <= bytes.length; at += 1) {
    const before = bytes.slice(0, at)
    const here = bytes.slice(at, at + 1)
    const after = bytes.slice(at + 1)
    if (here.length > 0) {
      for (let bit = 0; bit < 8; bit += 1) yield Uint8Array.of(...before, here[0]! ^ (1 << bit), ...after)
      // Of equal neighbours it makes no difference which one is left out.
      if (here[0] !== after[0]) yield Uint8Array.of(...before, ...after)
    }
    for (const byte of new Set([...inserted.map((character) => character.charCodeAt(0)), ...here])) {
      yield Uint8Array.of(...before, byte, ...here, ...after)
    }
  }
}
