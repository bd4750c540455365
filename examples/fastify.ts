import type { Server } from 'node:http'
import fastify from 'fastify'
import { type Handler, toNodeListener } from '@entraguard/audit-log/http'

/** The REST API in a Fastify application. Run it with `npx tsx examples/serve.ts fastify`. */
export async function listen(handler: Handler, port: number): Promise<Server> {
  const app = fastify()
  const listener = toNodeListener(handler)
  await app.register((scope, _, done) => {
    // The handler reads bodies by itself.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, _payload, parsed) => parsed(null))
    scope.all('/api/audit-logs/*', (request, reply) => {
      reply.hijack()
      listener(request.raw, reply.raw)
    })
    done()
  })
  await app.listen({ port, host: '127.0.0.1' })
  return app.server
}
