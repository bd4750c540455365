import { Command } from 'commander'
import { Forwarder } from '../sinks/forwarder.ts'
import { addDatabaseOptions, type DatabaseOptions, exitCodes, runAction, withDatabase } from './connect.ts'
import { readSinks } from './sink-config.ts'
import { logLine, untilSignal } from './until-signal.ts'

interface Options extends DatabaseOptions {
  readonly config: string
  readonly from?: string
  readonly failingAfter: number
}

/** `audit-log forward`: takes the log to its sinks until SIGTERM. */
export const forwardCommand: Command = addDatabaseOptions(
  new Command('forward')
    .description('Take the log to SIEMs, each independent of the others, until SIGTERM or SIGINT.')
    .argument('[name...]', 'sinks of the configuration; default is all')
    .requiredOption('--config <file>', 'JSON file with the sinks')
    .option('--from <leaf>', 'where a sink that has never run begins: a leaf index or "now"; default is 0')
    .option(
      '--failing-after <ms>',
      'report a sink that nothing gets through to for so long, in milliseconds',
      Number,
      300_000,
    )
    .addHelpText(
      'after',
      '\nThe database login must be in the sequencer role. Each change of a state is a line of JSON on standard output.\nExit code: 0 ended in an orderly way, 2 it could not start.',
    ),
).action((names: string[], options: Options) =>
  runAction(async () => {
    const sinks = await readSinks(options.config, names)
    return withDatabase(options, async (db) => {
      const forwarders = sinks.map(
        ({ name, sink }) =>
          new Forwarder({
            db,
            schema: options.schema,
            name,
            sink,
            startAt: startOf(options.from),
            failingAfterMs: options.failingAfter,
            onStateChange: (status) => logLine('state', status),
            onFailing: (status) => logLine('failing', status),
          }),
      )
      for (const forwarder of forwarders) forwarder.start()
      await untilSignal()
      await Promise.all(forwarders.map((forwarder) => forwarder.stop()))
      return exitCodes.ok
    })
  }),
)

function startOf(from: string | undefined): number | 'now' | undefined {
  if (from === undefined || from === 'now') return from
  return Number(from)
}
