import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { buildCli, run } from '../../support/cli.ts'
import { ndjson, sampleEntries } from '../../support/exports.ts'

const cli = await buildCli()
const folder = await mkdtemp(join(tmpdir(), 'audit-log-verify-'))
afterAll(() => rm(folder, { recursive: true, force: true }))

let made = 0
async function file(content: string | Uint8Array): Promise<string> {
  const path = join(folder, `export-${(made += 1)}.ndjson`)
  await writeFile(path, content)
  return path
}
const edited = ndjson([sampleEntries[0], { ...sampleEntries[1], outcome: 'denied' }, sampleEntries[2]])

describe('audit-log verify', () => {
  it('ends with 0 when every entry verifies', async () => {
    const path = await file(ndjson(sampleEntries))
    expect(await cli(['verify', path])).toEqual({
      code: 0,
      stdout: `${path}: all 12 entries hash to their own entry_hash; nothing here shows what was left out, or edited and hashed again\n`,
      stderr: '',
    })
    expect((await cli(['verify', '--bytes-only', path])).code).toBe(0)
  })

  it('ends with 1 and names the entry, the field and its original when one was edited', async () => {
    const path = await file(edited)
    for (const args of [[path], ['--bytes-only', path]]) {
      expect(await cli(['verify', ...args])).toEqual({
        code: 1,
        stdout:
          `${path}: entry 2 (seq 2): was edited: its hash fits when outcome is "success"\n` +
          `${path}: 1 of 3 entries DO NOT VERIFY\n`,
        stderr: '',
      })
    }
  })

  it('names a field that is missing, unknown or malformed', async () => {
    const { user_id: _, ...rest } = sampleEntries[0]!
    const path = await file(
      ndjson([rest, { ...sampleEntries[1], 'x\u001b[2J\u009b2J\u202e': 1 }, { ...sampleEntries[2], seq: 0 }, 5]) +
        '{"entry_hash"\n',
    )
    const { code, stdout } = await cli(['verify', path])
    expect(code).toBe(1)
    expect(stdout.split('\n').map((line) => line.replace(`${path}: `, ''))).toEqual([
      'entry 1 (seq 1): has no user_id',
      'entry 2 (seq 2): has a field that no entry has: "x\\u001b[2J\\u009b2J\\u202e"',
      'entry 3 (seq 0): has a seq that the log never records',
      'entry 4: is not an object',
      'entry 5: is not JSON that can be read without doubt',
      '5 of 5 entries DO NOT VERIFY',
      '',
    ])
  })

  it.each([
    ['is not there', () => Promise.resolve(join(folder, 'nowhere'))],
    ['is a folder', () => Promise.resolve(folder)],
    ['is empty', () => file('')],
    ['is no JSON', () => file('PK\u0003\u0004')],
    ['is cut off', () => file(JSON.stringify(sampleEntries).slice(0, -1))],
    ['has no entries', () => file('[]')],
  ])('ends with 2 when a file %s', async (_, make) => {
    const { code, stdout, stderr } = await cli(['verify', await make()])
    expect(code).toBe(2)
    expect(`${stdout}${stderr}`).toMatch(/cannot be verified|no entries/)
  })

  it.each([[['verify']], [['verify', '--no-such-option', 'x']], [['no-such-command']]])(
    'ends with 2 for the command line %j',
    async (args) => {
      const { code, stdout } = await cli(args)
      expect([code, stdout]).toEqual([2, ''])
    },
  )

  it('ends with the worst of several files', async () => {
    const [good, bad] = [await file(ndjson(sampleEntries)), await file(edited)]
    expect((await cli(['verify', good, bad, good])).code).toBe(1)
    expect((await cli(['verify', bad, join(folder, 'nowhere'), good])).code).toBe(2)
  })

  it('reads standard input', async () => {
    expect(await cli(['verify', '-'], ndjson(sampleEntries))).toMatchObject({
      code: 0,
      stdout:
        '-: all 12 entries hash to their own entry_hash; nothing here shows what was left out, or edited and hashed again\n',
    })
    expect((await cli(['verify', '-'], edited)).code).toBe(1)
    expect((await cli(['verify', '-'])).code).toBe(2)
  })

  it('prints one JSON object for each finding and each file with --json', async () => {
    const path = await file(edited)
    const { code, stdout, stderr } = await cli(['verify', '--json', path, join(folder, 'nowhere')])
    expect(code).toBe(2)
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([
      {
        file: path,
        position: 2,
        seq: 2,
        id: sampleEntries[1]?.id,
        fault: 'hash_mismatch',
        field: 'outcome',
        original: 'success',
      },
      { file: path, intact: false, entries: 3, faulty: 1, bytes: Buffer.byteLength(edited) },
    ])
    expect(JSON.parse(stderr)).toMatchObject({ file: join(folder, 'nowhere'), error: 'file_unreadable' })
  })

  it('ends with 2 when what it prints cannot be read to the end', async () => {
    const all = Array.from({ length: 20_000 }, () => `{"entry_hash"}\n`).join('')
    const path = await file(all)
    const script = `${process.execPath} "$@" | head -n 1 >/dev/null; echo "\${PIPESTATUS[0]}"`
    const { stdout, stderr } = await run('bash', ['-c', script, 'bash', cli.file, 'verify', path])
    expect([stdout, stderr]).toEqual(['2\n', ''])
  })

  // util-linux's script(1) gives a program a terminal.
  const terminal = existsSync('/usr/bin/script')
  it.skipIf(!terminal)('shows its progress on a terminal only (skipped where script(1) is missing)', async () => {
    const path = await file(ndjson(Array.from({ length: 200 }, () => sampleEntries).flat()))
    const piped = await cli(['verify', path])
    expect(piped.stderr).toBe('')
    const onTerminal = await run('script', ['-qec', `${process.execPath} ${cli.file} verify ${path}`, '/dev/null'])
    expect(onTerminal.code).toBe(0)
    expect(onTerminal.stdout).toMatch(/[0-9]+% \|/)
    expect(onTerminal.stdout).toContain('all 2400 entries hash to their own')
  })
})
