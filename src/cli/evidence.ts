import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Command } from 'commander'
import { evidencePack } from '../compliance/evidence-pack.ts'
import { frameworks } from '../compliance/frameworks.ts'
import { AuditLogger } from '../log/audit-logger.ts'
import { AuditLogError } from '../errors.ts'
import { addDatabaseOptions, type DatabaseOptions, exitCodes, runAction, withDatabase } from './connect.ts'
import { addTrustOptions, readPolicy, type TrustOptions } from './trust.ts'
import { wholeNumber } from './whole-number.ts'

interface Options extends DatabaseOptions, TrustOptions {
  readonly framework: string
  readonly from: string
  readonly to: string
  readonly samples: number
  readonly out: string
}

/** `audit-log evidence`: writes an evidence pack into a new folder. */
export const evidenceCommand: Command = addDatabaseOptions(
  addTrustOptions(new Command('evidence'), 'prove the samples against')
    .description('Write what an assessor asks for of a period: JSON, Markdown, HTML, and sample entries with proofs.')
    .requiredOption('--framework <name>', frameworks.map(({ name }) => name).join(', '))
    .requiredOption('--from <time>', 'begin of the period, RFC 3339 with a zone')
    .requiredOption('--to <time>', 'end of the period, RFC 3339 with a zone, not in it')
    .requiredOption('--out <dir>', 'folder to make; it must not exist')
    .option('--samples <number>', 'sample entries of each action, 0 to 100', wholeNumber, 3),
)
  .addHelpText(
    'after',
    '\nTakes the reader role. That a pack was made is recorded as an entry where the login may write, too.\nExit code: 0 done, 2 not done.',
  )
  .action((options: Options) =>
    runAction(async () => {
      const policy = await readPolicy(options)
      await withDatabase(options, async (db) => {
        const { schema, framework, from, to, samples, out } = options
        const files = await evidencePack(db, { schema, framework, from, to, samples, policy })
        await mkdir(out)
        for (const { name, content } of files) await writeFile(join(out, name), content)
        const sums = files.at(-1)?.content ?? ''
        const recorded = await record(new AuditLogger({ db, schema }), { framework, from, to, sums })
        process.stdout.write(`${out}: ${files.map(({ name }) => name).join(', ')}\n`)
        if (!recorded) process.stdout.write('this login may not write, so that it was made is not recorded\n')
      })
      return exitCodes.ok
    }),
  )

/** Reading the log is an action that is logged, too; the sums tell later whether a pack is the one that was made. */
async function record(audit: AuditLogger, pack: Readonly<Record<string, string>>): Promise<boolean> {
  try {
    await audit.log({ action: 'audit_log.evidence_made', details: pack })
    return true
  } catch (error) {
    if (error instanceof AuditLogError && error.code === 'privilege_missing') return false
    throw error
  } finally {
    await audit.close()
  }
}
