import { createReadStream } from 'node:fs'
import { Command } from 'commander'
import type { CopyFinding, CopyReport } from '../evidence/copy/copy-report.ts'
import { verifyCopy } from '../evidence/copy/verify-copy.ts'
import { exitCodes, runAction } from './connect.ts'
import { readSmallFile } from './read-file.ts'
import { repeatable } from './repeatable.ts'
import { readPolicy, requirePolicy, type TrustOptions } from './trust.ts'
import { wholeNumber } from './whole-number.ts'

interface Options extends TrustOptions {
  readonly from?: number
  readonly to?: number
  readonly checkpoint: readonly string[]
  readonly json: boolean
}

/** `audit-log verify-copy FILE`: proves a SIEM's copy of the log, without the database. */
export const verifyCopyCommand: Command = new Command('verify-copy')
  .description("Prove that a SIEM's copy of the log is complete and unaltered, from what a query there returned.")
  .argument('<file>', 'newline-delimited JSON, JSON, CSV or lines of syslog; - for standard input')
  .option('--key <vkey>', 'verifier keys of the log (repeatable)', repeatable)
  .option('--policy <file>', 'a policy with the log and its witnesses (c2sp.org/tlog-policy), instead of --key')
  .option('--from <leaf>', 'first leaf that the copy must have; default is the first that it has', wholeNumber)
  .option('--to <leaf>', 'the copy must have all leaves before this one', wholeNumber)
  .option(
    '--checkpoint <file>',
    'signed checkpoints from elsewhere: shows what is missing at the end (repeatable)',
    repeatable,
    [],
  )
  .option('--json', 'print the report as JSON', false)
  .addHelpText('after', '\nExit code: 0 the copy is proven, 1 something is missing or altered, 2 that cannot be told.')
  .action((file: string, options: Options) =>
    runAction(async () => {
      const policy = requirePolicy(await readPolicy(options))
      const checkpoints = options.checkpoint.map((path) => readSmallFile(path))
      // Opened last: nobody would hear of its errors before it is read.
      const report = await verifyCopy(file === '-' ? process.stdin : createReadStream(file), {
        policy,
        from: options.from,
        to: options.to,
        checkpoints,
      })
      process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : `${reportText(report)}\n`)
      if (report.findings.length > 0) return exitCodes.finding
      return report.proven.length > 0 ? exitCodes.ok : exitCodes.cannotTell
    }, options.json),
  )

function reportText(report: CopyReport): string {
  const { leaves, duplicates, withoutContent, checkpoints, proven, findings } = report
  const lines = [
    ...findings.map(findingText),
    `${leaves} leaves, ${duplicates} repeated events, ${checkpoints} checkpoints`,
    ...proven.map(({ begin, end }) => `leaves ${begin} to ${end - 1} are all there and as they were logged`),
  ]
  if (withoutContent > 0)
    lines.push(`${withoutContent} events have only their hash and not all of the content: the content is not proven`)
  if (proven.length === 0)
    lines.push('NOTHING IS PROVEN: the copy needs two checkpoints, or the first leaf and one checkpoint')
  return lines.join('\n')
}

function findingText(finding: CopyFinding): string {
  switch (finding.kind) {
    case 'missing':
      return finding.first === finding.last
        ? `leaf ${finding.first} is MISSING`
        : `leaves ${finding.first} to ${finding.last} are MISSING`
    case 'altered':
      return `leaf ${finding.leafIndex} was ALTERED: its ${finding.part}`
    case 'altered_between':
      return `an event of leaves ${finding.first} to ${finding.last} was ALTERED`
    case 'conflicting':
      return `leaf ${finding.leafIndex} has two events that DIFFER`
    case 'checkpoint_refused':
      return `record ${finding.record} has a checkpoint that does NOT VERIFY (${finding.code})`
    case 'checkpoints_forked':
      return `there are two checkpoints of ${finding.treeSize} leaves: the log was FORKED`
    default:
      return `record ${finding.record} says nothing that can be verified`
  }
}
