import { serveConsole } from '../console/serve.ts'
import type { Database } from '../database/database.ts'
import { executorOf } from '../database/database.ts'
import { optionInvalid, wholeNumber } from '../option.ts'
import { checkFlags, type FeatureFlags, isEnabled } from '../flags/feature-flags.ts'
import { AuditLogger } from '../log/audit-logger.ts'
import { resolveNames, type SchemaNameOptions } from '../schema/names.ts'
import { quietly } from '../quietly.ts'
import type { AllowDestination } from '../settings/allow-destination.ts'
import type { SettingsKey } from '../settings/secret-box.ts'
import { CursorSeal } from './cursor-seal.ts'
import { LogAccess, type Recorder } from './log-access.ts'
import { authenticate, type Authorize, flagContextOf, type Principal } from './principal.ts'
import { Problem, problems } from './problem.ts'
import { problemOf } from './problem-of.ts'
import { readQueryString } from './query-string.ts'
import { headOf, secured } from './responses.ts'
import type { Call, Route } from './route.ts'
import { findRoute } from './routes.ts'
import { listRoute } from './routes/list.ts'
import { comesFromElsewhere, type Csrf, requireSameOrigin } from './same-origin.ts'

/** Options of {@link createHandler}. */
export interface HandlerOptions extends SchemaNameOptions {
  /** A pool of a login in the reader role, and in the writer role unless `audit` writes elsewhere. */
  readonly db: Database
  /** Decides who makes a request and what he may see. There is no default. */
  readonly authorize: Authorize
  /** Where `audit_export` comes from, without which no entries are handed out. Asked anew for each request. */
  readonly flags: FeatureFlags
  /** Records who read the log. Default is a logger on `db`. */
  readonly audit?: Recorder | undefined
  /** The path below which the resources are. Default is `/api/audit-logs`. */
  readonly basePath?: string | undefined
  /** Records every page, entry and proof that somebody looks at, and not only exports. Default is false. */
  readonly auditViews?: boolean | undefined
  /**
   * Whether the page for people is served at `<basePath>/console/`. Its files hold no data and are given to everybody; the page
   * itself has the first entries in it for those whom `authorize` lets list them. Default is true.
   */
  readonly console?: boolean | undefined
  /** Exports that run at once in this process, 1 to 1,000; one more gets 429. Default is 4. */
  readonly maxExports?: number | undefined
  /**
   * How long a client may take for the next piece of an export before it is given up, in milliseconds, 1 to 3,600,000. Default
   * is 60,000.
   */
  readonly exportStallMs?: number | undefined
  /**
   * How long a query may take before it is cancelled, in milliseconds, 1 to 3,600,000, exports excepted. Default is 30,000.
   */
  readonly timeoutMs?: number | undefined
  /**
   * Authenticates cursors, at least 32 bytes. Default is a key that the installation made, which all processes on the same
   * database share.
   */
  readonly cursorKey?: Uint8Array | undefined
  /**
   * Encrypts secrets of forwarders, 32 bytes; the same as that of the `ForwarderSupervisor`. Default is none: then forwarders
   * that need a secret cannot be configured.
   */
  readonly settingsKey?: SettingsKey | undefined
  /** Which destinations forwarders may be configured for, and tried out. Default is all. */
  readonly allowDestination?: AllowDestination | undefined
  /**
   * How a change can show that it comes from a page of the host when the browser does not say so: a token in `x-csrf-token`.
   * Asked too when a page of another origin makes an export or, with `auditViews`, any question. Default is that only the
   * browser's own word counts (`Sec-Fetch-Site`, `Origin`).
   */
  readonly csrf?: Csrf | undefined
  /** Gets what was answered with a status of 500 or above, and what failed after an answer had begun. What it throws is ignored. Default is nobody. */
  readonly onError?: ((error: unknown, request?: Request) => void) | undefined
}

/** Answers a request; never throws. */
export type Handler = (request: Request) => Promise<Response>

/**
 * The REST API of the log as a Web-standard handler; docs/http.md describes the resources, docs/openapi.json formally.
 *
 * @throws AuditLogError `option_invalid`
 * @example
 * const handler = createHandler({ db: pool, flags: { audit_export: true }, authorize: (request) => principalOf(request) })
 * createServer(toNodeListener(handler)).listen(8080)
 */
