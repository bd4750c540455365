import { ApiFailure } from '../api.ts'
import type { Context, View } from '../context.ts'
import { button, h, replace } from '../dom.ts'
import { logFrame } from '../markup/log-frame.ts'
import { type Check, checkCheckpoint } from '../model/check-proof.ts'
import { EntryList, type ListPage, type Row } from '../model/entry-list.ts'
import { firstQuery, fixRange, type Filters, formatPlace, type Place, toParameters, without } from '../model/place.ts'
import { painted } from '../model/painted.ts'
import { pollDelay } from '../model/poll-delay.ts'
import { browserPauses, verifyPage } from '../model/verify-page.ts'
import { ActivityChart } from '../parts/activity-chart.ts'
import { copyButton } from '../parts/copy-button.ts'
import { EntryDrawer } from '../parts/entry-drawer.ts'
import { EntryGrid } from '../parts/entry-grid.ts'
import { failureNote, slowNote } from '../parts/failure-note.ts'
import { FilterForm } from '../parts/filter-form.ts'

/** The log itself: search, filters, the list, and one entry beside it. */
export class LogView implements View {
  readonly element: HTMLElement
  readonly #context: Context
  readonly #form: FilterForm
  readonly #grid: EntryGrid
  readonly #drawer: EntryDrawer
  readonly #activity: ActivityChart
  readonly #message = h('div', { class: 'message' })
  readonly #live = h('span', { class: 'live' })
  readonly #counts = h('span', { class: 'counts', role: 'status' })
  readonly #fresh = h('div', { class: 'fresh' })
  #list = new EntryList()
  #filters: Filters | undefined
  // None at first: to abort one makes an exception with a stack, for which a browser parses the program anew.
  #stop: AbortController | undefined
  #loading = false
  #failed = false
  #uncovered = 0
  #checkpoint: ListPage['checkpoint'] = null
  #signature: Check | undefined
  #verifying = 0
  #broken = 0
  #intact = 0
  #unseen = 0
  #visible = false

