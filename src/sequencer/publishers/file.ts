import { mkdir, open, readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { replaceFile } from '../../files/replace-file.ts'
import { AuditLogError, codeOf } from '../../errors.ts'
import { parseCheckpoint, parseNote } from '../../tlog/index.ts'
import type { PublishedCheckpoint, Publisher } from '../publisher.ts'

/**
 * Publishes to a file: the newest checkpoint at `path`, and every checkpoint that was published, one JSON string on a line, in
 * `path.history`, which is only appended to. Both are on disk before a checkpoint counts as published, and whoever reads `path`
 * sees the old one or the new one.
 *
 * On the database's own host it shows accidents only; give it a path on another machine.
 *
 * @param path in a folder that exists or can be made
 * @throws AuditLogError its `publish` rejects with `publisher_failed`
 */
export function filePublisher(path: string): Publisher {
  return new FilePublisher(resolve(path))
}

class FilePublisher implements Publisher {
  readonly name: string
  readonly #path: string
  // A call that was given up may still be at work when the next one comes.
  #last: Promise<void> = Promise.resolve()

  constructor(path: string) {
    this.name = `file ${path}`
    this.#path = path
  }

  publish(checkpoint: PublishedCheckpoint): Promise<void> {
    const work = this.#last.then(() => this.#write(checkpoint))
    this.#last = work.catch(() => undefined)
    return work
  }

  async latest(): Promise<string | undefined> {
    try {
      return await readFile(this.#path, 'utf8')
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined
      throw new AuditLogError('publisher_failed', `${this.name} cannot be read: ${codeOf(error)}`, { cause: error })
    }
  }

  // Dies between the two: the checkpoint is in the history and not the newest; it is written again, to both.
  async #write({ size, note }: PublishedCheckpoint): Promise<void> {
    try {
      const latest = await this.latest()
      if (latest === note || (latest !== undefined && parseCheckpoint(parseNote(latest).text).size > size)) return
      await mkdir(dirname(this.#path), { recursive: true })
      const history = await open(`${this.#path}.history`, 'a+')
      try {
        // A line that a crash has cut short is ended, so that the next one can be read.
        const { size: length } = await history.stat()
        const { buffer } = await history.read(Buffer.alloc(1), 0, length === 0 ? 0 : 1, Math.max(0, length - 1))
        const isCut = length > 0 && buffer[0] !== 0x0a
        await history.appendFile(`${isCut ? '\n' : ''}${JSON.stringify(note)}\n`)
        await history.sync()
      } finally {
        await history.close()
      }
      await replaceFile(this.#path, note)
    } catch (error) {
      if (error instanceof AuditLogError) throw error
      throw new AuditLogError('publisher_failed', `${this.name} cannot be written: ${codeOf(error)}`, { cause: error })
    }
  }
}
