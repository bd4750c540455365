import { quoteIdentifier } from '../../schema/names.ts'
import type { Executor } from '../../database/database.ts'
import { Checkpoints } from '../../sequencer/checkpoints.ts'
import { checkpointJson } from '../checkpoint-json.ts'
import {
  cursorParameter,
  filterParameters,
  limitParameter,
  orderParameter,
  readInteger,
  tenantParameter,
} from '../parameters.ts'
import { json } from '../responses.ts'
import type { Route } from '../route.ts'
import { countSchema, objectOf, orNull, ref } from '../schemas.ts'

/** `GET /list`: a page of entries. */
export const listRoute: Route = {
  method: 'GET',
  path: '/list',
  operationId: 'listEntries',
  summary: 'Entries, newest first',
  description:
    'At most 1,000 entries a call, and always a cursor when there are more. The answer as it is saved to a file is what `audit-log verify` takes.',
  permission: 'read',
  feature: 'audit_export',
  parameters: [...filterParameters, tenantParameter, orderParameter, limitParameter, cursorParameter],
  answers: {
    'application/json': objectOf({
      entries: { type: 'array', items: ref('Entry'), maxItems: 1000 },
      next_cursor: { type: ['string', 'null'], description: 'Where to go on; null when there is nothing more.' },
      has_more: { type: 'boolean' },
      checkpoint: { ...orNull(ref('Checkpoint')), description: 'The newest checkpoint; null when there is none yet.' },
      uncovered: {
        ...countSchema,
        description:
          'How many of these entries the checkpoint does not cover yet: nothing but the database vouches for them.',
      },
    }),
  },
  problems: ['parameter_invalid', 'cursor_invalid', 'tenant_forbidden', 'query_timeout'],

  async handle({ principal, values, signal, log }) {
    const limit = readInteger(limitParameter, values.get('limit') ?? '100')
    await log.recordView('list', principal, values)
    return log.read(signal, async (executor, query) => {
      const { cursors, schema } = log.options
      let page = log.queryFor(query, principal, values).limit(limit)
      const cursor = values.get('cursor')
      if (cursor !== undefined) page = page.after(await cursors.open(cursor, 'list', principal, executor))
      const { lines, seqs, nextCursor } = await page.linePage()
      const checkpoint = await new Checkpoints(executor, schema).latest()
      const covered = checkpoint === undefined ? 0 : await countCovered(executor, schema, seqs, checkpoint.size)
      const next = nextCursor === null ? null : await cursors.seal(nextCursor, 'list', principal, executor)
      // The lines are JSON already: building objects to write them down again would cost more than the query.
      return json(
        `{"entries":[${lines.join(',\n')}],"next_cursor":${JSON.stringify(next)},"has_more":${next !== null},"checkpoint":${JSON.stringify(
          checkpoint === undefined ? null : checkpointJson(checkpoint),
        )},"uncovered":${lines.length - covered}}`,
      )
    })
  },
}

async function countCovered(
  executor: Executor,
  schema: string,
  seqs: readonly string[],
  treeSize: number,
): Promise<number> {
  const [row] = await executor.run(
    `select count(*)::integer as covered from ${quoteIdentifier(schema)}.leaf where seq = any ($1::bigint[]) and leaf_index < $2`,
    [`{${seqs.join(',')}}`, treeSize],
  )
  return Number(row?.['covered'])
}
