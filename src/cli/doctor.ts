import { writeFile } from 'node:fs/promises'
import { Command, InvalidArgumentError } from 'commander'
import { AuditLogError } from '../errors.ts'
import { type RoleKind, roleKinds } from '../schema/names.ts'
import { parseBaseline } from '../schema/posture/baseline.ts'
import type { Finding, Severity } from '../schema/posture/finding-codes.ts'
import { inspect, type PostureReport } from '../schema/posture/inspect.ts'
import {
  addDatabaseOptions,
  type DatabaseOptions,
  type ExitCode,
  exitCodes,
  runAction,
  withDatabase,
} from './connect.ts'
import { readSmallFile } from './read-file.ts'

interface Options extends DatabaseOptions {
  readonly json: boolean
  readonly login?: string
  readonly role?: Partial<Record<RoleKind, string>>
  readonly baseline?: string
  readonly writeBaseline?: string
}

/** `audit-log doctor`: exit code 0 when the guards are as they were shipped, 1 when something is found, 2 when that cannot be told. */
export const doctorCommand: Command = addDatabaseOptions(new Command('doctor'))
  .description(
    "Look into the database's own catalog: are the guards there, on and unchanged, and who can get around them?",
  )
  .option('--login <name>', 'login that the application uses, besides all that hold a group role')
  .option('--role <kind=name>', `name of a group role (${roleKinds.join(', ')}), if it is not the default`, readRole)
  .option('--baseline <file>', 'compare with a baseline that was written before and kept outside of the database')
  .option('--write-baseline <file>', 'write the state of today as a baseline')
  .option('--json', 'print the report as one JSON object', false)
  .addHelpText(
    'after',
    '\nExit code: 0 nothing found (or only information), 1 something found, 2 that cannot be told.\n' +
      'Proves nothing against a superuser: that takes a checkpoint kept elsewhere, and audit-log verify.',
  )
  .action((options: Options) => runAction(() => doctor(options), options.json))

async function doctor(options: Options): Promise<ExitCode> {
  const baseline =
    options.baseline === undefined ? undefined : parseBaseline(readSmallFile(options.baseline).toString())
  const report = await withDatabase(
    options,
    (pool) => inspect(pool, { schema: options.schema, roles: options.role, login: options.login ?? null, baseline }),
    1,
  )
  if (options.writeBaseline !== undefined) {
    if (report.baseline === undefined) throw new AuditLogError('read_failed', 'there is nothing to take a baseline of')
    await writeFile(options.writeBaseline, `${JSON.stringify(report.baseline, undefined, 2)}\n`)
  }
  process.stdout.write(`${options.json ? JSON.stringify(report) : formatPosture(report)}\n`)
  if (report.findings.some(({ severity }) => severity !== 'info')) return exitCodes.finding
  return report.ok ? exitCodes.ok : exitCodes.cannotTell
}

/** The report as text for a terminal. */
export function formatPosture(report: PostureReport): string {
  const { schema, serverVersion, checkedBy, checkedAt, findings, notChecked } = report
  const count = (wanted: Severity): number => findings.filter(({ severity }) => severity === wanted).length
  return [
    `schema ${schema} on PostgreSQL ${serverVersion}, seen by ${checkedBy} at ${checkedAt}`,
    ...findings.flatMap(formatFinding),
    ...notChecked.map(({ check, reason }) => `not checked: ${check} (${reason})`),
    '',
    `${count('critical')} critical, ${count('warning')} warnings, ${count('info')} for information`,
    ...(report.tamperResistant ? [] : ['The log is NOT tamper-resistant against the application.']),
    'This proves nothing against a superuser, who can put things back before anybody looks: evidence kept elsewhere does.',
  ].join('\n')
}

function formatFinding({ code, severity, subject, meaning, detail, fix }: Finding): string[] {
  return [
    '',
    `${severity.toUpperCase()} ${code}: ${subject}${detail === undefined ? '' : ` (${detail})`}`,
    `  ${meaning}`,
    `  ${fix.replaceAll('\n', '\n  ')}`,
  ]
}

function readRole(text: string, before: Partial<Record<RoleKind, string>> = {}): Partial<Record<RoleKind, string>> {
  const [kind = '', name = ''] = text.split(/=(.*)/s)
  if (!roleKinds.some((known) => known === kind) || name === '') {
    throw new InvalidArgumentError(`expected kind=name, with one of ${roleKinds.join(', ')}`)
  }
  return { ...before, [kind]: name }
}
