import { Command } from 'commander'
import { createIndexes, type OptionalIndex } from '../schema/optional-indexes.ts'
import { addDatabaseOptions, type DatabaseOptions, exitCodes, runAction, withDatabase } from './connect.ts'

/** `audit-log index NAME..`: optional indexes, while the log is in use. */
export const indexCommand: Command = addDatabaseOptions(new Command('index'))
  .description(
    'Create optional indexes (target, source_ip, outcome, details), a partition at a time, without holding up who writes. For a superuser.',
  )
  .argument('<name...>', 'target, source_ip, outcome or details')
  .action((indexes: OptionalIndex[], options: DatabaseOptions) =>
    runAction(() =>
      withDatabase(options, async (pool) => {
        const made = await createIndexes(pool, indexes, { schema: options.schema })
        for (const index of indexes) {
          process.stdout.write(`entry_${index}: ${made.includes(index) ? 'created' : 'was there already'}\n`)
        }
        return exitCodes.ok
      }),
    ),
  )
