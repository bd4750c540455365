import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * A port of loopback on which nobody listens, for a program that has to be told one.
 *
 * Below the range from which clients and `listen(0)` get theirs, so that none of the many that other tests open takes it before
 * the program has it, or while the program is restarted. One that connects to a port of that range again and again while nobody
 * listens there may also end up connected to itself.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + randomInt(22_000)
    const server = createServer().listen(port, '127.0.0.1')
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    )
    if (!isFree) continue
    server.close()
    await once(server, 'close')
    return port
  }
}
