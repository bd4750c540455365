/**
 * Collects an option that may be given again: `--key A --key B`. In place of commander's `<vkey...>`, which takes every word
 * that follows it, so that `--key A FILE` would lose its file.
 */
export function repeatable(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}
