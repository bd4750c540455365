import { randomUUID } from 'node:crypto'
import { mkdir, open, readdir, readFile, realpath, rename, rm, stat, utimes } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { AuditLogError, codeOf } from '../errors.ts'
import { syncDirectory } from '../files/sync-directory.ts'

/** Who is writing into an archive; not there while nobody is. */
export const lockPath = 'writer.lock'

const touchedEveryMs = 20_000
const abandonedAfterMs = 10 * 60_000
/** How long a lock may say nothing of its owner, who writes that at once. */
const emptyForMs = 10_000
/** Directories that this process is writing into. */
const held = new Set<string>()

/**
 * Does some work as the only writer of a directory, which is made when it is not there.
 *
 * The lock is a file with host and process id. It is taken over when its process is gone: on this host that is looked up; of
 * another host it is gone when it has not touched the file for ten minutes. Dies anywhere: the next run takes it over.
 *
 * @throws AuditLogError `archive_busy` when somebody else is writing into it
 */
export async function asOnlyWriter<T>(directory: string, work: () => Promise<T>): Promise<T> {
  const made = await mkdir(directory, { recursive: true })
  if (made !== undefined) await syncDirectory(dirname(made))
  const root = await realpath(directory)
  if (held.has(root)) throw busy('this process')
  held.add(root)
  try {
    const path = join(root, lockPath)
    const id = await take(path)
    const timer = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => undefined), touchedEveryMs)
    try {
      return await work()
    } finally {
      clearInterval(timer)
      await release(root, id)
    }
  } finally {
    held.delete(root)
  }
}

/** What a lock file says of whoever made it. */
interface Lock {
  /** Tells this lock from every other. */
  readonly id: string
  readonly owner: string
  readonly alive: boolean
}

/**
 * Makes the lock file, or puts its own in the place of one whose owner is gone. Of those who find it abandoned at the same time
 * only one may do that: the one that holds a lock named after the abandoned one. Whoever comes to hold that later finds another
 * lock in its place. Dies while it holds it: that is an abandoned lock like the other, and taken over in the same way.
 */
async function take(path: string): Promise<string> {
  const id = randomUUID()
  if (await create(path, id)) return id
  const found = await look(path)
  if (found?.alive !== false) throw busy(found?.owner ?? 'another process')
  const right = `${path}.${found.id}`
  await take(right)
  try {
    if ((await look(path))?.id !== found.id) throw busy('another process')
    const own = `${path}.${id}`
    await create(own, id)
    await rename(own, path)
    return id
  } finally {
    await rm(right, { force: true })
  }
}

/** Removes the lock, unless it was taken for abandoned, and what processes left that died while they took one over. */
async function release(root: string, id: string): Promise<void> {
  const path = join(root, lockPath)
  if ((await look(path))?.id !== id) return
  for (const name of await readdir(root))
    if (name.startsWith(`${lockPath}.`)) await rm(join(root, name), { force: true })
  await rm(path, { force: true })
}

/** @returns false when the file is there already */
async function create(path: string, id: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx', 0o644)
    try {
      await file.writeFile(`${process.pid} ${hostname()} ${id}\n`)
    } finally {
      await file.close()
    }
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

/** @returns undefined when it is not there any more */
async function look(path: string): Promise<Lock | undefined> {
  try {
    const [text, { mtimeMs }] = [await readFile(path, 'utf8'), await stat(path)]
    // Without any of these its owner has only just made it, or died when it had.
    const [, pid = '', host = '', id] = /^([0-9]{1,10}) ([^\n ]+)(?: ([0-9a-f-]{36}))?\n$/.exec(text) ?? []
    const here = host === hostname()
    const abandonedAfter = host === '' ? emptyForMs : abandonedAfterMs
    const alive = here ? Number(pid) !== process.pid && isRunning(Number(pid)) : Date.now() - mtimeMs < abandonedAfter
    return { id: id ?? String(Math.floor(mtimeMs)), owner: `process ${pid} on ${host}`, alive }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    // It may belong to another user.
    return codeOf(error) === 'EPERM'
  }
}

function busy(owner: string): AuditLogError {
  return new AuditLogError('archive_busy', `${owner} is writing into the archive`)
}
