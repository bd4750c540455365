import type { Context } from '../context.ts'
import { h, replace } from '../dom.ts'
import { failureNote, slowNote } from './failure-note.ts'

/** What ends the note that the newest question for a place takes long. */
const asked = new WeakMap<HTMLElement, () => void>()

/**
 * Fills a place with what was asked of the server, and says what happened when it does not come. An answer to an older
 * question for the same place comes too late.
 *
 * @param load asks and builds
 */
export async function loadInto(
  context: Context,
  place: HTMLElement,
  load: () => Promise<readonly (Node | null)[]>,
): Promise<void> {
  if (place.childElementCount === 0) replace(place, h('p', { class: 'muted' }, context.t('loading')))
  place.setAttribute('aria-busy', 'true')
  asked.get(place)?.()
  const endSlow = slowNote(context, place)
  asked.set(place, endSlow)
  const parts = await load().catch((error: unknown) => [
    failureNote(context, error, () => void loadInto(context, place, load)),
  ])
  endSlow()
  if (asked.get(place) !== endSlow) return
  replace(place, ...parts)
  place.removeAttribute('aria-busy')
}

/** A table with a heading for each column. Where there is little room, each row is a list. */
export function table(
  label: string,
  heads: readonly string[],
  rows: readonly (readonly (Node | string | null)[])[],
): HTMLElement {
  return h(
    'div',
    { class: `scroll stack ${heads.length > 6 ? 'wide' : ''}`, tabindex: 0, role: 'region', 'aria-label': label },
    h(
      'table',
      {},
      h('thead', {}, h('tr', {}, ...heads.map((text) => (text === '' ? h('td') : h('th', { scope: 'col' }, text))))),
      h(
        'tbody',
        {},
        ...rows.map(([first, ...cells]) =>
          h(
            'tr',
            {},
            h('th', { scope: 'row' }, first),
            ...cells.map((cell, index) => h('td', { 'data-head': heads[index + 1] || undefined }, cell)),
          ),
        ),
      ),
    ),
  )
}

/** Facts, each with its name. */
export function facts(...pairs: readonly (readonly [name: string, value: Node | string] | null)[]): HTMLElement {
  return h(
    'dl',
    { class: 'facts' },
    ...pairs.flatMap((pair) => (pair === null ? [] : [h('dt', {}, pair[0]), h('dd', {}, pair[1])])),
  )
}
