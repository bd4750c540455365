import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { AuditLogger, type Entry, verifyEntry } from '../../../src/index.ts'
import { refusal, testLog } from '../../support/database.ts'

const run = promisify(execFile)
const examples = fileURLToPath(new URL('../../../examples/', import.meta.url))
const log = await testLog()
const audit = new AuditLogger({ db: log.appPool })
const { admin, appPool } = log

const has = (program: string, ...args: string[]): boolean => spawnSync(program, args).status === 0
const psqlIsThere = has('psql', '--version')
/** The system's own Python comes second: another one may be in front of it on the path. */
const drivers = ['python3', '/usr/bin/python3'].flatMap((python) =>
  ['psycopg', 'psycopg2', 'pg8000.dbapi']
    .filter((driver) => has(python, '-c', `import ${driver}`))
    .map((driver) => [driver, python] as const),
)

async function psql(sql: string): Promise<string> {
  const { stdout } = await run('psql', ['-X', '-qAt', '-v', 'ON_ERROR_STOP=1', '-d', log.writer.url, '-c', sql])
  return stdout.trim()
}

const recorded = async (seq: string | number): Promise<Entry> => {
  const { entries } = await audit
    .query()
    .seq({ from: Number(seq), to: Number(seq) })
    .page()
  return entries[0] as Entry
}

describe('log()', () => {
  it('records an event like any other writer, and returns what the server gave the entry', async () => {
    const { rows } = await appPool.query<{ seq: string; id: string; timestamp: Date; entry_hash: string }>(
      `select * from audit_log.log(action => 'task.failed', target => 'task:42', user_id => 'worker', outcome => 'failure',
         source_ip => '2001:DB8::1', tenant_id => 'contoso', details => '{"z": 1.50, "a": {"é": [true, null]}}')`,
    )
    const entry = await recorded(rows[0]!.seq)
    expect(entry).toMatchObject({
      action: 'task.failed',
      target: 'task:42',
      user_id: 'worker',
      outcome: 'failure',
      source_ip: '2001:db8::1',
      tenant_id: 'contoso',
      details: { a: { é: [true, null] }, z: 1.5 },
      recorded_by: log.app.name,
      id: rows[0]!.id,
      entry_hash: rows[0]!.entry_hash,
    })
    expect(rows[0]!.timestamp.toISOString().slice(0, 23)).toBe(entry.timestamp.slice(0, 23))
    expect(verifyEntry(entry)).toBe(true)
  })

  it('needs nothing but an action', async () => {
    for (const call of [`log('a.b')`, `log(action => 'a.b', details => null, outcome => null)`]) {
      const { rows } = await appPool.query<{ seq: string }>(`select seq from audit_log.${call}`)
      expect(await recorded(rows[0]!.seq)).toMatchObject({
        action: 'a.b',
        details: {},
        outcome: 'success',
        user_id: null,
      })
    }
  })

  it('refuses what the table refuses', async () => {
    for (const wrong of [
      `'Not An Action'`,
      `null`,
      `'a.b', outcome => 'fine'`,
      `'a.b', details => '[1]'`,
      `'a.b', source_ip => '10.0.0.0/8'`,
    ]) {
      expect(await refusal(appPool.query(`select audit_log.log(${wrong})`))).toBe('WO002')
    }
    expect(await refusal(appPool.query(`select audit_log.log('a.b', details => '{')`))).toBe('22P02')
  })

  it('is for the writer role alone, and runs with the rights of its caller', async () => {
    expect(await refusal(log.pool(log.reader.url).query(`select audit_log.log('a.b')`))).toBe('42501')
    const { rows } = await admin.query(
      `select prosecdef, has_function_privilege('public', oid, 'execute') as public from pg_proc
       where proname = 'log' and pronamespace = 'audit_log'::regnamespace`,
    )
    expect(rows).toEqual([{ prosecdef: false, public: false }])
    // A login that may call the function and not insert gains nothing by it.
    const caller = await log.login()
    await admin.query(`grant usage on schema audit_log to ${caller.name};
      grant execute on function audit_log.log(text, text, text, json, text, inet, text) to ${caller.name}`)
    expect(await refusal(log.pool(caller.url).query(`select audit_log.log('a.b')`))).toBe('42501')
  })

  it('commits and rolls back with the transaction that it is called in', async () => {
    const client = await log.connect(log.app.url)
    await client.query('begin')
    const { rows } = await client.query<{ seq: string }>(`select seq from audit_log.log('a.b')`)
    await client.query('rollback')
    expect(await recorded(rows[0]!.seq)).toBeUndefined()
  })

  it('finds its own table whatever the session calls by that name', async () => {
    const client = await log.connect(log.app.url)
    await client.query(`create temp table entry (seq int, action text); set search_path = pg_temp, public`)
    const { rows } = await client.query<{ seq: string }>(`select seq from audit_log.log('a.b')`)
    expect((await recorded(rows[0]!.seq)).action).toBe('a.b')
  })
})

