import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port.ts'

const program = '/usr/sbin/pgbouncer'

export function hasPgBouncer(): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/**
 * Starts PgBouncer from Debian's package in transaction mode in front of a database: consecutive statements of a client that are
 * not in one transaction run on any of its server connections.
 *
 * @param poolSize how many those are. Default is 2.
 */
export async function startPgBouncer(
  databaseUrl: string,
  poolSize = 2,
): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const target = new URL(databaseUrl)
  const directory = await mkdtemp(join(tmpdir(), 'audit-log-pgbouncer-'))
  const port = await freePort()
  const database = target.pathname.slice(1)
  await writeFile(join(directory, 'users'), `"${target.username}" "${target.password}"\n`)
  await writeFile(
    join(directory, 'config'),
    [
      '[databases]',
      `${database} = host=${target.hostname} port=${target.port} dbname=${database}`,
      '[pgbouncer]',
      `listen_addr = 127.0.0.1\nlisten_port = ${port}\nunix_socket_dir =`,
      `auth_type = plain\nauth_file = ${join(directory, 'users')}`,
      `pool_mode = transaction\ndefault_pool_size = ${poolSize}\nmax_client_conn = 50\nserver_round_robin = 1`,
    ].join('\n'),
  )
  // It refuses to run as root.
  const root = process.getuid?.() === 0
  if (root) for (const name of ['', 'users', 'config']) await chown(join(directory, name), 65534, 65534)
  const child = spawn(program, [join(directory, 'config')], {
    stdio: ['ignore', 'ignore', 'pipe'],
    ...(root ? { uid: 65534, gid: 65534 } : {}),
  })
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes('process up')) resolve()
    })
    child.once('exit', (code) => reject(new Error(`pgbouncer ended with ${code}`)))
  })
  const url = new URL(databaseUrl)
  url.hostname = '127.0.0.1'
  url.port = String(port)
  return {
    url: url.href,
    async stop() {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
      await rm(directory, { recursive: true, force: true })
    },
  }
}
