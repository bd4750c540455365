import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { describe, expect, inject, it } from 'vitest'
import {
  AuditLogError,
  type AuditLogErrorCode,
  AuditLogger,
  currentSchemaVersion,
  installSchema,
  schemaSql,
  verifyEntry,
} from '../../../src/index.ts'
import { resolveNames } from '../../../src/schema/names.ts'
import { installSteps } from '../../../src/schema/script.ts'
import { ownRoles, refusal, testDatabase } from '../../support/database.ts'

const current = { from: currentSchemaVersion, to: currentSchemaVersion }

async function codeOf(work: Promise<unknown>): Promise<AuditLogErrorCode> {
  return (await errorOf(work)).code
}
async function errorOf(work: Promise<unknown>): Promise<AuditLogError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof AuditLogError)) throw new Error('expected an AuditLogError', { cause: error })
  return error
}

describe('installSchema', async () => {
  const database = await testDatabase()
  const roles = ownRoles()
  const app = await database.login()

  it('installs everything, and nothing the second time', async () => {
    const grant = { writer: [app.name], reader: [app.name] }
    expect(await installSchema(database.admin, { roles, grant })).toEqual({ from: 0, to: currentSchemaVersion })
    expect(await installSchema(database.admin, { roles, grant })).toEqual(current)
  })

  it('takes no lock but that of its own SELECTs when nothing is to do', async () => {
    const holder = await database.connect()
    await holder.query('begin')
    const { rows } = await holder.query<{ name: string }>(
      `select format('%I.%I', relnamespace::regnamespace::text, relname) as name from pg_class
       where relnamespace = 'audit_log'::regnamespace and relkind in ('r', 'p')`,
    )
    // EXCLUSIVE lets through ACCESS SHARE and nothing else.
    for (const { name } of rows) await holder.query(`lock table ${name} in exclusive mode`)
    await holder.query('lock table pg_catalog.pg_auth_members in exclusive mode')
    expect(rows.length).toBeGreaterThan(5)
    expect(await installSchema(database.admin, { roles, grant: { writer: [app.name] }, timeoutMs: 0 })).toEqual(current)
    await holder.query('rollback')
  })

  it('needs no rights when nothing is to do', async () => {
    expect(await installSchema(database.pool(app.url), { roles, grant: { writer: [app.name] } })).toEqual(current)
  })

  it('gives all objects to the owner role, which has no members', async () => {
    const { rows } = await database.admin.query(
      `select distinct pg_get_userbyid(owner) as owner from (
         select relowner as owner from pg_class where relnamespace = 'audit_log'::regnamespace
         union all select proowner from pg_proc where pronamespace = 'audit_log'::regnamespace
         union all select nspowner from pg_namespace where nspname = 'audit_log') as objects`,
    )
    expect(rows).toEqual([{ owner: roles.owner }])
    const members = await database.admin.query('select from pg_auth_members where roleid = $1::regrole', [roles.owner])
    expect(members.rowCount).toBe(0)
  })

  it('gives back nothing that was taken away since, when a process starts', async () => {
    await database.admin.query(`revoke select on audit_log.entry from ${roles.reader}`)
    expect(await installSchema(database.admin, { roles, grant: { writer: [app.name] } })).toEqual(current)
    const { rows } = await database.admin.query(
      `select has_table_privilege($1::text, 'audit_log.entry', 'select') as reads`,
      [roles.reader],
    )
    expect(rows).toEqual([{ reads: false }])
    await database.admin.query(`grant select on audit_log.entry to ${roles.reader}`)
  })

  it('adds a grant that is new, and only that', async () => {
    const late = await database.login()
    expect(await installSchema(database.admin, { roles, grant: { writer: [late.name] } })).toEqual(current)
    const audit = new AuditLogger({ db: database.pool(late.url) })
    expect(verifyEntry(await audit.log({ action: 'late.login' }))).toBe(true)
  })

  it('works through Kysely', async () => {
    const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: database.pool() }) })
    expect(await installSchema(db, { roles, schema: 'through_kysely' })).toEqual({ from: 0, to: currentSchemaVersion })
  })

  it('gives up with schema_busy when a lock stays in the way, and does not wait in line for it', async () => {
    const holder = await database.connect()
    await holder.query('begin')
    const login = await database.login()
    await holder.query('lock table pg_catalog.pg_auth_members in exclusive mode')
    const install = installSchema(database.admin, { roles, grant: { reader: [login.name] }, timeoutMs: 300 })
    expect(await codeOf(install)).toBe('schema_busy')
    await holder.query('rollback')
  })

  it.each([
    [{ schema: '' }, '$.schema'],
    [{ schema: 'pg_audit' }, '$.schema'],
    [{ schema: 'x'.repeat(64) }, '$.schema'],
    [{ schema: 'a\0b' }, '$.schema'],
    [{ roles: { owner: 'same', writer: 'same' } }, '$.roles'],
    [{ grant: { writer: [''] } }, '$.grant.writer[0]'],
    [{ grant: { writer: 'app' } }, '$.grant.writer'],
    [{ grant: { writers: ['app'] } }, '$.grant.writers'],
    [{ grant: { owner: ['app'] } }, '$.grant.owner'],
    [{ monthsAhead: 25 }, '$.monthsAhead'],
    [{ timeoutMs: Number.NaN }, '$.timeoutMs'],
  ])('refuses the option %j before any I/O', async (options, path) => {
    const error = await errorOf(installSchema({ query: () => Promise.reject(new Error('I/O')) }, options as object))
    expect([error.code, error.path]).toEqual(['option_invalid', path])
  })

  it('refuses a grant to a login that does not exist', async () => {
    expect(await codeOf(installSchema(database.admin, { roles, grant: { writer: ['nobody_here'] } }))).toBe(
      'option_invalid',
    )
  })
})

