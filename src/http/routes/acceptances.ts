import { type RiskAcceptance, RiskRegister } from '../../log/risk/register.ts'
import { readTime } from '../../query/filters.ts'
import { queryableOver } from '../log-access.ts'
import { type Parameter, reading, tenantParameter } from '../parameters.ts'
import { tenantsFor } from '../principal.ts'
import { json } from '../responses.ts'
import type { Route } from '../route.ts'
import { dateTimeSchema, objectOf, orNull } from '../schemas.ts'

const asOfParameter: Parameter = {
  name: 'as_of',
  in: 'query',
  description: 'The time to answer for: RFC 3339 with a zone; may lie in the future. Default is now.',
  schema: { type: 'string', format: 'date-time' },
}

const name = { type: ['string', 'null'] }

/** `GET /acceptances`: which risks were accepted at a time, by whom and until when. */
export const acceptancesRoute: Route = {
  method: 'GET',
  path: '/acceptances',
  operationId: 'listAcceptances',
  summary: 'Accepted risks as of a time, oldest first',
  description:
    '`invalid` is what somebody recorded as accepted without what that takes (docs/risk.md). `seq` is the entry that decided the state.',
  permission: 'read',
  feature: 'audit_export',
  parameters: [asOfParameter, tenantParameter],
  answers: {
    'application/json': objectOf({
      acceptances: {
        type: 'array',
        items: objectOf({
          acceptance_id: { type: 'string' },
          target: name,
          tenant_id: name,
          state: { type: 'string', enum: ['in_force', 'expiring', 'expired', 'revoked', 'invalid'] },
          accepted_by: name,
          approved_by: name,
          justification: name,
          accepted_at: dateTimeSchema,
          expires_at: orNull(dateTimeSchema),
          seq: { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER },
        }),
      },
    }),
  },
  problems: ['parameter_invalid', 'tenant_forbidden', 'query_timeout'],

  async handle({ log, principal, values, signal }) {
    const asked = values.get('tenant_id')
    const tenants = tenantsFor(principal, asked === '' ? null : asked)
    // Not the time here: an entry is dated by the clock of the database, and must not be left out because that is ahead.
    const given = values.get('as_of')
    const asOf = given === undefined ? undefined : reading('as_of', () => readTime(given, '$.as_of'))
    await log.recordView('acceptances', principal, values)
    // One tenant is a condition of the query; several are sorted out here.
    const only = tenants?.length === 1 ? { tenant: tenants[0] ?? null } : {}
    const acceptances = await log.read(signal, (executor) =>
      new RiskRegister(queryableOver(executor), log.options.schema, neverRecords).accepted({
        asOf,
        proofs: false,
        ...only,
      }),
    )
    const visible = acceptances.filter(({ tenant_id }) => tenants === undefined || tenants.includes(tenant_id))
    return json({ acceptances: visible.map(acceptanceJson) })
  },
}

function acceptanceJson(acceptance: RiskAcceptance): Record<string, unknown> {
  const { acceptance_id, target, tenant_id, status, terms, decidedBy, history } = acceptance
  const accepted = history.findLast(
    ({ entry, faults }) => faults.length === 0 && ['risk.accepted', 'risk.renewed'].includes(entry.action),
  )
  return {
    acceptance_id,
    target,
    tenant_id,
    state: status === 'about_to_expire' ? 'expiring' : status,
    accepted_by: terms?.requester ?? null,
    approved_by: terms?.approver ?? null,
    justification: terms?.justification ?? null,
    accepted_at: (accepted ?? decidedBy).entry.timestamp,
    expires_at: terms?.expires_at ?? null,
    seq: decidedBy.entry.seq,
  }
}

const neverRecords = (): Promise<never> => Promise.reject(new TypeError('this register only reads'))
