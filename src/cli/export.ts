import { open, rm } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Command } from 'commander'
import { AuditLogError } from '../errors.ts'
import { type BundleSelection, writeBundle } from '../evidence/write-bundle.ts'
import { EntryQuery } from '../query/entry-query.ts'
import { addDatabaseOptions, type DatabaseOptions, exitCodes, runAction, withDatabase } from './connect.ts'
import { readKeyFile } from './read-key.ts'
import { repeatable } from './repeatable.ts'
import { addTrustOptions, readPolicy, type TrustOptions } from './trust.ts'
import { wholeNumber } from './whole-number.ts'

interface Options extends DatabaseOptions, TrustOptions {
  readonly bundle: boolean
  readonly from?: number
  readonly to?: number
  readonly since?: string
  readonly until?: string
  readonly action?: string[]
  readonly user?: string[]
  readonly tenant?: string[]
  readonly target?: string[]
  readonly exporterKey?: string
  readonly output?: string
}

/** `audit-log export --bundle`: writes entries with their proof. Exit code 0, or 2 when they cannot be. */
export const exportCommand: Command = addDatabaseOptions(
  addTrustOptions(new Command('export'), 'prove against')
    .description('Write entries together with the proof that the log contains them, as one file that verifies offline.')
    .option('--bundle', 'with the proof; the only kind of export that this command writes', true)
    .option('--from <leaf>', 'first leaf of a range, which is proved to be complete', wholeNumber)
    .option('--to <leaf>', 'behind the last leaf of the range; default is the end of the checkpoint', wholeNumber)
    .option('--since <time>', 'filter: at or after this time (RFC 3339)')
    .option('--until <time>', 'filter: before this time (RFC 3339)')
    .option('--action <pattern>', 'filter: actions, such as user.login or scan.* (repeatable)', repeatable)
    .option('--user <id>', 'filter: users (repeatable)', repeatable)
    .option('--tenant <id>', 'filter: tenants (repeatable)', repeatable)
    .option('--target <id>', 'filter: targets (repeatable)', repeatable)
    .option(
      '--exporter-key <file>',
      "signer key file of the exporter (audit-log key), not the log's: signs the range or filter, the entries and the time",
    )
    .option('-o, --output <file>', 'file to write; default is standard output'),
)
  .addHelpText('after', '\nVerify it with audit-log verify. Exit code: 0 written, 2 not.')
  .action((options: Options) =>
    runAction(async () => {
      const policy = await readPolicy(options)
      const { exporterKey } = options
      const key = exporterKey === undefined ? undefined : await readKeyFile(exporterKey, 'ed25519')
      await withDatabase(options, async (pool) => {
        const pieces = writeBundle(pool, selectionOf(options, EntryQuery.over(pool, options.schema)), {
          schema: options.schema,
          policy,
          signer: key?.signer,
        })
        // No faster than it is read: a bundle can have hundreds of megabytes.
        if (options.output === undefined) await pipeline(Readable.from(pieces), process.stdout, { end: false })
        else await writeNew(options.output, pieces)
      })
      return exitCodes.ok
    }),
  )

/** Writes a file that is not there yet. Of one that cannot be completed nothing is left. */
async function writeNew(path: string, pieces: AsyncIterable<string>): Promise<void> {
  const file = await open(path, 'wx')
  try {
    await pipeline(Readable.from(pieces), file.createWriteStream())
  } catch (error) {
    await rm(path, { force: true })
    throw error
  }
}

function selectionOf(options: Options, everything: EntryQuery): BundleSelection {
  const { from, to, since, until, action, user, tenant, target } = options
  const filtered = [since, until, action, user, tenant, target].some((filter) => filter !== undefined)
  if (from !== undefined || to !== undefined || !filtered) {
    if (filtered) throw new AuditLogError('option_invalid', 'give a range of leaves or a filter, not both')
    return { from: from ?? 0, to }
  }
  let query = everything
  if (since !== undefined) query = query.since(since)
  if (until !== undefined) query = query.until(until)
  if (action !== undefined) query = query.action(action)
  if (user !== undefined) query = query.user(user)
  if (tenant !== undefined) query = query.tenant(tenant)
  if (target !== undefined) query = query.target(target)
  return { query }
}
