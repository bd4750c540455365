import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { inTemporaryDirectory } from '../../support/archive.ts'
import { buildCli, run } from '../../support/cli.ts'
import { sequencedLog } from '../../support/sequenced-log.ts'

const log = await sequencedLog()
await log.grow(300)
const entry = await log.audit.log({ action: 'user.login', user_id: 'alice' })
await log.grow(10)
const cli = await buildCli()
const database = ['--database-url', log.reader.url]
const key = ['--key', log.verifierKey]

it('archives, proves and exports, and verifies each of them by what it holds', async () => {
  await inTemporaryDirectory(async (directory) => {
    const [archive, bundle, filtered, proof] = ['archive', 'a.bundle', 'b.bundle', 'one.tlog-proof'].map((name) =>
      join(directory, name),
    ) as [string, string, string, string]
    expect(await cli(['archive', archive, ...database])).toMatchObject({ code: 0 })
    expect(await cli(['export', '--bundle', '--from', '5', '--to', '9', '-o', bundle, ...database])).toMatchObject({
      code: 0,
    })
    const printed = await cli(['export', '--from', '5', '--to', '9', ...database])
    expect(printed).toEqual({ code: 0, stdout: readFileSync(bundle, 'utf8'), stderr: '' })
    expect(await cli(['export', '--user', 'alice', '-o', filtered, ...database])).toMatchObject({ code: 0 })
    const proved = await cli(['prove', String(entry.seq), ...database])
    expect(proved).toMatchObject({ code: 0 })
    writeFileSync(proof, proved.stdout)
    writeFileSync(join(directory, 'entry.json'), JSON.stringify(entry))
    for (const path of [archive, bundle, filtered]) {
      const verified = await cli(['verify', ...key, path])
      expect(verified).toMatchObject({ code: 0, stderr: '' })
      expect(verified.stdout).toContain(`${path}: intact`)
    }
    expect(await cli(['verify', ...key, '--entry', entry.entry_hash, proof])).toMatchObject({ code: 0 })
    expect(await cli(['verify', proof, ...key, '--entry', join(directory, 'entry.json')])).toMatchObject({ code: 0 })
    writeFileSync(join(directory, 'hash'), `${entry.entry_hash}\n`)
    expect(await cli(['verify', proof, ...key, '--entry', join(directory, 'hash')])).toMatchObject({ code: 0 })
    expect(await cli(['verify', proof, ...key, '--entry', '0'.repeat(64)])).toMatchObject({ code: 1 })
    expect(
      await cli(['verify', '--database', ...database, ...key, '--from', join(archive, 'checkpoint')]),
    ).toMatchObject({ code: 0 })
    expect(await cli(['verify', archive])).toMatchObject({ code: 2 })
    // Nobody may believe that a file was verified against what is not about it.
    const [from, entryHash] = [
      ['--from', archive],
      ['--entry', entry.entry_hash],
    ] as const
    for (const [path, ...option] of [
      [bundle, ...from],
      [proof, ...from, ...entryHash],
      [archive, ...entryHash],
      [bundle, ...entryHash],
      [proof, '--purged-by', 'archivist', ...entryHash],
      [join(directory, 'entry.json'), ...from],
    ] as string[][]) {
      const refused = await cli(['verify', ...key, ...option, path!])
      expect(refused).toMatchObject({ code: 2, stdout: '' })
      expect(refused.stderr).toContain('option_invalid')
    }

    const entries = join(archive, 'entries/000.p/311.ndjson')
    writeFileSync(entries, readFileSync(entries, 'utf8').replace('"alice"', '"mallory"'))
    const edited = await cli(['verify', archive, ...key])
    expect(edited.code).toBe(1)
    expect(edited.stdout).toContain('ENTRY_EDITED')
    expect(edited.stdout).toContain('seq 301')
  })
})

it('signs a bundle with the key of its exporter, which verification can demand', async () => {
  await inTemporaryDirectory(async (directory) => {
    const [keyFile, bundle, plain] = ['exports.key', 'a.bundle', 'b.bundle'].map((name) => join(directory, name)) as [
      string,
      string,
      string,
    ]
    const made = await cli(['key', '--name', 'soc.example/exports', '--out', keyFile])
    const exporter = ['--exporter', made.stdout.trim()]
    const filter = ['--user', 'alice', ...database]
    expect(await cli(['export', '-o', bundle, '--exporter-key', keyFile, ...filter])).toMatchObject({ code: 0 })
    expect(await cli(['export', '-o', plain, ...filter])).toMatchObject({ code: 0 })
    const verified = await cli(['verify', ...key, ...exporter, bundle])
    expect(verified).toMatchObject({ code: 0, stderr: '' })
    expect(verified.stdout).toContain('exported by soc.example/exports at 20')
    const unsigned = await cli(['verify', plain, ...key, ...exporter])
    expect(unsigned.code).toBe(1)
    expect(unsigned.stdout).toContain('UNSIGNED')
    expect(await cli(['verify', directory, ...key, ...exporter])).toMatchObject({ code: 2 })
    writeFileSync(bundle, readFileSync(bundle, 'utf8').replace('"user":["alice"]', '"user":["bob"]'))
    const altered = await cli(['verify', bundle, ...key, ...exporter])
    expect(altered.code).toBe(1)
    expect(altered.stdout).toContain('the first line is not the one that the exporter signed')
  })
})

