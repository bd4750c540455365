import { Command } from 'commander'
import { hardenSql } from '../schema/harden.ts'
import { exitCodes, runAction } from './connect.ts'

/** `audit-log harden --print`: the script for a superuser. It is not run from here, because a superuser's script wants reading. */
export const hardenCommand: Command = new Command('harden')
  .description('Print the script with which a superuser keeps also the owner of the schema from changing it.')
  .requiredOption('--print', 'print it; run it with psql -v ON_ERROR_STOP=1')
  .option('--schema <name>', 'schema of the log', 'audit_log')
  .action(({ schema }: { readonly schema: string }) =>
    runAction(() => {
      process.stdout.write(hardenSql({ schema }))
      return Promise.resolve(exitCodes.ok)
    }),
  )
