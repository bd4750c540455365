import { visiblePieces } from '../model/visible-text.ts'
import type { Make, Text } from './make.ts'

/**
 * A text from the log, isolated from its surroundings: it reorders nothing but itself, and characters that cannot be seen or
 * that reorder are shown as boxes with their code.
 *
 * @param maximum the rest is cut off, with an ellipsis
 */
export function safeText<E>(h: Make<E>, t: Text, text: string, maximum: number = Infinity): E {
  return h(
    'bdi',
    {},
    ...visiblePieces(text, maximum).map(({ text, mark }) =>
      mark === undefined ? text : h('span', { class: 'mark', title: t('mark.title', { code: mark }) }, mark),
    ),
    text.length > maximum && '…',
  )
}

/** What an action ended with, told by a word and a shape, and not by colour alone. */
export function outcomeBadge<E>(h: Make<E>, t: Text, outcome: string): E {
  const known = outcome === 'success' || outcome === 'failure' || outcome === 'denied'
  return h('span', { class: `badge ${known ? outcome : ''}` }, known ? t(`outcome.${outcome}`) : outcome)
}