it('proves that the log only grew, and verifies that against the older checkpoint', async () => {
  await inTemporaryDirectory(async (directory) => {
    const [archive, growth] = [join(directory, 'archive'), join(directory, 'growth')]
    await cli(['archive', archive, ...database])
    const before = log.size() + 1
    await log.grow(20)
    const proved = await cli(['prove', '--consistency', String(before), ...database])
    writeFileSync(growth, proved.stdout)
    const verified = await cli(['verify', growth, ...key, '--from', archive])
    expect(verified).toMatchObject({ code: 0, stderr: '' })
    expect(verified.stdout).toBe(
      `${growth}: intact: a log of ${before + 20} leaves, and what it had when it had ${before}\n`,
    )
    expect(await cli(['verify', growth, ...key])).toMatchObject({ code: 2, stdout: '' })
    writeFileSync(
      growth,
      proved.stdout.replace(/\n([A-Za-z])/, (_, first: string) => `\n${first === 'B' ? 'C' : 'B'}`),
    )
    const forged = await cli(['verify', growth, ...key, '--from', archive])
    expect(forged.code).toBe(1)
    expect(forged.stdout).toContain('ALTERED')
  })
})

it('refuses garbage as a proof without reading it', async () => {
  await inTemporaryDirectory(async (directory) => {
    const proof = join(directory, 'garbage')
    writeFileSync(proof, Buffer.concat([Buffer.from('c2sp.org/tlog-proof@v1\n'), Buffer.alloc(100_000_000, 'x')]))
    const result = await cli(['verify', proof, ...key, '--entry', '0'.repeat(64)])
    expect(result).toMatchObject({ code: 2, stdout: '' })
    expect(result.stderr).toContain('file_unreadable')
  })
})

it('records a verification of the log in the log, and of nothing else', async () => {
  const verify = ['verify', '--database', '--database-url', log.url, ...key, '--record']
  const recorded = log.audit.query().action('audit_log.verified')
  const before = await recorded.count()
  expect(await cli(verify)).toMatchObject({ code: 0 })
  const entries = (await recorded.order('oldest').page()).entries.slice(before)
  expect(entries).toMatchObject([{ outcome: 'success', details: { verdict: 'intact', findings: 0 } }])
  await inTemporaryDirectory(async (directory) => {
    expect(await cli(['verify', directory, ...key, '--record'])).toMatchObject({ code: 2 })
  })
})

it('finds out before it verifies the log that its login may not record the verdict', async () => {
  const refused = await cli(['verify', '--database', ...database, ...key, '--record'])
  expect(refused).toMatchObject({ code: 2, stdout: '' })
  expect(refused.stderr).toContain('privilege_missing')
  const elsewhere = await cli(['verify', '--database', ...database, ...key, '--record', '--schema', 'nowhere'])
  expect(elsewhere).toMatchObject({ code: 2, stdout: '' })
  expect(elsewhere.stderr).toContain('schema_missing')
})

it('counts what is new as new when it verifies an archive from an older checkpoint', async () => {
  await inTemporaryDirectory(async (directory) => {
    const archive = join(directory, 'archive')
    await cli(['archive', archive, ...database])
    const sizeNow = (): number => Number(readFileSync(join(archive, 'checkpoint'), 'utf8').split('\n')[1])
    const older = sizeNow()
    writeFileSync(join(directory, 'older'), readFileSync(join(archive, 'checkpoint')))
    await log.grow(7)
    await cli(['archive', archive, ...database])
    const size = sizeNow()
    const incremental = await cli(['verify', archive, ...key, '--from', join(directory, 'older')])
    expect(incremental).toMatchObject({ code: 0, stderr: '' })
    expect(incremental.stdout).toContain(
      `${size - older} entries of a log of ${size} leaves, verified from leaf ${older}`,
    )
  })
})

