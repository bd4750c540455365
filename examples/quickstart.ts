import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { AuditLogger, installSchema, verifyEntries } from '@entraguard/audit-log'
import { aDay } from './day.ts'
import { openDatabase } from './open-database.ts'

// The main job on real input: install, log a day, query, export, verify offline, and see tampering refused and caught.
// Runs on PGlite inside this process, or with DATABASE_URL on a server of yours (as a superuser, in a database for trying).

const database = await openDatabase()
const { db } = database
console.log(`database      ${database.where}`)

const installed = await installSchema(db)
console.log(`schema        version ${installed.from} -> ${installed.to}`)

const audit = new AuditLogger({ db })
const entries = await audit.logMany([...aDay()])
const last = entries.at(-1)
console.log(`logged        ${entries.length} events, the last as seq ${last?.seq} at ${last?.timestamp}`)
console.log(`              entry_hash ${last?.entry_hash}`)

const accepted = await audit.query().action('risk.*').limit(10).page()
for (const { timestamp, user_id, target, details } of accepted.entries) {
  console.log(
    `query         ${timestamp} ${user_id} accepted the risk of ${target}: ${JSON.stringify(details['justification'])}`,
  )
}

const folder = new URL('../.quickstart/', import.meta.url)
const file = new URL('export.ndjson', folder)
await mkdir(folder, { recursive: true })
await pipeline(async function* () {
  for await (const entry of audit.query().order('oldest').stream()) yield `${JSON.stringify(entry)}\n`
}, createWriteStream(file))
const report = await verifyEntries(createReadStream(file))
console.log(`exported      ${report.entries} entries to .quickstart/export.ndjson, ${report.faulty} of them faulty`)

for (const statement of [
  'update audit_log.entry set user_id = null',
  'delete from audit_log.entry',
  'truncate audit_log.entry',
]) {
  const refused = await db.query(statement).then(
    () => 'NOT REFUSED',
    (error: unknown) => `refused: ${(error as Error).message}`,
  )
  console.log(`tampering     ${statement}: ${refused}`)
}

// Somebody turns a denied attempt into a success: the entry does not hash to its entry_hash any more.
const edited = new URL('edited.ndjson', folder)
await writeFile(edited, (await readFile(file, 'utf8')).replace('"outcome":"denied"', '"outcome":"success"'))
await verifyEntries(createReadStream(edited), {
  onFault: ({ position, seq, fault, field, original }) =>
    console.log(
      `tampering     entry ${position} (seq ${seq}) of the edited export: ${fault}, ${field} was recorded as ${JSON.stringify(original)}`,
    ),
})

await audit.close()
await database.close()
console.log('try           npx audit-log verify .quickstart/export.ndjson .quickstart/edited.ndjson')