export function createHandler(options: HandlerOptions): Handler {
  const { authorize, onError, timeoutMs = 30_000, console: showsConsole = true } = options
  if (typeof authorize !== 'function') throw optionInvalid('a function that decides who may see what', '$.authorize')
  const flags = checkFlags(options.flags)
  const basePath = checkBasePath(options.basePath ?? '/api/audit-logs')
  wholeNumber(timeoutMs, 1, 3_600_000, '$.timeoutMs')
  const log = createAccess(options, basePath)

  async function answer(request: Request, signal: AbortSignal): Promise<Response> {
    const url = new URL(request.url)
    const page =
      showsConsole && url.pathname.startsWith(`${basePath}/`)
        ? serveConsole(request, url.pathname.slice(basePath.length), (...asked) => list(request, ...asked))
        : undefined
    if (page !== undefined) return page
    const { route, path, allow } = findRoute(basePath, url.pathname, request.method)
    if (route === undefined) return new Response(null, { status: 204, headers: { allow } })
    const principal = await authenticate(authorize, request)
    if (principal instanceof Response) return principal
    const call: Call = { request, principal, values: path, signal, log }
    try {
      const recorded = route.recorded === true || options.auditViews === true
      if (route.method !== 'GET' || (recorded && comesFromElsewhere(request)))
        await requireSameOrigin(request, options.csrf)
      await requireAccess(route, principal, flags)
      const query = readQueryString(url.search, route.parameters)
      return await route.handle({ ...call, values: new Map([...query, ...path]) })
    } catch (error) {
      const { code } = problemOf(error)
      if (problems[code].status === 403) await route.recordRefusal?.(call, code)
      throw error
    }
  }

  /** What `GET /list` answers, for the page; undefined where it answers with a problem. */
  async function list(request: Request, query: URLSearchParams, gone: AbortSignal): Promise<string | undefined> {
    const timeout = AbortSignal.timeout(timeoutMs)
    try {
      const principal = await authenticate(authorize, request)
      if (principal instanceof Response) return undefined
      await requireAccess(listRoute, principal, flags)
      const values = readQueryString(`?${query.toString()}`, listRoute.parameters)
      const signal = AbortSignal.any([request.signal, gone, timeout])
      return await (await listRoute.handle({ request, principal, values, signal, log })).text()
    } catch (error) {
      report(timeout.aborted ? new Problem('query_timeout') : error, request)
      return undefined
    }
  }

  /** Tells the host of what is its own to mend. */
  function report(error: unknown, request: Request): Problem {
    const problem = problemOf(error)
    if (problems[problem.code].status >= 500 && !request.signal.aborted) quietly(() => onError?.(error, request))
    return problem
  }

  return async (request) => {
    const timeout = new AbortController()
    const timer = setTimeout(() => timeout.abort(new Problem('query_timeout')), timeoutMs)
    try {
      const answered = await answer(request, AbortSignal.any([request.signal, timeout.signal]))
      return secured(request.method === 'HEAD' ? await headOf(answered) : answered)
    } catch (error) {
      const response = report(error, request).toResponse()
      return secured(request.method === 'HEAD' ? await headOf(response) : response)
    } finally {
      clearTimeout(timer)
    }
  }
}

async function requireAccess(route: Route, principal: Principal, flags: FeatureFlags): Promise<void> {
  const { permission, feature } = route
  if (permission !== undefined && ![permission].flat().some((one) => principal.permissions.includes(one))) {
    throw new Problem('permission_missing', {
      detail: `expected the permission "${[permission].flat().join('" or "')}"`,
    })
  }
  if (feature !== undefined && !(await isEnabled(flags, feature, flagContextOf(principal)))) {
    throw new Problem('feature_disabled', { feature })
  }
}

function createAccess(options: HandlerOptions, basePath: string): LogAccess {
  const { db, onError, cursorKey, maxExports = 4, exportStallMs = 60_000 } = options
  executorOf(db)
  const { schema } = resolveNames(options)
  if (cursorKey !== undefined && !(cursorKey instanceof Uint8Array && cursorKey.length >= 32)) {
    throw optionInvalid('at least 32 bytes', '$.cursorKey')
  }
  return new LogAccess({
    db,
    schema,
    roles: options.roles,
    basePath,
    flags: options.flags,
    csrf: options.csrf,
    settingsKey: options.settingsKey,
    allowDestination: options.allowDestination,
    audit: options.audit ?? new AuditLogger({ db, schema }),
    auditViews: options.auditViews ?? false,
    cursors: new CursorSeal(schema, cursorKey),
    maxExports: wholeNumber(maxExports, 1, 1000, '$.maxExports'),
    exportStallMs: wholeNumber(exportStallMs, 1, 3_600_000, '$.exportStallMs'),
    onError: (error) => quietly(() => onError?.(error)),
  })
}

function checkBasePath(path: string): string {
  if (typeof path !== 'string' || !/^(\/[A-Za-z0-9._~-]+)*\/?$/.test(path))
    throw optionInvalid('a path such as /api/audit-logs', '$.basePath')
  return path.replace(/\/$/, '')
}
