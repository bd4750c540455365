import type { Context, View } from '../context.ts'
import { h, replace } from '../dom.ts'
import { type Hold, keptUntil, type Retention } from '../model/retention.ts'
import { formatDay, fromLocalInput } from '../model/times.ts'
import { once } from '../model/once.ts'
import { failureNote, waitNote } from '../parts/failure-note.ts'
import { loadInto, table } from '../parts/loader.ts'
import { shownText, shownTime } from '../parts/shown-text.ts'

/** How long entries are kept, what is under legal hold, and what expires when. */
export class RetentionView implements View {
  readonly element: HTMLElement
  readonly #context: Context
  readonly #facts = h('div', { class: 'results' })
  readonly #said = h('div', { 'aria-live': 'polite' })
  readonly #extend = h('div', {})
  readonly #hold = h('div', {})
  #keepDays = 0

  constructor(context: Context) {
    this.#context = context
    this.element = h(
      'div',
      {},
      h('div', { class: 'page' }, this.#said, this.#facts, h('div', { class: 'cards' }, this.#extend, this.#hold)),
    )
  }

  show(): void {
    void loadInto(this.#context, this.#facts, async () => {
      const { api, session } = this.#context
      const [retention, { permissions, flags }] = await Promise.all([
        api.json<Retention>('/settings/retention'),
        session(),
      ])
      const mayChange = permissions.includes('settings')
      this.#keepDays = retention.keep_days
      const off = flags['audit_extended_retention'] === false || !retention.extendable
      // A form is made once: what was typed into it stays.
      if (this.#extend.querySelector('form') === null) replace(this.#extend, this.#extendCard(mayChange, off))
      if (mayChange && this.#hold.childElementCount === 0) replace(this.#hold, this.#holdCard())
      return [this.#policyCard(retention), this.#monthsCard(retention), this.#holdsCard(retention)]
    })
  }

  hide(): void {
    // It asks only when it is shown.
  }

  #policyCard({ keep_days, decided_at, reason }: Retention): HTMLElement {
    const { t, number, clock } = this.#context
    return h(
      'section',
      { class: 'card' },
      h('h2', {}, t('retention.keep', { days: number(keep_days) })),
      decided_at === null
        ? null
        : h(
            'p',
            {},
            shownText(
              this.#context,
              t('retention.since', { time: formatDay(decided_at, clock), reason: reason ?? '–' }),
              1000,
            ),
          ),
      h('p', { class: 'muted' }, t('retention.onlyGrows')),
    )
  }

  #monthsCard({ months }: Retention): HTMLElement {
    const { t, number, bytes } = this.#context
    const most = Math.max(1, ...months.map(({ entries }) => entries ?? 0))
    return h(
      'section',
      { class: 'card' },
      h('h2', {}, t('retention.months')),
      table(
        t('retention.months'),
        [t('retention.month'), t('retention.entries'), '', t('retention.bytes'), t('retention.expires'), ''],
        months.map(({ month, entries, bytes: size, expires_at, expired }) => {
          const bar = h('i', {})
          bar.style.setProperty('inline-size', `${((entries ?? 0) / most) * 100}%`)
          return [
            month,
            h('bdi', {}, entries === null ? '–' : `≈ ${number(entries)}`),
            h('div', { class: 'meter', 'aria-hidden': 'true' }, bar),
            h('bdi', {}, bytes(size)),
            expires_at === null ? '–' : shownTime(this.#context, expires_at),
            h(
              'span',
              { class: `badge ${expired ? 'warn' : 'good'}` },
              t(expired ? 'retention.expired' : 'retention.kept'),
            ),
          ]
        }),
      ),
    )
  }

  #holdsCard({ holds }: Retention): HTMLElement {
    const { t } = this.#context
    return h(
      'section',
      { class: 'card' },
      h('h2', {}, t('retention.holds')),
      h('p', { class: 'muted' }, t('retention.holdIntro')),
      holds.length === 0
        ? h('p', {}, t('retention.noHolds'))
        : table(
            t('retention.holds'),
            [t('retention.scope'), t('retention.reason'), t('retention.approvedBy'), t('retention.placed'), ''],
            holds.map((hold) => [
              this.#scope(hold),
              shownText(this.#context, hold.reason, 500),
              shownText(this.#context, hold.approved_by ?? '–', 200),
              shownTime(this.#context, hold.placed_at),
              hold.released_at === null
                ? h('span', { class: 'badge warn' }, t('retention.active'))
                : h(
                    'span',
                    { class: 'badge' },
                    t('retention.released'),
                    ' ',
                    shownTime(this.#context, hold.released_at),
                  ),
            ]),
          ),
    )
  }

  #scope({ tenant_id, user_id, target, since, until }: Hold): HTMLElement {
    const { t, clock } = this.#context
    const parts = (
      [
        ['field.tenant_id', tenant_id],
        ['field.user_id', user_id],
        ['field.target', target],
        ['filter.since', since === null ? null : formatDay(since, clock)],
        ['filter.until', until === null ? null : formatDay(until, clock)],
      ] as const
    ).filter(([, value]) => value !== null)
    if (parts.length === 0) return h('span', {}, t('retention.everything'))
    return h(
      'div',
      {},
      ...parts.map(([key, value]) =>
        h('div', {}, h('span', { class: 'muted' }, `${t(key)}: `), shownText(this.#context, value ?? '', 200)),
      ),
    )
  }

  #extendCard(mayChange: boolean, off: boolean): HTMLElement {
    const { t, number, clock } = this.#context
    const heading = h('h2', {}, t('retention.extend'))
    if (off) return h('section', { class: 'card' }, heading, h('p', { class: 'note warn' }, t('retention.extendOff')))
    if (!mayChange) return h('section', { class: 'card' }, heading, h('p', { class: 'note' }, t('forwarding.readOnly')))
    const days = h('input', { type: 'text', inputmode: 'numeric', name: 'keep_days', autocomplete: 'off' })
    const reason = h('input', { type: 'text', name: 'reason', autocomplete: 'off' })
    const daysError = h('span', { class: 'error', role: 'alert' })
    const reasonError = h('span', { class: 'error', role: 'alert' })
    const preview = h('p', { class: 'hint wide', 'aria-live': 'polite' })
    const asked = (): number => (/^[0-9]{1,6}$/.test(days.value.trim()) ? Number(days.value) : Number.NaN)
    days.addEventListener('input', () => {
      const until = keptUntil(asked(), new Date())
      preview.textContent =
        until === undefined
          ? ''
          : t('retention.preview', {
              days: number(asked()),
              years: number(Math.round((asked() / 365.25) * 10) / 10),
              date: formatDay(until, clock),
            })
    })
    const outcome = h('div', { 'aria-live': 'polite' })
    const send = once(async () => {
      const grows = asked() > this.#keepDays
      fault(days, daysError, grows ? '' : t('retention.mustGrow', { days: number(this.#keepDays) }))
      fault(reason, reasonError, reason.value.trim() === '' ? t('form.required') : '')
      if (!grows || reason.value.trim() === '') return
      const body = { keep_days: asked(), reason: reason.value.trim() }
      if (await this.#send('/settings/retention/extend', body, outcome, send)) this.#done(this.#extend, 'extended')
    })
    return this.#form(heading, outcome, t('retention.extendDo'), send, [
      h('label', {}, h('span', {}, t('retention.days')), days, daysError),
      h('label', {}, h('span', {}, t('retention.reason')), reason, reasonError),
      preview,
      h('p', { class: 'hint wide' }, t('retention.confirm')),
    ])
  }

  #holdCard(): HTMLElement {
    const { t } = this.#context
    const inputs = new Map(
      (['tenant_id', 'user_id', 'target', 'since', 'until', 'reason', 'approved_by'] as const).map((name) => [
        name,
        h('input', {
          name,
          type: name === 'since' || name === 'until' ? 'datetime-local' : 'text',
          autocomplete: 'off',
        }),
      ]),
    )
    const errors = new Map(
      (['reason', 'approved_by'] as const).map((name) => [name, h('span', { class: 'error', role: 'alert' })]),
    )
    const outcome = h('div', { 'aria-live': 'polite' })
    const send = once(async () => {
      const body: Record<string, string> = {}
      for (const [name, input] of inputs) {
        const text = input.value.trim()
        const value = name === 'since' || name === 'until' ? fromLocalInput(text) : text
        if (value !== undefined && value !== '') body[name] = value
      }
      let complete = true
      for (const [name, place] of errors) {
        const missing = body[name] === undefined
        fault(inputs.get(name), place, missing ? t('form.required') : '')
        if (missing) complete = false
      }
      if (complete && (await this.#send('/settings/legal-holds', body, outcome, send)))
        this.#done(this.#hold, 'holdPlaced')
    })
    const labels = {
      tenant_id: 'field.tenant_id',
      user_id: 'field.user_id',
      target: 'field.target',
      since: 'filter.since',
      until: 'filter.until',
      reason: 'retention.reason',
      approved_by: 'retention.approvedBy',
    } as const
    return this.#form(
      h('h2', {}, t('retention.hold')),
      outcome,
      t('retention.holdDo'),
      send,
      [...inputs].map(([name, input]) =>
        h(
          'label',
          {},
          h('span', {}, t(labels[name]), name === 'reason' || name === 'approved_by' ? '' : ` (${t('optional')})`),
          input,
          name === 'reason' || name === 'approved_by' ? errors.get(name) : null,
        ),
      ),
    )
  }

  #form(heading: Node, outcome: Node, label: string, send: () => Promise<void>, fields: readonly Node[]): HTMLElement {
    const submit = (event: Event): void => {
      event.preventDefault()
      void send()
    }
    return h(
      'form',
      { class: 'card form', novalidate: true, on: { submit } },
      heading,
      h('div', { class: 'two' }, ...fields),
      h('div', { class: 'buttons' }, h('button', { class: 'primary' }, label)),
      outcome,
    )
  }

  /** @returns whether it was taken */
  async #send(path: string, body: unknown, outcome: HTMLElement, again: () => Promise<void>): Promise<boolean> {
    const endWait = waitNote(this.#context, outcome, this.#context.t('moment'))
    try {
      await this.#context.api.json(path, { method: 'POST', body })
      return true
    } catch (error) {
      replace(
        outcome,
        failureNote(this.#context, error, () => void again()),
      )
      return false
    } finally {
      endWait()
    }
  }

  /** What was typed has been taken: its form begins anew, and the other one stays as it is. */
  #done(place: HTMLElement, said: 'extended' | 'holdPlaced'): void {
    replace(this.#said, h('p', { class: 'note good', role: 'status' }, this.#context.t(`retention.${said}`)))
    replace(place)
    this.show()
  }
}

function fault(input: HTMLInputElement | undefined, place: HTMLElement, text: string): void {
  if (text === '') input?.removeAttribute('aria-invalid')
  else input?.setAttribute('aria-invalid', 'true')
  place.textContent = text
}
