import { availableParallelism } from 'node:os'
import { SHARE_ENV, Worker } from 'node:worker_threads'
import { type ArchiveScope, CheckBuffers, type CheckedLeaves, checkPart, countParts } from './check-leaves.ts'
import { createQueue, type PartsQueue, takeParts } from './parts-queue.ts'

/** More do not help: then the disk is what takes the time. */
const mostThreads = 8
/** With fewer parts starting a thread takes longer than it saves. */
const fewestParts = 8

/**
 * Checks the parts of an archive, on several threads when there are enough of them. This one is among them: it takes parts like
 * the others, and does again what a thread left undone that ended early, or that could not start (the file of the thread may be
 * missing where a host has bundled this library). So the result does not depend on the threads.
 *
 * @param threads how many at most, this one included; default is one for each core when there is enough to do
 * @returns the results in the order of the parts. A result has about 2 KiB, and as many wait as there are threads.
 */
export async function* checkParts(
  scope: ArchiveScope,
  threads?: number,
): AsyncGenerator<CheckedLeaves, void, undefined> {
  const count = countParts(scope)
  const wanted = threads ?? (count < fewestParts ? 1 : availableParallelism())
  const queue = createQueue(scope)
  const others = new OtherThreads(Math.min(wanted, mostThreads, count) - 1, queue)
  const parts = takeParts(queue)
  const buffers = new CheckBuffers()
  const results = others.results
  try {
    for (let next = 0; next < count;) {
      const result = results.get(next)
      if (result !== undefined) {
        results.delete(next)
        next += 1
        yield result
        continue
      }
      const taken = parts.next()
      const part = taken.done === true && others.running === 0 ? next : taken.value
      if (part === undefined) await others.change()
      else results.set(part, await checkPart(scope, part, buffers))
    }
  } finally {
    await others.stop()
  }
}

/** Threads that take parts and hand over results. */
class OtherThreads {
  readonly results = new Map<number, CheckedLeaves>()
  readonly #running = new Set<Worker>()
  #wake: () => void = () => undefined

  constructor(count: number, queue: PartsQueue) {
    if (!hasThreadFile()) return
    for (let started = 0; started < count; started += 1) this.#start(queue)
  }

  get running(): number {
    return this.#running.size
  }

  /** Waits for a result, or the end of a thread. */
  change(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve))
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#running].map((thread) => thread.terminate()))
  }

  #start(queue: PartsQueue): void {
    // Neither the host's loaders nor a copy of its environment are needed, nor as much memory for what is soon garbage.
    const resourceLimits = { maxYoungGenerationSizeMb: 12 }
    // The address stands here in full for bundlers: for one that they do not know, some take every file of the folder.
    const thread = new Worker(new URL('./verify-worker.js', import.meta.url), {
      workerData: queue,
      execArgv: [],
      env: SHARE_ENV,
      resourceLimits,
    })
    this.#running.add(thread)
    thread.on('message', ([part, result]: [number, CheckedLeaves]) => {
      this.results.set(part, result)
      this.#wake()
    })
    // What it leaves undone is done by this thread, and if that fails it fails here.
    thread.on('error', () => undefined)
    thread.on('exit', () => {
      this.#running.delete(thread)
      this.#wake()
    })
  }
}

/**
 * The thread's file lies beside the built module. From TypeScript sources there is none, and in a bundle that is CommonJS this
 * module may not know where it lies: then everything runs on one thread.
 */
function hasThreadFile(): boolean {
  return URL.canParse('./verify-worker.js', import.meta.url) && !import.meta.url.endsWith('.ts')
}
