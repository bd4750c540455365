import { ApiFailure } from '../api.ts'
import type { Context } from '../context.ts'
import { button, h, replace, svg } from '../dom.ts'
import { activityFrame } from '../markup/log-frame.ts'
import { dayTotals, type ActivityDay, fillDays, topActions } from '../model/activity.ts'
import { type Filters, fixRange } from '../model/place.ts'
import { formatDay } from '../model/times.ts'
import { shownText } from './shown-text.ts'

const colours = 4
const height = 60
const longestDays = 92

/** How much was recorded on each day, by action; a day can be chosen. */
export class ActivityChart {
  readonly element: HTMLElement
  readonly #context: Context
  readonly #onDay: (since: string, until: string) => void
  #asked = ''
  // Where there is little room the list comes first.
  #open: boolean | undefined

  constructor(context: Context, onDay: (since: string, until: string) => void) {
    this.#context = context
    this.#onDay = onDay
    this.element = activityFrame<HTMLElement>(h, context.t)
  }

  /** Shows the time and tenant of some filters; the last 30 days when they name no time. */
  show(filters: Filters): void {
    const now = new Date()
    const { since, until, tenant_id: tenant } = fixRange(filters, now)
    const end = until ?? now.toISOString()
    const earliest = new Date(Date.parse(end) - (since === undefined ? 30 : longestDays - 1) * 86_400_000).toISOString()
    const begin = since !== undefined && since > earliest ? since : earliest
    const query = new URLSearchParams({ since: begin, until: end })
    if (tenant !== undefined) query.set('tenant_id', tenant)
    const asked = `${begin.slice(0, 13)} ${end.slice(0, 13)} ${tenant ?? ''}`
    if (asked === this.#asked) return
    this.#asked = asked
    void this.#load(query, begin, end)
  }

  async #load(query: URLSearchParams, since: string, until: string): Promise<void> {
    try {
      const { days } = await this.#context.api.json<{ days: readonly ActivityDay[] }>('/activity', { query })
      this.#draw(fillDays(days, since, until))
    } catch (error) {
      // A picture that is not there is no reason to disturb anybody.
      this.element.hidden = true
      if (!(error instanceof ApiFailure)) throw error
    }
  }

  #draw(days: readonly ActivityDay[]): void {
    const { t, number, clock } = this.#context
    const actions = topActions(days, colours)
    const totals = days.map(dayTotals)
    const most = Math.max(1, ...totals.map(({ entries }) => entries))
    const worst = Math.max(1, ...totals.map(({ problems }) => problems))
    this.element.hidden = totals.every(({ entries }) => entries === 0)
    this.element.classList.remove('waiting')
    const bars = days.map((day, index) => {
      let top = height
      const { entries = 0, problems = 0 } = totals[index] ?? {}
      const parts = [...actions, undefined].map((action, colour) => {
        const count = day.actions
          .filter((one) => (action === undefined ? !actions.includes(one.action) : one.action === action))
          .reduce((sum, { success, failure, denied }) => sum + success + failure + denied, 0)
        const size = (count / most) * height
        top -= size
        return count === 0
          ? null
          : svg('rect', { x: index * 10 + 1, y: top, width: 8, height: size, class: `series-${colour}` })
      })
      return svg(
        'g',
        { on: { click: () => this.#choose(day.day) } },
        svg('title', {}, t('activity.day', { day: day.day, count: number(entries), problems: number(problems) })),
        svg('rect', { x: index * 10, y: 0, width: 10, height: height + 5, class: 'hit' }),
        ...parts,
        problems > 0 &&
          svg('rect', {
            x: index * 10 + 1,
            y: height + 2,
            width: 8,
            height: 3,
            class: 'problems',
            opacity: 0.15 + (0.85 * problems) / worst,
          }),
      )
    })
    const sum = totals.reduce((all, { entries }) => all + entries, 0)
    const picture = svg(
      'svg',
      {
        viewBox: `0 0 ${days.length * 10} ${height + 5}`,
        preserveAspectRatio: 'none',
        role: 'img',
        'aria-label': `${t('activity.label')}: ${number(sum)}`,
      },
      ...bars,
    )
    replace(
      this.element,
      h(
        'details',
        { open: (this.#open ??= (this.element.clientWidth || innerWidth) > 640) },
        h(
          'summary',
          { on: { click: () => (this.#open = !this.#open) } },
          t('activity.heading'),
          ' ',
          h('span', { class: 'muted' }, number(sum)),
        ),
        h('div', { class: 'plot' }, picture),
        h(
          'div',
          { class: 'axis' },
          h('span', {}, formatDay(`${days[0]?.day ?? ''}T12:00:00Z`, clock)),
          h(
            'ul',
            { class: 'legend' },
            ...actions.map((action, colour) =>
              h('li', {}, h('i', { class: `series-${colour}` }), shownText(this.#context, action, 60)),
            ),
            h('li', {}, h('i', { class: `series-${actions.length}` }), t('activity.other')),
            h('li', {}, h('i', { class: 'problems' }), t('activity.failed')),
          ),
          h('span', {}, formatDay(`${days.at(-1)?.day ?? ''}T12:00:00Z`, clock)),
        ),
        this.#table(days, totals),
      ),
    )
  }

  #table(days: readonly ActivityDay[], totals: readonly { entries: number; problems: number }[]): HTMLElement {
    const { t, number } = this.#context
    const place = h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': t('activity.label') })
    const table = h('details', { class: 'as-table' }, h('summary', {}, t('activity.table')), place)
    table.addEventListener('toggle', () => {
      if (place.childElementCount > 0) return
      const rows = days.map(({ day }, index) =>
        h(
          'tr',
          {},
          h(
            'th',
            { scope: 'row' },
            button(day, () => this.#choose(day), { class: 'link', 'aria-label': t('activity.show', { day }) }),
          ),
          h('td', {}, number(totals[index]?.entries ?? 0)),
          h('td', {}, number(totals[index]?.problems ?? 0)),
        ),
      )
      const head = [t('field.timestamp'), t('activity.total'), t('activity.failed')].map((text) =>
        h('th', { scope: 'col' }, text),
      )
      place.append(h('table', {}, h('thead', {}, h('tr', {}, ...head)), h('tbody', {}, ...rows)))
    })
    return table
  }

  #choose(day: string): void {
    this.#onDay(`${day}T00:00:00Z`, new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString())
  }
}
