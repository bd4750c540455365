import { type RiskAcceptance, RiskRegister } from '../../log/risk/register.ts'
import type { Entry } from '../../canonical/entry.ts'
import { formatCursor, parseCursor } from '../../query/cursor.ts'
import { readTime } from '../../query/filters.ts'
import { databaseOver } from '../../database/database.ts'
import { nextPage, openCursor, pageParameters, pageSchema, readLimit } from '../paging.ts'
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
    'At most 1,000 a call, and always a cursor when there are more. `invalid` is what somebody recorded as accepted without what that takes (docs/risk.md). `seq` is the entry that decided the state.',
  permission: 'read',
  feature: 'audit_export',
  parameters: [asOfParameter, tenantParameter, ...pageParameters],
  answers: {
    'application/json': pageSchema(
      'acceptances',
      objectOf({
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
    ),
  },
  problems: ['parameter_invalid', 'cursor_invalid', 'tenant_forbidden', 'query_timeout'],

  async handle(call) {
    const { log, principal, values, signal } = call
    const tenants = tenantsFor(principal, values)
    // Not the time here: an entry is dated by the clock of the database, and must not be left out because that is ahead.
    const given = values.get('as_of')
    const asOf = given === undefined ? undefined : reading('as_of', () => readTime(given, '$.as_of'))
    const limit = readLimit(call)
    const query = ['acceptances', given ?? null, values.get('tenant_id') ?? null]
    await log.recordView('acceptances', principal, values)
    // One tenant is a condition of the query; several are sorted out here.
    const only = tenants?.length === 1 ? { tenant: tenants[0] ?? null } : {}
    return log.read(signal, async (executor) => {
      const cursor = await openCursor(call, 'acceptances', executor)
      const after = cursor === undefined ? 0 : parseCursor(cursor, query).seq
      const register = new RiskRegister(databaseOver(executor), log.options.schema, neverRecords)
      // All of them each time: what became of one is known when all entries about it have been read.
      const found = (await register.accepted({ asOf, proofs: false, ...only }))
        .map((acceptance) => ({ acceptance, first: firstEntryOf(acceptance) }))
        .filter(({ acceptance, first }) => first.seq > after && (tenants?.includes(acceptance.tenant_id) ?? true))
        .sort((a, b) => a.first.seq - b.first.seq)
      const page = found.slice(0, limit)
      const last = found.length > limit ? page.at(-1)?.first : undefined
      const place = last === undefined ? null : formatCursor(last, query)
      return json({
        acceptances: page.map(({ acceptance }) => acceptanceJson(acceptance)),
        ...(await nextPage(call, 'acceptances', executor, place)),
      })
    })
  },
}

/** The entry with the lowest number: no other has it, and it stays when the log goes on. */
function firstEntryOf({ history, decidedBy }: RiskAcceptance): Entry {
  return history.reduce((first, { entry }) => (entry.seq < first.seq ? entry : first), decidedBy.entry)
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
