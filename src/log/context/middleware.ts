import { randomUUID } from 'node:crypto'
import { optionInvalid } from '../../option.ts'
import { type ClientAddress, clientAddress, type ProxyOptions } from './client-address.ts'
import { type AuditContext, isAsync, withContext } from './context.ts'

/** Options of the middleware, for requests of one kind of framework. */
export interface RequestContextOptions<Request> extends ProxyOptions {
  /**
   * Says who a request is of. Called when an event is logged, not when the request comes in, so it sees what the host's
   * authentication has found out meanwhile. What it throws is ignored. Default is nobody.
   *
   * @example
   * identify: (request) => ({ user_id: request.user?.id, tenant_id: request.tenant })
   */
  readonly identify?: ((request: Request) => Pick<AuditContext, 'user_id' | 'tenant_id'> | undefined) | undefined
  /**
   * The id of a request. Default is the one that Fastify gave it, elsewhere a new UUID: an id that the client sent is
   * recorded only if this function returns it.
   */
  readonly requestId?: ((request: Request) => string) | undefined
}

/** What is used of a request of Node's `http`, as Express and Fastify hand it on. */
export interface NodeRequestLike {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly socket: { readonly remoteAddress?: string | undefined }
}

/** What is used of a request of Fastify. */
export interface FastifyRequestLike {
  readonly id: string
  readonly raw: NodeRequestLike
}

/** What is used of a context of Hono. */
export interface HonoContextLike {
  readonly req: { header(name: string): string | undefined }
  readonly env: unknown
}

/**
 * Middleware for Express (4 and 5, and what else calls `(request, response, next)`).
 *
 * @throws AuditLogError `option_invalid`
 * @example
 * app.use(expressContext({ trustedProxies: 1, identify: (request) => ({ user_id: request.user?.id }) }))
 */
export function expressContext<Request extends NodeRequestLike>(
  options: RequestContextOptions<Request> = {},
): (request: Request, response: unknown, next: () => void) => void {
  const contextOf = contextMaker(
    options,
    (request) => request,
    () => randomUUID(),
  )
  return (request, _response, next) => {
    withContext(contextOf(request), next)
  }
}

/** The part of Fastify that {@link fastifyContext} uses. Its own types of a hook depend on how the instance was made. */
export interface FastifyLike {
  addHook(name: 'onRequest', hook: never): unknown
  addHook(name: 'preValidation', hook: never): unknown
}

/**
 * A plugin for Fastify. It covers all routes of the instance that it is registered on, whatever is registered later.
 *
 * @throws AuditLogError `option_invalid`
 * @example
 * app.register(fastifyContext({ trustedProxies: 1, identify: (request: FastifyRequest) => ({ user_id: request.user?.id }) }))
 */
export function fastifyContext<Request extends FastifyRequestLike>(
  options: RequestContextOptions<Request> = {},
): (app: FastifyLike, pluginOptions: unknown, done: () => void) => void {
  const contextOf = contextMaker(
    options,
    ({ raw }) => raw,
    ({ id }) => id,
  )
  const contexts = new WeakMap<object, () => AuditContext>()
  const enter = (request: Request, _reply: unknown, done: () => void): void => {
    const context = contexts.get(request) ?? contextOf(request)
    contexts.set(request, context)
    withContext(context, done)
  }
  const plugin = (app: FastifyLike, _pluginOptions: unknown, done: () => void): void => {
    app.addHook('onRequest', enter as never)
    // Reading the body goes through the socket, which knows nothing of the context: enter it again.
    app.addHook('preValidation', enter as never)
    done()
  }
  // What fastify-plugin does: the hooks belong to the instance on which the plugin is registered.
  return Object.assign(plugin, { [Symbol.for('skip-override')]: true })
}

/** Options of {@link honoContext}. */
export interface HonoContextOptions<Context> extends RequestContextOptions<Context> {
  /** The address that the connection comes from. Default is that of the socket, as `@hono/node-server` hands it on. */
  readonly peerAddress?: ((context: Context) => string | undefined) | undefined
}

/**
 * Middleware for Hono.
 *
 * @throws AuditLogError `option_invalid`
 * @example
 * app.use(honoContext({ trustedProxies: 1, identify: (c: Context) => ({ user_id: c.get('user')?.id }) }))
 */
export function honoContext<Context extends HonoContextLike>(
  options: HonoContextOptions<Context> = {},
): (context: Context, next: () => Promise<void>) => Promise<void> {
  const peerAddress = options.peerAddress ?? nodeServerPeer
  const contextOf = contextMaker(
    options,
    (context) => ({
      socket: { remoteAddress: peerAddress(context) },
      headers: { 'x-forwarded-for': context.req.header('x-forwarded-for'), forwarded: context.req.header('forwarded') },
    }),
    () => randomUUID(),
  )
  return (context, next) => withContext(contextOf(context), next)
}

function contextMaker<Request>(
  options: RequestContextOptions<Request>,
  nodeRequestOf: (request: Request) => NodeRequestLike,
  defaultId: (request: Request) => string,
): (request: Request) => () => AuditContext {
  const { header = 'x-forwarded-for', identify, requestId = defaultId } = options
  for (const [name, value] of Object.entries({ identify, requestId })) {
    if (value !== undefined && typeof value !== 'function') {
      throw optionInvalid('a function', `$.${name}`)
    }
    if (isAsync(value)) {
      throw optionInvalid('a function that is not async', `$.${name}`)
    }
  }
  const addressOf: ClientAddress = clientAddress(options)
  return (request) => {
    const { headers, socket } = nodeRequestOf(request)
    const value = headers[header]
    const found = {
      source_ip: addressOf(socket.remoteAddress, Array.isArray(value) ? value.join(',') : value),
      request_id: idOf(request, requestId),
    }
    return () => {
      try {
        return { ...identify?.(request), ...found }
      } catch {
        return found
      }
    }
  }
}

function idOf<Request>(request: Request, requestId: (request: Request) => string): string {
  try {
    return requestId(request)
  } catch {
    return randomUUID()
  }
}

function nodeServerPeer({ env }: HonoContextLike): string | undefined {
  const incoming = (env as { readonly incoming?: NodeRequestLike } | undefined)?.incoming
  return incoming?.socket.remoteAddress
}
