import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { proveEntries, proveGrowth, writeArchive } from '../../../src/index.ts'
import { buildGoProgram, hasGo } from '../../support/go.ts'
import { sequencedLog } from '../../support/sequenced-log.ts'

// What the sequencer and writeArchive make of a real database, read by Go's own golang.org/x/mod/sumdb.

describe.skipIf(!hasGo())(
  "Go's golang.org/x/mod/sumdb (skipped where Go or the package is not installed)",
  async () => {
    const directory = await mkdtemp(join(tmpdir(), 'audit-log-go-'))
    const archive = join(directory, 'archive')
    const log = await sequencedLog()
    let program = ''
    const verify = (): string => execFileSync(program, ['archive', directory], { encoding: 'utf8', stdio: 'pipe' })

    beforeAll(async () => {
      program = buildGoProgram(directory)
      await log.grow(700)
      const { rows } = await log.admin.query<{ note: string }>(
        `select note from audit_log.checkpoint where tree_size = 700`,
      )
      await log.grow(3600)
      const reader = log.pool(log.reader.url)
      await writeArchive(reader, archive)
      const write = (name: string, text = ''): Promise<void> => writeFile(join(directory, name), text)
      await write('vkey', log.verifierKey)
      await write('older', rows[0]?.note)
      await write('growth', await proveGrowth(reader, 700))
      await mkdir(join(directory, 'proofs'))
      const leaves = await reader.query<{ leaf: string; seq: string }>(
        `select leaf_index as leaf, seq from audit_log.leaf where leaf_index in (0, 255, 256, 699, 700, 4095, 4096, 4299)`,
      )
      const proofs = await proveEntries(
        reader,
        leaves.rows.map(({ seq }) => Number(seq)),
      )
      for (const [place, { proof }] of proofs.entries())
        await write(`proofs/${leaves.rows[place]?.leaf}.tlog-proof`, proof)
    })
    afterAll(() => rm(directory, { recursive: true, force: true }))

    it('finds that the entries, bundles, tiles, proofs and checkpoints of a log in a database are one tree', () => {
      expect(verify()).toBe('4300 entries, 8 proofs')
    })

    it.each([
      ['an entry', 'archive/entries/000.ndjson', 'alice|bob|user-', 'USER-'],
      ['the newest checkpoint', 'archive/checkpoint', '4300', '4301'],
      ['a proof', 'proofs/256.tlog-proof', 'index 256', 'index 255'],
      ['the proof of growth', 'growth', 'old 700', 'old 701'],
    ])('refuses it when %s is edited', async (_, name, pattern, replacement) => {
      const path = join(directory, name)
      const before = await readFile(path, 'utf8')
      const after = before.replace(new RegExp(pattern), replacement)
      expect(after).not.toBe(before)
      await writeFile(path, after)
      expect(verify).toThrow()
      await writeFile(path, before)
    })

    it('refuses it when a byte of a tile is edited', async () => {
      const path = join(archive, 'tile/0/000')
      const before = await readFile(path)
      const after = Buffer.from(before)
      after.writeUInt8(before.readUInt8(77) ^ 1, 77)
      await writeFile(path, after)
      expect(verify).toThrow()
      await writeFile(path, before)
      expect(verify()).toBe('4300 entries, 8 proofs')
    })
  },
)
