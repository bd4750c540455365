import type { Server } from 'node:http'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import type { Handler } from '@entraguard/audit-log/http'

/** The REST API in a Hono application. Run it with `npx tsx examples/serve.ts hono`. */
export function listen(handler: Handler, port: number): Server {
  const app = new Hono()
  app.all('/api/audit-logs/*', (context) => handler(context.req.raw))
  return serve({ fetch: app.fetch, port, hostname: '127.0.0.1' }) as Server
}
