import { Checkpoints } from '../../sequencer/checkpoints.ts'
import { checkpointJson } from '../checkpoint-json.ts'
import { nextPage, openCursor, pageParameters, pageSchema, readLimit } from '../paging.ts'
import { Problem } from '../problem.ts'
import { json, text } from '../responses.ts'
import type { Route } from '../route.ts'
import { ref } from '../schemas.ts'

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
  parameters: pageParameters,
  answers: { 'application/json': pageSchema('checkpoints', ref('Checkpoint')) },
  problems: ['parameter_invalid', 'cursor_invalid'],

  async handle(call) {
    const { log, signal } = call
    const limit = readLimit(call)
    return log.read(signal, async (executor) => {
      const cursor = await openCursor(call, 'checkpoints', executor)
      const before = cursor === undefined ? Number.MAX_SAFE_INTEGER : Number(cursor)
      const found = await new Checkpoints(executor, log.options.schema).before(before, limit + 1)
      const page = found.slice(0, limit)
      const place = found.length > limit ? String(page.at(-1)?.size) : null
      return json({
        checkpoints: page.map(checkpointJson),
        ...(await nextPage(call, 'checkpoints', executor, place)),
      })
    })
  },
}
