import { parentPort, workerData } from 'node:worker_threads'
import { CheckBuffers, checkPart } from './check-leaves.ts'
import { type PartsQueue, takeParts } from './parts-queue.ts'

// The thread that `leaves-pool` starts: takes parts of an archive until none is left, and then ends.
const queue = workerData as PartsQueue
const buffers = new CheckBuffers()
for (const part of takeParts(queue)) {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  parentPort?.postMessage([part, await checkPart(queue.scope, part, buffers)])
}
