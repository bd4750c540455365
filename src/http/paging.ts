import type { Executor } from '../database/database.ts'
import { cursorParameter, type JsonSchema, limitParameter, type Parameter, readInteger } from './parameters.ts'
import type { Call } from './route.ts'
import { objectOf } from './schemas.ts'

/** The parameters of every list. */
export const pageParameters: readonly Parameter[] = [limitParameter, cursorParameter]

/** What every list answers with besides its items. */
export const pageProperties: Readonly<Record<string, JsonSchema>> = {
  next_cursor: { type: ['string', 'null'], description: 'Where to go on; null when there is nothing more.' },
  has_more: { type: 'boolean' },
}

/** The answer of a list of which `name` has the items. */
export function pageSchema(name: string, items: JsonSchema): JsonSchema {
  return objectOf({ [name]: { type: 'array', items, maxItems: 1000 }, ...pageProperties })
}

/** How many items the page is to have. @throws Problem `parameter_invalid` */
export function readLimit({ values }: Call): number {
  return readInteger(limitParameter, values.get('limit') ?? '100')
}

/** The place where the client goes on, out of its seal; undefined when it begins. @throws Problem `cursor_invalid` */
export async function openCursor(
  { log, principal, values }: Call,
  resource: string,
  executor: Executor,
): Promise<string | undefined> {
  const sealed = values.get('cursor')
  return sealed === undefined ? undefined : log.options.cursors.open(sealed, resource, principal, executor)
}

/** Seals the place where a page ends; null when it is the last page. */
export async function nextPage(
  { log, principal }: Call,
  resource: string,
  executor: Executor,
  place: string | null,
): Promise<{ readonly next_cursor: string | null; readonly has_more: boolean }> {
  const sealed = place === null ? null : await log.options.cursors.seal(place, resource, principal, executor)
  return { next_cursor: sealed, has_more: sealed !== null }
}
