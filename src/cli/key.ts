import { open } from 'node:fs/promises'
import { Command } from 'commander'
import { AuditLogError } from '../errors.ts'
import { generateKey } from '../tlog/index.ts'
import { type ExitCode, exitCodes, runAction } from './connect.ts'

interface Options {
  readonly name: string
  readonly out: string
  readonly witness: boolean
  readonly json: boolean
}

/** `audit-log key`: makes a signer key file and prints the verifier key. */
export const keyCommand: Command = new Command('key')
  .description(
    'Make a signing key of a log or of a witness: the secret goes to a new file, the public verifier key is printed.',
  )
  .requiredOption('--name <name>', 'for a log its origin, e.g. audit.example.com/entraguard; for a witness its name')
  .requiredOption('--out <file>', 'file for the secret signer key; must not exist, gets mode 0600')
  .option('--witness', 'make a key that cosigns, for audit-log witness', false)
  .option('--json', 'print one JSON object', false)
  .action((options: Options) => runAction(() => makeKey(options), options.json))

async function makeKey({ name, out, witness, json }: Options): Promise<ExitCode> {
  const { signerKey, verifierKey } = await generateKey(name, witness ? 'cosignature/v1' : 'ed25519')
  // Never over another key, which may be the only one that a log can go on with.
  const file = await open(out, 'wx', 0o600).catch((error: unknown) => {
    const message = `cannot make the file ${out}: it exists, or its folder cannot be written`
    throw new AuditLogError('option_invalid', message, { cause: error })
  })
  try {
    await file.writeFile(`${signerKey}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  process.stdout.write(json ? `${JSON.stringify({ verifierKey, file: out })}\n` : `${verifierKey}\n`)
  return exitCodes.ok
}
