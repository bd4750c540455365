import type { Context, View } from '../context.ts'
import { button, h, replace } from '../dom.ts'
import { type ForwarderKind, forwarderState, type ForwarderSettings, problemKey } from '../model/forwarders.ts'
import { once } from '../model/once.ts'
import { failureNote, waitNote } from '../parts/failure-note.ts'
import { forwarderForm, testOutcome, type TestResult } from '../parts/forwarder-form.ts'
import { facts, loadInto, table } from '../parts/loader.ts'
import { shownText, shownTime } from '../parts/shown-text.ts'

/** `GET /settings/forwarders`. */
interface Settings {
  readonly kinds: readonly ForwarderKind[]
  readonly forwarders: readonly ForwarderSettings[]
}

/** One of `GET /settings/forwarders/{name}/dead-letters`. */
interface DeadLetter {
  readonly kind: string
  readonly code: string
  readonly reason: string
  readonly recorded_at: string
  readonly first_leaf_index: number | null
  readonly last_leaf_index: number | null
}

interface DeadLetterPage {
  readonly dead_letters: readonly DeadLetter[]
  readonly next_cursor: string | null
}

const refreshMs = 5000

/** Where entries are forwarded to. */
export class ForwardingView implements View {
  readonly element: HTMLElement
  readonly #context: Context
  readonly #list = h('div', { class: 'results' })
  readonly #editor = h('div', {})
  readonly #add: HTMLButtonElement
  readonly #gate = h('div', {})
  #settings: Settings | undefined
  #mayChange = true
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(context: Context) {
    const { t } = context
    this.#context = context
    this.#add = button(t('forwarding.add'), () => this.#edit(undefined), { class: 'primary', hidden: true })
    this.element = h(
      'div',
      {},
      h(
        'div',
        { class: 'page' },
        h('header', {}, h('h2', {}, t('forwarding.heading')), this.#add, h('p', {}, t('forwarding.intro'))),
        this.#gate,
        this.#editor,
        this.#list,
      ),
    )
  }

  show(): void {
    void loadInto(this.#context, this.#list, async () => {
      const { session, t } = this.#context
      const { permissions } = await session()
      this.#mayChange = permissions.includes('settings')
      replace(this.#gate, this.#mayChange ? null : h('p', { class: 'note' }, t('forwarding.readOnly')))
      await this.#load()
      // Only now is it known what can be added.
      this.#add.hidden = !this.#mayChange
      this.#refreshLater()
      return this.#cards()
    })
  }

  hide(): void {
    clearTimeout(this.#timer)
  }

  async #load(): Promise<void> {
    this.#settings = await this.#context.api.json<Settings>('/settings/forwarders')
  }

  // The figures move by themselves while somebody looks; open forms and dead letters are left alone.
  #refreshLater(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      if (document.hidden) return this.#refreshLater()
      void this.#load()
        .then(() => this.#redraw())
        .catch(() => undefined)
        .then(() => this.#refreshLater())
    }, refreshMs)
  }

  #redraw(): void {
    for (const one of this.#settings?.forwarders ?? []) {
      const facts = this.#list.querySelector(`[data-name="${CSS.escape(one.name)}"] .state`)
      if (facts !== null) replace(facts, ...this.#state(one))
    }
  }

