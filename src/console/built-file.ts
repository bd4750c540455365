import { readFileSync } from 'node:fs'

/**
 * What was built of a file of the page. In the package this module is another one, which has the files in it (tsup.config.ts): a
 * bundle of a host holds them then, wherever it is moved, and its bundler has no file to find.
 */
export function builtFile(name: string): Uint8Array {
  return readFileSync(new URL(`../../dist/console/${name}`, import.meta.url))
}
