import { type ChildProcess, fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it, vi } from 'vitest'
import { asOnlyWriter } from '../../../src/evidence/archive-lock.ts'
import { inTemporaryDirectory } from '../../support/archive.ts'
import { codeOfAsync } from '../../support/error-code.ts'

vi.setConfig({ testTimeout: 120_000 })
const gone = spawnSync(process.execPath, ['-e', '']).pid
const nothing = (): Promise<void> => Promise.resolve()
const child = fileURLToPath(new URL('../../support/lock-child.ts', import.meta.url))

it('lets one process in when several find an abandoned lock at the same time', async () => {
  const children: ChildProcess[] = []
  const answers = (): Promise<string[]> =>
    Promise.all(children.map(async (process) => ((await once(process, 'message')) as [string])[0]))
  try {
    for (let number = 0; number < 4; number += 1) children.push(fork(child, { execArgv: ['--import', 'tsx'] }))
    await answers()
    await inTemporaryDirectory(async (root) => {
      for (let round = 0; round < 60; round += 1) {
        const [directory, file] = [join(root, String(round)), join(root, `${round}.log`)]
        mkdirSync(directory)
        writeFileSync(join(directory, 'writer.lock'), `${gone} ${hostname()}\n`)
        const answered = answers()
        for (const process of children) process.send({ directory, file })
        for (const answer of await answered) expect(['done', 'archive_busy']).toContain(answer)
        // One after another, if more than one.
        const times = readFileSync(file, 'utf8')
        expect(times).toBe('in\nout\n'.repeat(times.length / 7))
        expect(readdirSync(directory)).toEqual([])
      }
    })
  } finally {
    for (const process of children) process.kill('SIGKILL')
  }
})

it('lets nobody put his lock in the place of one that somebody else may replace', async () => {
  await inTemporaryDirectory(async (directory) => {
    const lock = join(directory, 'writer.lock')
    const id = '11111111-2222-4333-8444-555555555555'
    writeFileSync(lock, `${gone} ${hostname()} ${id}\n`)
    writeFileSync(`${lock}.${id}`, `${process.ppid} ${hostname()}\n`)
    expect(await codeOfAsync(asOnlyWriter(directory, nothing))).toBe('archive_busy')
    // Whoever was about to is gone as well.
    writeFileSync(`${lock}.${id}`, `${gone} ${hostname()}\n`)
    await asOnlyWriter(directory, nothing)
    expect(readdirSync(directory)).toEqual([])
  })
})

it('takes over a lock of which no owner was written, after a while', async () => {
  await inTemporaryDirectory(async (directory) => {
    const lock = join(directory, 'writer.lock')
    writeFileSync(lock, '')
    expect(await codeOfAsync(asOnlyWriter(directory, nothing))).toBe('archive_busy')
    utimesSync(lock, new Date(), new Date(Date.now() - 60_000))
    await asOnlyWriter(directory, nothing)
    expect(existsSync(lock)).toBe(false)
  })
})

it('leaves the lock of whoever took it over in the meantime', async () => {
  await inTemporaryDirectory(async (directory) => {
    const lock = join(directory, 'writer.lock')
    await asOnlyWriter(directory, () => {
      writeFileSync(lock, '1 elsewhere.example.com\n')
      return Promise.resolve()
    })
    expect(readFileSync(lock, 'utf8')).toBe('1 elsewhere.example.com\n')
  })
})