it('lets ten processes that start at once install one schema', async () => {
  const database = await testDatabase()
  const roles = ownRoles()
  const app = await database.login()
  const starts = Array.from({ length: 10 }, () =>
    installSchema(database.pool(), { roles, grant: { writer: [app.name], reader: [app.name] } }),
  )
  for (const result of await Promise.all(starts)) expect(result.to).toBe(currentSchemaVersion)
  const { rows } = await database.admin.query('select count(*)::integer as migrations from audit_log.migration')
  expect(rows).toEqual([{ migrations: currentSchemaVersion }])
})

it('lets two databases of one server install at once with the same roles', async () => {
  const [one, other] = [await testDatabase(), await testDatabase()]
  const roles = ownRoles()
  const results = await Promise.all([installSchema(one.admin, { roles }), installSchema(other.admin, { roles })])
  expect(results.map((result) => result.to)).toEqual([currentSchemaVersion, currentSchemaVersion])
})

it.each(['Audit Log', 'a"b\'c\\d', 'schema', 'größe:"owner"', "x$1$$y%I:'schema'"])(
  'works in a schema called %j',
  async (schema) => {
    const database = await testDatabase()
    const app = await database.login()
    const suffix = schema.slice(0, 10)
    const roles = Object.fromEntries(Object.entries(ownRoles()).map(([kind, name]) => [kind, `${name} ${suffix}`]))
    await installSchema(database.admin, { schema, roles, grant: { writer: [app.name], reader: [app.name] } })
    expect(await installSchema(database.admin, { schema, roles })).toEqual(current)
    const audit = new AuditLogger({ db: database.pool(app.url), schema })
    await audit.logMany([{ action: 'name.tried' }, { action: 'name.worked', details: { schema } }])
    const { entries } = await audit.query().page()
    expect(entries.map(verifyEntry)).toEqual([true, true])
    expect(await refusal(database.admin.query(`delete from ${pg.escapeIdentifier(schema)}.entry`))).toBe('WO001')
  },
)

describe('a login without the rights to install', async () => {
  const database = await testDatabase()
  const app = await database.login()
  await database.admin.query(`grant create on database ${database.url.split('/').at(-1)} to ${app.name}`)
  const options = { roles: ownRoles(), grant: { writer: [app.name], reader: [app.name] } }

  it('gets an error that says so, with the SQL for somebody who has them', async () => {
    const error = await errorOf(installSchema(database.pool(app.url), options))
    expect(error.code).toBe('privilege_missing')
    expect(error.message).toMatch(/CREATEROLE.*schemaSql/s)
    await database.admin.query(error.sql ?? '')
    expect(await installSchema(database.pool(app.url), options)).toEqual(current)
    const audit = new AuditLogger({ db: database.pool(app.url) })
    expect(verifyEntry(await audit.log({ action: 'user.login' }))).toBe(true)
  })
})

