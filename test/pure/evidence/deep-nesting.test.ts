import { join } from 'node:path'
import { expect, it } from 'vitest'
import { verifyArchive } from '../../../src/evidence/verify-archive.ts'
import { verifyBundle } from '../../../src/evidence/verify-bundle.ts'
import { verifyEntries } from '../../../src/evidence/verify-entries.ts'
import { trustLogs } from '../../../src/tlog/index.ts'
import {
  entryHash,
  entryLine,
  inTemporaryDirectory,
  makeArchive,
  newKey,
  origin,
  replaceFile,
  signLines,
} from '../../support/archive.ts'

// What an attacker may put into a file: parsers that recurse must not overflow the stack into anything but a verdict.

const levels = 100_000
const nested: Readonly<Record<string, string>> = {
  arrays: `{"a":${'['.repeat(levels)}${']'.repeat(levels)}}`,
  objects: `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`,
}
const key = await newKey()
const policy = trustLogs([key.verifierKey])
const exported = (line: string, hash = entryHash(line)): string =>
  line.replace(/(?=,"id":"[^"]*","outcome")/, `,"entry_hash":"${hash.toString('hex')}"`)

it.each(Object.keys(nested))('details of 100,000 nested %s get a verdict', async (kind) => {
  const honest = entryLine(0)
  const deep = entryLine(1).replace(/"details":\{[^}]*\}/, `"details":${nested[kind]}`)
  const edited = deep.replace('"success"', '"denied"')

  for (const [text, faulty] of [
    [exported(deep), 1],
    [exported(edited, entryHash(deep)), 1],
  ] as const) {
    expect(await verifyEntries([`${exported(honest)}\n${text}\n`])).toMatchObject({ entries: 2, faulty })
    expect(await verifyEntries([`[${exported(honest)},${text}]`])).toMatchObject({ entries: 2, faulty })
  }

  const note = await signLines([honest, deep], key, origin)
  const bundle = (text: string): string =>
    [
      '{"format":"audit-log-bundle/1","tree_size":2,"leaves":[0,2]}',
      `{"leaf_index":0,"entry":${exported(honest)}}`,
      `{"leaf_index":1,"entry":${text}}`,
      JSON.stringify({ entries: 2, checkpoint: note }),
      '',
    ].join('\n')
  expect(await verifyBundle([bundle(exported(deep))], { policy })).toMatchObject({
    verdict: 'not_canonical',
    findings: [{ verdict: 'not_canonical', leafIndex: 1 }],
  })
  expect((await verifyBundle([bundle(exported(edited, entryHash(deep)))], { policy })).verdict).toBe('entry_edited')

  for (const [line, canonical, verdict] of [
    [deep, false, 'intact'],
    [deep, true, 'not_canonical'],
    [edited, true, 'entry_edited'],
  ] as const) {
    await inTemporaryDirectory(async (directory) => {
      await makeArchive(directory, [honest, deep], note)
      replaceFile(join(directory, 'entries/000.p/2.ndjson'), `${honest}\n${line}\n`)
      expect((await verifyArchive(directory, { policy, canonical })).verdict).toBe(verdict)
    })
  }
})
