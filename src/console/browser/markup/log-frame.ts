import { columnCount } from './entry-row.ts'
import type { Attributes, Child, Make, Text } from './make.ts'

/** What is around each view: the names of all, and where the one is that is shown. */
export function consoleFrame<E>(h: Make<E>, t: Text, links: readonly E[], content: E, status?: E): E {
  return h(
    'div',
    { class: 'console' },
    h('header', { class: 'top' }, h('h1', {}, t('title')), h('nav', { 'aria-label': t('views') }, ...links)),
    content,
    status,
  )
}

/** The list with what is above it. */
export function logFrame<E>(
  h: Make<E>,
  above: readonly E[],
  bar: readonly Child<E>[],
  list: readonly E[],
  ...beside: readonly E[]
): E {
  return h(
    'div',
    { class: 'log-view' },
    ...above,
    h('div', { class: 'bar' }, ...bar),
    h('div', { class: 'split' }, h('div', { class: 'list' }, ...list), ...beside),
  )
}

/** Where the activity will be seen: as high as it, so that the rows below stay where they are when it comes. */
export function activityFrame<E>(h: Make<E>, t: Text): E {
  return h('section', { class: 'activity waiting', 'aria-label': t('activity.heading') })
}

/** The table of the entries. */
export function gridFrame<E>(h: Make<E>, t: Text, attributes: Attributes, head: E, body: E): E {
  return h(
    'div',
    {
      class: 'grid',
      role: 'grid',
      tabindex: 0,
      'aria-label': t('log.entries'),
      'aria-colcount': columnCount,
      ...attributes,
    },
    h('div', { role: 'rowgroup', class: 'header' }, head),
    body,
  )
}
