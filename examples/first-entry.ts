import pg from 'pg'
import { AuditLogger, installSchema } from '@entraguard/audit-log'

const admin = new pg.Pool({ connectionString: process.env['ADMIN_DATABASE_URL'] })
await installSchema(admin, { grant: { writer: ['app'], reader: ['app'] } })
await admin.end()

const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL'] })
const audit = new AuditLogger({ db: pool })

const entry = await audit.log({ action: 'user.login', user_id: 'alice', source_ip: '203.0.113.7' })
console.log(entry.seq, entry.timestamp, entry.entry_hash)

await audit.close()
await pool.end()
