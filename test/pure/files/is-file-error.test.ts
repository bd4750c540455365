import { existsSync } from 'node:fs'
import { open, readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { isFileError } from '../../../src/files/is-file-error.ts'

const errorOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  )

describe('isFileError', () => {
  it('knows what the file system says', async () => {
    expect(isFileError(await errorOf(readFile('/no/such/file')))).toBe(true)
  })

  it.skipIf(!existsSync('/dev/full'))('knows that a disk is full, which is said without a path', async () => {
    const full = await open('/dev/full', 'w')
    const error = await errorOf(full.write('x'))
    await full.close()
    expect(error).toMatchObject({ code: 'ENOSPC' })
    expect(isFileError(error)).toBe(true)
  })

  it('leaves what the network says to the database', async () => {
    expect(isFileError(await errorOf(once(connect(1, '127.0.0.1'), 'connect')))).toBe(false)
  })
})
