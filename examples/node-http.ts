import { createServer, type Server } from 'node:http'
import { type Handler, toNodeListener } from '@entraguard/audit-log/http'

/** The REST API on node:http. Run it with `npx tsx examples/serve.ts node-http`. */
export function listen(handler: Handler, port: number): Server {
  return createServer(toNodeListener(handler)).listen(port, '127.0.0.1')
}
