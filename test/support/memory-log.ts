import type { Clock } from '../../src/sinks/forwarder/clock.ts'
import { Delivery } from '../../src/sinks/forwarder/delivery.ts'
import type { LogItem } from '../../src/sinks/log-item.ts'
import type { DeadLetter, Position } from '../../src/sinks/forwarder/progress.ts'
import type { Sink } from '../../src/sinks/sink.ts'

/** Items in memory in place of a database, and what a forwarder's row would hold of them. */
export interface MemoryLog {
  readonly items: LogItem[]
  position: Position
  readonly deadLetters: DeadLetter[]
  /** Positions in the order in which they were committed. */
  readonly commits: Position[]
  /** What a crash before the commit looks like: nothing is kept. */
  losesCommits: boolean
}

export function memoryLog(items: readonly LogItem[]): MemoryLog {
  return {
    items: [...items],
    position: { leafIndex: 0, checkpointSize: 0 },
    deadLetters: [],
    commits: [],
    losesCommits: false,
  }
}

/** Starts a delivery of such a log. The position counts items. */
export function deliver(
  log: MemoryLog,
  sink: Sink,
  clock: Clock,
  maxBufferedBytes: number = 16 * 1024 * 1024,
): { readonly delivery: Delivery; stop(): Promise<void>; until(done: () => boolean): Promise<void> } {
  const ending = new AbortController()
  let changed: (() => void) | undefined
  const delivery = new Delivery({
    sink,
    start: log.position,
    read: (from) =>
      Promise.resolve(
        log.items.slice(from.leafIndex, from.leafIndex + 500).map((item, index) => ({
          item,
          after: { leafIndex: from.leafIndex + index + 1, checkpointSize: 0 },
        })),
      ),
    commit: ({ position, deadLetters }) => {
      if (log.losesCommits) return Promise.reject(new Error('lost'))
      log.position = position
      log.commits.push(position)
      log.deadLetters.push(...deadLetters)
      return Promise.resolve()
    },
    clock,
    intervalMs: 1000,
    maxBufferedBytes,
    stopTimeoutMs: 500,
    onChange: () => changed?.(),
  })
  const running = delivery.run(ending.signal)
  return {
    delivery,
    async stop() {
      ending.abort()
      await running
    },
    until: (done) =>
      new Promise((resolve) => {
        changed = () => {
          if (done()) resolve()
        }
        changed()
      }),
  }
}

/** Delivers until everything is final, and stops. */
export async function deliverAll(log: MemoryLog, sink: Sink, clock: Clock): Promise<Delivery> {
  const running = deliver(log, sink, clock)
  await running.until(() => log.position.leafIndex === log.items.length)
  await running.stop()
  return running.delivery
}
