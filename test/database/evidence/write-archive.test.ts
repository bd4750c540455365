import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { cp } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { verifyArchive } from '../../../src/evidence/verify-archive.ts'
import { trustLogs } from '../../../src/tlog/index.ts'
import { writeArchive } from '../../../src/evidence/write-archive.ts'
import { inTemporaryDirectory } from '../../support/archive.ts'
import { codeOfAsync } from '../../support/error-code.ts'
import { sequencedLog } from '../../support/sequenced-log.ts'

const log = await sequencedLog()
const policy = trustLogs([log.verifierKey])
const reader = log.pool(log.reader.url)
const noteOf = async (size: number): Promise<string> =>
  (await log.admin.query<{ note: string }>('select note from audit_log.checkpoint where tree_size = $1', [size]))
    .rows[0]!.note
const allFiles = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((path) => statSync(join(directory, path)).isFile())
    .toSorted()

it('refuses to archive a log without a checkpoint', async () => {
  await inTemporaryDirectory(async (directory) => {
    expect(await codeOfAsync(writeArchive(reader, directory))).toBe('checkpoint_unknown')
    expect(await codeOfAsync(writeArchive(reader, directory, { upTo: -1 }))).toBe('option_invalid')
  })
})

it.each([false, true])('archives what grows, with gzip: %s, as if it had been archived at once', async (gzip) => {
  await inTemporaryDirectory(async (directory) => {
    const [grown, whole] = [join(directory, 'grown'), join(directory, 'whole')]
    for (const entries of [1, 300, 4000, 200, 0]) {
      if (entries > 0) await log.grow(entries)
      const { size, faulty } = await writeArchive(reader, grown, { gzip })
      expect(faulty).toBe(0)
      expect(await verifyArchive(grown, { policy, canonical: true })).toMatchObject({
        verdict: 'intact',
        size,
        entries: size,
      })
    }
    const { size, added } = await writeArchive(reader, whole, { gzip })
    expect(added).toBe(size)
    expect(allFiles(grown)).toEqual(allFiles(whole))
    if (gzip) return
    for (const file of allFiles(whole)) {
      expect(readFileSync(join(grown, file)).equals(readFileSync(join(whole, file)))).toBe(true)
    }
  })
})

it('refuses to write where somebody else is writing', async () => {
  await inTemporaryDirectory(async (directory) => {
    const lock = join(directory, 'writer.lock')
    const [one, other] = await Promise.allSettled([writeArchive(reader, directory), writeArchive(reader, directory)])
    expect([one.status, other.status].toSorted()).toEqual(['fulfilled', 'rejected'])
    expect(existsSync(lock)).toBe(false)
    // The process that started this one, and one on another host.
    for (const owner of [`${process.ppid} ${hostname()}\n`, '1 elsewhere.example.com\n', '']) {
      writeFileSync(lock, owner)
      expect(await codeOfAsync(writeArchive(reader, directory))).toBe('archive_busy')
      expect(readFileSync(lock, 'utf8')).toBe(owner)
    }
    utimesSync(lock, new Date(0), new Date(0))
    await writeArchive(reader, directory)
    expect((await verifyArchive(directory, { policy })).verdict).toBe('intact')
  })
})

it('goes on where a process that is gone was writing', async () => {
  await inTemporaryDirectory(async (directory) => {
    const { pid } = spawnSync(process.execPath, ['-e', ''])
    for (const gone of [pid, process.pid]) {
      writeFileSync(join(directory, 'writer.lock'), `${gone} ${hostname()}\n`)
      await writeArchive(reader, directory)
      expect((await verifyArchive(directory, { policy })).verdict).toBe('intact')
    }
  })
})

it('archives up to an older checkpoint, and goes on from there', async () => {
  await inTemporaryDirectory(async (directory) => {
    expect(await writeArchive(reader, directory, { upTo: 301 })).toMatchObject({ size: 301, added: 301 })
    expect((await verifyArchive(directory, { policy })).verdict).toBe('intact')
    const older = readFileSync(join(directory, 'checkpoint'), 'utf8')
    const { size } = await writeArchive(reader, directory)
    expect(await verifyArchive(directory, { policy, since: older })).toMatchObject({
      verdict: 'intact',
      begin: 301,
      size,
    })
    expect(await codeOfAsync(writeArchive(reader, directory, { upTo: 301 }))).toBe('log_rolled_back')
    expect(await codeOfAsync(writeArchive(reader, directory, { upTo: 302 }))).toBe('checkpoint_unknown')
  })
})

