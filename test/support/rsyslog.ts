import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Identity } from './certificates.ts'
import { freePort } from './free-port.ts'

/** Whether rsyslog and its TLS driver are on this machine. */
export const hasRsyslog: boolean =
  spawnSync('rsyslogd', ['-v']).status === 0 &&
  spawnSync('sh', [
    '-c',
    'ls /usr/lib/*/rsyslog/lmnsd_gtls.so /usr/lib64/rsyslog/lmnsd_gtls.so 2>/dev/null | grep -q .',
  ]).status === 0

/** A real rsyslog that takes syslog over TLS, asks for a client certificate, and stores each message as a line. */
export interface Rsyslog {
  readonly port: number
  /** The messages as stored, without anything that was done to them. */
  lines(): Promise<string[]>
  /** Ends it as an administrator does, and starts it again on the same port. */
  restart(): Promise<void>
  stop(): Promise<void>
}

/** Starts it. `peer` is the name that the client certificate must carry. */
export async function startRsyslog(server: Identity, authority: string, peer: string): Promise<Rsyslog> {
  const folder = await mkdtemp(join(tmpdir(), 'rsyslog-'))
  await writeFile(join(folder, 'ca.pem'), authority)
  await writeFile(join(folder, 'cert.pem'), server.cert)
  await writeFile(join(folder, 'key.pem'), server.key)
  const output = join(folder, 'messages')
  const configure = (port: number): Promise<void> =>
    writeFile(
      join(folder, 'rsyslog.conf'),
      `global(workDirectory="${folder}" maxMessageSize="128k" parser.escapeControlCharactersOnReceive="off"
         defaultNetstreamDriverCAFile="${folder}/ca.pem" defaultNetstreamDriverCertFile="${folder}/cert.pem"
         defaultNetstreamDriverKeyFile="${folder}/key.pem")
       module(load="imtcp" streamDriver.name="gtls" streamDriver.mode="1" streamDriver.authMode="x509/name" permittedPeer=["${peer}"])
       template(name="stored" type="string" string="%rawmsg%\\n")
       ruleset(name="store") { action(type="omfile" file="${output}" template="stored") }
       input(type="imtcp" address="127.0.0.1" port="${port}" ruleset="store")
      `,
    )
  const start = async (): Promise<ChildProcess> => {
    const child = spawn('rsyslogd', ['-n', '-i', join(folder, 'pid'), '-f', join(folder, 'rsyslog.conf')], {
      stdio: 'ignore',
    })
    for (let attempt = 0; !(await listens(port)); attempt += 1) {
      if (attempt === 1200 || child.exitCode !== null) throw new Error('rsyslogd does not listen')
      await sleep(25)
    }
    return child
  }
  const end = async (child: ChildProcess): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
  const port = await freePort()
  await configure(port)
  let child = await start()
  return {
    port,
    async lines() {
      const text = await readFile(output, 'utf8').catch(() => '')
      return text.split('\n').slice(0, -1)
    },
    async restart() {
      await end(child)
      child = await start()
    },
    async stop() {
      await end(child)
      await rm(folder, { recursive: true })
    },
  }
}

async function listens(port: number): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port })
  const connected = await once(socket, 'connect').then(
    () => true,
    () => false,
  )
  socket.destroy()
  return connected
}
