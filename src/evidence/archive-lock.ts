import { mkdir, open, readFile, realpath, rm, stat, utimes } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { AuditLogError } from '../errors.ts'
import { syncDirectory } from './durable-file.ts'

/** Who is writing into an archive; not there while nobody is. */
export const lockPath = 'writer.lock'

const touchedEveryMs = 20_000
const abandonedAfterMs = 10 * 60_000
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
    await take(path)
    const timer = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => undefined), touchedEveryMs)
    try {
      return await work()
    } finally {
      clearInterval(timer)
      await rm(path, { force: true })
    }
  } finally {
    held.delete(root)
  }
}

async function take(path: string): Promise<void> {
  if (await create(path)) return
  const owner = await ownerOf(path)
  if (owner !== undefined) throw busy(owner)
  await rm(path, { force: true })
  // Somebody else may have found it abandoned at the same time, and has it now.
  if (!(await create(path))) throw busy((await ownerOf(path)) ?? 'another process')
}

/** @returns false when the file is there already */
async function create(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx', 0o644)
    try {
      await file.writeFile(`${process.pid} ${hostname()}\n`)
    } finally {
      await file.close()
    }
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** @returns undefined when whoever made it is gone */
async function ownerOf(path: string): Promise<string | undefined> {
  try {
    const [text, { mtimeMs }] = [await readFile(path, 'utf8'), await stat(path)]
    const [, pid = '', host = ''] = /^([0-9]{1,10}) ([^\n]+)\n$/.exec(text) ?? []
    const here = host === hostname()
    const alive = here ? Number(pid) !== process.pid && isRunning(Number(pid)) : Date.now() - mtimeMs < abandonedAfterMs
    return alive ? `process ${pid} on ${host}` : undefined
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    // It may belong to another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function busy(owner: string): AuditLogError {
  return new AuditLogError('archive_busy', `${owner} is writing into the archive`)
}
