import { createReadStream, existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Command } from 'commander'
import { AuditLogError } from '../errors.ts'
import type { VerificationReport } from '../evidence/verdict.ts'
import { type EntriesReport, type FaultyEntry, verifyEntries } from '../evidence/verify-entries.ts'
import type { Policy } from '../tlog/index.ts'
import {
  addDatabaseOptions,
  type DatabaseOptions,
  type ExitCode,
  exitCodes,
  runAction,
  withDatabase,
} from './connect.ts'
import { progressBar } from './progress-bar.ts'
import { repeatable } from './repeatable.ts'
import { readCheckpoint, readPolicy, requirePolicy, type TrustOptions } from './trust.ts'
import { describeReport, type EvidenceKind, kindOf, verifyEvidence } from './verify-evidence.ts'

interface Options extends DatabaseOptions, TrustOptions {
  readonly json: boolean
  readonly database: boolean
  readonly record: boolean
  readonly from?: string
  readonly entry?: string
  readonly exporter?: readonly string[]
  readonly purgedBy?: readonly string[]
  readonly canonical: boolean
  readonly bytesOnly: boolean
}

/** `audit-log verify FILE`: exit code 0 when everything verifies, 1 when something does not, 2 when that cannot be told. */
export const verifyCommand: Command = addDatabaseOptions(new Command('verify'))
  .description(
    'Verify an archive, a bundle, a proof that the log has an entry or only grew, or each entry of an export (NDJSON, a JSON array, a response of the list endpoint) against its own hash. Which of them a path is, its contents tell.',
  )
  .argument('[path...]', 'files and directories to verify; - for an export on standard input')
  .option('--key <vkey>', 'verifier keys of the log: whose checkpoints are trusted (repeatable)', repeatable)
  .option(
    '--policy <file>',
    'whose checkpoints are trusted, and how many witnesses must have cosigned (c2sp.org/tlog-policy)',
  )
  .option(
    '--from <checkpoint>',
    'file, or archive, with a checkpoint that was verified before: an archive is verified from there on, and a proof of growth is about it',
  )
  .option(
    '--entry <file>',
    'the entry that a proof is about, as JSON, or its entry_hash; the hash may stand in place of the file',
  )
  .option(
    '--exporter <vkey>',
    'verifier keys of who may have exported a bundle: one of them must have signed it (repeatable)',
    repeatable,
  )
  .option(
    '--purged-by <login>',
    'archives, bundles and database: logins whose records of purges count, e.g. the archivist; without it anybody who may write can say that entries were purged (repeatable)',
    repeatable,
  )
  .option('--database', 'verify the log in the database; with --from it must continue that checkpoint', false)
  .option(
    '--record',
    'database: write the verdict into the log, as the entry audit_log.verified; needs the writer role',
    false,
  )
  .option('--canonical', 'archives and database: also check that each entry is canonical JSON', false)
  .option('--json', 'print one JSON object for each finding and for each file', false)
  .option(
    '--bytes-only',
    'hash the bytes as they stand and skip the check of their canonical form: about three times as fast',
    false,
  )
  .addHelpText('after', '\nExit code: 0 everything verifies, 1 something does not, 2 that cannot be told.')
  .action((paths: string[], options: Options) =>
    runAction(async () => {
      if (paths.length === 0 && !options.database) {
        throw new AuditLogError('option_invalid', 'give files or directories to verify, or --database')
      }
      if (options.record && !options.database) {
        throw new AuditLogError('option_invalid', '--record is about the log in the database: give --database')
      }
      const policy = await readPolicy(options)
      const codes: ExitCode[] = options.database ? [await verifyDatabase(options, policy)] : []
      for (const path of paths) {
        const kind = kindOf(path)
        refuseForeign(path, kind, options)
        codes.push(
          kind === 'entries' ? await verifyFile(path, options) : await verifySigned(path, kind, options, policy),
        )
      }
      return codes.includes(exitCodes.cannotTell)
        ? exitCodes.cannotTell
        : codes.includes(exitCodes.finding)
          ? exitCodes.finding
          : exitCodes.ok
    }, options.json),
  )

const onlyFor: readonly (readonly ['exporter' | 'from' | 'entry' | 'purgedBy', readonly EvidenceKind[], string])[] = [
  ['exporter', ['bundle'], 'only bundles are signed by who exports them (--exporter)'],
  ['from', ['archive', 'growth'], 'only archives and proofs of growth show what became of an earlier log (--from)'],
  ['entry', ['proof'], 'only a proof is about an entry from elsewhere (--entry)'],
  ['purgedBy', ['archive', 'bundle'], 'only archives and bundles tell what was purged (--purged-by)'],
]

/** An option that says nothing about a file must not leave the impression that the file was verified against it. */
function refuseForeign(path: string, kind: EvidenceKind, options: Options): void {
  if (path !== '-' && !existsSync(path)) return
  for (const [option, kinds, why] of onlyFor) {
    if (options[option] === undefined || kinds.includes(kind)) continue
    throw new AuditLogError('option_invalid', `${path} holds something else: ${why}`)
  }
}