describe('a login with CREATEROLE that is no superuser', async () => {
  const database = await testDatabase()
  const [installer, app] = [await database.login('createrole'), await database.login()]
  await database.admin.query(`grant create on database ${database.url.split('/').at(-1)} to ${installer.name}`)
  const roles = ownRoles()

  it('installs, and does not stay a member of the owner role', async () => {
    const pool = database.pool(installer.url)
    await installSchema(pool, { roles, grant: { writer: [app.name] } })
    expect(await refusal(pool.query(`set role ${roles.owner}`))).toBe('42501')
    expect(await refusal(pool.query('delete from audit_log.entry'))).toBe('42501')
  })

  it('adds a grant later', async () => {
    const late = await database.login()
    expect(await installSchema(database.pool(installer.url), { roles, grant: { reader: [late.name] } })).toEqual(
      current,
    )
    expect((await database.pool(late.url).query('select from audit_log.entry')).rowCount).toBe(0)
  })
})

describe('an installation that is not ours to touch', async () => {
  const database = await testDatabase()
  const install = (options: object): Promise<unknown> =>
    installSchema(database.admin, { roles: ownRoles(), ...options })

  it('is refused when somebody else has a schema of that name', async () => {
    const squatter = await database.login()
    await database.admin.query(`create schema squatted authorization ${squatter.name}`)
    expect(await codeOf(install({ schema: 'squatted' }))).toBe('schema_foreign')
  })

  it('is refused when the table of migrations is not ours', async () => {
    await database.admin.query('create schema odd; create table odd.migration (version text)')
    expect(await codeOf(install({ schema: 'odd' }))).toBe('schema_foreign')
  })

  it('is refused when a group role can log in', async () => {
    const login = await database.login()
    expect(await codeOf(install({ schema: 'a', roles: { ...ownRoles(), writer: login.name } }))).toBe('role_unsafe')
  })

  it('is refused when somebody kept a way into the owner role', async () => {
    const [squatter, roles] = [await database.login(), ownRoles()]
    await database.admin.query(`create role ${roles.owner} nologin; grant ${roles.owner} to ${squatter.name}`)
    expect(await codeOf(install({ schema: 'b', roles }))).toBe('role_unsafe')
  })

  it('is refused when somebody kept the right to grant the owner role', async () => {
    const [squatter, roles] = [await database.login(), ownRoles()]
    await database.admin.query(
      `create role ${roles.owner} nologin; grant ${roles.owner} to ${squatter.name} with admin option`,
    )
    const { rows } = await database.admin.query<{ later: boolean }>(
      `select current_setting('server_version_num')::integer >= 160000 as later`,
    )
    if (rows[0]?.later === true)
      await database.admin.query(`grant ${roles.owner} to ${squatter.name} with inherit false, set false`)
    expect(await codeOf(install({ schema: 'c', roles }))).toBe('role_unsafe')
  })

  it('is refused when somebody would get rights on all that the owner makes', async () => {
    const [squatter, roles] = [await database.login(), ownRoles()]
    await database.admin.query(`create role ${roles.owner} nologin;
      alter default privileges for role ${roles.owner} grant all on tables to ${squatter.name}`)
    expect(await codeOf(install({ schema: 'd', roles }))).toBe('role_unsafe')
    await database.admin.query(
      `alter default privileges for role ${roles.owner} revoke all on tables from ${squatter.name}`,
    )
  })

  it('is refused when a group role writes everywhere', async () => {
    const roles = ownRoles()
    await database.admin.query(`create role ${roles.writer} nologin; grant pg_write_all_data to ${roles.writer}`)
    expect(await codeOf(install({ schema: 'e', roles }))).toBe('role_unsafe')
  })

  it('is refused when the schema is newer', async () => {
    const roles = ownRoles()
    await install({ schema: 'newer', roles })
    const next = currentSchemaVersion + 1
    await database.admin.query(`insert into newer.migration (id, name, sha256) values (${next}, 'from-the-future', '')`)
    expect(await codeOf(install({ schema: 'newer', roles }))).toBe('schema_newer')
  })

  it('is refused when an applied migration is not the one that is shipped', async () => {
    const roles = ownRoles()
    await install({ schema: 'changed', roles })
    await database.admin.query(
      `alter table changed.migration disable trigger all; update changed.migration set sha256 = 'x' where id = 2`,
    )
    expect(await codeOf(install({ schema: 'changed', roles }))).toBe('schema_changed')
  })
})

