import { Command } from 'commander'
import { Retention } from '../retention/retention.ts'
import { addDatabaseOptions, type DatabaseOptions, exitCodes, runAction, withDatabase } from './connect.ts'
import { wholeNumber } from './whole-number.ts'

interface Common extends DatabaseOptions {
  readonly json: boolean
}

interface HoldOptions extends Common {
  readonly reason: string
  readonly approvedBy: string
  readonly actingUser?: string
  readonly tenant?: string
  readonly user?: string
  readonly target?: string
  readonly since?: string
  readonly until?: string
}

/** `audit-log retention show|extend|hold|release`. */
export const retentionCommand: Command = new Command('retention')
  .description('How long entries are kept, and which are under legal hold.')
  .addCommand(showCommand())
  .addCommand(extendCommand())
  .addCommand(holdCommand())
  .addCommand(releaseCommand())

function showCommand(): Command {
  return withCommonOptions(new Command('show'))
    .description('Show the retention, the legal holds and when each month expires. Takes the reader role.')
    .action((options: Common) =>
      act(options, async (retention) => {
        const [policy, holds, months] = [await retention.policy(), await retention.holds(), await retention.months()]
        if (options.json) return print({ policy, holds, months })
        const lines = [
          `Every entry is kept for ${policy.keepDays} days at least (${policy.reason}).`,
          ...holds.map(
            (hold) =>
              `legal hold ${hold.holdId}: ${describeScope(hold)}, ${hold.reason}, approved by ${hold.approvedBy}, ` +
              (hold.releasedAt === null ? 'in force' : `released ${hold.releasedAt}`),
          ),
          ...months.map(
            ({ month, entries, bytes, expired, expiresAt }) =>
              `${month}  ${entries === undefined ? 'not counted' : `about ${entries} entries`}, ${Math.ceil(bytes / 2 ** 20)} MiB, ` +
              `${expired ? 'expired' : 'expires'} ${expiresAt.slice(0, 10)}`,
          ),
        ]
        process.stdout.write(`${lines.join('\n')}\n`)
      }),
    )
}

function extendCommand(): Command {
  return withCommonOptions(new Command('extend'))
    .description('Keep every entry longer. This can never be taken back. Takes the writer or the archivist role.')
    .argument('<days>', 'days, 366 to 36525', wholeNumber)
    .requiredOption('--reason <text>', 'why')
    .option('--acting-user <id>', 'who is doing this, for the entry')
    .requiredOption('--audit-extended-retention', 'states that the feature audit_extended_retention is licensed')
    .action((keepDays: number, options: Common & { readonly reason: string; readonly actingUser?: string }) =>
      act(options, async (retention) => {
        await retention.extend({ keepDays, reason: options.reason, actingUser: options.actingUser })
        if (options.json) print(await retention.policy())
        else process.stdout.write(`Every entry is kept for ${keepDays} days at least.\n`)
      }),
    )
}

function holdCommand(): Command {
  return withApproval(withCommonOptions(new Command('hold')))
    .description(
      'Keep entries from being purged: those that have everything that is given, or all of them. Takes the writer or the archivist role.',
    )
    .option('--tenant <id>', 'entries of this tenant')
    .option('--user <id>', 'entries of this user')
    .option('--target <target>', 'entries about this target')
    .option('--since <time>', 'entries at or after this time, RFC 3339 with a zone')
    .option('--until <time>', 'entries before this time, RFC 3339 with a zone')
    .action((options: HoldOptions) =>
      act(options, async (retention) => {
        const { tenant, user, ...rest } = options
        const holdId = await retention.placeHold({ ...rest, tenantId: tenant, userId: user })
        if (options.json) print({ holdId })
        else process.stdout.write(`${holdId}\n`)
      }),
    )
}

function releaseCommand(): Command {
  return withApproval(withCommonOptions(new Command('release')))
    .description('End a legal hold. Takes the archivist role.')
    .argument('<hold>', 'id of the legal hold')
    .action((holdId: string, options: HoldOptions) =>
      act(options, async (retention) => {
        await retention.releaseHold(holdId, options)
        if (options.json) print({ holdId })
        else process.stdout.write(`${holdId} is released\n`)
      }),
    )
}

function withCommonOptions(command: Command): Command {
  return addDatabaseOptions(command).option('--json', 'print JSON', false)
}

function withApproval(command: Command): Command {
  return command
    .requiredOption('--reason <text>', 'why')
    .requiredOption('--approved-by <id>', 'who approved it')
    .option('--acting-user <id>', 'who is doing this, for the entry')
}

// The flag of the host cannot be asked here; `extend` demands that whoever runs it states that it is on.
function act(options: Common, work: (retention: Retention) => Promise<void>): Promise<void> {
  return runAction(
    () =>
      withDatabase(options, async (db) => {
        await work(new Retention({ db, schema: options.schema, flags: { audit_extended_retention: true } }))
        return exitCodes.ok
      }),
    options.json,
  )
}

const print = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`)

function describeScope(
  scope: Readonly<Record<'tenantId' | 'userId' | 'target' | 'since' | 'until', string | null>>,
): string {
  const { tenantId, userId, target, since, until } = scope
  const parts = Object.entries({ tenant: tenantId, user: userId, target, since, until }).filter(
    ([, value]) => value !== null,
  )
  return parts.length === 0 ? 'everything' : parts.map(([name, value]) => `${name} ${value}`).join(', ')
}
