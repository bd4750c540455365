import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

/** A proxy on loopback in front of a server, that can break the connections through it. */
export interface TcpProxy {
  /** The given URL with the proxy's port in place of the server's. */
  readonly url: string
  /** Breaks every connection as soon as the server answers anything: the request has arrived, the answer never does. */
  cutAnswers(): void
  /** Breaks every connection as soon as the client sends anything: the request never arrives. */
  cutRequests(): void
  /** Lets everything through again. */
  heal(): void
  /** Breaks every connection that is open. */
  cut(): void
  /** Lets nothing more through the connections that are open, and breaks none: neither end is told. */
  fallSilent(): void
  stop(): Promise<void>
}

/** Starts a proxy in front of the server of a URL. */
export async function startTcpProxy(url: string): Promise<TcpProxy> {
  const target = new URL(url)
  const sockets = new Set<Socket>()
  const silent = new WeakSet<Socket>()
  let cutting: 'answers' | 'requests' | undefined
  const server: Server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname)
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
      socket.on('error', () => undefined)
    }
    const end = (): void => {
      client.destroy()
      upstream.destroy()
    }
    client.on('data', (data) => {
      if (silent.has(client)) return
      if (cutting === 'requests') end()
      else upstream.write(data)
    })
    upstream.on('data', (data) => {
      if (silent.has(upstream)) return
      if (cutting === 'answers') end()
      else client.write(data)
    })
    client.on('close', end)
    upstream.on('close', end)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const proxied = new URL(url)
  proxied.hostname = '127.0.0.1'
  proxied.port = String((server.address() as { port: number }).port)
  return {
    url: proxied.href,
    cutAnswers: () => {
      cutting = 'answers'
    },
    cutRequests: () => {
      cutting = 'requests'
    },
    heal: () => {
      cutting = undefined
    },
    cut: () => {
      for (const socket of sockets) socket.destroy()
    },
    fallSilent: () => {
      for (const socket of sockets) silent.add(socket)
    },
    async stop() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
