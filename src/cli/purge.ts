import { Command } from 'commander'
import type { PurgedMonth } from '../retention/purge.ts'
import { Retention } from '../retention/retention.ts'
import { addDatabaseOptions, type DatabaseOptions, exitCodes, runAction, withDatabase } from './connect.ts'
import { progressBar } from './progress-bar.ts'
import { repeatable } from './repeatable.ts'
import { readPolicy, requirePolicy, type TrustOptions } from './trust.ts'

interface Options extends DatabaseOptions, TrustOptions {
  readonly archive: string
  readonly month?: readonly string[]
  readonly dryRun: boolean
  readonly actingUser?: string
  readonly json: boolean
}

/** `audit-log purge`: exit code 0 when all months went, 1 when one was refused. */
export const purgeCommand: Command = addDatabaseOptions(
  new Command('purge')
    .description('Verify an archive, then drop the months that have expired and that it has. Takes the archivist role.')
    .requiredOption('--archive <dir>', 'archive of the whole log, made by audit-log archive')
    .option('--key <vkey>', "the log's verifier keys (repeatable)", repeatable)
    .option('--policy <file>', 'policy (c2sp.org/tlog-policy) that the checkpoint of the archive must meet')
    .option('--month <yyyy-mm>', 'months to purge; default is all that have expired (repeatable)', repeatable)
    .option('--dry-run', 'say what would go and why the rest would not, and drop nothing', false)
    .option('--acting-user <id>', 'who is doing this, for the entries')
    .option('--json', 'print one JSON object for each month', false),
)
  .addHelpText('after', '\nExit code: 0 everything went, 1 a month was refused, 2 nothing could be done.')
  .action((options: Options) =>
    runAction(async () => {
      const policy = requirePolicy(await readPolicy(options))
      return withDatabase(options, async (db) => {
        const bar = progressBar('verifying the archive')
        const { schema, archive, month: months, dryRun, actingUser } = options
        const results = await new Retention({ db, schema })
          .purge({
            archive,
            policy,
            months,
            dryRun,
            actingUser,
            onProgress: (done, total) => bar.update(done, total),
            onMonth: say(options.json),
          })
          .finally(() => bar.stop())
        if (results.length === 0 && !options.json) process.stdout.write('no month has expired\n')
        return results.some(({ outcome }) => outcome === 'refused') ? exitCodes.finding : exitCodes.ok
      })
    }, options.json),
  )

function say(json: boolean): (result: PurgedMonth) => void {
  return (result) => {
    const { month, outcome, entries, reason } = result
    const why = reason === undefined ? `${entries} entries` : `${reason.message} (${reason.code})`
    process.stdout.write(json ? `${JSON.stringify(result)}\n` : `${month}  ${outcome}: ${why}\n`)
  }
}