it('refuses a database that is not UTF8', async () => {
  const server = new pg.Client(inject('serverUrl'))
  await server.connect()
  const name = `audit_log_test_ascii_${ownRoles().owner}`
  await server.query(`create database ${name} template template0 encoding 'SQL_ASCII' locale 'C'`)
  const url = new URL(inject('serverUrl'))
  url.pathname = `/${name}`
  const ascii = new pg.Client(url.href)
  await ascii.connect()
  expect(await codeOf(installSchema(ascii, { roles: ownRoles() }))).toBe('server_unsupported')
  await ascii.end()
  await server.query(`drop database ${name}`)
  await server.end()
})

describe('an older version', async () => {
  it.each(Array.from({ length: currentSchemaVersion - 1 }, (_, index) => index + 1))(
    '%i is upgraded',
    async (version) => {
      const database = await testDatabase()
      const names = resolveNames({ roles: ownRoles() })
      await database.admin.query(['begin;', ...installSteps(names, [], 0, version), 'commit;'].join('\n'))
      expect(await installSchema(database.admin, { roles: names.roles })).toEqual({
        from: version,
        to: currentSchemaVersion,
      })
      expect(await catalogOf(database.admin)).toEqual(await freshCatalog())
    },
  )
})

describe('schemaSql', () => {
  it('leaves the same catalog as installSchema', async () => {
    const database = await testDatabase()
    await database.admin.query(schemaSql({ roles: ownRoles() }))
    expect(await catalogOf(database.admin)).toEqual(await freshCatalog())
  })

  it('is one transaction: a script that fails leaves nothing', async () => {
    const database = await testDatabase()
    await expect(
      database.admin.query(schemaSql({ roles: ownRoles(), grant: { writer: ['nobody_here'] } })),
    ).rejects.toThrow()
    const { rows } = await database.admin.query(`select to_regnamespace('audit_log') as schema`)
    expect(rows).toEqual([{ schema: null }])
  })
})

let fresh: Promise<unknown> | undefined
/** The catalog of a new installation by installSchema. */
function freshCatalog(): Promise<unknown> {
  fresh ??= (async () => {
    const database = await testDatabase()
    await installSchema(database.admin, { roles: ownRoles() })
    return catalogOf(database.admin)
  })()
  return fresh
}

/** Everything that the catalog says of the schema, without object ids and with the roles' random suffixes removed. */
async function catalogOf(db: pg.Pool): Promise<unknown> {
  const { rows } = await db.query<{ object: string }>(
    `select regexp_replace(object, '(owner|writer|reader|sequencer|archivist)_[0-9a-f]{8}', '\\1', 'g') as object from (
       select pg_get_functiondef(oid) || coalesce(proacl::text, '') || pg_get_userbyid(proowner) as object
         from pg_proc where pronamespace = 'audit_log'::regnamespace
       union all select pg_get_triggerdef(pg_trigger.oid) || tgenabled::text from pg_trigger
         join pg_class on pg_class.oid = tgrelid where relnamespace = 'audit_log'::regnamespace
       union all select relname || relkind::text || coalesce(relacl::text, '') || pg_get_userbyid(relowner) || coalesce(obj_description(oid), '')
         from pg_class where relnamespace = 'audit_log'::regnamespace
       union all select attrelid::regclass || '.' || attname || ' ' || format_type(atttypid, atttypmod) || attnotnull || coalesce(attacl::text, '')
         from pg_attribute where attnum > 0 and attrelid in (select oid from pg_class where relnamespace = 'audit_log'::regnamespace)
       union all select pg_get_indexdef(indexrelid) from pg_index
         where indrelid in (select oid from pg_class where relnamespace = 'audit_log'::regnamespace)
       union all select id || name || sha256 from audit_log.migration
       union all select nspacl::text from pg_namespace where nspname = 'audit_log'
     ) as objects order by 1`,
  )
  return rows.map(({ object }) => object)
}