  constructor(context: Context) {
    const { t } = context
    this.#context = context
    this.#form = new FilterForm(context, t('filter.apply'), (filters) => this.#search(filters))
    this.#grid = new EntryGrid(context, {
      open: (entry) => context.go({ view: 'log', filters: this.#filters ?? {}, entry: entry.seq }),
      nearEnd: () => void this.#loadMore(),
    })
    this.#drawer = new EntryDrawer(context, {
      close: () => context.go({ view: 'log', filters: this.#filters ?? {} }),
      filter: (filters) => context.go({ view: 'log', filters: { ...this.#form.filters, ...filters } }),
      shareUrl: ({ seq }) => context.shareUrl({ view: 'log', filters: {}, entry: seq }),
    })
    this.#activity = new ActivityChart(context, (since, until) =>
      context.go({ view: 'log', filters: { ...without(this.#form.filters, 'range'), since, until } }),
    )
    const clear = button(t('filter.clear'), () => context.go({ view: 'log', filters: {} }), { class: 'link' })
    const share = copyButton(context, t('log.copyLink'), () =>
      context.shareUrl({ view: 'log', filters: fixRange(this.#filters ?? {}, new Date()) }),
    )
    this.element = logFrame<HTMLElement>(
      h,
      [this.#form.element, this.#activity.element],
      [this.#live, this.#counts, h('span', { class: 'spring' }), clear, share],
      [
        h('p', { class: 'hidden-text', id: this.#grid.keysId }, t('log.openKeys')),
        this.#fresh,
        this.#grid.element,
        this.#message,
      ],
      this.#drawer.element,
    )
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden && this.#visible) this.#startLive()
    })
  }

  show({ filters, entry }: Place): void {
    this.#showLive(filters)
    const first = this.#filters === undefined
    this.#visible = true
    if (first || formatPlace({ view: 'log', filters }) !== formatPlace({ view: 'log', filters: this.#filters ?? {} })) {
      this.#filters = filters
      this.#form.filters = filters
      this.#reload()
    } else this.#startLive()
    if (entry === undefined) {
      const wasOpen = !this.#drawer.element.hidden
      this.#drawer.close()
      if (wasOpen) this.#grid.element.focus({ preventScroll: true })
    } else this.#drawer.open(entry, this.#list.rows.find((row) => row.entry.seq === entry)?.entry)
    this.#grid.select(entry)
  }

  hide(): void {
    this.#visible = false
    clearTimeout(this.#timer)
  }

  #search(filters: Filters): void {
    this.#form.clearErrors()
    const place: Place = { view: 'log', filters }
    // The same question again is asked again.
    if (formatPlace(place) === formatPlace({ view: 'log', filters: this.#filters ?? {} })) this.#reload()
    else this.#context.go(place)
  }

  #reload(): void {
    this.#stop?.abort()
    this.#stop = new AbortController()
    clearTimeout(this.#timer)
    this.#list = new EntryList()
    this.#loading = false
    this.#failed = false
    ;[this.#broken, this.#intact, this.#unseen, this.#uncovered] = [0, 0, 0, 0]
    this.#now = new Date()
    replace(this.#fresh)
    this.#grid.scrollToTop()
    this.#grid.setRows([], false)
    void this.#loadMore()
  }

  /** When the search began: a range that moves with the clock stays where it was while more is loaded. */
  #now = new Date()

  async #loadMore(): Promise<void> {
    const list = this.#list
    if (
      this.#stop === undefined ||
      this.#loading ||
      this.#failed ||
      list.cursor === null ||
      this.#filters === undefined
    )
      return
    const { signal } = this.#stop
    const first = list.cursor === undefined
    this.#loading = true
    this.element.classList.add('loading')
    replace(this.#message, h('p', { class: 'muted' }, this.#context.t(first ? 'loading' : 'log.loadingMore')))
    const endSlow = slowNote(this.#context, this.#message)
    try {
      const query = firstQuery(this.#filters, this.#now, this.#context.pageSize)
      if (list.cursor !== undefined) {
        query.set('limit', String(this.#context.pageSize))
        query.set('cursor', list.cursor)
      }
      const page = await this.#context.api.json<ListPage>('/list', { query, signal })
      const added = list.append(page)
      this.#checkpoint = page.checkpoint
      this.#uncovered += page.uncovered
      this.#form.clearErrors()
      this.#loading = false
      replace(this.#message, this.#endText())
      this.#grid.setRows(list.rows, page.next_cursor === null)
      void this.#verify(added, signal)
      if (first) void this.#showRest(this.#filters, signal)
    } catch (error) {
      if (signal.aborted) return
      this.#loading = false
      this.#failed = true
      const again = (): void => {
        this.#failed = false
        // Who may see other entries than before begins anew.
        const begins = list.cursor === undefined || (error instanceof ApiFailure && error.code === 'cursor_invalid')
        if (begins) this.#reload()
        else void this.#loadMore()
      }
      const atField = this.#form.refuse(error)
      replace(this.#message, failureNote(this.#context, error, atField ? undefined : again))
    } finally {
      endSlow()
      if (!signal.aborted) this.element.classList.remove('loading')
    }
  }

  async #showRest(filters: Filters, signal: AbortSignal): Promise<void> {
    await painted()
    if (signal.aborted) return
    this.#activity.show(filters)
    this.#startLive()
  }

  #endText(): HTMLElement | null {
    const { t } = this.#context
    if (this.#list.cursor !== null) return null
    if (this.#list.rows.length > 0) return h('p', { class: 'muted' }, t('log.end'))
    return h('p', { class: 'note' }, t(Object.keys(this.#filters ?? {}).length === 0 ? 'log.emptyAtAll' : 'log.empty'))
  }

  async #verify(rows: readonly Row[], signal: AbortSignal): Promise<void> {
    this.#verifying += 1
    await painted()
    this.#showCounts()
    const done: Row[] = []
    const flush = (): void => {
      this.#grid.refresh(done.splice(0))
    }
    await verifyPage(
      rows.map(({ entry }) => entry),
      (index, fault) => {
        const row = rows[index] as Row
        row.intact = fault === null
        if (row.intact) this.#intact += 1
        else this.#broken += 1
        done.push(row)
        if (done.length >= 50) flush()
      },
      browserPauses(),
      signal,
    )
    this.#verifying -= 1
    if (signal.aborted) return
    flush()
    if (this.#checkpoint !== null)
      this.#signature = await checkCheckpoint(this.#checkpoint.note, this.#context.key()?.text)
    this.#showCounts()
  }

  #showCounts(): void {
    const { t, number } = this.#context
    replace(
      this.#counts,
      h('span', {}, t('log.shown', { count: number(this.#list.rows.length) })),
      this.#verifying > 0
        ? h('span', {}, t('log.verifying'))
        : this.#broken > 0
          ? h('strong', { class: 'error' }, t('log.broken', { count: number(this.#broken) }))
          : h('span', { class: 'ok' }, t('log.verified', { count: number(this.#intact) })),
      this.#signature?.result === 'failed'
        ? h('strong', { class: 'error' }, t('check.signature.failed', { code: this.#signature.code ?? '' }))
        : null,
      this.#uncovered > 0 ? h('span', {}, t('log.uncovered', { count: number(this.#uncovered) })) : null,
    )
  }

  #timer: ReturnType<typeof setTimeout> | undefined
  #quiet = 0
  #failures = 0

  #startLive(): void {
    clearTimeout(this.#timer)
    if (this.#showLive(this.#filters ?? {})) this.#wait()
  }

  #showLive({ order, until, range }: Filters): boolean {
    const { t } = this.#context
    const able = order !== 'oldest' && until === undefined && range !== 'last-month'
    this.#live.className = able ? 'live on' : 'live'
    this.#live.textContent = t(able ? 'log.live' : 'log.liveOff')
    this.#live.title = able ? '' : t('log.liveWhy')
    return able
  }

  #wait(retryAfterMs?: number): void {
    clearTimeout(this.#timer)
    const delay = pollDelay(this.#quiet, this.#failures, retryAfterMs, Math.random())
    this.#timer = setTimeout(() => void this.#poll(), delay)
  }

  async #poll(): Promise<void> {
    // Who does not look costs nothing; visibilitychange starts it again.
    if (document.hidden || !this.#visible || this.#stop === undefined) return
    const { signal } = this.#stop
    const { t, api, number, announce } = this.#context
    try {
      const query = toParameters(this.#filters ?? {}, new Date())
      query.set('limit', '100')
      const page = await api.json<ListPage>('/list', { query, signal })
      // What it has said of its failure is over.
      if (this.#failures > 0 && !this.#loading && !this.#failed) replace(this.#message, this.#endText())
      this.#failures = 0
      this.#checkpoint = page.checkpoint
      const added = this.#list.refresh(page)
      this.#live.className = 'live on'
      this.#live.textContent = t('log.live')
      this.#quiet = added?.length === 0 ? this.#quiet + 1 : 0
      if (added === undefined) {
        replace(
          this.#fresh,
          button(t('log.reset'), () => this.#reload()),
        )
        return
      }
      if (added.length > 0) {
        const atTop = this.#grid.atTop
        this.#uncovered = page.uncovered
        this.#grid.setRows(this.#list.rows, this.#list.cursor === null, added.length)
        replace(this.#message, this.#endText())
        void this.#verify(added, signal)
        this.#unseen = atTop ? 0 : this.#unseen + added.length
        announce(t('log.new', { count: number(added.length) }))
        this.#showUnseen()
      } else if (page.uncovered < this.#uncovered) {
        this.#uncovered = page.uncovered
        this.#showCounts()
      }
      this.#wait()
    } catch (error) {
      if (signal.aborted) return
      this.#failures += 1
      this.#live.className = 'live paused'
      this.#live.textContent = t('log.livePaused')
      if (error instanceof ApiFailure && error.kind === 'signed_out')
        replace(
          this.#message,
          failureNote(this.#context, error, () => void this.#poll()),
        )
      this.#wait(error instanceof ApiFailure ? error.retryAfterMs : undefined)
    }
  }

  #showUnseen(): void {
    const { t, number } = this.#context
    if (this.#unseen === 0) replace(this.#fresh)
    else {
      replace(
        this.#fresh,
        button(t('log.new', { count: number(this.#unseen) }), () => {
          this.#unseen = 0
          this.#grid.scrollToTop()
          this.#showUnseen()
        }),
      )
    }
  }
}
