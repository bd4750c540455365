import { setTimeout as sleep } from 'node:timers/promises'
import { AuditLogError } from '../../errors.ts'
import { wholeNumber } from '../../option.ts'
import { quietly } from '../../quietly.ts'

/** Options of `RiskRegister.watch()`. */
export interface WatchOptions {
  /** How often to look, in milliseconds, 1,000 to 86,400,000. Default is 3,600,000, an hour. */
  readonly everyMs?: number | undefined
  /** Called when a look fails; the next one comes all the same. What it throws is ignored. Default is to do nothing. */
  readonly onError?: ((error: AuditLogError) => void) | undefined
}

/** A watch that goes on until it is stopped. */
export interface Watch {
  /** Resolves when what is under way has ended; nothing begins after it. */
  stop(): Promise<void>
}

/** Looks at once and then again and again, one look at a time. */
export function watchExpiries(look: () => Promise<unknown>, options: WatchOptions = {}): Watch {
  const { everyMs = 3_600_000, onError } = options
  wholeNumber(everyMs, 1000, 86_400_000, '$.everyMs')
  const stopping = new AbortController()
  const { signal } = stopping
  const watching = (async () => {
    while (!signal.aborted) {
      await look().catch((error: unknown) => report(onError, error))
      await sleep(everyMs, undefined, { signal, ref: false }).catch(() => undefined)
    }
  })()
  return {
    async stop() {
      stopping.abort()
      await watching
    },
  }
}

function report(onError: WatchOptions['onError'], error: unknown): void {
  if (!(error instanceof AuditLogError)) throw error
  // The watch must go on.
  quietly(() => onError?.(error))
}
