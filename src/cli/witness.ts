import { Command } from 'commander'
import { AuditLogError } from '../errors.ts'
import { parsePolicy } from '../tlog/index.ts'
import { serveWitness } from '../witness/serve-witness.ts'
import { createWitnessHandler } from '../witness/witness-handler.ts'
import { WitnessFolder } from '../witness/witness-state.ts'
import { type ExitCode, exitCodes, runAction } from './connect.ts'
import { readSmallFile } from './read-file.ts'
import { readKeyFile } from './read-key.ts'
import { repeatable } from './repeatable.ts'
import { logLine, untilSignal } from './until-signal.ts'

interface Options {
  readonly key: string
  readonly state: string
  readonly log: readonly string[]
  readonly policy?: string
  readonly listen: string
}

/** `audit-log witness`: cosigns the checkpoints of logs until SIGTERM. */
export const witnessCommand: Command = new Command('witness')
  .description('Cosign the checkpoints of logs that only grow (c2sp.org/tlog-witness), until SIGTERM or SIGINT.')
  .requiredOption('--key <file>', 'signer key file of the witness, from audit-log key --witness')
  .requiredOption('--state <folder>', 'where it keeps the last size and root hash of each log')
  .option('--log <vkey>', 'verifier keys of the logs to watch (repeatable)', repeatable, [])
  .option('--policy <file>', 'a policy (c2sp.org/tlog-policy) whose logs to watch')
  .option('--listen <host:port>', 'where to listen; put TLS in front of anything but loopback', '127.0.0.1:8080')
  .addHelpText('after', '\nEach request is a line of JSON on standard output; "forked" and "rolled_back" are alarms.')
  .action((options: Options) => runAction(() => witness(options)))

async function witness(options: Options): Promise<ExitCode> {
  const { signer, verifierKey } = await readKeyFile(options.key, 'cosignature/v1')
  const watched = options.policy === undefined ? [] : parsePolicy(readSmallFile(options.policy)).logs
  const logs = [...options.log, ...watched.map(({ verifier }) => verifier)]
  if (logs.length === 0) throw new AuditLogError('option_invalid', 'name a log to watch with --log or --policy')
  const { host, port } = readAddress(options.listen)
  const state = await WitnessFolder.open(options.state)
  try {
    const onOutcome = (outcome: object): void => logLine('request', outcome)
    const server = await serveWitness(createWitnessHandler({ signer, logs, state, onOutcome }), { host, port })
    logLine('listening', { url: server.url, verifierKey })
    await untilSignal()
    await server.stop()
    return exitCodes.ok
  } finally {
    await state.close()
  }
}

function readAddress(listen: string): { readonly host: string; readonly port: number } {
  const [, host = '', port = ''] = /^\[?([^\]]+?)\]?:([0-9]{1,5})$/.exec(listen) ?? []
  if (host === '' || Number(port) > 65_535) {
    throw new AuditLogError('option_invalid', 'expected --listen <host>:<port>')
  }
  return { host, port: Number(port) }
}
