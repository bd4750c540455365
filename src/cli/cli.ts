#!/usr/bin/env node
import { Command } from 'commander'
import { version } from '../../package.json'

// Each is loaded when it is called: what one command needs takes the others longer to load than to run.
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  archive: async () => (await import('./archive.ts')).archiveCommand,
  doctor: async () => (await import('./doctor.ts')).doctorCommand,
  drill: async () => (await import('./drill.ts')).drillCommand,
  evidence: async () => (await import('./evidence.ts')).evidenceCommand,
  export: async () => (await import('./export.ts')).exportCommand,
  forward: async () => (await import('./forward.ts')).forwardCommand,
  harden: async () => (await import('./harden.ts')).hardenCommand,
  index: async () => (await import('./create-index.ts')).indexCommand,
  key: async () => (await import('./key.ts')).keyCommand,
  prove: async () => (await import('./prove.ts')).proveCommand,
  purge: async () => (await import('./purge.ts')).purgeCommand,
  retention: async () => (await import('./retention.ts')).retentionCommand,
  sequence: async () => (await import('./sequence.ts')).sequenceCommand,
  sink: async () => (await import('./sink.ts')).sinkCommand,
  verify: async () => (await import('./verify.ts')).verifyCommand,
  'verify-copy': async () => (await import('./verify-copy.ts')).verifyCopyCommand,
  witness: async () => (await import('./witness.ts')).witnessCommand,
}

const program = new Command('audit-log')
  .description('Works with the audit log of @entraguard/audit-log.')
  .version(version)
  .showHelpAfterError()
const called = process.argv[2] ?? ''
for (const name of Object.hasOwn(commands, called) ? [called] : Object.keys(commands)) {
  const command = await commands[name]?.()
  if (command !== undefined) program.addCommand(command)
}

// Commander ends with 1 for a wrong command line; here 1 means that something does not verify, so that becomes 2.
for (const command of [program, ...program.commands, ...program.commands.flatMap(({ commands }) => commands)]) {
  command.exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
}
// So does whatever could not be said to the end: a reader of the output that went away (`| head`), or a fault of ours.
process.stdout.on('error', () => process.exit(2))
try {
  await program.parseAsync()
} catch (error) {
  console.error(error)
  process.exitCode = 2
}
