import { Checkpoints } from '../../sequencer/checkpoints.ts'
import { checkpointJson } from '../checkpoint-json.ts'
import { cursorParameter, limitParameter, readInteger } from '../parameters.ts'
import { Problem } from '../problem.ts'
import { json, text } from '../responses.ts'
import type { Route } from '../route.ts'
import { objectOf, ref } from '../schemas.ts'

/** `GET /checkpoint`: the newest one, as the signed note that it is. */
export const checkpointRoute: Route = {
  method: 'GET',
  path: '/checkpoint',
  operationId: 'getCheckpoint',
  summary: 'The newest checkpoint: a signed note (c2sp.org/tlog-checkpoint)',
  permission: 'read',
  parameters: [],
  answers: { 'text/plain': { type: 'string' } },
  problems: ['checkpoint_missing'],

  async handle({ log, signal }) {
    const checkpoint = await log.read(signal, (executor) => new Checkpoints(executor, log.options.schema).latest())
    if (checkpoint === undefined) throw new Problem('checkpoint_missing')
    return text(checkpoint.note)
  },
}

/** `GET /checkpoints`: all of them, the largest first. */
export const checkpointsRoute: Route = {
  method: 'GET',
  path: '/checkpoints',
  operationId: 'listCheckpoints',
  summary: 'Checkpoints, newest first',
  permission: 'read',
  parameters: [limitParameter, cursorParameter],
  answers: {
    'application/json': objectOf({
      checkpoints: { type: 'array', items: ref('Checkpoint'), maxItems: 1000 },
      next_cursor: { type: ['string', 'null'] },
      has_more: { type: 'boolean' },
    }),
  },
  problems: ['parameter_invalid', 'cursor_invalid'],

  async handle({ log, principal, values, signal }) {
    const limit = readInteger(limitParameter, values.get('limit') ?? '100')
    const cursor = values.get('cursor')
    const { cursors, schema } = log.options
    return log.read(signal, async (executor) => {
      const before =
        cursor === undefined
          ? Number.MAX_SAFE_INTEGER
          : Number(await cursors.open(cursor, 'checkpoints', principal, executor))
      const found = await new Checkpoints(executor, schema).before(before, limit + 1)
      const page = found.slice(0, limit)
      const last = found.length > limit ? page.at(-1) : undefined
      const next = last === undefined ? null : await cursors.seal(String(last.size), 'checkpoints', principal, executor)
      return json({ checkpoints: page.map(checkpointJson), next_cursor: next, has_more: next !== null })
    })
  },
}
