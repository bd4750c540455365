import { closeSync, constants, fstatSync, opendirSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { createGunzip } from 'node:zlib'

/** No entry is longer: 64 KiB of details, and names that grow sixfold when they are escaped. */
const longestLineBytes = 1024 * 1024
const pieceBytes = 512 * 1024
const stepBytes = 64 * 1024
const filesAtATime = 256

/** Why a file of an archive cannot be used. */
export type FileFault = 'missing' | 'not_a_file' | 'wrong_length' | 'unreadable'

/** What is wrong with it, for who reads a report. */
export const faultTexts: Readonly<Record<FileFault, string>> = {
  missing: 'is missing',
  not_a_file: 'is a link or no regular file',
  wrong_length: 'is longer or shorter than it was',
  unreadable: 'cannot be read: it is damaged, or nobody may read it',
}

/**
 * Reads a file of a known length.
 *
 * @param into where to; default is a new buffer
 * @returns why not, when it is missing, longer or shorter, or no regular file: links are not followed, so that an archive
 * cannot lend itself the contents of another place
 */
export function readExactly(path: string, bytes: number, into?: Buffer): Buffer | FileFault {
  const contents = readAtMost(path, bytes, into)
  return typeof contents === 'string' || contents.length === bytes ? contents : 'wrong_length'
}

/** Reads a file of at most so many bytes; `wrong_length` when it has more. */
export function readAtMost(path: string, bytes: number, into?: Buffer): Buffer | FileFault {
  const file = openRegular(path)
  if (typeof file === 'string') return file
  try {
    if (file.size > bytes) return 'wrong_length'
    const contents = into?.subarray(0, file.size) ?? Buffer.allocUnsafe(file.size)
    let length = 0
    for (let read = -1; read !== 0 && length < contents.length; length += read) {
      read = readSync(file.descriptor, contents, length, contents.length - length, length)
    }
    return contents.subarray(0, length)
  } catch {
    return 'unreadable'
  } finally {
    closeSync(file.descriptor)
  }
}

/** What {@link readLines} hands over: bytes with whole lines. Valid until the next is asked for. */
export interface LinePiece {
  readonly buffer: Buffer
  /** Where the last whole line ends, its newline included. */
  readonly end: number
}

/**
 * Reads the lines of a file in pieces of about 1 MiB, through gzip when it is compressed. Memory is bounded, whatever the
 * file is.
 *
 * @param last reads only so many lines at the end, or all if there are fewer; not of a compressed file. Default is all.
 * @throws FileFaultError when there is no such file, it does not end in a newline, a line is longer than 1 MiB, or it is
 * damaged as a compressed file
 */
export async function* readLines(
  path: string,
  gzip: boolean,
  last?: number,
): AsyncGenerator<LinePiece, void, undefined> {
  const window = spareWindow ?? Buffer.allocUnsafeSlow(longestLineBytes + pieceBytes)
  spareWindow = undefined
  try {
    yield* linesIn(window, path, gzip, last)
  } finally {
    spareWindow = window
  }
}

// A window for each of some hundred files in a second would keep the garbage collector busy.
let spareWindow: Buffer | undefined

async function* linesIn(
  window: Buffer,
  path: string,
  gzip: boolean,
  last?: number,
): AsyncGenerator<LinePiece, void, undefined> {
  let kept = 0
  for await (const piece of gzip ? inflate(path) : readPieces(path, window, () => kept, last)) {
    if (piece.buffer !== window.buffer) {
      if (kept + piece.length > window.length) throw new FileFaultError('unreadable')
      window.set(piece, kept)
    }
    const length = kept + piece.length
    const end = window.lastIndexOf(0x0a, length - 1) + 1
    if (end > 0) yield { buffer: window, end }
    window.copyWithin(0, end, length)
    kept = length - end
    if (kept > longestLineBytes) throw new FileFaultError('unreadable')
  }
  if (kept > 0) throw new FileFaultError('wrong_length')
}

/** Why the lines of a file cannot be read. Stays inside of the verifier. */
export class FileFaultError extends Error {
  readonly fault: FileFault

  constructor(fault: FileFault) {
    super(fault)
    this.fault = fault
  }
}

/** A file below a directory: its path with slashes, and whether it is a regular one. */
export interface FoundFile {
  readonly path: string
  readonly regular: boolean
}

/**
 * Every file below a directory, some hundred at a time: waiting for each of them would take longer than looking at it. Memory
 * is bounded, however many there are.
 */
export async function* walk(root: string, below = ''): AsyncGenerator<readonly FoundFile[], void, undefined> {
  const directory = opendirSync(join(root, below), { bufferSize: filesAtATime })
  let found: FoundFile[] = []
  try {
    for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`
      if (entry.isDirectory()) yield* walk(root, path)
      else found.push({ path, regular: entry.isFile() })
      if (found.length < filesAtATime) continue
      yield found
      found = []
      // Whatever else this thread has to do gets its turn.
      await setImmediate()
    }
  } finally {
    directory.closeSync()
  }
  if (found.length > 0) yield found
}

// Straight into the window, behind what is kept of the piece before.
function* readPieces(
  path: string,
  window: Buffer,
  kept: () => number,
  last?: number,
): Generator<Buffer, void, undefined> {
  const file = openRegular(path)
  if (typeof file === 'string') throw new FileFaultError(file)
  try {
    let at = last === undefined ? 0 : startOfLast(last, file, window)
    for (;;) {
      const read = readPiece(file.descriptor, window, kept(), pieceBytes, at)
      if (read === 0) return
      at += read
      yield window.subarray(kept(), kept() + read)
    }
  } finally {
    closeSync(file.descriptor)
  }
}

/** Where the last so many lines of a file begin, looked for from its end; 0 when there are fewer. */
function startOfLast(lines: number, { descriptor, size }: OpenFile, window: Buffer): number {
  // The last newline ends the last line.
  let newlines = lines + 1
  for (let end = size; end > 0; end -= stepBytes) {
    const start = Math.max(0, end - stepBytes)
    let at = readPiece(descriptor, window, 0, end - start, start)
    while (at > 0 && (at = window.lastIndexOf(0x0a, at - 1)) >= 0) {
      newlines -= 1
      if (newlines === 0) return start + at + 1
    }
  }
  return 0
}

function readPiece(descriptor: number, window: Buffer, offset: number, bytes: number, position: number): number {
  try {
    return readSync(descriptor, window, offset, bytes, position)
  } catch {
    throw new FileFaultError('unreadable')
  }
}

async function* inflate(path: string): AsyncGenerator<Buffer, void, undefined> {
  const gunzip = createGunzip()
  const pieces = readPieces(path, Buffer.allocUnsafe(pieceBytes), () => 0)
  const feed = (): void => {
    try {
      for (;;) {
        const next = pieces.next()
        if (next.done === true) return void gunzip.end()
        // The buffer is used again for the next piece, while zlib may still read this one.
        if (!gunzip.write(Buffer.from(next.value))) return void gunzip.once('drain', feed)
      }
    } catch (error) {
      gunzip.destroy(error instanceof Error ? error : new FileFaultError('unreadable'))
    }
  }
  feed()
  try {
    for await (const piece of gunzip) yield piece as Buffer
  } catch (error) {
    throw error instanceof FileFaultError ? error : new FileFaultError('unreadable')
  } finally {
    pieces.return()
  }
}

interface OpenFile {
  readonly descriptor: number
  readonly size: number
}

function openRegular(path: string): OpenFile | FileFault {
  let descriptor: number
  try {
    // A named pipe would otherwise wait for somebody to write to it.
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code === 'ENOENT' || code === 'ENOTDIR' ? 'missing' : code === 'ELOOP' ? 'not_a_file' : 'unreadable'
  }
  const found = fstatSync(descriptor)
  if (found.isFile()) return { descriptor, size: found.size }
  closeSync(descriptor)
  return 'not_a_file'
}