it('continues another archive from a leaf, and says what is not in it', async () => {
  await inTemporaryDirectory(async (directory) => {
    const { size, begin } = await writeArchive(reader, directory, { from: 4500 })
    expect(begin).toBe(4096)
    expect(await verifyArchive(directory, { policy, since: await noteOf(4501) })).toMatchObject({
      verdict: 'intact',
      size,
    })
    expect((await verifyArchive(directory, { policy })).verdict).toBe('entry_missing')
    await writeArchive(reader, directory)
    expect(allFiles(directory)).not.toContain('entries/000.ndjson')
  })
})

it('takes up what an interrupted run left', async () => {
  await inTemporaryDirectory(async (directory) => {
    const [archive, expected] = [join(directory, 'archive'), join(directory, 'expected')]
    await writeArchive(reader, archive, { upTo: 301 })
    await writeArchive(reader, expected)
    const files = allFiles(expected).filter((file) => file !== 'checkpoint')
    for (const done of [1, Math.floor(files.length / 2), files.length]) {
      const interrupted = join(directory, `after ${done}`)
      await cp(archive, interrupted, { recursive: true })
      for (const file of files.slice(0, done)) await cp(join(expected, file), join(interrupted, file))
      writeFileSync(join(interrupted, 'entries/001.ndjson.tmp'), 'half a li')
      expect((await verifyArchive(interrupted, { policy })).verdict).toBe('unexpected_file')
      await writeArchive(reader, interrupted)
      expect(allFiles(interrupted)).toEqual(allFiles(expected))
      expect((await verifyArchive(interrupted, { policy })).verdict).toBe('intact')
    }
  })
})

it('keeps what was archived when the log has lost or altered it since, and says what it finds altered', async () => {
  await inTemporaryDirectory(async (directory) => {
    const [kept, late] = [join(directory, 'kept'), join(directory, 'late')]
    await writeArchive(reader, kept)
    await log.admin.query('alter table audit_log.entry disable trigger all')
    const { rows } = await log.admin.query<{ name: string }>(
      `select inhrelid::regclass::text as name from pg_inherits where inhparent = 'audit_log.entry'::regclass`,
    )
    for (const { name } of rows) await log.admin.query(`alter table ${name} disable trigger all`)
    await log.admin.query(`update audit_log.entry set user_id = 'mallory' where seq = 4400`)
    await log.admin.query('delete from audit_log.entry where seq = 4410')
    await log.grow(10)
    expect(await writeArchive(reader, kept)).toMatchObject({ added: 10, absent: 0, faulty: 0 })
    expect((await verifyArchive(kept, { policy })).verdict).toBe('intact')
    expect(await writeArchive(reader, late)).toMatchObject({ absent: 1, faulty: 1 })
    const report = await verifyArchive(late, { policy })
    expect(report.findings.map(({ verdict, field }) => [verdict, field])).toEqual([
      ['entry_edited', 'user_id'],
      ['entry_missing', undefined],
    ])
  })
})

it('refuses to continue the archive of another log, or of another history', async () => {
  await inTemporaryDirectory(async (directory) => {
    await writeArchive(reader, directory, { upTo: 301 })
    const note = readFileSync(join(directory, 'checkpoint'), 'utf8')
    writeFileSync(join(directory, 'checkpoint'), note.replace('audit.example.com/test', 'other.example.com/test'))
    expect(await codeOfAsync(writeArchive(reader, directory))).toBe('checkpoint_foreign')
    const [origin, size, , ...rest] = note.split('\n')
    writeFileSync(
      join(directory, 'checkpoint'),
      [origin, size, Buffer.alloc(32).toString('base64'), ...rest].join('\n'),
    )
    expect(await codeOfAsync(writeArchive(reader, directory))).toBe('log_forked')
    rmSync(join(directory, 'checkpoint'))
    writeFileSync(join(directory, 'checkpoint'), 'garbage')
    expect(await codeOfAsync(writeArchive(reader, directory))).toBe('note_malformed')
  })
})
