import type { Context } from '../context.ts'
import { h, svg } from '../dom.ts'
import { type Acceptance, timelineSpan } from '../model/acceptances.ts'
import { formatDay } from '../model/times.ts'
import { visiblePieces } from '../model/visible-text.ts'

const rowHeight = 20
const most = 24
const top = 14

/**
 * Each acceptance as a bar from when the risk was accepted until when that ends.
 *
 * @param width how wide it will be, in CSS pixels: letters keep their size
 */
export function expiryTimeline(
  { t, number, clock }: Context,
  acceptances: readonly Acceptance[],
  width: number,
): HTMLElement {
  const nameWidth = Math.min(190, width / 3)
  const shown = acceptances.slice(0, most)
  const now = Date.now()
  const { from, to } = timelineSpan(shown, now)
  const xOf = (time: number): number =>
    nameWidth + ((Math.min(to, Math.max(from, time)) - from) / (to - from)) * (width - nameWidth)
  const height = top + shown.length * rowHeight + 22
  const today = xOf(now)
  const bars = shown.map((one, index) => {
    const y = top + index * rowHeight + 4
    const [begin, end] = [xOf(Date.parse(one.accepted_at ?? '') || from), xOf(Date.parse(one.expires_at ?? '') || to)]
    return svg(
      'g',
      {},
      svg('title', {}, `${plain(one.target, 100)}: ${t(`risks.state.${one.state}`)}`),
      svg('text', { x: 0, y: y + 11, class: 'name' }, plain(one.target, Math.floor(nameWidth / 6.2))),
      svg('rect', {
        x: begin,
        y: y + 2,
        width: Math.max(3, end - begin),
        height: 11,
        rx: 3,
        class: `bar-${one.state}`,
      }),
    )
  })
  return h(
    'div',
    { class: 'timeline', tabindex: 0, role: 'region', 'aria-label': t('risks.timeline') },
    svg(
      'svg',
      {
        viewBox: `0 0 ${width} ${height}`,
        role: 'img',
        'aria-label': t('risks.timelineLabel', { count: number(shown.length) }),
      },
      svg('line', { x1: nameWidth, x2: width, y1: height - 18, y2: height - 18, class: 'rule' }),
      ...bars,
      svg('line', { x1: today, x2: today, y1: top, y2: height - 18, class: 'today' }),
      svg('text', { x: today, y: top - 4, 'text-anchor': 'middle' }, t('risks.today')),
      svg('text', { x: nameWidth, y: height - 5 }, formatDay(new Date(from).toISOString(), clock)),
      svg('text', { x: width, y: height - 5, 'text-anchor': 'end' }, formatDay(new Date(to).toISOString(), clock)),
    ),
  )
}

// A picture's text cannot isolate anything: characters that reorder are left out as their codes.
function plain(text: string | null, maximum: number): string {
  const shown = visiblePieces(text ?? '–', maximum)
    .map(({ text, mark }) => mark ?? text)
    .join('')
  return (text ?? '').length > maximum ? `${shown}…` : shown
}
