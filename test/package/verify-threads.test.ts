import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { VerificationReport } from '../../src/evidence/verdict.ts'
import { entryLine, makeArchive, newKey, onCopy, origin, replaceFile, signLines } from '../support/archive.ts'

// The threads are started from a file of the built package, which there is not in the sources.

const run = promisify(execFile)
const dist = join(import.meta.dirname, '../../dist')
const key = await newKey()
// Three parts: this thread and two others have one each.
const lines = Array.from({ length: 40_000 }, (_, index) => entryLine(index))
const entries = 'entries/005.ndjson'
let archive: string

beforeAll(async () => {
  archive = await mkdtemp(join(tmpdir(), 'audit-log-test-'))
  await makeArchive(archive, lines, await signLines(lines, key, origin))
})
afterAll(() => rm(archive, { recursive: true, force: true }))

interface Verified {
  readonly report: VerificationReport
  readonly started: number
}

/** Verifies in a process of its own, and counts the threads that it starts. */
async function verify(directory: string, format: 'esm' | 'cjs', workers: number): Promise<Verified> {
  const load = (file: string): string =>
    format === 'esm'
      ? `await import(${JSON.stringify(join(dist, `${file}.js`))})`
      : `require(${JSON.stringify(join(dist, `${file}.cjs`))})`
  const source = `
    let started = 0
    process.on('worker', () => (started += 1))
    const { verifyArchive } = ${load('index')}
    const { trustLogs } = ${load('tlog')}
    const policy = trustLogs([${JSON.stringify(key.verifierKey)}])
    verifyArchive(${JSON.stringify(directory)}, { policy, workers: ${workers} })
      .then((report) => console.log(JSON.stringify({ report, started })))`
  const { stdout } = await run(process.execPath, [
    `--input-type=${format === 'esm' ? 'module' : 'commonjs'}`,
    '-e',
    source,
  ])
  return JSON.parse(stdout) as Verified
}

const attacks: [string, string, (directory: string) => unknown][] = [
  ['nothing', 'intact', () => undefined],
  [
    'an entry was edited',
    'entry_edited',
    (directory) => {
      const text = readFileSync(join(directory, entries), 'utf8')
      replaceFile(join(directory, entries), text.replace('"alice"', '"mallory"'))
    },
  ],
  [
    'an entry is missing',
    'entry_missing',
    (directory) => {
      const text = readFileSync(join(directory, entries), 'utf8')
      replaceFile(join(directory, entries), text.slice(text.indexOf('\n') + 1))
    },
  ],
  ['a tile is missing', 'damaged', (directory) => rm(join(directory, 'tile/0/100'))],
]

it.each(attacks)(
  'finds with threads, in an ES module and in CommonJS, what it finds without: %s',
  async (_, verdict, attack) => {
    await onCopy(archive, async (directory) => {
      await attack(directory)
      const alone = await verify(directory, 'esm', 1)
      expect(alone).toMatchObject({ started: 0, report: { verdict } })
      for (const format of ['esm', 'cjs'] as const) {
        expect(await verify(directory, format, 3)).toEqual({ report: alone.report, started: 2 })
      }
    })
  },
)
