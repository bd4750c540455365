import { readTime } from '../../query/filters.ts'
import { quoteIdentifier } from '../../schema/names.ts'
import { filterParameters, type Parameter, reading, tenantParameter } from '../parameters.ts'
import { tenantsFor } from '../principal.ts'
import { Problem } from '../problem.ts'
import { json } from '../responses.ts'
import type { Route } from '../route.ts'
import { countSchema, objectOf } from '../schemas.ts'

const longestDays = 92
/** Actions that are told apart; a chart has no use for more, and a log can have any number. */
const mostActions = 100

const times: readonly Parameter[] = filterParameters
  .filter(({ name }) => name === 'since' || name === 'until')
  .map(({ name, in: place, schema }) => ({
    name,
    in: place,
    description:
      name === 'since'
        ? `Count from this time on: RFC 3339 with a zone. At most ${longestDays} days before \`until\`.`
        : 'Count up to this time: RFC 3339 with a zone. Default is everything until now.',
    schema,
  }))

/**
 * `GET /activity`: how much happened, day by day.
 *
 * Reads every entry of the range once, through the index on (timestamp, seq): what takes too long is cancelled after the
 * handler's `timeoutMs`.
 */
export const activityRoute: Route = {
  method: 'GET',
  path: '/activity',
  operationId: 'getActivity',
  summary: 'How many entries there are per day (UTC) and action',
  description: `The ${mostActions} most frequent actions; all others together stand under the action \`*\`. Days without entries are left out.`,
  permission: 'read',
  parameters: [...times, tenantParameter],
  answers: {
    'application/json': objectOf({
      days: {
        type: 'array',
        maxItems: longestDays + 1,
        items: objectOf({
          day: { type: 'string', format: 'date' },
          actions: {
            type: 'array',
            maxItems: mostActions + 1,
            items: objectOf({
              action: { type: 'string' },
              success: countSchema,
              failure: countSchema,
              denied: countSchema,
            }),
          },
        }),
      },
    }),
  },
  problems: ['parameter_invalid', 'tenant_forbidden', 'query_timeout'],

  async handle({ log, principal, values, signal }) {
    const [since, until] = readRange(values)
    const tenants = tenantsFor(principal, values)
    await log.recordView('activity', principal, values)
    const [row] = await log.read(signal, (executor) =>
      executor.run(activitySql(quoteIdentifier(log.options.schema)), [
        since,
        until,
        tenants === undefined ? null : tenants.filter((tenant) => tenant !== null),
        tenants?.includes(null) ?? false,
        mostActions,
      ]),
    )
    return json(`{"days":${String(row?.['days'])}}`)
  },
}

function readRange(values: ReadonlyMap<string, string>): readonly [string, string] {
  const given = values.get('since')
  if (given === undefined) throw new Problem('parameter_invalid', { parameter: 'since', detail: 'expected a time' })
  const since = reading('since', () => readTime(given, '$.since'))
  const end = values.get('until')
  // Entries are dated by the clock of the database, which may be ahead of the one here.
  const until = end === undefined ? 'infinity' : reading('until', () => readTime(end, '$.until'))
  const days = ((end === undefined ? Date.now() : Date.parse(until)) - Date.parse(since)) / 86_400_000
  if ((days >= 0 || end === undefined) && days <= longestDays) return [since, until]
  throw new Problem('parameter_invalid', {
    parameter: 'until',
    detail: `expected a time that is 0 to ${longestDays} days after since`,
  })
}

function activitySql(schema: string): string {
  return `with counted as (
      select (timestamp at time zone 'UTC')::date as day, action,
        count(*) filter (where outcome = 'success') as success,
        count(*) filter (where outcome = 'failure') as failure,
        count(*) filter (where outcome = 'denied') as denied
      from ${schema}.entry
      where timestamp >= $1::timestamptz and timestamp < $2::timestamptz
        and ($3::text[] is null or tenant_id = any ($3::text[]) or ($4::boolean and tenant_id is null))
      group by 1, 2
    ), frequent as (
      select action from counted group by action order by sum(success + failure + denied) desc, action limit $5::integer
    ), folded as (
      select day, coalesce(frequent.action, '*') as action, sum(success) as success, sum(failure) as failure, sum(denied) as denied
      from counted left join frequent on frequent.action = counted.action group by 1, 2
    ), days as (
      select day, pg_catalog.json_agg(pg_catalog.json_build_object('action', action, 'success', success, 'failure', failure, 'denied', denied)
        order by action) as actions
      from folded group by day
    )
    select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object('day', to_char(day::timestamp, 'YYYY-MM-DD'), 'actions', actions) order by day), '[]')::text as days from days`
}
