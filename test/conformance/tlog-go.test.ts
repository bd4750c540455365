import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  CompactRange,
  createSigner,
  formatCheckpoint,
  formatTilePath,
  hashLeaf,
  hashLeaves,
  openCheckpoint,
  type OpenedCheckpoint,
  proveConsistency,
  proveInclusion,
  RightEdge,
  signNote,
  TileHashReader,
  trustLogs,
  verifyConsistency,
  verifyInclusion,
} from '../../src/tlog/index.ts'
import { buildGoProgram, hasGo } from '../support/go.ts'
import { makeKeys, origin } from '../support/tlog-fixtures.ts'

interface Proofs {
  readonly inclusion: { readonly index: number; readonly hashes: readonly string[] }[]
  readonly consistency: { readonly size: number; readonly root: string; readonly hashes: readonly string[] }[]
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
const bytes = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, 'base64'))

describe.skipIf(!hasGo())("Go's golang.org/x/mod/sumdb (skipped where Go or the package is not installed)", () => {
  let directory: string
  const ours = (name: string): string => join(directory, 'ours', name)
  const theirs = (name: string): Promise<Buffer> => readFile(join(directory, 'theirs', name))
  let checkpoint: OpenedCheckpoint
  let reader: TileHashReader
  let proofs: Proofs

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'audit-log-go-'))
    await writeOurLog(ours)
    const program = buildGoProgram(directory)
    // Ends with an error, which it prints, when it refuses anything of ours.
    execFileSync(program, [join(directory, 'ours'), join(directory, 'theirs')])

    checkpoint = await openCheckpoint(await theirs('checkpoint'), trustLogs([String(await theirs('vkey'))]))
    reader = new TileHashReader(checkpoint, (tiles) => Promise.all(tiles.map((tile) => theirs(formatTilePath(tile)))))
    proofs = JSON.parse(String(await theirs('proofs.json')))
  })

  afterAll(() => rm(directory, { recursive: true, force: true }))

  test('reads our notes, tiles, cosignatures and proofs', () => {
    // The program has run through, or beforeAll has failed.
    expect(checkpoint.size).toBeGreaterThan(0)
  })

  test('signs notes that we open, and that we sign the same way with its key', async () => {
    const signer = await createSigner(String(await theirs('skey')))
    expect(await signNote(formatCheckpoint(checkpoint), [signer])).toBe(String(await theirs('checkpoint')))
  })

  test('finds the root that we find', async () => {
    const range = new CompactRange()
    range.append(hashLeaves(await theirs('leaves')))
    expect(base64(range.root())).toBe(base64(checkpoint.rootHash))
  })

  test('writes the tiles that we write', async () => {
    const edge = new RightEdge()
    const filled = edge.append(hashLeaves(await theirs('leaves')))
    for (const tile of [...filled, ...edge.partialTiles()]) {
      expect(base64(tile.data)).toBe(base64(await theirs(formatTilePath(tile))))
    }
  })

  test('makes inclusion proofs that verify, and that we make too', async () => {
    const leaves = await theirs('leaves')
    for (const { index, hashes } of proofs.inclusion) {
      verifyInclusion(checkpoint, index, hashLeaf(leaves.subarray(index * 32, index * 32 + 32)), hashes.map(bytes))
      expect((await proveInclusion(checkpoint.size, index, reader)).map(base64)).toEqual(hashes)
    }
  })

  test('makes consistency proofs that verify, and that we make too', async () => {
    for (const { size, root, hashes } of proofs.consistency) {
      verifyConsistency({ size, rootHash: bytes(root) }, checkpoint, hashes.map(bytes))
      expect((await proveConsistency(size, checkpoint.size, reader)).map(base64)).toEqual(hashes)
    }
  })
})

async function writeOurLog(at: (name: string) => string): Promise<void> {
  const write = async (name: string, data: string | Uint8Array): Promise<void> => {
    await mkdir(dirname(at(name)), { recursive: true })
    await writeFile(at(name), data)
  }
  const log = await makeKeys(origin)
  const witness = await makeKeys('witness.example/w1', 'cosignature/v1')
  const leaves = new Uint8Array(randomBytes(66_000 * 32))
  const edge = new RightEdge()
  const tiles = [...edge.append(hashLeaves(leaves)), ...edge.partialTiles()]
  const head = { size: edge.size, rootHash: edge.root() }
  const text = formatCheckpoint({ origin, ...head, extensions: [] })

  const stored = new Map(tiles.map((tile) => [formatTilePath(tile), tile.data]))
  const reader = new TileHashReader(head, (tiles) => tiles.map((tile) => stored.get(formatTilePath(tile))!))
  const proofs: Proofs = { inclusion: [], consistency: [] }
  for (const index of [0, 255, 256, 65_535, 65_536, head.size - 1]) {
    proofs.inclusion.push({ index, hashes: (await proveInclusion(head.size, index, reader)).map(base64) })
  }
  for (const size of [1, 256, 257, 65_536, 65_537, head.size]) {
    const older = new CompactRange()
    older.append(hashLeaves(leaves.subarray(0, size * 32)))
    const hashes = (await proveConsistency(size, head.size, reader)).map(base64)
    proofs.consistency.push({ size, root: base64(older.root()), hashes })
  }

  for (const [path, data] of stored) await write(path, data)
  await write('vkey', log.verifierKey)
  await write('witness-vkey', witness.verifierKey)
  await write('checkpoint', await signNote(text, [log.signer, witness.signer]))
  await write('leaves', leaves)
  await write('proofs.json', JSON.stringify(proofs))
}
