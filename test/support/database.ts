import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, inject, onTestFinished } from 'vitest'
import { installSchema, type InstallSchemaOptions, type RoleKind } from '../../src/index.ts'

const word = (): string => randomBytes(4).toString('hex')

/** A database of its own on the project's server, dropped with everything in it after the tests of the file. */
export interface TestDatabase {
  /** A pool of the superuser's. */
  readonly admin: pg.Pool
  readonly url: string
  /** A new login, without any rights yet. */
  login(attributes?: string): Promise<Login>
  /** A pool that is closed after the tests. */
  pool(url?: string, options?: pg.PoolConfig): pg.Pool
  /** A connection of its own that is closed after the test, or after all tests when it is opened outside of one. */
  connect(url?: string): Promise<pg.Client>
}

export interface Login {
  readonly name: string
  readonly url: string
}

/** Creates a database for the tests of one file. */
export async function testDatabase(): Promise<TestDatabase> {
  const serverUrl = inject('serverUrl')
  const name = `audit_log_test_${word()}`
  const server = new pg.Client(serverUrl)
  await server.connect()
  await server.query(`create database ${name} template template0 encoding 'UTF8'`)
  const url = withParts(serverUrl, { database: name })
  const pools: pg.Pool[] = []
  const clients: pg.Client[] = []
  const roles: string[] = []
  const pool = (poolUrl = url, options: pg.PoolConfig = {}): pg.Pool => {
    const made = new pg.Pool({ connectionString: poolUrl, ...options })
    made.on('error', () => undefined)
    pools.push(made)
    return made
  }
  afterAll(async () => {
    for (const client of clients) await client.end().catch(() => undefined)
    for (const made of pools) await made.end().catch(() => undefined)
    await dropDatabase(server, name)
    // Twice, because a role that granted another can only go after it.
    const litter = await rolesOf(server, roles)
    for (const role of [...litter, ...litter]) await server.query(`drop role if exists ${role}`).catch(() => undefined)
    await server.end()
  })
  return {
    url,
    admin: pool(),
    pool,
    async connect(clientUrl = url) {
      const client = new pg.Client(clientUrl)
      client.on('error', () => undefined)
      await client.connect()
      // A file has more tests than a server that others use too has connections.
      try {
        onTestFinished(() => client.end().catch(() => undefined))
      } catch {
        clients.push(client)
      }
      return client
    },
    async login(attributes = '') {
      const login = `login_${word()}`
      await server.query(`create role ${login} login password 'secret' ${attributes}`)
      roles.push(login)
      return { name: login, url: withParts(url, { user: login, password: 'secret' }) }
    },
  }
}

/** Names of group roles that no other test file uses: roles belong to the whole server. */
export function ownRoles(): Record<RoleKind, string> {
  const suffix = word()
  return {
    owner: `owner_${suffix}`,
    writer: `writer_${suffix}`,
    reader: `reader_${suffix}`,
    sequencer: `sequencer_${suffix}`,
    archivist: `archivist_${suffix}`,
  }
}

/** A database with the log installed, and logins as a host would have them. */
export interface TestLog extends TestDatabase {
  readonly schema: string
  readonly roles: Record<RoleKind, string>
  /** Login in the writer and the reader role. */
  readonly app: Login
  /** Login in the writer role alone. */
  readonly writer: Login
  /** Login in the reader role alone. */
  readonly reader: Login
  /** A pool of `app`. */
  readonly appPool: pg.Pool
}

/** Creates a database and installs the log in it. */
export async function testLog(options: InstallSchemaOptions = {}): Promise<TestLog> {
  const database = await testDatabase()
  const [app, writer, reader] = [await database.login(), await database.login(), await database.login()]
  const roles = { ...ownRoles(), ...options.roles }
  const grant = { writer: [app.name, writer.name], reader: [app.name, reader.name] }
  await installSchema(database.admin, { grant, ...options, roles })
  return {
    ...database,
    schema: options.schema ?? 'audit_log',
    roles,
    app,
    writer,
    reader,
    appPool: database.pool(app.url),
  }
}

/** The major version of the project's server, for tests that start servers of their own. */
export async function serverMajor(): Promise<15 | 18> {
  const client = new pg.Client(inject('serverUrl'))
  await client.connect()
  const { rows } = await client.query<{ version: string }>(`select current_setting('server_version_num') as version`)
  await client.end()
  return rows[0]?.version.startsWith('15') === true ? 15 : 18
}

/** Resolves to the SQLSTATE with which a statement is refused; fails when it is not. */
export async function refusal(statement: Promise<unknown>): Promise<string> {
  try {
    await statement
  } catch (error) {
    return (error as { code?: string }).code ?? String(error)
  }
  throw new Error('the statement succeeded')
}

function withParts(url: string, parts: { database?: string; user?: string; password?: string }): string {
  const changed = new URL(url)
  if (parts.database !== undefined) changed.pathname = `/${parts.database}`
  if (parts.user !== undefined) changed.username = parts.user
  if (parts.password !== undefined) changed.password = parts.password
  return changed.href
}

// end() of a pool resolves before the server has closed the sessions, and WITH (FORCE) would make pg throw 57P01 at us.
async function dropDatabase(server: pg.Client, name: string): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      await server.query(`drop database if exists ${name}`)
      return
    } catch (error) {
      if ((error as { code?: string }).code !== '55006' || attempt >= 200) throw error
      await sleep(20)
    }
  }
}

async function rolesOf(server: pg.Client, logins: readonly string[]): Promise<string[]> {
  const { rows } = await server.query<{ role: string }>(
    `select quote_ident(rolname) as role from pg_roles where rolname = any ($1)
     union select quote_ident(granted.rolname) from pg_auth_members
       join pg_roles as granted on granted.oid = roleid join pg_roles as member on member.oid = member
       where member.rolname = any ($1) and granted.rolname !~ '^pg_'`,
    [logins],
  )
  return rows.map(({ role }) => role)
}
