import { hash } from 'node:crypto'
import { join } from 'node:path'
import { hashLeaf } from '../tlog/index.ts'
import { type FileFault, FileFaultError, readLines } from './archive-files.ts'
import { formatEntriesPath, leavesOfFile, leavesPerFile } from './archive-layout.ts'

/** A line of a file of entries that is not the entry of any of its leaves. */
export interface StrangeLine {
  /** Where it stands: the leaf index that it would have. */
  readonly leafIndex: number
  /** 64 hexadecimal digits. */
  readonly leafHash: string
  readonly text: string | undefined
  /** Lines before it, the nearest last: what values there are. */
  readonly before: readonly string[]
}

/** How a file of entries differs from its leaves. */
export interface FileDifference {
  /** Leaves whose entry is not in the file, with their leaf hashes. */
  readonly missing: ReadonlyMap<number, string>
  readonly strange: readonly StrangeLine[]
  /** The first leaf at whose place another one's entry stands, when all of them are there. */
  readonly disordered: number | undefined
}

/** More lines than a file can have: what comes after them is not worth the memory. */
const mostStrange = 2 * leavesPerFile
const keptTexts = 20
const keptBefore = 256

/**
 * Compares the lines of a file with the leaf hashes that it should have.
 *
 * @param expected 64 hexadecimal digits for each leaf of the file; undefined when the lines are known to be right
 * @param first the first leaf of the file that counts
 * @returns why not, when the file is not there or cannot be read as lines
 */
export async function compareFile(
  directory: string,
  size: number,
  file: number,
  gzip: boolean,
  expected: readonly string[] | undefined,
  first: number,
): Promise<FileDifference | FileFault> {
  const base = file * leavesPerFile
  const missing = new Map<number, string>()
  const places = new Map<string, number>()
  for (let place = first; place < leavesOfFile(size, file); place += 1) {
    const leafHash = expected?.[place] ?? ''
    missing.set(base + place, leafHash)
    places.set(leafHash, place)
  }
  const strange: StrangeLine[] = []
  const before: string[] = []
  let disordered: number | undefined
  let place = 0
  try {
    const path = join(directory, formatEntriesPath({ index: file, leaves: leavesOfFile(size, file), gzip }))
    for await (const { buffer, end } of readLines(path, gzip)) {
      if (strange.length >= mostStrange) break
      for (const text of buffer.toString('utf8', 0, end - 1).split('\n')) {
        const at = place
        place += 1
        if (at < first) continue
        if (text === '' && at < leavesOfFile(size, file)) {
          missing.delete(base + at)
          continue
        }
        const leafHash = leafHashOf(text)
        const own = expected === undefined ? at : places.get(leafHash)
        if (own !== undefined && missing.delete(base + own)) {
          if (own !== at) disordered ??= base + at
          before.push(text)
          if (before.length > keptBefore) before.shift()
        } else if (strange.length < mostStrange) {
          const kept = strange.length < keptTexts
          strange.push({
            leafIndex: base + at,
            leafHash,
            text: kept ? text : undefined,
            before: kept ? [...before] : [],
          })
        }
      }
    }
  } catch (error) {
    if (error instanceof FileFaultError) return error.fault
    throw error
  }
  return { missing, strange, disordered: missing.size + strange.length === 0 ? disordered : undefined }
}

/** The leaf hash of an entry's hash preimage. */
export function leafHashOf(line: string): string {
  return leafHashOfEntry(hash('sha256', line))
}

/** The leaf hash of an entry hash, both 64 hexadecimal digits. */
export function leafHashOfEntry(entryHash: string): string {
  return Buffer.from(hashLeaf(Buffer.from(entryHash, 'hex'))).toString('hex')
}
