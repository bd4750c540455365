import type { Server } from 'node:http'
import express from 'express'
import { type Handler, toNodeListener } from '@entraguard/audit-log/http'

/** The REST API in an Express application. Run it with `npx tsx examples/serve.ts express`. */
export function listen(handler: Handler, port: number): Server {
  const app = express()
  app.use(express.json())
  app.use('/api/audit-logs', toNodeListener(handler))
  return app.listen(port, '127.0.0.1')
}