  #cards(): Node[] {
    const { forwarders = [], kinds = [] } = this.#settings ?? {}
    if (forwarders.length === 0) return [h('p', { class: 'note' }, this.#context.t('forwarding.none'))]
    return [h('div', { class: 'cards' }, ...forwarders.map((one) => this.#card(one, kinds)))]
  }

  #card(one: ForwarderSettings, kinds: readonly ForwarderKind[]): HTMLElement {
    const { t } = this.#context
    const outcome = h('div', { 'aria-live': 'polite' })
    const path = `/settings/forwarders/${encodeURIComponent(one.name)}`
    const act = (label: string, work: () => Promise<void>, attributes = {}): HTMLButtonElement =>
      button(label, this.#doing(outcome, work), { class: 'small', ...attributes })
    const changes = [
      act(t('forwarding.test'), async () =>
        replace(outcome, testOutcome(this.#context, await this.#post<TestResult>(`${path}/test`))),
      ),
      button(t('forwarding.edit'), () => this.#edit(one), { class: 'small' }),
      act(t(one.paused ? 'forwarding.resume' : 'forwarding.pause'), async () => {
        await this.#post(`${path}/${one.paused ? 'resume' : 'pause'}`)
        await this.#reload()
      }),
      button(t('forwarding.remove'), () => this.#askRemove(one, path, outcome), { class: 'small danger' }),
    ]
    return h(
      'section',
      { class: 'card', 'data-name': one.name, 'aria-label': one.name },
      h(
        'header',
        {},
        h('h2', {}, shownText(this.#context, one.name)),
        h('span', { class: 'hint' }, kinds.find(({ kind }) => kind === one.kind)?.title ?? one.kind),
      ),
      h('div', { class: 'state' }, ...this.#state(one)),
      h(
        'div',
        { class: 'buttons' },
        ...(this.#mayChange ? changes : []),
        one.dead_lettered > 0 ? act(t('forwarding.deadShow'), () => this.#showDead(one, path, outcome)) : null,
      ),
      outcome,
    )
  }

  #state(one: ForwarderSettings): Node[] {
    const { t, number } = this.#context
    const state = forwarderState(one)
    const tone = { ok: 'good', behind: 'warn', paused: '', problem: 'bad' }[state]
    return [
      h('p', {}, h('span', { class: `badge ${tone}` }, t(`forwarding.state.${state}`))),
      ...(one.problem === null
        ? []
        : [
            h(
              'p',
              { class: 'note bad' },
              h('span', {}, t(problemKey(one.problem))),
              h('span', { class: 'mono' }, shownText(this.#context, one.problem, 100)),
            ),
          ]),
      facts(
        [t('forwarding.behind'), number(one.behind)],
        [t('forwarding.delivered'), number(one.delivered)],
        [t('forwarding.dead'), number(one.dead_lettered)],
        [t('forwarding.updated'), shownTime(this.#context, one.updated_at)],
      ),
    ]
  }

  #post<T>(path: string): Promise<T> {
    return this.#context.api.json<T>(path, { method: 'POST' })
  }

  /** What a button does: it says that something is under way, and what kept it from being done. */
  #doing(outcome: HTMLElement, work: () => Promise<void>): () => void {
    const run = once(async () => {
      const endWait = waitNote(this.#context, outcome, this.#context.t('moment'))
      try {
        await work()
      } catch (error) {
        replace(
          outcome,
          failureNote(this.#context, error, () => void run()),
        )
      } finally {
        endWait()
      }
    })
    return () => void run()
  }

  async #reload(): Promise<void> {
    await this.#load()
    replace(this.#list, ...this.#cards())
  }

  #askRemove(one: ForwarderSettings, path: string, outcome: HTMLElement): void {
    const { t } = this.#context
    const remove = async (): Promise<void> => {
      await this.#context.api.json(path, { method: 'DELETE' })
      await this.#reload()
    }
    const yes = button(t('forwarding.removeYes'), this.#doing(outcome, remove), { class: 'small danger' })
    replace(
      outcome,
      h(
        'div',
        { class: 'note warn', role: 'alert' },
        h('span', {}, t('forwarding.removeSure', { name: one.name })),
        yes,
        button(t('cancel'), () => replace(outcome), { class: 'small' }),
      ),
    )
    yes.focus()
  }

  async #showDead(one: ForwarderSettings, path: string, outcome: HTMLElement): Promise<void> {
    const { t } = this.#context
    const label = t('forwarding.deadHeading', { name: one.name })
    const rows: (readonly (Node | string)[])[] = []
    const failed = h('div', {})
    const show = async (cursor?: string): Promise<void> => {
      const query = new URLSearchParams(cursor === undefined ? {} : { cursor })
      const page = await this.#context.api.json<DeadLetterPage>(`${path}/dead-letters`, { query })
      rows.push(...page.dead_letters.map((letter) => this.#deadRow(letter)))
      const heads = [t('forwarding.deadWhen'), t('forwarding.deadWhy'), t('forwarding.deadLeaves')]
      const next = page.next_cursor
      replace(
        outcome,
        h('h3', {}, label),
        rows.length === 0 ? h('p', {}, t('forwarding.deadNone')) : table(label, heads, rows),
        next === null
          ? null
          : button(
              t('forwarding.deadMore'),
              this.#doing(failed, () => show(next)),
              { class: 'small' },
            ),
        failed,
      )
    }
    await show()
  }

  #deadRow({ recorded_at, code, reason, first_leaf_index, last_leaf_index }: DeadLetter): (Node | string)[] {
    const { number } = this.#context
    return [
      shownTime(this.#context, recorded_at),
      h(
        'div',
        {},
        h('span', { class: 'mono' }, shownText(this.#context, code, 100)),
        ' ',
        shownText(this.#context, reason, 500),
      ),
      [...new Set([first_leaf_index, last_leaf_index])]
        .map((index) => (index === null ? '–' : number(index)))
        .join('–'),
    ]
  }

  #edit(one: ForwarderSettings | undefined): void {
    const { t } = this.#context
    const form = forwarderForm(this.#context, this.#settings?.kinds ?? [], one, {
      close: () => {
        replace(this.#editor)
        this.#add.focus()
      },
      saved: () => {
        replace(this.#editor, h('p', { class: 'note good', role: 'status' }, t('forwarding.saved')))
        this.show()
      },
    })
    replace(this.#editor, form)
    form.querySelector<HTMLElement>('input, select')?.focus()
  }
}
