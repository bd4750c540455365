#!/usr/bin/env node
import { Command } from 'commander'
import { archiveCommand } from './archive.ts'
import { doctorCommand } from './doctor.ts'
import { drillCommand } from './drill.ts'
import { evidenceCommand } from './evidence.ts'
import { exportCommand } from './export.ts'
import { forwardCommand } from './forward.ts'
import { hardenCommand } from './harden.ts'
import { keyCommand } from './key.ts'
import { proveCommand } from './prove.ts'
import { purgeCommand } from './purge.ts'
import { retentionCommand } from './retention.ts'
import { sequenceCommand } from './sequence.ts'
import { sinkCommand } from './sink.ts'
import { verifyCommand } from './verify.ts'
import { verifyCopyCommand } from './verify-copy.ts'
import { witnessCommand } from './witness.ts'

const program = new Command('audit-log')
  .description('Works with the audit log of @entraguard/audit-log.')
  .showHelpAfterError()
  .addCommand(archiveCommand)
  .addCommand(doctorCommand)
  .addCommand(drillCommand)
  .addCommand(evidenceCommand)
  .addCommand(exportCommand)
  .addCommand(forwardCommand)
  .addCommand(hardenCommand)
  .addCommand(keyCommand)
  .addCommand(proveCommand)
  .addCommand(purgeCommand)
  .addCommand(retentionCommand)
  .addCommand(sequenceCommand)
  .addCommand(sinkCommand)
  .addCommand(verifyCommand)
  .addCommand(verifyCopyCommand)
  .addCommand(witnessCommand)

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
