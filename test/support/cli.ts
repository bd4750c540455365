import { spawn } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { build } from 'esbuild'
import { afterAll } from 'vitest'

/** What a run of the command line ended with. */
export interface CliResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs `audit-log` with some arguments; `file` is the program. */
export interface Cli {
  (args: readonly string[], input?: string): Promise<CliResult>
  readonly file: string
}

/** Builds the command line from its source, and removes it after the tests of the file. */
export async function buildCli(): Promise<Cli> {
  // Inside the checkout, where it finds the packages that it needs.
  const file = `node_modules/.cache/audit-log-cli-${process.pid}-${Date.now()}.mjs`
  await build({
    entryPoints: ['src/cli/cli.ts'],
    outfile: file,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    loader: { '.sql': 'text' },
  })
  afterAll(() => rm(file, { force: true }))
  return Object.assign((args: readonly string[], input = '') => run(process.execPath, [file, ...args], input), { file })
}

/** Runs a program to its end. */
export function run(program: string, args: readonly string[], input = ''): Promise<CliResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'pipe' })
    const [stdout, stderr]: Buffer[][] = [[], []]
    child.stdout.on('data', (data: Buffer) => stdout?.push(data))
    child.stderr.on('data', (data: Buffer) => stderr?.push(data))
    child.on('error', reject)
    child.stdin.on('error', () => undefined)
    child.on('close', (code) => {
      resolve({ code, stdout: Buffer.concat(stdout ?? []).toString(), stderr: Buffer.concat(stderr ?? []).toString() })
    })
    child.stdin.end(input)
  })
}
