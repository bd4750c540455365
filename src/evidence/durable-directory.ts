import { mkdir, open, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { syncDirectory } from '../files/sync-directory.ts'
import { temporarySuffix } from './archive-layout.ts'

/**
 * Writes files of a directory so that each is there whole or not at all, also after a power cut. Files are durable under
 * their names when {@link settle} has resolved.
 */
export class DurableDirectory {
  readonly #root: string
  readonly #directories = new Set<string>()

  constructor(root: string) {
    this.#root = root
  }

  /**
   * Writes one file: under another name first, then renamed over what was there.
   *
   * Dies before the rename: a `.tmp` file is left, which the next run replaces. Dies after: the file is whole.
   */
  async write(path: string, contents: Uint8Array | AsyncIterable<Uint8Array>): Promise<void> {
    const target = join(this.#root, path)
    await this.#makeDirectory(dirname(target))
    const file = await open(`${target}${temporarySuffix}`, 'w', 0o644)
    try {
      if (contents instanceof Uint8Array) await file.writeFile(contents)
      else for await (const piece of contents) await file.writeFile(piece)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(`${target}${temporarySuffix}`, target)
  }

  /** Makes the names durable, too. */
  async settle(): Promise<void> {
    for (const directory of this.#directories) await syncDirectory(directory)
    this.#directories.clear()
  }

  async #makeDirectory(directory: string): Promise<void> {
    if (this.#directories.has(directory)) return
    const made = await mkdir(directory, { recursive: true })
    for (let at = directory; at.length >= this.#root.length; at = dirname(at)) {
      this.#directories.add(at)
      if (at === dirname(at)) break
    }
    if (made !== undefined) this.#directories.add(dirname(made))
  }
}
