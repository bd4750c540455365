import { type OpenApiDocument, openApiDocument, openApiRoute } from './openapi.ts'
import { Problem } from './problem.ts'
import type { Route } from './route.ts'
import { acceptancesRoute } from './routes/acceptances.ts'
import { activityRoute } from './routes/activity.ts'
import { checkpointRoute, checkpointsRoute } from './routes/checkpoints.ts'
import { deadLettersRoute } from './routes/dead-letters.ts'
import { entryRoute, proofRoute } from './routes/entry.ts'
import { exportRoute } from './routes/export.ts'
import { testDraftRoute, testForwarderRoute } from './routes/forwarder-test.ts'
import {
  deleteForwarderRoute,
  forwardersRoute,
  pauseForwarderRoute,
  putForwarderRoute,
  resumeForwarderRoute,
} from './routes/forwarders.ts'
import { listRoute } from './routes/list.ts'
import { extendRetentionRoute, placeLegalHoldRoute, retentionRoute } from './routes/retention.ts'
import { sessionRoute } from './routes/session.ts'
import { postureRoute, statusRoute } from './routes/status.ts'

const resources: readonly Route[] = [
  sessionRoute,
  listRoute,
  entryRoute,
  proofRoute,
  exportRoute,
  checkpointRoute,
  checkpointsRoute,
  statusRoute,
  postureRoute,
  activityRoute,
  acceptancesRoute,
  retentionRoute,
  extendRetentionRoute,
  placeLegalHoldRoute,
  forwardersRoute,
  testDraftRoute,
  putForwarderRoute,
  deleteForwarderRoute,
  testForwarderRoute,
  pauseForwarderRoute,
  resumeForwarderRoute,
  deadLettersRoute,
]

/** Every resource of the API. A new one is added here: the handler and the OpenAPI document follow. */
export const routes: readonly Route[] = [...resources, openApiRoute(resources)]

/** What a request is for. */
export interface FoundRoute {
  /** Undefined for OPTIONS, which every resource answers in the same way. */
  readonly route: Route | undefined
  /** The parameters in the path, by name. */
  readonly path: ReadonlyMap<string, string>
  /** The methods of the resource, as in the header `Allow`. */
  readonly allow: string
}

/** @throws Problem `not_found`, `method_not_allowed` */
export function findRoute(basePath: string, pathname: string, method: string): FoundRoute {
  const segments = pathname.startsWith(`${basePath}/`) ? pathname.slice(basePath.length + 1).split('/') : []
  const found = routes.flatMap((route) => {
    const path = matchPath(route.path, segments)
    return path === undefined ? [] : [{ route, path }]
  })
  const [first] = found
  if (first === undefined) throw new Problem('not_found')
  const methods = new Set(found.flatMap(({ route }) => (route.method === 'GET' ? ['GET', 'HEAD'] : [route.method])))
  const allow = [...methods, 'OPTIONS'].join(', ')
  if (method === 'OPTIONS') return { route: undefined, path: first.path, allow }
  const asked = method === 'HEAD' ? 'GET' : method
  const answering = found.find(({ route }) => route.method === asked)
  if (answering === undefined) throw new Problem('method_not_allowed', { headers: { allow } })
  return { ...answering, allow }
}

function matchPath(template: string, segments: readonly string[]): ReadonlyMap<string, string> | undefined {
  const parts = template.slice(1).split('/')
  if (parts.length !== segments.length) return undefined
  const path = new Map<string, string>()
  for (const [index, part] of parts.entries()) {
    const segment = segments[index] ?? ''
    if (part.startsWith('{')) path.set(part.slice(1, -1), segment)
    else if (part !== segment) return undefined
  }
  return path
}

/**
 * The OpenAPI 3.1 document that `GET /openapi.json` answers with, for a host that builds its own from several.
 *
 * @param basePath where the handler is mounted. Default is `/api/audit-logs`.
 */
export function createOpenApiDocument(basePath = '/api/audit-logs'): OpenApiDocument {
  return openApiDocument(routes, basePath)
}
