export { type ClientAddress, clientAddress, type ProxyOptions } from './client-address.ts'
export { type AuditContext, type ContextSource, currentContext, withContext } from './context.ts'
export {
  expressContext,
  fastifyContext,
  type FastifyLike,
  type FastifyRequestLike,
  honoContext,
  type HonoContextLike,
  type HonoContextOptions,
  type NodeRequestLike,
  type RequestContextOptions,
} from './middleware.ts'
