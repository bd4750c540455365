import type { Context, View } from '../context.ts'
import { h, replace } from '../dom.ts'
import { type Acceptance, findAcceptances } from '../model/acceptances.ts'
import { formatRelative } from '../model/times.ts'
import { expiryTimeline } from '../parts/expiry-timeline.ts'
import { loadInto, table } from '../parts/loader.ts'
import { shownDay, shownText } from '../parts/shown-text.ts'

const atOnce = 200

/** Who accepted which risk, and until when. */
export class RisksView implements View {
  readonly element: HTMLElement
  readonly #context: Context
  readonly #body = h('div', { class: 'results' })
  readonly #search: HTMLInputElement
  #acceptances: readonly Acceptance[] = []
  #loaded = false

  constructor(context: Context) {
    const { t } = context
    this.#context = context
    this.#search = h('input', { type: 'search', autocomplete: 'off', on: { input: () => this.#draw() } })
    this.element = h(
      'div',
      {},
      h(
        'div',
        { class: 'page' },
        h('header', {}, h('h2', {}, t('risks.heading')), h('p', {}, t('risks.intro'))),
        h('label', { class: 'search' }, h('span', {}, t('risks.search')), this.#search),
        this.#body,
      ),
    )
  }

  show(): void {
    void loadInto(this.#context, this.#body, async () => {
      this.#acceptances = await this.#read()
      this.#loaded = true
      return this.#parts()
    })
  }

  hide(): void {
    // It asks only when it is shown.
  }

  /** All of them, because they are shown in another order than they come in. */
  async #read(): Promise<Acceptance[]> {
    const found: Acceptance[] = []
    const query = new URLSearchParams({ limit: '1000' })
    for (;;) {
      const page = await this.#context.api.json<{
        acceptances: readonly Acceptance[]
        next_cursor: string | null
      }>('/acceptances', { query })
      found.push(...page.acceptances)
      if (page.next_cursor === null) return found
      query.set('cursor', page.next_cursor)
    }
  }

  #draw(): void {
    if (this.#loaded) replace(this.#body, ...this.#parts())
  }

  #parts(): Node[] {
    const { t, number } = this.#context
    if (this.#acceptances.length === 0) return [h('p', { class: 'note' }, t('risks.none'))]
    const found = findAcceptances(this.#acceptances, this.#search.value)
    if (found.length === 0) return [h('p', { class: 'note' }, t('risks.noMatch'))]
    const shown = found.slice(0, atOnce)
    const width = Math.min(1100, (this.#body.clientWidth || 1100) - 32)
    return [
      h('section', { class: 'card' }, h('h2', {}, t('risks.timeline')), expiryTimeline(this.#context, found, width)),
      h(
        'section',
        { class: 'card' },
        table(
          t('risks.heading'),
          [
            t('field.target'),
            t('risks.state'),
            t('risks.acceptedBy'),
            t('risks.approvedBy'),
            t('risks.justification'),
            t('risks.acceptedAt'),
            t('risks.expiresAt'),
            t('risks.openLabel'),
          ],
          shown.map((one) => this.#row(one)),
        ),
        found.length > shown.length
          ? h('p', { class: 'hint' }, `${number(shown.length)} / ${number(found.length)}`)
          : null,
      ),
    ]
  }

  #row(one: Acceptance): (Node | string)[] {
    const { t, number, clock, hrefOf, go } = this.#context
    const text = (value: string | null): Node => shownText(this.#context, value ?? '–', 300)
    const place = { view: 'log', filters: {}, entry: one.seq } as const
    const tones: Readonly<Record<string, string>> = {
      in_force: 'good',
      expiring: 'warn',
      about_to_expire: 'warn',
      revoked: 'bad',
    }
    return [
      text(one.target),
      h('span', { class: `badge ${tones[one.state] ?? ''}` }, t(`risks.state.${one.state}`)),
      text(one.accepted_by),
      text(one.approved_by),
      text(one.justification),
      one.accepted_at === null ? '–' : shownDay(this.#context, one.accepted_at),
      one.expires_at === null
        ? '–'
        : h(
            'span',
            {},
            shownDay(this.#context, one.expires_at),
            h('div', { class: 'hint' }, formatRelative(one.expires_at, new Date(), clock)),
          ),
      h(
        'a',
        {
          href: hrefOf(place),
          on: {
            click: (event: MouseEvent) => {
              event.preventDefault()
              go(place)
            },
          },
        },
        t('risks.open', { seq: number(one.seq) }),
      ),
    ]
  }
}
