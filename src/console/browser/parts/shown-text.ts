import type { Context } from '../context.ts'
import { h } from '../dom.ts'
import { outcomeBadge, safeText } from '../markup/safe-text.ts'
import { formatDay, formatTime, formatTimeWithZone, formatUtc } from '../model/times.ts'

/** A text from the log as {@link safeText} makes it. */
export function shownText({ t }: Pick<Context, 't'>, text: string, maximum?: number): HTMLElement {
  return safeText<HTMLElement>(h, t, text, maximum)
}

/** A time in the viewer's zone, with UTC when pointed at. */
export function shownTime({ clock }: Pick<Context, 'clock'>, timestamp: string, withZone = false): HTMLTimeElement {
  const shown = withZone ? formatTimeWithZone(timestamp, clock) : formatTime(timestamp, clock)
  return h('time', { datetime: timestamp, title: formatUtc(timestamp) }, shown)
}

/** Its day alone, with UTC when pointed at. */
export function shownDay({ clock }: Pick<Context, 'clock'>, timestamp: string): HTMLTimeElement {
  return h('time', { datetime: timestamp, title: formatUtc(timestamp) }, formatDay(timestamp, clock))
}

/** What an action ended with. */
export function shownOutcome({ t }: Pick<Context, 't'>, outcome: string): HTMLElement {
  return outcomeBadge<HTMLElement>(h, t, outcome)
}
