import { Command } from 'commander'
import { AuditLogError } from '../errors.ts'
import { ForwarderSupervisor } from '../settings/forwarder-supervisor.ts'
import { Forwarder } from '../sinks/forwarder/forwarder.ts'
import {
  addDatabaseOptions,
  type DatabaseOptions,
  type ExitCode,
  exitCodes,
  runAction,
  withDatabase,
} from './connect.ts'
import { readSmallFile } from './read-file.ts'
import { repeatable } from './repeatable.ts'
import { readSinks } from './sink-config.ts'
import { logLine, untilSignal } from './until-signal.ts'
import { wholeNumber } from './whole-number.ts'

interface Options extends DatabaseOptions {
  readonly config?: string
  readonly settings: boolean
  readonly settingsKey: readonly string[]
  readonly from?: number | 'now'
  readonly failingAfter: number
}

/** `audit-log forward`: takes the log to its sinks until SIGTERM. */
export const forwardCommand: Command = addDatabaseOptions(
  new Command('forward')
    .description('Take the log to SIEMs, each independent of the others, until SIGTERM or SIGINT.')
    .argument('[name...]', 'sinks of the configuration; default is all')
    .option('--config <file>', 'JSON file with the sinks')
    .option('--settings', 'run the forwarders that are configured in the settings, and follow their changes', false)
    .option(
      '--settings-key <file>',
      'key of their secrets: 32 bytes in base64; older keys behind it (repeatable)',
      repeatable,
      [],
    )
    .option('--from <leaf>', 'where a sink that has never run begins: a leaf index or "now"; default is 0', leafOrNow)
    .option(
      '--failing-after <ms>',
      'report a sink that nothing gets through to for so long, in milliseconds',
      wholeNumber,
      300_000,
    )
    .addHelpText(
      'after',
      '\nThe database login must be in the sequencer role. Each change of a state is a line of JSON on standard output, and so is when events go\nto the dead letter.\nExit code: 0 ended in an orderly way, 2 it could not start.',
    ),
).action((names: string[], options: Options) =>
  runAction(async () => {
    if (options.settings) return supervise(names, options)
    if (options.settingsKey.length > 0) {
      throw new AuditLogError('option_invalid', '--settings-key is the key of --settings, which is not given')
    }
    if (options.config === undefined) {
      throw new AuditLogError('option_invalid', 'give --config <file> or --settings')
    }
    const sinks = readSinks(options.config, names)
    return withDatabase(options, async (db) => {
      const forwarders = sinks.map(
        ({ name, sink }) =>
          new Forwarder({
            db,
            schema: options.schema,
            name,
            sink,
            startAt: options.from,
            failingAfterMs: options.failingAfter,
            onStateChange: (status) => logLine('state', status),
            onFailing: (status) => logLine('failing', status),
            onDeadLetter: (status) => logLine('dead_letter', status),
          }),
      )
      for (const forwarder of forwarders) forwarder.start()
      await untilSignal()
      await Promise.all(forwarders.map((forwarder) => forwarder.stop()))
      return exitCodes.ok
    })
  }),
)

/** Runs what is configured in the settings. */
async function supervise(names: readonly string[], options: Options): Promise<ExitCode> {
  if (names.length > 0 || options.config !== undefined || options.from !== undefined) {
    throw new AuditLogError(
      'option_invalid',
      '--settings runs all forwarders of the settings, and takes no other sinks',
    )
  }
  const settingsKey = options.settingsKey.map((file) => Buffer.from(readSmallFile(file).toString().trim(), 'base64'))
  return withDatabase(
    options,
    async (db) => {
      const supervisor = new ForwarderSupervisor({
        db,
        schema: options.schema,
        settingsKey,
        forwarder: {
          failingAfterMs: options.failingAfter,
          onStateChange: (status) => logLine('state', status),
          onFailing: (status) => logLine('failing', status),
          onDeadLetter: (status) => logLine('dead_letter', status),
        },
        onError: ({ code }, name) => logLine('not_started', { name, code }),
      })
      supervisor.start()
      await untilSignal()
      await supervisor.stop()
      return exitCodes.ok
    },
    10,
  )
}

function leafOrNow(from: string): number | 'now' {
  return from === 'now' ? from : wholeNumber(from)
}