async function verifyDatabase(options: Options, given: Policy | undefined): Promise<ExitCode> {
  const policy = requirePolicy(given)
  const since = options.from === undefined ? undefined : readCheckpoint(options.from)
  const { schema, canonical, purgedBy } = options
  // Files are verified without a database, and without what it takes to ask one.
  const { verifyLog } = await import('../evidence/verify-log.ts')
  return withDatabase(options, async (pool) => {
    if (options.record) {
      const { requireRecorder } = await import('../evidence/verification-record.ts')
      await requireRecorder(pool, schema)
    }
    const report = await verifyLog(pool, { policy, schema, since, canonical, purgedBy })
    const code = print('database', report, options.json)
    if (options.record) {
      const { verificationEvent } = await import('../evidence/verification-record.ts')
      const { AuditLogger } = await import('../log/audit-logger.ts')
      await new AuditLogger({ db: pool, schema }).log(verificationEvent(report))
    }
    return code
  })
}

async function verifySigned(
  path: string,
  kind: Exclude<EvidenceKind, 'entries'>,
  options: Options,
  policy: Policy | undefined,
): Promise<ExitCode> {
  const { from, entry, exporter, purgedBy, canonical, json } = options
  const bar = progressBar('verifying')
  const onProgress = (done: number, total: number): void => bar.update(done, total)
  try {
    const report = await verifyEvidence(path, kind, {
      policy,
      from,
      entry,
      exporter,
      purgedBy,
      canonical,
      onProgress,
    }).finally(() => bar.stop())
    return print(path, report, json, kind)
  } catch (error) {
    if (!(error instanceof AuditLogError)) throw error
    process.stderr.write(
      options.json
        ? `${JSON.stringify({ file: path, error: error.code, message: error.message })}\n`
        : `${path}: cannot be verified: ${error.message} (${error.code})\n`,
    )
    return exitCodes.cannotTell
  }
}

function print(path: string, report: VerificationReport, json: boolean, kind?: EvidenceKind): ExitCode {
  process.stdout.write(`${json ? JSON.stringify({ file: path, ...report }) : describeReport(path, report, kind)}\n`)
  return report.ok ? exitCodes.ok : exitCodes.finding
}

async function verifyFile(file: string, options: Options): Promise<ExitCode> {
  // How much comes from standard input nobody knows.
  const size = file === '-' ? 0 : await sizeOf(file)
  const bar = size === 0 ? undefined : progressBar('verifying')
  const say = (text: string): void => {
    bar?.clearLine()
    process.stdout.write(`${text}\n`)
  }
  const sayFault = (entry: FaultyEntry): void =>
    say(options.json ? JSON.stringify({ file, ...entry }) : faultText(file, entry))
  // Held back: where no entry has a hash, nothing was found out about any of them.
  const hashless: FaultyEntry[] = []
  let hashlessCount = 0
  try {
    const report = await verifyEntries(
      file === '-' ? process.stdin : createReadStream(file, { highWaterMark: 256 * 1024 }),
      {
        canonical: !options.bytesOnly,
        onProgress: (bytes) => bar?.update(bytes, size),
        onFault: (entry) => {
          if (entry.fault !== 'missing_field' || entry.field !== 'entry_hash') return sayFault(entry)
          hashlessCount += 1
          if (hashless.length < namedHashless) hashless.push(entry)
        },
      },
    )
    bar?.stop()
    if (hashlessCount > 0 && hashlessCount === report.entries) throw new AuditLogError('file_unreadable', withoutHashes)
    for (const entry of hashless) sayFault(entry)
    say(options.json ? JSON.stringify({ file, ...report }) : reportText(file, report))
    // Nothing was verified where there is nothing: somebody may have emptied the file.
    if (report.faulty > 0) return exitCodes.finding
    return report.intact ? exitCodes.ok : exitCodes.cannotTell
  } catch (error) {
    bar?.stop()
    const [code, message] =
      error instanceof AuditLogError
        ? [error.code, error.message]
        : ['file_unreadable', error instanceof Error ? error.message : 'unknown']
    process.stderr.write(
      options.json
        ? `${JSON.stringify({ file, error: code, message })}\n`
        : `${file}: cannot be verified: ${message}\n`,
    )
    return exitCodes.cannotTell
  }
}

/** How many entries without a hash are named; the report counts all of them. */
const namedHashless = 1000
const withoutHashes =
  'no entry in it has a hash. Such are the files of an archive, whose hashes stand in its tiles: verify the directory of the archive'

async function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    () => 0,
  )
}

function reportText(file: string, { entries, faulty }: EntriesReport): string {
  if (entries === 0) return `${file}: no entries`
  return faulty === 0
    ? `${file}: all ${entries} entries hash to their own entry_hash; nothing here shows what was left out, or edited and hashed again`
    : `${file}: ${faulty} of ${entries} entries DO NOT VERIFY`
}

function faultText(file: string, entry: FaultyEntry): string {
  const name = entry.seq === undefined ? '' : ` (seq ${entry.seq})`
  return `${file}: entry ${entry.position}${name}: ${reasons[entry.fault](entry)}`
}

const reasons: Readonly<Record<FaultyEntry['fault'], (entry: FaultyEntry) => string>> = {
  not_json: () => 'is not JSON that can be read without doubt',
  not_an_object: () => 'is not an object',
  missing_field: ({ field }) => `has no ${field}`,
  unknown_field: ({ field }) => `has a field that no entry has: ${printable(field)}`,
  malformed_field: ({ field }) => `has a ${field} that the log never records`,
  hash_mismatch: ({ field, original }) =>
    field === undefined
      ? 'does not hash to its entry_hash'
      : `was edited: its hash fits when ${field} is ${printable(original)}`,
}

/** A value from a file as JSON, without what a terminal would obey (C1 controls) or show in another order. */
function printable(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
