import { createHash } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AuditLogError, codeOf } from '../errors.ts'
import { replaceFile } from '../files/replace-file.ts'
import { formatCheckpoint, parseCheckpoint, type TreeHead } from '../tlog/index.ts'

/** What a witness remembers: for each log the last tree head that it cosigned. */
export interface WitnessState {
  /** Undefined when it never cosigned a checkpoint of that log. */
  read(origin: string): Promise<TreeHead | undefined>
  /** Remembers a tree head, durably, before the promise resolves. */
  write(origin: string, head: TreeHead): Promise<void>
}

/**
 * Keeps the state in a folder, a file of three lines for each log: its origin, the size and the root hash. A file that cannot be
 * read stops the witness for that log: forgetting what it cosigned is the one thing that it must not do.
 */
export class WitnessFolder implements WitnessState {
  readonly #folder: string

  private constructor(folder: string) {
    this.#folder = folder
  }

  /**
   * Opens a folder, and makes it when it does not exist. One process at a time works on it.
   *
   * @throws AuditLogError `state_busy` when another process does; `state_unreadable`
   */
  static async open(folder: string): Promise<WitnessFolder> {
    await mkdir(folder, { recursive: true, mode: 0o700 }).catch(unreadable)
    await lock(join(folder, 'lock'))
    return new WitnessFolder(folder)
  }

  /** Lets another process work on it. */
  async close(): Promise<void> {
    await rm(join(this.#folder, 'lock'), { force: true })
  }

  async read(origin: string): Promise<TreeHead | undefined> {
    const text = await readFile(this.#pathOf(origin), 'utf8').catch((error: unknown) =>
      codeOf(error) === 'ENOENT' ? undefined : unreadable(error),
    )
    if (text === undefined) return undefined
    try {
      const checkpoint = parseCheckpoint(text)
      if (checkpoint.origin === origin) return checkpoint
    } catch (error) {
      return unreadable(error)
    }
    return unreadable(undefined)
  }

  write(origin: string, { size, rootHash }: TreeHead): Promise<void> {
    return replaceFile(this.#pathOf(origin), formatCheckpoint({ origin, size, rootHash, extensions: [] }), 0o600)
  }

  // An origin can be any text, also one with slashes.
  #pathOf(origin: string): string {
    return join(this.#folder, createHash('sha256').update(origin).digest('hex'))
  }
}

async function lock(path: string): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      await writeFile(path, String(process.pid), { flag: 'wx', mode: 0o600 })
      return
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') return unreadable(error)
      const owner = Number(await readFile(path, 'utf8').catch(() => ''))
      if (attempt > 0 || isAlive(owner)) {
        throw new AuditLogError('state_busy', 'another process works on the state of the witness')
      }
      // Left behind by a process that was killed.
      await rm(path, { force: true })
    }
  }
}

function isAlive(pid: number): boolean {
  // In a container every run has the same number.
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}

function unreadable(cause: unknown): never {
  throw new AuditLogError('state_unreadable', 'the state of the witness cannot be read', { cause })
}
