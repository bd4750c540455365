import { Command } from 'commander'
import { AuditLogError } from '../errors.ts'
import type { Publisher } from '../sequencer/publisher.ts'
import { filePublisher } from '../sequencer/publishers/file.ts'
import { httpPublisher } from '../sequencer/publishers/http.ts'
import { s3Publisher } from '../sequencer/publishers/s3.ts'
import { Sequencer } from '../sequencer/sequencer.ts'
import type { SequencerStatus } from '../sequencer/status.ts'
import { httpWitness } from '../sequencer/witness-client.ts'
import type { Witness } from '../sequencer/witness.ts'
import {
  addDatabaseOptions,
  type DatabaseOptions,
  type ExitCode,
  exitCodes,
  runAction,
  withDatabase,
} from './connect.ts'
import { readSmallFile } from './read-file.ts'
import { readKeyFile } from './read-key.ts'
import { repeatable } from './repeatable.ts'
import { logLine, untilSignal } from './until-signal.ts'
import { wholeNumber } from './whole-number.ts'

interface Options extends DatabaseOptions {
  readonly key: readonly string[]
  readonly oldKey: readonly string[]
  readonly publish: readonly string[]
  readonly retainDays?: number
  readonly witness: readonly string[]
  readonly interval: number
  readonly alarmAfter: number
  readonly once: boolean
}

/** `audit-log sequence`: runs the sequencer until SIGTERM. */
export const sequenceCommand: Command = addDatabaseOptions(
  new Command('sequence')
    .description('Give committed entries their leaves, sign checkpoints and publish them, until SIGTERM or SIGINT.')
    .requiredOption('--key <file>', 'signer key file of the log; two while the key is changed (repeatable)', repeatable)
    .option('--old-key <vkey>', 'verifier keys that the log signed with before (repeatable)', repeatable, [])
    .option('--publish <place>', 'file:PATH, https://..., or s3://BUCKET/PREFIX (repeatable)', repeatable, [])
    .option('--retain-days <days>', 'keep what goes to s3:// under Object Lock for so long', wholeNumber)
    .option(
      '--witness <url=vkey>',
      'submission prefix of a witness, =, and its verifier key or a file with it (repeatable)',
      repeatable,
      [],
    )
    .option('--interval <ms>', 'how often to look for new entries, in milliseconds', wholeNumber, 500)
    .option(
      '--alarm-after <ms>',
      'report an entry that has no leaf after so long, in milliseconds',
      wholeNumber,
      10_000,
    )
    .option('--once', 'do what there is to do now, and end', false)
    .addHelpText(
      'after',
      '\nEach change of the state, and of what witnesses and publishers say, is a line of JSON on standard output. Exit code: 0 ended\nin an orderly way, 1 halted because the log contradicts a checkpoint that was signed before (with --once also when a witness\nsays so), 2 it could not start (with --once also when a witness or a publisher did not take the checkpoint).',
    ),
).action((options: Options) => runAction(() => sequence(options)))

async function sequence(options: Options): Promise<ExitCode> {
  if (options.retainDays !== undefined && !options.publish.some(isS3)) {
    throw new AuditLogError('option_invalid', '--retain-days is for places that begin with s3://, and there is none')
  }
  const keys = await Promise.all(options.key.map((file) => readKeyFile(file, 'ed25519')))
  const publishers = await Promise.all(options.publish.map((place) => readPublisher(place, options.retainDays)))
  const witnesses = options.witness.map(readWitness)
  return withDatabase(options, async (db) => {
    const halted = new AbortController()
    const sequencer = new Sequencer({
      db,
      schema: options.schema,
      signers: keys.map(({ signer }) => signer),
      verifierKeys: [...keys.map(({ verifierKey }) => verifierKey), ...options.oldKey],
      publishers,
      witnesses,
      intervalMs: options.interval,
      alarmAfterMs: options.alarmAfter,
      onStateChange: (status) => {
        logLine('state', status)
        if (status.state === 'halted') halted.abort()
      },
      onBacklog: (backlog) => logLine('backlog', backlog),
    })
    if (options.once) {
      await sequencer.run()
      await sequencer.stop()
      return afterOnce(sequencer.status())
    }
    sequencer.start()
    const whenHalted = new Promise((resolve) => halted.signal.addEventListener('abort', resolve))
    await Promise.race([untilSignal(), whenHalted])
    await sequencer.stop()
    return halted.signal.aborted ? exitCodes.finding : exitCodes.ok
  })
}

/** Nobody may take a checkpoint for published, or the log for seen, when it is not. */
function afterOnce({ witnesses, publishers }: SequencerStatus): ExitCode {
  const failed = [...witnesses, ...publishers].filter(({ failure }) => failure !== undefined)
  if (failed.some(({ code }) => code === 'witness_refused')) return exitCodes.finding
  const [first] = failed
  if (first === undefined) return exitCodes.ok
  throw new AuditLogError(first.code ?? 'publisher_failed', `${first.name}: ${first.failure}`)
}

const isS3 = (place: string): boolean => place.startsWith('s3://')

async function readPublisher(place: string, retainDays: number | undefined): Promise<Publisher> {
  if (place.startsWith('file:')) return filePublisher(place.slice('file:'.length))
  if (!isS3(place)) return httpPublisher({ url: place })
  const { hostname: bucket, pathname } = new URL(place)
  const { S3Client } = await import('@aws-sdk/client-s3').catch((error: unknown) => {
    throw new AuditLogError('driver_missing', 'the package "@aws-sdk/client-s3" is not installed', { cause: error })
  })
  // Region, endpoint and credentials come from the environment, as everywhere with this client.
  const client = new S3Client({})
  return s3Publisher({ client, bucket, prefix: pathname.slice(1), retainDays })
}

/** `https://witness.example=vkey`, where the key may be the name of a file with it. */
function readWitness(option: string): Witness {
  const [, url, key] = /^([^=]+)=(.+)$/.exec(option) ?? []
  if (url === undefined || key === undefined) {
    throw new AuditLogError('option_invalid', 'expected --witness <url>=<verifier key>')
  }
  const verifierKey = key.includes('+') ? key : readSmallFile(key).toString().trim()
  return httpWitness({ url, verifierKey })
}
