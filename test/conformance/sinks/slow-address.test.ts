import { type ChildProcess, spawn } from 'node:child_process'
import dns from 'node:dns'
import { once } from 'node:events'
import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, it, vi } from 'vitest'
import { HttpClient } from '../../../src/sinks/http-client.ts'
import { QRadarSink } from '../../../src/sinks/qradar.ts'

const ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends.splice(0)) end()
})

const server = `require('node:http').createServer((_, response) => response.end())
  .listen({ port: 0, host: '127.0.0.1', backlog: 1 }, function () { console.log(this.address().port) })`

/** A receiver whose queue is full, so that the first packet of whoever comes now gets lost; it is sent again after a second. */
async function busyReceiver(): Promise<{ readonly port: number; readonly child: ChildProcess }> {
  const child = spawn(process.execPath, ['-e', server], { stdio: ['ignore', 'pipe', 'inherit'] })
  ends.push(() => child.kill('SIGKILL'))
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const port = Number(line.toString())
  child.kill('SIGSTOP')
  for (let count = 0; count < 4; count += 1) {
    const socket = net.connect({ port, host: '127.0.0.1' }).on('error', () => undefined)
    ends.push(() => socket.destroy())
  }
  await sleep(100)
  return { port, child }
}

/** Makes every name one of two hosts, the second of which nobody listens at. */
function twoAddresses(): void {
  const addresses = [
    { address: '127.0.0.1', family: 4 },
    { address: '::1', family: 6 },
  ]
  const lookup = (_host: string, _options: unknown, callback: (error: null, found: object[]) => void): void =>
    callback(null, addresses)
  const spy = vi.spyOn(dns, 'lookup').mockImplementation(lookup as never)
  ends.push(() => spy.mockRestore())
}

it.each<[string, (port: number) => Promise<unknown>, unknown]>([
  [
    'HTTP',
    async (port) => {
      const client = new HttpClient({ url: `http://far.example:${port}`, insecure: true })
      ends.push(() => client.close())
      const reply = await client.request({
        method: 'GET',
        path: '/',
        headers: {},
        signal: new AbortController().signal,
      })
      return reply.kind
    },
    'reply',
  ],
  [
    'syslog',
    async (port) => {
      const sink = new QRadarSink({ host: 'far.example', port, tls: false, hostname: 'app01' })
      ends.push(() => void sink.close())
      return (await sink.health({ signal: new AbortController().signal })).kind
    },
    'continue',
  ],
])(
  '%s reaches a receiver that is far away although another address of its name is dead',
  async (_, connect, answer) => {
    const { port, child } = await busyReceiver()
    twoAddresses()
    const connecting = connect(port)
    // Longer than Node would wait for one of several addresses.
    await sleep(400)
    child.kill('SIGCONT')
    expect(await connecting).toBe(answer)
  },
)
