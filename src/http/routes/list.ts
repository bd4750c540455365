import { quoteIdentifier } from '../../schema/names.ts'
import type { Row } from '../../database/database.ts'
import { readCheckpoint, selectLatestCheckpoint } from '../../sequencer/checkpoints.ts'
import { checkpointJson } from '../checkpoint-json.ts'
import { nextPage, openCursor, pageParameters, pageProperties, readLimit } from '../paging.ts'
import { filterParameters, orderParameter, tenantParameter } from '../parameters.ts'
import { jsonPieces } from '../responses.ts'
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
  parameters: [...filterParameters, tenantParameter, orderParameter, ...pageParameters],
  answers: {
    'application/json': objectOf({
      entries: { type: 'array', items: ref('Entry'), maxItems: 1000 },
      ...pageProperties,
      checkpoint: { ...orNull(ref('Checkpoint')), description: 'The newest checkpoint; null when there is none yet.' },
      uncovered: {
        ...countSchema,
        description:
          'How many of these entries the checkpoint does not cover yet: nothing but the database vouches for them.',
      },
    }),
  },
  problems: ['parameter_invalid', 'cursor_invalid', 'tenant_forbidden', 'query_timeout'],

  async handle(call) {
    const { principal, values, signal, log } = call
    const limit = readLimit(call)
    await log.recordView('list', principal, values)
    return log.readAtOnce(signal, async (executor, query) => {
      const asked = log.queryFor(query, principal, values).limit(limit)
      const cursor = await openCursor(call, 'list', executor)
      const page = cursor === undefined ? asked : asked.after(cursor)
      const { lines, entries, nextCursor, further } = await page.linePage(coverageOf(log.options.schema, limit))
      const checkpoint =
        further['checkpoint'] === null ? null : checkpointJson(readCheckpoint(parseRow(further['checkpoint'])))
      const next = await nextPage(call, 'list', executor, nextCursor)
      // The lines are JSON already: building objects to write them down again would cost more than the query.
      return jsonPieces(
        '{"entries":[',
        lines,
        `],${JSON.stringify({ ...next, checkpoint, uncovered: entries - Number(further['covered']) }).slice(1)}`,
      )
    })
  },
}

/** The newest checkpoint, and how many entries of the page it covers: in the statement of the page, of the same moment. */
function coverageOf(schema: string, limit: number): string[] {
  const quoted = quoteIdentifier(schema)
  return [
    `(select pg_catalog.row_to_json(latest)::text from (${selectLatestCheckpoint(schema)}) as latest) as checkpoint`,
    `(select count(*)::integer from ${quoted}.leaf where seq = any (page.seqs[:${limit}])
      and leaf_index < (select max(tree_size) from ${quoted}.checkpoint)) as covered`,
  ]
}

const parseRow = (text: unknown): Row => JSON.parse(String(text)) as Row
