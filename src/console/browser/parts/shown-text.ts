import type { Context } from '../context.ts'
import { h } from '../dom.ts'
import { formatTime, formatTimeWithZone, formatUtc } from '../model/times.ts'
import { visiblePieces } from '../model/visible-text.ts'

/**
 * A text from the log, isolated from its surroundings: it reorders nothing but itself, and characters that cannot be seen or
 * that reorder are shown as boxes with their code.
 *
 * @param maximum the rest is cut off, with an ellipsis
 */
export function shownText({ t }: Pick<Context, 't'>, text: string, maximum: number = Infinity): HTMLElement {
  const pieces = visiblePieces(text, maximum)
  return h(
    'bdi',
    {},
    ...pieces.map(({ text, mark }) =>
      mark === undefined ? text : h('span', { class: 'mark', title: t('mark.title', { code: mark }) }, mark),
    ),
    text.length > maximum && '…',
  )
}

/** A time in the viewer's zone, with UTC when pointed at. */
export function shownTime({ clock }: Pick<Context, 'clock'>, timestamp: string, withZone = false): HTMLTimeElement {
  const shown = withZone ? formatTimeWithZone(timestamp, clock) : formatTime(timestamp, clock)
  return h('time', { datetime: timestamp, title: formatUtc(timestamp) }, shown)
}

/** What an action ended with, told by a word and a shape, and not by colour alone. */
export function shownOutcome({ t }: Pick<Context, 't'>, outcome: string): HTMLElement {
  const known = outcome === 'success' || outcome === 'failure' || outcome === 'denied'
  return h('span', { class: `badge ${known ? outcome : ''}` }, known ? t(`outcome.${outcome}`) : outcome)
}