it('says of a file of an archive that alone it proves nothing', async () => {
  await inTemporaryDirectory(async (directory) => {
    const archive = join(directory, 'archive')
    await cli(['archive', archive, ...database])
    const size = Number(readFileSync(join(archive, 'checkpoint'), 'utf8').split('\n')[1])
    const entries = join(archive, `entries/000.p/${size}.ndjson`)
    const alone = await cli(['verify', entries])
    expect(alone).toMatchObject({ code: 2, stdout: '' })
    expect(alone.stderr).toContain('verify the directory of the archive')
    writeFileSync(entries, `${JSON.stringify(entry)}\n${readFileSync(entries, 'utf8')}`)
    const mixed = await cli(['verify', entries])
    expect(mixed.code).toBe(1)
    expect(mixed.stdout).toContain('entry 2 (seq 1): has no entry_hash')
    expect(mixed.stdout).toContain(`${size} of ${size + 1} entries DO NOT VERIFY`)
    writeFileSync(entries, Buffer.from([0x1f, 0x8b, 8, 0]))
    expect((await cli(['verify', entries])).stderr).toContain('decompress')
  })
})

it('archives up to a checkpoint, compressed, and refuses to begin where no archive can', async () => {
  await inTemporaryDirectory(async (directory) => {
    const archive = join(directory, 'archive')
    const made = await cli(['archive', archive, '--up-to', '300', '--gzip', '--json', ...key, ...database])
    expect([made.code, JSON.parse(made.stdout)]).toEqual([0, expect.objectContaining({ size: 300, added: 300 })])
    expect(readFileSync(join(archive, 'entries/000.p/300.ndjson.gz')).readUInt16BE()).toBe(0x1f8b)
    expect((await cli(['verify', archive, ...key])).stdout).toContain('300 entries of a log of 300 leaves')
    for (const wrong of [
      ['--up-to', '299'],
      ['--from', '5000'],
      ['--from', '-1'],
      ['--up-to', '1e2'],
    ]) {
      const refused = await cli(['archive', join(directory, 'other'), ...wrong, ...database])
      expect([wrong, refused.code, refused.stdout]).toEqual([wrong, 2, ''])
    }
  })
})

it('exports what all filters find, and says in the file which they were', async () => {
  await inTemporaryDirectory(async (directory) => {
    const bundle = join(directory, 'a.bundle')
    const filters = ['--action', 'finding.*', '--action', 'user.login', '--user', 'user-5', '--tenant', 'contoso']
    const times = ['--since', '2020-01-01T00:00:00Z', '--until', '2100-01-01T00:00:00Z', '--target', 'finding:1']
    expect(await cli(['export', ...filters, ...times, '-o', bundle, ...key, ...database])).toMatchObject({ code: 0 })
    expect(JSON.parse(readFileSync(bundle, 'utf8').split('\n')[0]!)).toMatchObject({
      filter: {
        action: ['finding.*', 'user.login'],
        user: ['user-5'],
        tenant: ['contoso'],
        target: ['finding:1'],
        since: '2020-01-01T00:00:00Z',
        until: '2100-01-01T00:00:00Z',
      },
    })
    expect((await cli(['verify', bundle, ...key])).stdout).toContain('0 entries')
    const other = join(directory, 'b.bundle')
    for (const wrong of [
      ['--user', 'alice', '--from', '1'],
      ['--since', 'yesterday'],
      ['--action', 'No Action'],
    ]) {
      const refused = await cli(['export', ...wrong, '-o', other, ...database])
      expect([wrong, refused.code]).toEqual([wrong, 2])
    }
    // Of one that fails nothing is left that would be in the way.
    const range = ['export', '-o', other, '--from', '1', ...database]
    expect(await cli([...range, '--to', '1000000'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('checkpoint_unknown') as string,
    })
    expect(await cli([...range, '--to', '2'])).toMatchObject({ code: 0 })
    // Never over a file that is there.
    expect((await cli(['export', '-o', bundle, ...database])).code).toBe(2)
  })
})

it('names what is not canonical in the log and in an archive, when that is asked for', async () => {
  const writer = log.pool(log.writer.url)
  await writer.query(`insert into audit_log.entry (action, details, canonical) values ('a.b', '{"b": 1}', true)`)
  await log.grow(1)
  await inTemporaryDirectory(async (directory) => {
    const archive = join(directory, 'archive')
    await cli(['archive', archive, ...database])
    for (const what of [[archive], ['--database', ...database]]) {
      expect(await cli(['verify', ...what, ...key])).toMatchObject({ code: 0 })
      const strict = await cli(['verify', ...what, ...key, '--canonical'])
      expect([strict.code, strict.stdout]).toEqual([1, expect.stringContaining('not_canonical (leaf ')])
    }
  })
})

// util-linux's script(1) gives a program a terminal.
it.skipIf(!existsSync('/usr/bin/script'))(
  'shows on a terminal how far an archive is (skipped where script(1) is missing)',
  async () => {
    await inTemporaryDirectory(async (directory) => {
      const command = [process.execPath, cli.file, 'archive', join(directory, 'archive'), ...database].join(' ')
      const { code, stdout } = await run('script', ['-qec', command, '/dev/null'])
      expect([code, stdout]).toEqual([0, expect.stringMatching(/archiving [^]*100%/)])
    })
  },
)
