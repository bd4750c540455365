// The bare SHA-256 of each line of an archive's entries, each with one call: what evidence.ts compares verification with.
import { once } from 'node:events'
import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { isMainThread, Worker, workerData } from 'node:worker_threads'

const filesAtATime = 4
if (!isMainThread) hashShare(workerData)

/** On some threads, this one included, which share the files as those of the verification do. */
export async function hashLines(files, threads) {
  const share = { files, next: new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) }
  const others = Array.from({ length: threads - 1 }, () => new Worker(new URL(import.meta.url), { workerData: share }))
  const ended = others.map((thread) => once(thread, 'exit'))
  hashShare(share)
  await Promise.all(ended)
}

function hashShare({ files, next }) {
  for (let at = 0; at < files.length;) {
    at = Atomics.add(next, 0, filesAtATime)
    for (const file of files.slice(at, at + filesAtATime)) hashFile(file)
  }
}

function hashFile(file) {
  const contents = readFileSync(file)
  for (let at = 0; at < contents.length;) {
    const end = contents.indexOf(10, at)
    hash('sha256', contents.subarray(at, end), 'binary')
    at = end + 1
  }
}
