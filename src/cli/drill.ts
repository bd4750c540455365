import { writeFile } from 'node:fs/promises'
import { Command } from 'commander'
import { formatDrill } from '../evidence/drill/format-drill.ts'
import { runDrill } from '../evidence/drill/run-drill.ts'
import {
  addDatabaseOptions,
  type DatabaseOptions,
  type ExitCode,
  exitCodes,
  runAction,
  withDatabase,
} from './connect.ts'
import { wholeNumber } from './whole-number.ts'

interface Options extends DatabaseOptions {
  readonly copy: boolean
  readonly entries: number
  readonly output?: string
  readonly json: boolean
}

/** `audit-log drill`: exit code 0 when everything was refused or detected as it should be, 1 when a login that writes or reads got through. */
export const drillCommand: Command = addDatabaseOptions(new Command('drill'))
  .description(
    'Attack a scratch copy of the log in every way of the catalogue, and say what was refused, what was detected, and what was not.',
  )
  .option('--copy', 'copy the newest entries of the log into the scratch log; otherwise entries are made up', false)
  .option('--entries <number>', 'entries in the scratch log, 8 to 10000', wholeNumber, 300)
  .option('--output <file>', 'write the matrix to a file instead of standard output')
  .option('--json', 'print the matrix as one JSON object instead of Markdown', false)
  .addHelpText(
    'after',
    '\nNeeds a superuser. Everything happens in one transaction that is rolled back: nothing of it stays, and the log is at most read.\n' +
      '\nExit code: 0 nothing got through at the levels of writer and reader, 1 something did, 2 the drill could not be held.',
  )
  .action((options: Options) => runAction(() => drill(options), options.json))

async function drill(options: Options): Promise<ExitCode> {
  const from = options.copy ? options.schema : undefined
  const report = await withDatabase(options, (pool) => runDrill(pool, { from, entries: options.entries }), 1)
  const text = options.json ? `${JSON.stringify(report)}\n` : formatDrill(report)
  if (options.output === undefined) process.stdout.write(text)
  else await writeFile(options.output, text)
  const isHarmless = (outcome: string): boolean => outcome === 'refused' || outcome === 'no_effect'
  const gotThrough = report.results.some(
    ({ level, outcome }) => (level === 'writer' || level === 'reader') && !isHarmless(outcome),
  )
  return gotThrough ? exitCodes.finding : exitCodes.ok
}
