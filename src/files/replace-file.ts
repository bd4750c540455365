import { randomUUID } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { syncDirectory } from './sync-directory.ts'

/**
 * Puts a new file in the place of an old one, durably: a reader, and the disk after a power cut at any moment, has the old
 * contents or the new ones. When the promise resolves it has the new ones.
 *
 * @param mode permissions of the file
 */
export async function replaceFile(path: string, contents: string, mode: number = 0o644): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`
  try {
    const file = await open(temporary, 'wx', mode)
    try {
      await file.writeFile(contents)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await syncDirectory(dirname(path))
}
