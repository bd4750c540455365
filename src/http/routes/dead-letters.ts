import { readDeadLetters, type StoredDeadLetter } from '../../sinks/forwarder/dead-letters.ts'
import { forwarderNameParameter, readForwarderName } from '../forwarder-json.ts'
import { nextPage, openCursor, pageParameters, pageSchema, readLimit } from '../paging.ts'
import { json } from '../responses.ts'
import type { Route } from '../route.ts'
import { countSchema, dateTimeSchema, objectOf, orNull } from '../schemas.ts'
import { settingsReaders } from './settings-access.ts'

/** `GET /settings/forwarders/{name}/dead-letters`: what was not delivered, and why. */
export const deadLettersRoute: Route = {
  method: 'GET',
  path: '/settings/forwarders/{name}/dead-letters',
  operationId: 'listDeadLetters',
  summary: 'What a forwarder went past without delivering it, newest first',
  description: 'Also of a forwarder that was removed, or that was never configured here.',
  permission: settingsReaders,
  parameters: [forwarderNameParameter, ...pageParameters],
  answers: {
    'application/json': pageSchema(
      'dead_letters',
      objectOf({
        item: { type: 'string', description: 'The id of the entry or the notice, or `leaf-N`.' },
        kind: { type: 'string', enum: ['rejected', 'quarantined', 'gone'] },
        code: { type: 'string' },
        reason: { type: 'string' },
        recorded_at: dateTimeSchema,
        first_leaf_index: orNull(countSchema),
        last_leaf_index: orNull(countSchema),
      }),
    ),
  },
  problems: ['parameter_invalid', 'cursor_invalid', 'query_timeout'],

  async handle(call) {
    const { log, principal, values, signal } = call
    const name = readForwarderName(values)
    const limit = readLimit(call)
    await log.recordView('dead-letters', principal, values)
    const resource = `dead-letters ${name}`
    return log.read(signal, async (executor) => {
      const cursor = await openCursor(call, resource, executor)
      const before = cursor === undefined ? undefined : parsePlace(cursor)
      const found = await readDeadLetters(executor, log.options.schema, name, before, limit + 1)
      const page = found.slice(0, limit)
      const last = found.length > limit ? page.at(-1) : undefined
      const place = last === undefined ? null : formatPlace(last)
      return json({ dead_letters: page.map(letterJson), ...(await nextPage(call, resource, executor, place)) })
    })
  },
}

type Place = Pick<StoredDeadLetter, 'recordedAt' | 'item'>

const formatPlace = ({ recordedAt, item }: Place): string => Buffer.from(`${recordedAt} ${item}`).toString('base64url')

/** The cursor is authenticated, so this is what {@link formatPlace} wrote. */
function parsePlace(cursor: string): Place {
  const text = Buffer.from(cursor, 'base64url').toString()
  const space = text.indexOf(' ')
  return { recordedAt: text.slice(0, space), item: text.slice(space + 1) }
}

const letterJson = (letter: StoredDeadLetter): object => ({
  item: letter.item,
  kind: letter.kind,
  code: letter.code,
  reason: letter.reason,
  recorded_at: letter.recordedAt,
  first_leaf_index: letter.firstLeafIndex,
  last_leaf_index: letter.lastLeafIndex,
})
