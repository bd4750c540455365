import { Command } from 'commander'
import { writeArchive } from '../evidence/write-archive.ts'
import { addDatabaseOptions, type DatabaseOptions, exitCodes, runAction, withDatabase } from './connect.ts'
import { progressBar } from './progress-bar.ts'
import { addTrustOptions, readPolicy, type TrustOptions } from './trust.ts'
import { wholeNumber } from './whole-number.ts'

interface Options extends DatabaseOptions, TrustOptions {
  readonly upTo?: number
  readonly from?: number
  readonly gzip: boolean
  readonly json: boolean
}

/** `audit-log archive DIR`: exit code 0 when it is written, 1 when it is and entries in it do not verify. */
export const archiveCommand: Command = addDatabaseOptions(
  addTrustOptions(new Command('archive'), 'archive up to')
    .description('Copy the log, or what is new in it, into a directory that verifies without the database.')
    .argument('<dir>', 'directory; made when it is not there')
    .option('--up-to <size>', 'archive up to the checkpoint of this tree size; default is the newest', wholeNumber)
    .option('--from <leaf>', 'first leaf of a new archive that continues another one; default is 0', wholeNumber)
    .option('--gzip', 'compress the entries of a new archive', false)
    .option('--json', 'print the result as a JSON object', false),
)
  .addHelpText(
    'after',
    '\nRun it again to add what is new. Exit code: 0 done, 1 done with entries that do not verify, 2 not done.',
  )
  .action((directory: string, options: Options) =>
    runAction(async () => {
      const policy = await readPolicy(options)
      const { databaseUrl: _url, schema, upTo, from, gzip } = options
      const bar = progressBar('archiving')
      const onProgress = (done: number, total: number): void => bar.update(done, total)
      const result = await withDatabase(options, (pool) =>
        writeArchive(pool, directory, { schema, policy, upTo, from, gzip, onProgress }),
      ).finally(() => bar.stop())
      const { size, added, absent, faulty } = result
      process.stdout.write(
        options.json
          ? `${JSON.stringify(result)}\n`
          : `${directory}: ${added} entries added; it now goes up to the checkpoint of ${size} leaves\n` +
              (absent > 0 ? `${absent} of them are no longer in the log\n` : '') +
              (faulty > 0 ? `${faulty} of them DO NOT VERIFY: audit-log verify ${directory} says which\n` : ''),
      )
      return faulty > 0 ? exitCodes.finding : exitCodes.ok
    }, options.json),
  )
