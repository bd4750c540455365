import { type ArchiveScope, countParts } from './check-leaves.ts'

/** The parts of an archive that are still to be checked, shared by threads: nobody has to be asked for the next one. */
export interface PartsQueue {
  readonly scope: ArchiveScope
  /** The number of the next part, in memory that all threads see. */
  readonly next: Int32Array
}

export function createQueue(scope: ArchiveScope): PartsQueue {
  return { scope, next: new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) }
}

/** Takes one part after the other, each of which nobody else gets. */
export function* takeParts({ scope, next }: PartsQueue): Generator<number, void, undefined> {
  const count = countParts(scope)
  for (let part = Atomics.add(next, 0, 1); part < count; part = Atomics.add(next, 0, 1)) yield part
}
