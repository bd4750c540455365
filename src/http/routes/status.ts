import { quoteIdentifier } from '../../schema/names.ts'
import { Checkpoints } from '../../sequencer/checkpoints.ts'
import { checkpointJson } from '../checkpoint-json.ts'
import { json } from '../responses.ts'
import type { Route } from '../route.ts'
import { countSchema, objectOf, orNull, ref } from '../schemas.ts'

/** `GET /status`: how the log is doing. */
export const statusRoute: Route = {
  method: 'GET',
  path: '/status',
  operationId: 'getStatus',
  summary: 'How far the log is sequenced and signed, and what is wrong with it',
  permission: 'inspect',
  parameters: [],
  answers: {
    'application/json': objectOf({
      tree_size: { ...countSchema, description: 'Entries that have their place in the log.' },
      checkpoint: orNull(ref('Checkpoint')),
      anomalies: { ...countSchema, description: 'Entries that did not verify when they got their place.' },
    }),
  },
  problems: ['query_timeout'],

  async handle({ log, signal }) {
    const quoted = quoteIdentifier(log.options.schema)
    return log.read(signal, async (executor) => {
      const checkpoint = await new Checkpoints(executor, log.options.schema).latest()
      const [row] = await executor.run(
        `select tree_size::text, (select count(*) from ${quoted}.leaf_anomaly)::text as anomalies from ${quoted}.sequencer_state`,
      )
      return json({
        tree_size: Number(row?.['tree_size']),
        checkpoint: checkpoint === undefined ? null : checkpointJson(checkpoint),
        anomalies: Number(row?.['anomalies']),
      })
    })
  },
}
