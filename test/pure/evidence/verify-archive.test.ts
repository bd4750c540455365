import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { compareFile } from '../../../src/evidence/compare-file.ts'
import type { VerificationReport } from '../../../src/evidence/verdict.ts'
import { verifyArchive } from '../../../src/evidence/verify-archive.ts'
import { encodeEntryBundle, hashLeaves, trustLogs } from '../../../src/tlog/index.ts'
import {
  entryHash,
  entryLine,
  inTemporaryDirectory,
  makeArchive,
  newKey,
  onCopy,
  origin,
  replaceFile,
  signLines,
} from '../../support/archive.ts'

const key = await newKey()
const policy = trustLogs([key.verifierKey])
const allLines = Array.from({ length: 65_537 }, (_, index) => entryLine(index))
const linesOf = (size: number): string[] => allLines.slice(0, size)
const root = await mkdtemp(join(tmpdir(), 'audit-log-test-'))
afterAll(() => rm(root, { recursive: true, force: true }))

const size = 9000
const lines = linesOf(size)
const archive = join(root, 'archive')
await makeArchive(archive, lines, await signLines(lines, key, origin))
const files = ['entries/000.ndjson', 'entries/001.ndjson', 'entries/002.p/808.ndjson'] as const

const verify = (directory: string, since?: string): Promise<VerificationReport> =>
  verifyArchive(directory, { policy, since })
/** Verifies a copy after something was done to it. */
const after = (attack: (directory: string) => void, since?: string): Promise<VerificationReport> =>
  onCopy(archive, (directory) => {
    attack(directory)
    return verify(directory, since)
  })
const editLines =
  (file: string, edit: (lines: string[]) => string[]) =>
  (directory: string): void => {
    const path = join(directory, file)
    const text = readFileSync(path, 'utf8').slice(0, -1).split('\n')
    replaceFile(
      path,
      edit(text)
        .map((line) => `${line}\n`)
        .join(''),
    )
  }
const editBytes =
  (file: string, at: number) =>
  (directory: string): void => {
    const path = join(directory, file)
    const contents = readFileSync(path)
    contents[at] = (contents[at] ?? 0) ^ 1
    replaceFile(path, contents)
  }
const allFiles = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((path) =>
    statSync(join(directory, path)).isFile(),
  )

describe('an honest archive', () => {
  it.each([0, 1, 2, 3, 255, 256, 257, 511, 512, 4095, 4096, 4097, 8192, 65_535, 65_536, 65_537])(
    'of %i leaves is intact',
    async (count) => {
      await inTemporaryDirectory(async (directory) => {
        const some = linesOf(count)
        await makeArchive(directory, some, await signLines(some, key, origin), { gzip: count % 2 === 1 })
        expect(await verify(directory)).toMatchObject({
          verdict: 'intact',
          ok: true,
          size: count,
          entries: count,
          findings: [],
        })
      })
    },
  )

  it.each([1, 255, 256, 257, 4095, 4096, 4097, 8192, 8999, 9000])(
    'continues its checkpoint of %i leaves',
    async (count) => {
      const report = await verify(archive, await signLines(lines.slice(0, count), key, origin))
      expect(report).toMatchObject({ verdict: 'intact', begin: count })
      expect(report.entries).toBeLessThanOrEqual(size - count + 255)
    },
  )

  it('is intact with entries that a recorded purge accounts for', async () => {
    for (const leaves of [{ leaves: [[3, 6]] }, {}]) {
      await inTemporaryDirectory(async (directory) => {
        const purge = entryLine(300, { action: 'audit_log.purged', details: { entries: 3, tree_size: 290, ...leaves } })
        const some = [...linesOf(300), purge]
        await makeArchive(directory, some, await signLines(some, key, origin), { absent: new Set([3, 4, 5]) })
        const report = await verify(directory)
        expect(report).toMatchObject({ verdict: 'purged', ok: true, purged: 3 })
        expect(report.findings[0]?.message).toContain('seq 301 by "app"')
      })
    }
  })

  it('counts only the records of purges by the logins that are asked for', async () => {
    await inTemporaryDirectory(async (directory) => {
      const forged = entryLine(300, { action: 'audit_log.purged', details: { entries: 300, tree_size: 300 } })
      const some = [...linesOf(300), forged]
      await makeArchive(directory, some, await signLines(some, key, origin), { absent: new Set([298, 299]) })
      const by = (...purgedBy: string[]): Promise<VerificationReport> => verifyArchive(directory, { policy, purgedBy })
      expect(await by('archivist', 'app')).toMatchObject({ verdict: 'purged', ok: true, purged: 2 })
      expect(await by('archivist')).toMatchObject({ verdict: 'entry_missing', ok: false, purged: 0 })
      expect(await by()).toMatchObject({ verdict: 'entry_missing', ok: false })
    })
  })
})

