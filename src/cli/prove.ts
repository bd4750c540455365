import { Command } from 'commander'
import { AuditLogError } from '../errors.ts'
import { proveEntry } from '../evidence/prove-entry.ts'
import { proveGrowth } from '../evidence/prove-growth.ts'
import { addDatabaseOptions, type DatabaseOptions, exitCodes, runAction, withDatabase } from './connect.ts'
import { addTrustOptions, readPolicy, type TrustOptions } from './trust.ts'
import { wholeNumber } from './whole-number.ts'

interface Options extends DatabaseOptions, TrustOptions {
  readonly consistency: boolean
}

/** `audit-log prove`: prints a proof. Exit code 0, or 2 when there is none. */
export const proveCommand: Command = addDatabaseOptions(
  addTrustOptions(new Command('prove'), 'of an entry: against')
    .description('Print the proof that the log contains an entry, or that it only grew between two checkpoints.')
    .argument('<seq>', 'seq of the entry; with --consistency, tree size of the older checkpoint', wholeNumber)
    .argument('[size]', 'with --consistency, tree size of the newer checkpoint; default is the newest', wholeNumber)
    .option('--consistency', 'prove that the log only grew', false),
)
  .addHelpText(
    'after',
    '\nVerify a proof of an entry with audit-log verify --entry, and one that the log only grew with audit-log verify --from and the older checkpoint. Exit code: 0 proved, 2 no proof.',
  )
  .action((seq: number, to: number | undefined, options: Options) =>
    runAction(async () => {
      const { schema, consistency } = options
      if (!consistency && to !== undefined) {
        throw new AuditLogError('option_invalid', 'two numbers are tree sizes: give --consistency')
      }
      const policy = await readPolicy(options)
      const proof = await withDatabase(options, (pool) =>
        consistency ? proveGrowth(pool, seq, { schema, to }) : proveEntry(pool, seq, { schema, policy }),
      )
      process.stdout.write(proof)
      return exitCodes.ok
    }),
  )
