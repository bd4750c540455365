import { symlinkSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { readSmallFile } from '../../../src/cli/read-file.ts'
import { codeOf } from '../../support/error-code.ts'
import { unique } from '../../support/unique.ts'

const folder = await mkdtemp(join(tmpdir(), 'audit-log-read-file-'))
afterAll(() => rm(folder, { recursive: true }))

it('reads a file through a link, as a mounted secret is one', () => {
  writeFileSync(join(folder, 'key'), 'secret\n')
  const mounted = join(folder, unique('mounted'))
  symlinkSync('key', mounted)
  expect(readSmallFile(mounted).toString()).toBe('secret\n')
})

it('refuses a file that is not there, and one that is too large', () => {
  writeFileSync(join(folder, 'large'), '1234')
  expect(readSmallFile(join(folder, 'large'), 4).toString()).toBe('1234')
  expect(codeOf(() => readSmallFile(join(folder, 'large'), 3))).toBe('file_unreadable')
  expect(codeOf(() => readSmallFile(join(folder, 'none')))).toBe('file_unreadable')
})
