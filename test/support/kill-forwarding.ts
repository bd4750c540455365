import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { until } from './until.ts'

/** What is transferred, and how to look at the receiver. */
export interface KillTest {
  /** Login in the sequencer role. */
  readonly databaseUrl: string
  /** Name of the forwarder's row. */
  readonly name: string
  /** The sink as `sinkOfConfiguration` takes it. */
  readonly sink: Readonly<Record<string, unknown>>
  readonly entries: number
  readonly kills: number
  /** How many events the receiver has, copies included. */
  readonly count: () => number
  /** Whether everything has arrived. */
  readonly isComplete: () => boolean
}

/**
 * Forwards in a process of its own that is killed (SIGKILL) at random points of the transfer and started again each time, until
 * everything has arrived.
 *
 * @returns how often it was killed while it was sending
 */
export async function killForwarding(test: KillTest): Promise<number> {
  const points = Array.from({ length: test.kills }, () => Math.floor(Math.random() * test.entries * 0.9)).sort(
    (a, b) => a - b,
  )
  let killed = 0
  for (const point of [...points, Number.POSITIVE_INFINITY]) {
    const child = start(test)
    const before = test.count()
    await until(() => test.isComplete() || (test.count() > before && test.count() >= point))
    if (!test.isComplete()) killed += 1
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    if (test.isComplete()) break
  }
  return killed
}

function start({ databaseUrl, name, sink }: KillTest): ChildProcess {
  const file = new URL('forward-child.ts', import.meta.url).pathname
  return spawn(process.execPath, ['--import', 'tsx', file, databaseUrl, name, JSON.stringify(sink)], {
    stdio: 'inherit',
  })
}
