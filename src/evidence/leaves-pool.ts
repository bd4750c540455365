import { Worker } from 'node:worker_threads'
import { availableParallelism } from 'node:os'
import { checkLeaves, type CheckedLeaves, type LeavesTask } from './check-leaves.ts'

/** More do not help: then the disk is what takes the time. */
const mostWorkers = 8
/** With less work than this starting a thread takes longer than it saves. */
const fewestTasks = 3

/**
 * Checks the parts of an archive, on several threads when there are enough of them.
 *
 * @param tasks one after the other, without gaps
 * @param workers how many threads at most; default is one for each core, at most 8
 * @returns the results in the order of the tasks. Memory is bounded: no more are under way than are waited for.
 */
export async function* checkParts(
  tasks: readonly LeavesTask[],
  workers: number = availableParallelism(),
): AsyncGenerator<CheckedLeaves, void, undefined> {
  const count = Math.min(workers, mostWorkers, tasks.length)
  if (count < 2 || tasks.length < fewestTasks || workerUrl() === undefined) {
    for (const task of tasks) yield checkLeaves(task)
    return
  }
  const threads = Array.from({ length: count }, () => new Thread())
  try {
    const results: (Promise<CheckedLeaves> | undefined)[] = []
    for (let next = 0; next < tasks.length; next += 1) {
      for (let ahead = results.length; ahead < Math.min(tasks.length, next + 2 * count); ahead += 1) {
        const result = (threads[ahead % count] as Thread).check(tasks[ahead] as LeavesTask)
        // Whoever waits for it sees the error; until then it must not count as unhandled.
        result.catch(() => undefined)
        results.push(result)
      }
      yield results[next] as Promise<CheckedLeaves>
      results[next] = undefined
    }
  } finally {
    await Promise.all(threads.map((thread) => thread.stop()))
  }
}

/** One worker thread. What it is given it does one after the other, and answers in that order. */
class Thread {
  readonly #worker: Worker
  readonly #waiting: { resolve: (result: CheckedLeaves) => void; reject: (error: unknown) => void }[] = []
  #failure: Error | undefined

  constructor() {
    this.#worker = new Worker(workerUrl() as URL)
    this.#worker.on('message', (result: CheckedLeaves) => this.#waiting.shift()?.resolve(result))
    this.#worker.on('error', (error) => this.#fail(error))
    this.#worker.on('exit', () => this.#fail(new Error('the thread has ended')))
  }

  check(task: LeavesTask): Promise<CheckedLeaves> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure)
      this.#waiting.push({ resolve, reject })
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
      this.#worker.postMessage(task)
    })
  }

  async stop(): Promise<void> {
    await this.#worker.terminate()
  }

  #fail(error: Error): void {
    this.#failure ??= error
    for (const { reject } of this.#waiting.splice(0)) reject(error)
  }
}

/** The worker lies beside the built module; from TypeScript sources there is none, and everything runs on one thread. */
function workerUrl(): URL | undefined {
  return import.meta.url.endsWith('.ts') ? undefined : new URL('./verify-worker.js', import.meta.url)
}
