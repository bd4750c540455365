import { Command } from 'commander'
import { AuditLogError } from '../errors.ts'
import { elasticTemplate } from '../sinks/elastic-template.ts'
import { ForwarderState, readForwarders } from '../sinks/forwarder/forwarder-state.ts'
import { sentinelTemplate } from '../sinks/sentinel-template.ts'
import type { Control } from '../sinks/sink.ts'
import { type SinkTestReport, testSink } from '../sinks/sink-test.ts'
import { splunkTemplate } from '../sinks/splunk-template.ts'
import { addDatabaseOptions, type DatabaseOptions, exitCodes, runAction, withDatabase } from './connect.ts'
import { readSinks } from './sink-config.ts'
import { wholeNumber } from './whole-number.ts'

const testCommand = new Command('test')
  .description('Send one event that is marked as a test, say what came back and what to check. Needs no database.')
  .argument('<name>', 'sink of the configuration')
  .requiredOption('--config <file>', 'JSON file with the sinks')
  .option('--json', 'print the report as JSON', false)
  .addHelpText(
    'after',
    '\nExit code: 0 the receiver has the event, 1 it does not, 2 the sink is not configured as it must be.',
  )
  .action((name: string, options: { config: string; json: boolean }) =>
    runAction(async () => {
      const [configured] = readSinks(options.config, [name])
      if (configured === undefined) return exitCodes.cannotTell
      const report = await testSink(configured.sink)
      await configured.sink.close()
      process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : `${reportText(report)}\n`)
      return report.delivered ? exitCodes.ok : exitCodes.finding
    }, options.json),
  )

const templateCommand = new Command('template')
  .description('Print what to deploy in the SIEM before the first event.')
  .argument('<kind>', 'elastic, sentinel or splunk')
  .action((kind: string) =>
    runAction(() => {
      const make = Object.hasOwn(templates, kind) ? templates[kind] : undefined
      if (make === undefined) throw new AuditLogError('option_invalid', 'expected elastic, sentinel or splunk')
      const template = make()
      process.stdout.write(typeof template === 'string' ? template : `${JSON.stringify(template, undefined, 2)}\n`)
      return Promise.resolve(exitCodes.ok)
    }),
  )

const templates: Readonly<Record<string, () => object | string>> = {
  elastic: () => elasticTemplate().body,
  sentinel: sentinelTemplate,
  splunk: splunkTemplate,
}

const statusCommand = addDatabaseOptions(
  new Command('status').description('Say how far each forwarder is, as one JSON object a line.'),
).action((options: DatabaseOptions) =>
  runAction(() =>
    withDatabase(options, async (db) => {
      for (const row of await readForwarders(db, options.schema)) process.stdout.write(`${JSON.stringify(row)}\n`)
      return exitCodes.ok
    }),
  ),
)

const changing = (
  name: string,
  description: string,
  change: (state: ForwarderState, options: { readonly from?: number }) => Promise<void>,
): Command =>
  addDatabaseOptions(new Command(name).description(description).argument('<name>', 'name of the forwarder')).action(
    (forwarder: string, options: DatabaseOptions & { readonly from?: number }) =>
      runAction(() =>
        withDatabase(options, async (db) => {
          await change(new ForwarderState(db, options.schema, forwarder), options)
          return exitCodes.ok
        }),
      ),
  )

/** `audit-log sink`: sets up and looks after sinks. */
export const sinkCommand: Command = new Command('sink')
  .description('Set up sinks, and look after their forwarders.')
  .addCommand(testCommand)
  .addCommand(templateCommand)
  .addCommand(statusCommand)
  .addCommand(
    changing('pause', 'Hold a forwarder, in whatever process it runs, until it is resumed.', (state) =>
      state.hold(true),
    ),
  )
  .addCommand(changing('resume', 'Let a forwarder go on.', (state) => state.hold(false)))
  .addCommand(
    changing('replay', 'Send everything from a leaf on again.', (state, { from = 0 }) =>
      state.moveTo(from),
    ).requiredOption('--from <leaf>', 'leaf index of the first entry to send again', wholeNumber),
  )

function reportText(report: SinkTestReport): string {
  const { id, destination, health, outcome, control, confirmation, delivered } = report
  const lines = [
    `${destination}: ${delivered ? 'the receiver has the event' : 'THE EVENT WAS NOT DELIVERED'}`,
    `  event: ${id} (search for it there)`,
  ]
  if (health !== undefined && health.kind !== 'continue') lines.push(`  health: ${textOf(health)}`)
  if (outcome === undefined) lines.push('  the sink has no form for the event')
  else lines.push(`  outcome: ${outcome.kind}${'reason' in outcome ? `: ${outcome.reason}` : ''}`)
  if (confirmation !== undefined) lines.push(`  confirmation: ${confirmation}`)
  if (control !== undefined && control.kind !== 'continue')
    lines.push(`  answer: ${textOf(control)}`, `  check: ${adviceOf(control)}`)
  return lines.join('\n')
}

const textOf = (control: Control): string =>
  'detail' in control ? `${control.detail} (${control.code})` : control.kind

function adviceOf(control: Control): string {
  if (control.kind === 'pause' && control.cause === 'auth')
    return 'the token or key, whether it is enabled, and its rights'
  if (control.kind === 'pause')
    return 'the URL, and that the index, data stream, rule or token settings are there; the certificate for TLS'
  if (control.kind === 'backoff')
    return 'that the receiver runs, and that a firewall or proxy on the way lets this host through'
  return 'the size limits of the receiver and of proxies on the way'
}
