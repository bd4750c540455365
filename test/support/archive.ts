import { hash } from 'node:crypto'
import { linkSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { canonicalize } from '../../src/canonical/index.ts'
import {
  bundlePath,
  formatEntriesPath,
  leavesOfFile,
  leavesPerFile,
  leavesPerTile,
} from '../../src/evidence/archive-layout.ts'
import {
  createSigner,
  encodeEntryBundle,
  formatCheckpoint,
  formatTilePath,
  generateKey,
  hashLeaves,
  type KeyPair,
  RightEdge,
  signNote,
} from '../../src/tlog/index.ts'

/** An entry's hash preimage, as the database would have made it. */
export function entryLine(index: number, change: Record<string, unknown> = {}): string {
  const time = new Date(1_790_000_000_000 + index).toISOString()
  return canonicalize({
    action: index % 3 === 0 ? 'scan.completed' : 'user.login',
    details: { admin: index % 2 === 0, number: index },
    id: `${(1_790_000_000_000 + index)
      .toString(16)
      .padStart(12, '0')
      .replace(/^(.{8})/, '$1-')}-7000-8000-${String(index).padStart(12, '0')}`,
    outcome: 'success',
    recorded_by: 'app',
    seq: index + 1,
    source_ip: '203.0.113.7',
    target: null,
    tenant_id: 'contoso',
    timestamp: time.replace('Z', '456Z'),
    user_id: index % 2 === 0 ? 'alice' : 'bob',
    version: 1,
    ...change,
  })
}

export const entryHash = (line: string): Buffer => Buffer.from(hash('sha256', line), 'hex')

/** A signed checkpoint over lines. */
export async function signLines(lines: readonly string[], key: KeyPair, origin: string): Promise<string> {
  const edge = new RightEdge()
  edge.append(hashLeaves(Buffer.concat(lines.map(entryHash))))
  const text = formatCheckpoint({ origin, size: lines.length, rootHash: edge.root(), extensions: [] })
  return signNote(text, [await createSigner(key.signerKey)])
}

/** Writes an archive without the code under test: from `absent`, leaves have an empty line. */
export async function makeArchive(
  directory: string,
  lines: readonly string[],
  note: string,
  { gzip = false, absent = new Set<number>() }: { gzip?: boolean; absent?: ReadonlySet<number> } = {},
): Promise<void> {
  const write = async (path: string, contents: string | Uint8Array): Promise<void> => {
    await mkdir(dirname(join(directory, path)), { recursive: true })
    await writeFile(join(directory, path), contents)
  }
  const size = lines.length
  const hashes = lines.map(entryHash)
  const edge = new RightEdge()
  const filled = edge.append(hashLeaves(Buffer.concat(hashes)))
  for (const tile of [...filled, ...edge.partialTiles()]) await write(formatTilePath(tile), tile.data)
  for (let tile = 0; tile * leavesPerTile < size; tile += 1) {
    await write(
      bundlePath(size, tile),
      encodeEntryBundle(hashes.slice(tile * leavesPerTile, (tile + 1) * leavesPerTile)),
    )
  }
  for (let index = 0; index * leavesPerFile < size; index += 1) {
    const text = lines
      .slice(index * leavesPerFile, (index + 1) * leavesPerFile)
      .map((line, place) => `${absent.has(index * leavesPerFile + place) ? '' : line}\n`)
      .join('')
    await write(formatEntriesPath({ index, leaves: leavesOfFile(size, index), gzip }), gzip ? gzipSync(text) : text)
  }
  await write('checkpoint', note)
}

export const origin = 'audit.example.com/archive'
export const newKey = (): Promise<KeyPair> => generateKey(origin)

/** Runs `work` in a directory that is removed afterwards. */
export async function inTemporaryDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'audit-log-test-'))
  try {
    return await work(directory)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** Runs `work` on a copy of an archive, of which the files are links: change them with {@link replaceFile} alone. */
export async function onCopy<T>(archive: string, work: (directory: string) => Promise<T>): Promise<T> {
  return inTemporaryDirectory(async (directory) => {
    const copy = join(directory, 'copy')
    mkdirSync(copy)
    for (const entry of readdirSync(archive, { recursive: true, withFileTypes: true })) {
      const [from, to] = [archive, copy].map((root) => join(root, entry.parentPath.slice(archive.length), entry.name))
      if (entry.isDirectory()) mkdirSync(to!, { recursive: true })
      else {
        mkdirSync(dirname(to!), { recursive: true })
        linkSync(from!, to!)
      }
    }
    return work(copy)
  })
}

/** Writes a file anew, whatever else has it. */
export function replaceFile(path: string, contents: string | Uint8Array): void {
  rmSync(path, { force: true })
  writeFileSync(path, contents)
}
