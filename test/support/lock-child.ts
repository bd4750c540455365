import { appendFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { asOnlyWriter } from '../../src/evidence/archive-lock.ts'

// A process that writes into a directory as its only writer each time that it is told which. `file` says when it was at it.
process.on('message', ({ directory, file }: { directory: string; file: string }) => {
  void asOnlyWriter(directory, async () => {
    appendFileSync(file, 'in\n')
    await sleep(20)
    appendFileSync(file, 'out\n')
  }).then(
    () => process.send?.('done'),
    (error: Error & { code?: string }) => process.send?.(error.code ?? error.message),
  )
})
process.send?.('ready')
