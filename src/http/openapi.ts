import { filterParameters, type JsonSchema, type Parameter } from './parameters.ts'
import { type ProblemCode, problems } from './problem.ts'
import { json } from './responses.ts'
import type { Route } from './route.ts'
import { ref, schemas } from './schemas.ts'

/** What can go wrong with every resource. */
const everywhere: readonly ProblemCode[] = [
  'csrf',
  'parameter_unknown',
  'parameter_repeated',
  'unauthenticated',
  'query_too_long',
  'internal_error',
  'log_unavailable',
]

/** An OpenAPI 3.1 document. */
export type OpenApiDocument = Readonly<Record<string, unknown>>

/**
 * The OpenAPI 3.1 document of some resources, made from the table that the handler itself works with.
 *
 * @param basePath where the host mounts the handler
 */
export function openApiDocument(resources: readonly Route[], basePath: string): OpenApiDocument {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const route of resources) {
    const path = (paths[route.path] ??= {})
    path[route.method.toLowerCase()] = operationOf(route)
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Audit log',
      version: '1',
      description:
        'Reads the audit log of the installation, and changes its settings. Every answer but a stream is limited, every list has a cursor, every error is a problem document (RFC 9457) with a stable code.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: basePath === '' ? '/' : basePath }],
    paths,
    components: {
      schemas: { ...schemas, ProblemCode: { type: 'string', enum: Object.keys(problems) } },
      securitySchemes: {
        host: { type: 'http', scheme: 'bearer', description: 'Whatever the host application asks for.' },
      },
    },
    security: [{ host: [] }],
  }
}

/** `GET /openapi.json`: the document, itself included. */
export function openApiRoute(resources: readonly Route[]): Route {
  const route: Route = {
    method: 'GET',
    path: '/openapi.json',
    operationId: 'getOpenApi',
    summary: 'This document',
    permission: undefined,
    parameters: [],
    answers: { 'application/json': { type: 'object', additionalProperties: true } },
    problems: [],
    handle: ({ log }) => Promise.resolve(json(openApiDocument([...resources, route], log.options.basePath))),
  }
  return route
}

function operationOf(route: Route): JsonSchema {
  const { operationId, summary, description, permission, feature, parameters } = route
  const needs = [
    ...(permission === undefined ? [] : [`Needs the permission \`${[permission].flat().join('` or `')}\`.`]),
    ...(feature === undefined ? [] : [`Needs the feature \`${feature}\`.`]),
  ]
  return {
    operationId,
    summary,
    description: [...(description === undefined ? [] : [description]), ...needs].join(' ') || summary,
    parameters: parameters.map(parameterOf),
    ...(route.body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: route.body } } } }),
    responses: {
      200: {
        description: summary,
        content: Object.fromEntries(
          Object.entries(route.answers).map(([mediaType, schema]) => [mediaType, { schema }]),
        ),
      },
      ...problemResponses(route),
    },
  }
}

function parameterOf({ name, in: place, description, schema }: Parameter): JsonSchema {
  // Empty text is a value of some filters, and the same as none of others.
  const isFilter = filterParameters.some((parameter) => parameter.name === name)
  return {
    name,
    in: place,
    description,
    ...(place === 'path' ? { required: true } : {}),
    ...(isFilter && schema['maxLength'] === 1024 ? { allowEmptyValue: true } : {}),
    schema,
  }
}

/** One response for each status, which names the codes that it can carry. */
function problemResponses({ method, permission, feature, body, problems: own }: Route): Record<string, unknown> {
  const codes = new Set<ProblemCode>([
    ...everywhere,
    ...(permission === undefined ? [] : (['permission_missing'] as const)),
    ...(feature === undefined ? [] : (['feature_disabled'] as const)),
    ...(method === 'GET' ? [] : (['media_type_unsupported'] as const)),
    ...(body === undefined ? [] : (['body_malformed', 'body_invalid', 'body_too_large'] as const)),
    ...own,
  ])
  const byStatus: Record<string, ProblemCode[]> = {}
  for (const code of [...codes].sort()) (byStatus[problems[code].status] ??= []).push(code)
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, found]) => [
      status,
      {
        description: found.map((code) => `\`${code}\`: ${problems[code].title}.`).join(' '),
        content: {
          'application/problem+json': {
            schema: { allOf: [ref('Problem'), { type: 'object', properties: { code: { enum: found } } }] },
          },
        },
      },
    ]),
  )
}
