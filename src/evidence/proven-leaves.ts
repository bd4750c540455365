import { join } from 'node:path'
import {
  CompactRange,
  decodeEntryBundle,
  hashLeaves,
  partialTiles,
  RightEdge,
  TileHashReader,
  tileWidthIn,
  type TreeHead,
} from '../tlog/index.ts'
import { hashBytes } from '../tlog/merkle-hash.ts'
import { readExactly } from './archive-files.ts'
import { bundlePath, leavesOfFile, leavesPerFile, leavesPerTile, tilePath } from './archive-layout.ts'
import { archiveTiles } from './archive-tiles.ts'
import { isTileFault } from './tile-fault.ts'

/**
 * The leaf hashes that a file of entries should have: from the tiles where these hash to the signed root, from the bundles
 * where those do, and otherwise as the tiles stand.
 *
 * @returns 64 hexadecimal digits for each leaf; an empty string where there is nothing to go by
 */
export async function provenLeaves(directory: string, head: TreeHead, file: number): Promise<string[]> {
  const reader = new TileHashReader(head, archiveTiles(directory, head.size))
  const leaves: string[] = []
  const base = file * leavesPerFile
  for (let at = base; at < base + leavesOfFile(head.size, file); at += leavesPerTile) {
    const tile = at / leavesPerTile
    const width = tileWidthIn(head.size, 0, tile)
    const hashes = await readProven(directory, head, reader, tile, width)
    for (let leaf = 0; leaf < width; leaf += 1) {
      leaves.push(hashes?.toString('hex', leaf * hashBytes, (leaf + 1) * hashBytes) ?? '')
    }
  }
  return leaves
}

async function readProven(
  directory: string,
  head: TreeHead,
  reader: TileHashReader,
  tile: number,
  width: number,
): Promise<Buffer | undefined> {
  const subtrees = Array.from({ length: width }, (_, leaf) => ({ level: 0, index: tile * leavesPerTile + leaf }))
  const fromTile = await unlessInvalid(async () => Buffer.concat(await reader.readHashes(subtrees)))
  if (fromTile !== undefined) return fromTile
  const fromBundle = await unlessInvalid(async () => {
    const bundle = readExactly(join(directory, bundlePath(head.size, tile)), width * (hashBytes + 2))
    if (typeof bundle === 'string') return undefined
    const entryHashes = Buffer.concat(decodeEntryBundle(bundle, width))
    if (entryHashes.length !== width * hashBytes) return undefined
    const hashes = Buffer.from(hashLeaves(entryHashes))
    return (await isProven(directory, head, reader, tile, hashes)) ? hashes : undefined
  })
  if (fromBundle !== undefined) return fromBundle
  const stored = readExactly(join(directory, tilePath(head.size, 0, tile)), width * hashBytes)
  return typeof stored === 'string' ? undefined : stored
}

/** Whether leaf hashes lead to the signed root, without the tile that should hold them. */
async function isProven(
  directory: string,
  head: TreeHead,
  reader: TileHashReader,
  tile: number,
  hashes: Buffer,
): Promise<boolean> {
  if (hashes.length === leavesPerTile * hashBytes) {
    const range = new CompactRange(tile * leavesPerTile)
    range.append(hashes)
    const [above] = await reader.readHashes([{ level: 8, index: tile }])
    return above !== undefined && Buffer.compare(range.hashes, above) === 0
  }
  const others = partialTiles(head.size).filter(({ level }) => level > 0)
  RightEdge.restore(head, [hashes, ...(await archiveTiles(directory, head.size)(others))])
  return true
}

async function unlessInvalid<T>(work: () => Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (isTileFault(error)) return undefined
    throw error
  }
}
