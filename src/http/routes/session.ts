import { type FeatureFlag, isEnabled } from '../../flags/feature-flags.ts'
import { flagContextOf } from '../principal.ts'
import { json } from '../responses.ts'
import type { Route } from '../route.ts'
import { objectOf } from '../schemas.ts'

const features: readonly FeatureFlag[] = ['audit_export', 'audit_extended_retention']

/** `GET /session`: who asks and what he may do, so that a page offers nothing that would be refused. */
export const sessionRoute: Route = {
  method: 'GET',
  path: '/session',
  operationId: 'getSession',
  summary: 'Who makes the request, and what he may do',
  description: 'For pages, which show what would work. What is allowed is decided anew with every request.',
  permission: undefined,
  parameters: [],
  answers: {
    'application/json': objectOf({
      principal: objectOf({
        id: { type: 'string' },
        tenants: {
          anyOf: [
            { type: 'string', const: 'all' },
            { type: 'array', items: { type: ['string', 'null'] }, maxItems: 1000 },
          ],
        },
      }),
      permissions: { type: 'array', items: { type: 'string', enum: ['read', 'export', 'inspect', 'settings'] } },
      flags: objectOf(Object.fromEntries(features.map((name) => [name, { type: 'boolean' }]))),
      csrf_token: { type: ['string', 'null'], description: "The host's token for `x-csrf-token`, if it has one." },
    }),
  },
  problems: [],

  async handle({ request, principal, log }) {
    const { flags, csrf } = log.options
    const { id, tenants, permissions } = principal
    const context = flagContextOf(principal)
    const states = await Promise.all(
      features.map(async (name): Promise<[string, boolean]> => [name, await isEnabled(flags, name, context)]),
    )
    return json({
      principal: { id, tenants },
      permissions,
      flags: Object.fromEntries(states),
      csrf_token: (await csrf?.token?.(request)) ?? null,
    })
  },
}
