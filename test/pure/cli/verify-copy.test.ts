import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { CopyReport } from '../../../src/sinks/index.ts'
import { formatItem } from '../../../src/sinks/event-json.ts'
import { buildCli } from '../../support/cli.ts'
import { logCopy } from '../../support/log-copy.ts'

const cli = await buildCli()
const log = await logCopy(40, [20, 40])
const folder = await mkdtemp(join(tmpdir(), 'audit-log-verify-copy-'))
afterAll(() => rm(folder, { recursive: true, force: true }))

const lines = log.items.map(formatItem)
const key = ['--key', log.verifierKey]
const file = async (name: string, text: string): Promise<string> => {
  await writeFile(join(folder, name), text)
  return join(folder, name)
}
const whole = await file('whole.ndjson', lines.join('\n'))
const policy = await file('policy', `log ${log.verifierKey}\nquorum none\n`)
const newest = await file('newest', await log.sign({ size: 60, rootHash: new Uint8Array(32) }))

describe('audit-log verify-copy', () => {
  it('ends with 0 when the copy is proven, with a key, with a policy and from standard input', async () => {
    const said = '40 leaves, 0 repeated events, 2 checkpoints\nleaves 0 to 39 are all there and as they were logged\n'
    for (const trust of [key, ['--policy', policy]]) {
      expect(await cli(['verify-copy', whole, ...trust])).toEqual({ code: 0, stdout: said, stderr: '' })
    }
    expect(await cli(['verify-copy', '-', ...key], lines.join('\n'))).toMatchObject({ code: 0, stdout: said })
  })

  it('ends with 1 and names what is missing or altered', async () => {
    const altered = lines.flatMap((line, place) =>
      place === 5 ? [] : place === 9 ? [line.replace('"action":"', '"action":"x.')] : [line],
    )
    const copy = await file('altered.ndjson', altered.join('\n'))
    const { code, stdout } = await cli(['verify-copy', copy, ...key])
    expect(code).toBe(1)
    expect(stdout).toContain('leaf 5 is MISSING\nleaf 9 was ALTERED: its content\n')
    const { stdout: json } = await cli(['verify-copy', copy, ...key, '--json'])
    expect((JSON.parse(json) as CopyReport).findings).toEqual([
      { kind: 'missing', first: 5, last: 5 },
      { kind: 'altered', leafIndex: 9, part: 'content' },
    ])
  })

  it('shows what is missing at the end, with a checkpoint from elsewhere or the leaves that there must be', async () => {
    const { code, stdout } = await cli(['verify-copy', whole, ...key, '--checkpoint', newest])
    expect(code).toBe(1)
    expect(stdout).toContain('leaves 40 to 59 are MISSING')
    const range = await cli(['verify-copy', whole, ...key, '--from', '20', '--to', '41'])
    expect([range.code, range.stdout.split('\n')[0]]).toEqual([1, 'leaf 40 is MISSING'])
    const forked = await file('forked', await log.sign({ size: 40, rootHash: new Uint8Array(32) }))
    expect(await cli(['verify-copy', whole, ...key, '--checkpoint', forked])).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('there are two checkpoints of 40 leaves: the log was FORKED') as string,
    })
  })

  it('ends with 2 when it proves nothing, cannot read, or does not know whom to trust', async () => {
    const noCheckpoint = await file('part.ndjson', lines.slice(3, 8).join('\n'))
    const nothing = await cli(['verify-copy', noCheckpoint, ...key])
    expect([nothing.code, nothing.stdout]).toEqual([2, expect.stringContaining('NOTHING IS PROVEN')])
    for (const args of [
      [whole],
      [join(folder, 'nowhere'), ...key],
      [whole, ...key, '--from', '1.5'],
      [whole, ...key, '--to', '-1'],
      [whole, ...key, '--to', ''],
      [whole, ...key, '--checkpoint', join(folder, 'nowhere')],
      [whole, '--policy', join(folder, 'nowhere')],
      [whole, '--key', 'garbage'],
      [await file('garbage', 'hello'), ...key],
    ]) {
      const { code, stdout, stderr } = await cli(['verify-copy', ...args])
      expect([args, code, stdout]).toEqual([args, 2, ''])
      expect(stderr).toMatch(/^audit-log: .* \([A-Za-z_]+\)\n$|^error: option .* is invalid/)
    }
  })
})