describe('an archive of which', () => {
  it.each<{ title: string; attack: (directory: string) => void; verdict: string; finding: object }>(
    (
      [
        [
          'an outcome was edited',
          editLines(files[0], (all) => all.with(77, all[77]!.replace('"success"', '"denied"'))),
          'entry_edited',
          { leafIndex: 77, seq: 78, field: 'outcome', original: 'success' },
        ],
        [
          'the user of the last entry was edited',
          editLines(files[2], (all) => all.with(807, all[807]!.replace('"bob"', '"carol"'))),
          'entry_edited',
          { leafIndex: 8999, seq: 9000, field: 'user_id', original: 'bob' },
        ],
        [
          'microseconds were edited',
          editLines(files[1], (all) => all.with(4, all[4]!.replace('456Z', '457Z'))),
          'entry_edited',
          { leafIndex: 4100, field: 'timestamp' },
        ],
        [
          'a member was added to details',
          editLines(files[1], (all) => all.with(4, all[4]!.replace('"number"', '"forged":1,"number"'))),
          'entry_edited',
          { leafIndex: 4100, field: 'details' },
        ],
        [
          'an entry is not JSON any more',
          editLines(files[1], (all) => all.with(4, '{"action":')),
          'entry_edited',
          { leafIndex: 4100 },
        ],
        [
          'the first entry is missing',
          editLines(files[0], (all) => all.slice(1)),
          'entry_missing',
          { leafIndex: 0, leafEnd: 1 },
        ],
        [
          'an entry is missing',
          editLines(files[1], (all) => all.toSpliced(10, 1)),
          'entry_missing',
          { leafIndex: 4106, leafEnd: 4107 },
        ],
        [
          'entries are missing without a purge',
          editLines(files[1], (all) => all.with(10, '').with(11, '')),
          'entry_missing',
          { leafIndex: 4106, leafEnd: 4108 },
        ],
        [
          'the last entry is missing',
          editLines(files[2], (all) => all.slice(0, -1)),
          'truncated',
          { leafIndex: 8999, leafEnd: 9000 },
        ],
        [
          'the last file is cut off',
          (directory) =>
            replaceFile(join(directory, files[2]), readFileSync(join(directory, files[2])).subarray(0, 90_000)),
          'truncated',
          { leafEnd: 9000 },
        ],
        [
          'the last file is missing',
          (directory) => rmSync(join(directory, files[2])),
          'truncated',
          { leafIndex: 8192, leafEnd: 9000 },
        ],
        [
          'a file in the middle is missing',
          (directory) => rmSync(join(directory, files[1])),
          'entry_missing',
          { leafIndex: 4096, leafEnd: 8192 },
        ],
        [
          'all entries are missing',
          (directory) => rmSync(join(directory, 'entries'), { recursive: true }),
          'truncated',
          { leafIndex: 0 },
        ],
        [
          'two entries changed places',
          editLines(files[0], (all) => all.with(5, all[6]!).with(6, all[5]!)),
          'order_changed',
          { leafIndex: 5 },
        ],
        [
          'two files changed places',
          (directory) => {
            renameSync(join(directory, files[0]), join(directory, 'other'))
            renameSync(join(directory, files[1]), join(directory, files[0]))
            renameSync(join(directory, 'other'), join(directory, files[1]))
          },
          'order_changed',
          { leafIndex: 0 },
        ],
        ['an entry stands there twice', editLines(files[0], (all) => all.toSpliced(9, 0, all[9]!)), 'entry_added', {}],
        [
          'an entry was added',
          editLines(files[0], (all) => all.toSpliced(9, 0, entryLine(123_456))),
          'entry_added',
          { seq: 123_457 },
        ],
        [
          'an entry was added at the end',
          editLines(files[2], (all) => [...all, entryLine(123_456)]),
          'entry_added',
          { leafIndex: 9000 },
        ],
        ['a tile is corrupt', editBytes('tile/0/003', 99), 'damaged', { file: 'tile/0/003' }],
        ['the last tile is corrupt', editBytes('tile/0/035.p/40', 99), 'damaged', {}],
        ['an upper tile is corrupt', editBytes('tile/1/000.p/35', 99), 'damaged', {}],
        ['a bundle is corrupt', editBytes('tile/entries/003', 99), 'damaged', { file: 'tile/entries/003' }],
        ['a tile is missing', (directory) => rmSync(join(directory, 'tile/0/003')), 'damaged', { file: 'tile/0/003' }],
        ['tiles are missing', (directory) => rmSync(join(directory, 'tile'), { recursive: true }), 'damaged', {}],
        [
          'a tile is a link',
          (directory) => {
            renameSync(join(directory, 'tile/0/003'), join(directory, '../moved'))
            symlinkSync('../../../moved', join(directory, 'tile/0/003'))
          },
          'damaged',
          {},
        ],
        [
          'there is a file too many',
          (directory) => replaceFile(join(directory, 'entries/003.ndjson'), ''),
          'unexpected_file',
          { file: 'entries/003.ndjson' },
        ],
        [
          'there is a stranger',
          (directory) => replaceFile(join(directory, 'README'), 'trust me'),
          'unexpected_file',
          { file: 'README' },
        ],
        [
          'there is a link to elsewhere',
          (directory) => symlinkSync('/etc', join(directory, 'entries/x001')),
          'unexpected_file',
          {},
        ],
        ['the checkpoint is missing', (directory) => rmSync(join(directory, 'checkpoint')), 'unsigned', {}],
        [
          'the signature was taken off',
          (directory) => {
            const note = readFileSync(join(directory, 'checkpoint'), 'utf8')
            replaceFile(join(directory, 'checkpoint'), note.slice(0, note.indexOf('\n\n') + 2))
          },
          'unsigned',
          {},
        ],
        [
          'the checkpoint is garbage of 100 MB',
          (directory) => replaceFile(join(directory, 'checkpoint'), Buffer.alloc(100_000_000, 'x')),
          'unsigned',
          {},
        ],
        [
          'the checkpoint claims 2^53 leaves',
          (directory) => {
            const note = readFileSync(join(directory, 'checkpoint'), 'utf8')
            replaceFile(join(directory, 'checkpoint'), note.replace('\n9000\n', '\n9007199254740992\n'))
          },
          'unsigned',
          {},
        ],
        [
          'line ends were changed',
          editLines(files[1], (all) => all.map((line) => `${line}\r`)),
          'entry_edited',
          { leafIndex: 4096, seq: 4097, field: undefined, message: expect.stringContaining('in other bytes') },
        ],
        [
          'a number was written in another way',
          editLines(files[1], (all) => all.with(4, all[4]!.replace('"version":1}', '"version":1.0}'))),
          'entry_edited',
          { leafIndex: 4100, field: undefined, message: expect.stringContaining('in other bytes') },
        ],
        [
          'a letter was written in another way that looks the same',
          editLines(files[1], (all) => all.with(4, all[4]!.replace('contoso', 'conto\u0301so'))),
          'entry_edited',
          { leafIndex: 4100, field: 'tenant_id', original: 'contoso' },
        ],
        [
          'a file of entries stands beside its own forgery',
          (directory) => replaceFile(join(directory, `${files[0]}.gz`), gzipSync('forged\n'.repeat(4096))),
          'unexpected_file',
          { file: `${files[0]}.gz` },
        ],
        [
          'the size in the checkpoint was edited',
          (directory) => {
            const note = readFileSync(join(directory, 'checkpoint'), 'utf8')
            replaceFile(join(directory, 'checkpoint'), note.replace('\n9000\n', '\n8192\n'))
          },
          'signature_invalid',
          {},
        ],
        [
          'an entry was edited together with its bundle and tile',
          (directory) => {
            editLines(files[0], (all) => all.with(77, all[77]!.replace('"success"', '"denied"')))(directory)
            const hashes = readFileSync(join(directory, files[0]), 'utf8').split('\n').slice(0, 256).map(entryHash)
            replaceFile(join(directory, 'tile/entries/000'), encodeEntryBundle(hashes))
            replaceFile(join(directory, 'tile/0/000'), hashLeaves(Buffer.concat(hashes)))
          },
          'altered',
          {},
        ],
        [
          'one entry was edited and another tile is corrupt',
          (directory) => {
            editLines(files[0], (all) => all.with(77, all[77]!.replace('"success"', '"denied"')))(directory)
            editBytes('tile/0/020', 5)(directory)
          },
          'entry_edited',
          { leafIndex: 77, field: 'outcome' },
        ],
      ] as [string, (directory: string) => void, string, object][]
    ).map(([title, attack, verdict, finding]) => ({ title, attack, verdict, finding })),
  )('$title is $verdict', async ({ attack, verdict, finding }) => {
    const report = await after(attack)
    expect(report).toMatchObject({ verdict, ok: false })
    expect(report.findings.find((found) => found.verdict === verdict)).toMatchObject({ ...finding, verdict })
  })

  it('everything was rewritten, and signed with the stolen key, is a fork to whoever holds an earlier checkpoint', async () => {
    await inTemporaryDirectory(async (directory) => {
      const forged = lines.with(3, entryLine(3, { user_id: 'mallory' }))
      await makeArchive(directory, forged, await signLines(forged, key, origin))
      expect((await verify(directory)).verdict).toBe('intact')
      for (const count of [4, 256, 5000, 9000]) {
        const known = await signLines(lines.slice(0, count), key, origin)
        expect((await verify(directory, known)).verdict).toBe('fork')
      }
    })
  })

  it('a file cannot be read is missing, and the report says why', async () => {
    const report = await after((directory) =>
      replaceFile(join(directory, files[0]), readFileSync(join(directory, files[0])).subarray(0, -1)),
    )
    expect(report).toMatchObject({ verdict: 'entry_missing', ok: false })
    const message = 'the file is longer or shorter than it was'
    expect(report.findings).toContainEqual({ verdict: 'damaged', message, file: files[0] })
  })

  it('the files are compressed, and one stands there a second time, forged, is an unexpected file', async () => {
    await inTemporaryDirectory(async (directory) => {
      await makeArchive(directory, lines, await signLines(lines, key, origin), { gzip: true })
      writeFileSync(join(directory, files[1]), 'forged\n'.repeat(4096))
      for (const since of [undefined, await signLines(linesOf(4100), key, origin)]) {
        const report = await verify(directory, since)
        expect(report).toMatchObject({ verdict: 'unexpected_file', entries: size - (since === undefined ? 0 : 4100) })
        expect(report.findings).toMatchObject([{ file: files[1] }])
      }
    })
  })

  it('a small compressed file holds far too many lines is read no further than it takes to see that', async () => {
    await inTemporaryDirectory(async (directory) => {
      await makeArchive(directory, lines, await signLines(lines, key, origin), { gzip: true })
      const bomb = Buffer.alloc(20_000_000, 'x\n')
      writeFileSync(join(directory, `${files[0]}.gz`), gzipSync(bomb))
      const report = await verify(directory)
      expect(report).toMatchObject({ verdict: 'entry_edited', ok: false })
      expect(report.bytes).toBeLessThan(bomb.length / 2)
      const difference = await compareFile(directory, size, 0, true, Array<string>(4096).fill(''), 0)
      expect(difference).toHaveProperty('strange.length', 8192)
    })
  })

  it('an earlier state was put back is found by a later checkpoint', async () => {
    const later = await signLines([...lines, entryLine(size)], key, origin)
    expect((await verify(archive, later)).verdict).toBe('restored_to_earlier')
  })

  it('the new part was edited is found by an incremental check', async () => {
    const known = await signLines(lines.slice(0, 8900), key, origin)
    const edit = editLines(files[2], (all) => all.with(800, all[800]!.replace('"success"', '"denied"')))
    const report = await after(edit, known)
    expect(report).toMatchObject({ verdict: 'entry_edited', findings: [{ leafIndex: 8992, field: 'outcome' }] })
  })

  it('tiles that the incremental check needs are corrupt is damaged', async () => {
    const known = await signLines(lines.slice(0, 8900), key, origin)
    expect((await after(editBytes('tile/1/000.p/35', 3), known)).verdict).toBe('damaged')
  })

  it('the key is another one is said, and that the log is', async () => {
    const other = await newKey()
    expect((await verifyArchive(archive, { policy: trustLogs([other.verifierKey]) })).verdict).toBe('wrong_key')
    const { generateKey } = await import('../../../src/tlog/index.ts')
    const foreign = await generateKey('other.example.com/log')
    expect((await verifyArchive(archive, { policy: trustLogs([foreign.verifierKey]) })).verdict).toBe('foreign')
  })

  it('a line was merged into a purged range is missing', async () => {
    await inTemporaryDirectory(async (directory) => {
      const purge = entryLine(300, {
        action: 'audit_log.purged',
        details: { entries: 3, tree_size: 290, leaves: [[3, 6]] },
      })
      const some = [...linesOf(300), purge]
      await makeArchive(directory, some, await signLines(some, key, origin), { absent: new Set([3, 4, 5, 6]) })
      const report = await verify(directory)
      expect(report).toMatchObject({ verdict: 'entry_missing', purged: 3 })
      expect(report.findings[0]).toMatchObject({ leafIndex: 6, leafEnd: 7 })
    })
  })

  it('an entry was not canonical is found when that is asked for', async () => {
    await inTemporaryDirectory(async (directory) => {
      const some = linesOf(5).with(2, entryLine(2).replace('{', '{ '))
      await makeArchive(directory, some, await signLines(some, key, origin))
      expect((await verify(directory)).verdict).toBe('intact')
      const report = await verifyArchive(directory, { policy, canonical: true })
      expect(report).toMatchObject({ verdict: 'not_canonical', findings: [{ leafIndex: 2 }] })
    })
  })
})

