import { quoteIdentifier } from '../../schema/names.ts'
import { jsonLines, type LinePage } from '../../query/line-page.ts'
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
    'At most 1,000 entries a call, and fewer when they have more than 4 MiB together; always a cursor when there are more. The answer as it is saved to a file is what `audit-log verify` takes.',
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
      const asked = log.queryFor(query, principal, values)
      const cursor = await openCursor(call, 'list', executor)
      const page = cursor === undefined ? asked : asked.after(cursor)
      const read = (most: number): Promise<LinePage> => page.limit(most).linePage(coverageOf(log.options.schema, most))
      const found = await read(limit)
      const fitting = countWithin(found.lines, longestPage)
      const { lines, entries, nextCursor, further } = fitting < found.entries ? await read(fitting) : found
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

/** In characters. A client that takes its time holds its page in memory here, and 1,000 of the longest entries are 65 MB. */
const longestPage = 4 * 1024 * 1024

/** How many of the first entries of a page are within so many characters, one at least; no number when all are. */
function countWithin(lines: string, characters: number): number {
  if (lines.length <= characters) return Number.POSITIVE_INFINITY
  let count = 0
  let at = 0
  while ((at = lines.indexOf(jsonLines.separator, at) + 1) > 0 && at <= characters) count += 1
  return Math.max(1, count)
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
