import { parentPort } from 'node:worker_threads'
import { checkLeaves, type LeavesTask } from './check-leaves.ts'

// The thread that `leaves-pool` starts: checks one part of an archive after the other.
let work: Promise<void> = Promise.resolve()
parentPort?.on('message', (task: LeavesTask) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  work = work.then(async () => parentPort?.postMessage(await checkLeaves(task)))
})