it('has done all this to copies', async () => {
  expect((await verify(archive)).verdict).toBe('intact')
})

it('never calls an archive intact of which one byte was changed, removed or added', async () => {
  await inTemporaryDirectory(async (directory) => {
    const few = linesOf(2)
    await makeArchive(directory, few, await signLines(few, key, origin))
    const wrong: string[] = []
    for (const file of allFiles(directory)) {
      const path = join(directory, file)
      const original = readFileSync(path)
      for (let at = 0; at <= original.length; at += 1) {
        const [before, behind] = [original.subarray(0, at), original.subarray(at + 1)]
        const flipped = Buffer.of((original[at] ?? 0) ^ (1 << (at % 8)))
        const last = at >= original.length - 1
        // In the entries one byte is as good as another, and finding out which edit it was takes long: every one of the last
        // line, and some of the first.
        const sparse = file.endsWith('.ndjson') && at < original.indexOf(0x0a)
        const variants = [
          ...(sparse && at % 8 > 0 ? [] : [Buffer.concat([before, flipped, behind])]),
          ...(at % 16 === 0 || last ? [Buffer.concat([before, behind])] : []),
          ...(at % 16 === 2 || last ? [Buffer.concat([before, Buffer.of(0x0a), original.subarray(at)])] : []),
        ]
        for (const variant of variants) {
          if (variant.equals(original)) continue
          writeFileSync(path, variant)
          if ((await verify(directory)).ok) wrong.push(`${file} at ${at}`)
        }
      }
      writeFileSync(path, original)
    }
    expect(wrong).toEqual([])
    expect((await verify(directory)).verdict).toBe('intact')
  })
}, 120_000)

it('does not call a directory tampered in which there is nothing of an archive', async () => {
  await inTemporaryDirectory(async (directory) => {
    writeFileSync(join(directory, 'samples.bundle'), '')
    await expect(verify(directory)).rejects.toMatchObject({
      code: 'file_unreadable',
      message: expect.stringContaining('samples.bundle'),
    })
  })
})

it('says that there is no such directory', async () => {
  await expect(verify(join(root, 'nowhere'))).rejects.toMatchObject({ code: 'file_unreadable' })
  expect(existsSync(join(root, 'nowhere'))).toBe(false)
})
