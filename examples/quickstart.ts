import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import {
  AuditLogger,
  filePublisher,
  installSchema,
  Sequencer,
  verifyArchive,
  verifyEntries,
  writeArchive,
} from '@entraguard/audit-log'
import { createSigner, generateKey, trustLogs } from '@entraguard/audit-log/tlog'
import { aDay } from './day.ts'
import { openDatabase } from './open-database.ts'

// The main job on real input: install, log a day, query, export and verify offline; then see tampering refused, and what is
// not refused to a superuser caught. Runs on PGlite inside this process, or with DATABASE_URL on a server of yours (as a
// superuser, in a database for trying).

const folder = fileURLToPath(new URL('../.quickstart/', import.meta.url))
await rm(folder, { recursive: true, force: true })
await mkdir(folder)
const say = (step: string, text: string): void => console.log(`${step.padEnd(11)}${text}`)

const database = await openDatabase()
const { db } = database
const installed = await installSchema(db)
say('schema', `version ${installed.to} on ${database.where}`)

const audit = new AuditLogger({ db, onlyKnownActions: true })
const entries = await audit.logMany([...aDay()])
const last = entries.at(-1)
say('log', `${entries.length} events, the last as seq ${last?.seq} at ${last?.timestamp}`)
say('', `entry_hash ${last?.entry_hash}`)

const found = await audit.query().action('risk.*').limit(10).page()
for (const { timestamp, user_id, target } of found.entries) say('query', `${timestamp} ${user_id} accepted ${target}`)

const exported = `${folder}export.ndjson`
await pipeline(async function* () {
  for await (const entry of audit.query().order('oldest').stream()) yield `${JSON.stringify(entry)}\n`
}, createWriteStream(exported))
const report = await verifyEntries(createReadStream(exported))
say('export', `${report.entries} entries, ${report.faulty} of them faulty`)

// The log becomes provable: a sequencer signs checkpoints with a key that the database never sees.
const key = await generateKey('audit.example.com/quickstart', 'ed25519')
const sequencer = new Sequencer({
  db,
  signers: [await createSigner(key.signerKey)],
  verifierKeys: [key.verifierKey],
  publishers: [filePublisher(`${folder}published`)],
})
await sequencer.run()
const policy = trustLogs([key.verifierKey])
await writeFile(`${folder}log.vkey`, `${key.verifierKey}\n`)
await writeArchive(db, `${folder}archive`)
const archive = await verifyArchive(`${folder}archive`, { policy })
say('archive', `${archive.entries} entries, verdict ${archive.verdict}, signed by ${archive.origin}`)

console.log('\nNow somebody tampers with it.')
const change = "update audit_log.entry set user_id = 'mallory' where action = 'risk.accepted'"
for (const statement of [change, 'delete from audit_log.entry', 'truncate audit_log.entry']) {
  const refused = await db.query(statement).then(
    () => 'NOT REFUSED',
    (error: unknown) => `refused: ${(error as Error).message}`,
  )
  say('statement', `${statement.slice(0, 24).padEnd(24)}  ${refused}`)
}

// In an export a denied attempt becomes a success: the entry does not hash to its entry_hash any more.
const edited = `${folder}edited.ndjson`
await writeFile(edited, (await readFile(exported, 'utf8')).replace('"outcome":"denied"', '"outcome":"success"'))
await verifyEntries(createReadStream(edited), {
  onFault: ({ position, seq, fault, field, original }) =>
    say('export', `entry ${position} (seq ${seq}): ${fault}, ${field} was recorded as ${JSON.stringify(original)}`),
})

// A superuser switches the guards off, edits an entry, and switches them on again. The tree that was signed knows.
const table = 'audit_log.entry'
await db.query(`alter table ${table} disable trigger all`)
await db.query(change)
await db.query(`alter table ${table} enable trigger all`)
await writeArchive(db, `${folder}tampered`)
const tampered = await verifyArchive(`${folder}tampered`, { policy })
for (const { message, seq, field } of tampered.findings)
  say('superuser', `seq ${seq}: ${message} (${field ?? tampered.verdict})`)
say('', `verdict ${tampered.verdict}`)

await audit.close()
await sequencer.stop()
await database.close()
console.log(`\nTry: npx audit-log verify .quickstart/export.ndjson .quickstart/edited.ndjson`)
console.log('     npx audit-log verify --key "$(cat .quickstart/log.vkey)" .quickstart/archive .quickstart/tampered')
