import { hash } from 'node:crypto'
import { join } from 'node:path'
import { hashBytes } from '../tlog/merkle-hash.ts'
import { FileFaultError, readLines } from './archive-files.ts'
import { type EntriesFile, formatEntriesPath } from './archive-layout.ts'

/** The lines that an archive has already of one file of entries, in whatever state an earlier run left it. */
export class PreviousLines {
  readonly #root: string
  readonly #files: readonly EntriesFile[]
  #lines: AsyncGenerator<string, void, undefined> | undefined
  #next = 0

  /** @param files those of the same index: at most a few of different lengths */
  constructor(root: string, files: readonly EntriesFile[]) {
    this.#root = root
    // The longest has what the others have.
    this.#files = files.toSorted((one, other) => other.leaves - one.leaves)
  }

  /** Whether the longest one has exactly the entries of these hashes, so that it need not be written again. */
  async matches(expected: Buffer, count: number): Promise<boolean> {
    if (this.#files[0]?.leaves !== count) return false
    let line = 0
    for await (const text of this.#read()) {
      const at = line * hashBytes
      if (line >= count || hash('sha256', text) !== expected.toString('hex', at, at + hashBytes)) return false
      line += 1
    }
    return line === count
  }

  /** The line at a place. Places must be asked for in order. */
  async line(place: number): Promise<string | undefined> {
    this.#lines ??= this.#read()
    for (;;) {
      const next: IteratorResult<string, void> = await this.#lines.next()
      if (next.done === true) return undefined
      this.#next += 1
      if (this.#next > place) return next.value
    }
  }

  async *#read(): AsyncGenerator<string, void, undefined> {
    const [file] = this.#files
    if (file === undefined) return
    try {
      for await (const { buffer, end } of readLines(join(this.#root, formatEntriesPath(file)), file.gzip)) {
        yield* buffer.toString('utf8', 0, end - 1).split('\n')
      }
    } catch (error) {
      if (!(error instanceof FileFaultError)) throw error
    }
  }
}