describe.skipIf(!psqlIsThere)('through psql (skipped when psql is not installed)', () => {
  it('logs with one statement', async () => {
    const seq = await psql(`select seq from audit_log.log(action => 'task.failed', details => '{"from": "psql"}')`)
    const entry = await recorded(seq)
    expect(entry).toMatchObject({ action: 'task.failed', details: { from: 'psql' }, recorded_by: log.writer.name })
    expect(verifyEntry(entry)).toBe(true)
  })

  it('runs the example, with names that would have to be escaped', async () => {
    const user = `O'Brien"; drop table audit_log.entry; --`
    const { stdout } = await run(
      'psql',
      // prettier-ignore
      ['-X', '-qAt', '-v', 'ON_ERROR_STOP=1', '-v', `user=${user}`, '-v', 'finding=42', '-d', log.writer.url, '-f', `${examples}psql/log.sql`],
    )
    const entry = await recorded(stdout.split('|')[0]!)
    expect(entry).toMatchObject({ action: 'finding.acknowledged', user_id: user, target: 'finding:42' })
    expect(verifyEntry(entry)).toBe(true)
  })

  it('runs the statement of the Python example', async () => {
    const { stdout } = await run('python3', ['-c', 'import audit_log; print(audit_log.STATEMENT)'], {
      cwd: `${examples}python`,
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
    })
    const values = [`'task.failed'`, `'task:1'`, 'null', `'{"b": 1, "a": "\\u00e9"}'`, `'failure'`, `'::1'`, 'null']
    const entry = await recorded((await psql(stdout.replaceAll('%s', () => values.shift()!))).split('|')[0]!)
    expect(entry).toMatchObject({ target: 'task:1', details: { a: 'é', b: 1 }, outcome: 'failure', source_ip: '::1' })
    expect(verifyEntry(entry)).toBe(true)
  })
})

describe.skipIf(drivers.length === 0)('through Python (skipped when no DB-API driver is installed)', () => {
  it.each(drivers)('runs the example with %s of %s', async (driver, python) => {
    const program = `
import sys, importlib, urllib.parse
sys.path.insert(0, sys.argv[2])
from audit_log import log
driver = importlib.import_module(sys.argv[1])
url = urllib.parse.urlsplit(sys.argv[3])
parts = dict(user=url.username, password=url.password, host=url.hostname, port=url.port)
name = "database" if sys.argv[1].startswith("pg8000") else "dbname"
connection = driver.connect(**parts, **{name: url.path[1:]})
cursor = connection.cursor()
log(cursor, "rolled.back")
connection.rollback()
seq, _, _ = log(cursor, "task.failed", target="task:1", details={"b": 1.5, "a": "\\U0001f600"}, source_ip="203.0.113.7")
connection.commit()
print(seq)`
    const { stdout } = await run(python, ['-c', program, driver, `${examples}python`, log.writer.url], {
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
    })
    const entry = await recorded(stdout.trim())
    expect(entry).toMatchObject({ target: 'task:1', details: { a: '\u{1f600}', b: 1.5 }, source_ip: '203.0.113.7' })
    expect(verifyEntry(entry)).toBe(true)
    expect(await audit.query().action('rolled.back').count()).toBe(0)
  })
})
