import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** `audit-log sequence` in a process of its own. */
export interface SequenceProcess {
  readonly child: ChildProcess
  /** What it has said of its state, the last one last. */
  readonly states: string[]
  /** Ends it with a signal and resolves to its exit code, null when the signal ended it. */
  end(signal: NodeJS.Signals): Promise<number | null>
}

export function startSequence(databaseUrl: string, args: readonly string[]): SequenceProcess {
  const command = fileURLToPath(new URL('../../src/cli/sequence.ts', import.meta.url))
  const script = `import(${JSON.stringify(command)}).then(({ sequenceCommand }) => sequenceCommand.parseAsync())`
  const child = spawn(process.execPath, ['--import', 'tsx', '--eval', script, '--', ...args], {
    env: { ...process.env, DATABASE_URL: databaseUrl },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const states: string[] = []
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { event, state } = JSON.parse(line) as { event: string; state?: string }
    if (event === 'state') states.push(state ?? '')
  })
  return {
    child,
    states,
    async end(signal) {
      const ended = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined
      child.kill(signal)
      await ended
      return child.exitCode
    },
  }
}
