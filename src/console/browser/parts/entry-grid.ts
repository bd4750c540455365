import type { Entry } from '../../../canonical/entry.ts'
import type { Context } from '../context.ts'
import { h } from '../dom.ts'
import { entryRow, headRow } from '../markup/entry-row.ts'
import { gridFrame } from '../markup/log-frame.ts'
import type { Row } from '../model/entry-list.ts'
import { painted } from '../model/painted.ts'
import { rowWindow, scrollTopFor } from '../model/row-window.ts'

const overscan = 12
let grids = 0

/** What the grid tells. */
export interface GridEvents {
  open(entry: Entry): void
  /** The end of what is loaded comes into sight. */
  nearEnd(): void
}

/**
 * The entries of a list as a table that can be walked through with the keyboard. Only the rows in sight are in the document,
 * however many there are.
 */
export class EntryGrid {
  readonly element: HTMLElement
  readonly #context: Context
  readonly #events: GridEvents
  readonly #body: HTMLElement
  readonly #header: HTMLElement
  readonly #shown = new Map<Row, HTMLElement>()
  readonly #id = `al-${(grids += 1)}`
  #rows: readonly Row[] = []
  #rowHeight = 34
  #active: Row | undefined
  #selected: number | undefined
  #complete = false
  #frame = 0
  #overscan = 0

  constructor(context: Context, events: GridEvents) {
    const { t } = context
    this.#context = context
    this.#events = events
    this.#header = headRow<HTMLElement>(h, t)
    this.#body = h('div', { class: 'rows', role: 'rowgroup' })
    this.element = gridFrame<HTMLElement>(
      h,
      t,
      {
        'aria-describedby': this.keysId,
        on: { scroll: () => this.#schedule(), keydown: (event: KeyboardEvent) => this.#onKey(event) },
      },
      this.#header,
      this.#body,
    )
    this.element.addEventListener('focus', () => this.#setActive(this.#active ?? this.#rows[0], false))
    new ResizeObserver(([entry]) => this.#measure(entry?.contentRect.width ?? 0)).observe(this.element)
  }

  /** The text that describes the keys stands outside of the grid. */
  get keysId(): string {
    return `${this.#id}-keys`
  }

  get atTop(): boolean {
    return this.element.scrollTop < this.#rowHeight
  }

  /**
   * Shows rows.
   *
   * @param addedAbove how many of them came in front of those that were shown: what is in sight stays where it is
   * @param complete whether there are no more
   */
  setRows(rows: readonly Row[], complete: boolean, addedAbove = 0): void {
    this.#rows = rows
    this.#complete = complete
    // The first rows come alone: those beyond the edges follow when these can be seen.
    if (rows.length > 0 && this.#overscan === 0) void this.#addOverscan()
    if (this.#active !== undefined && !rows.includes(this.#active)) this.#active = undefined
    this.element.setAttribute('aria-rowcount', complete ? String(rows.length + 1) : '-1')
    this.#body.style.setProperty('block-size', `${rows.length * this.#rowHeight}px`)
    if (addedAbove > 0 && !this.atTop) this.element.scrollTop += addedAbove * this.#rowHeight
    this.#draw()
  }

  async #addOverscan(): Promise<void> {
    await painted()
    this.#overscan = overscan
    this.#draw()
  }

  scrollToTop(): void {
    // Without rows there is nothing to scroll, and asking would lay the page out before its first entries are asked for.
    if (this.#rows.length > 0) this.element.scrollTop = 0
    this.#draw()
  }

  /** Marks the entry that is open. */
  select(seq: number | undefined): void {
    this.#selected = seq
    for (const [row, element] of this.#shown) element.setAttribute('aria-selected', String(row.entry.seq === seq))
  }

  /** Shows what became of the hash of some rows. */
  refresh(rows: Iterable<Row>): void {
    for (const row of rows) {
      const element = this.#shown.get(row)
      if (element !== undefined) setSign(this.#context, element, row)
    }
  }

  /** The style sheet arranges rows by the same width. */
  #measure(width: number): void {
    const height = width < 640 ? 58 : 34
    if (height !== this.#rowHeight) {
      const top = this.element.scrollTop / this.#rowHeight
      this.#rowHeight = height
      for (const element of this.#shown.values()) element.remove()
      this.#shown.clear()
      this.#body.style.setProperty('block-size', `${this.#rows.length * height}px`)
      this.element.scrollTop = top * height
    }
    this.#draw()
  }

  #schedule(): void {
    if (this.#frame !== 0) return
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0
      this.#draw()
    })
  }

  #draw(): void {
    const { scrollTop, clientHeight } = this.#rows.length === 0 ? { scrollTop: 0, clientHeight: 0 } : this.element
    const { first, end } = rowWindow(scrollTop, clientHeight, this.#rowHeight, this.#rows.length, this.#overscan)
    const wanted = new Set(this.#rows.slice(first, end))
    for (const [row, element] of this.#shown) {
      if (wanted.has(row)) continue
      element.remove()
      this.#shown.delete(row)
    }
    let index = first
    let before: Element | null = null
    for (const row of wanted) {
      const element = this.#shown.get(row) ?? this.#makeRow(row)
      element.style.setProperty('transform', `translateY(${index * this.#rowHeight}px)`)
      element.setAttribute('aria-rowindex', String(index + 2))
      element.classList.toggle('odd', index % 2 === 1)
      // A screen reader reads them in the order of the document.
      const place: Element | null = before === null ? this.#body.firstElementChild : before.nextElementSibling
      if (place !== element) this.#body.insertBefore(element, place)
      before = element
      index += 1
    }
    this.#showActive()
    if (!this.#complete && end > this.#rows.length - 3 * overscan) this.#events.nearEnd()
  }

  #makeRow(row: Row): HTMLElement {
    const { entry } = row
    const element = entryRow<HTMLElement>(h, this.#context, entry, {
      id: `${this.#id}-${entry.seq}`,
      'aria-selected': String(entry.seq === this.#selected),
      on: {
        click: () => {
          if (getSelection()?.isCollapsed === false) return
          this.#setActive(row, false)
          this.#events.open(entry)
        },
      },
    })
    if (row.intact !== undefined) setSign(this.#context, element, row)
    this.#shown.set(row, element)
    return element
  }

  #onKey(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey || this.#rows.length === 0) return
    const page = Math.max(1, Math.floor(this.element.clientHeight / this.#rowHeight) - 2)
    const at = this.#active === undefined ? -1 : this.#rows.indexOf(this.#active)
    const steps: Record<string, number> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: this.#rows.length - 1,
    }
    if (event.key === 'Enter' || event.key === ' ') {
      if (this.#active !== undefined) this.#events.open(this.#active.entry)
    } else if (event.key in steps) {
      const to = Math.max(0, Math.min(this.#rows.length - 1, steps[event.key] ?? 0))
      this.#setActive(this.#rows[to], true)
    } else return
    event.preventDefault()
  }

  #setActive(row: Row | undefined, scroll: boolean): void {
    this.#active = row
    if (row !== undefined && scroll) {
      const { scrollTop, clientHeight } = this.element
      const height = clientHeight - this.#header.offsetHeight
      this.element.scrollTop = scrollTopFor(this.#rows.indexOf(row), scrollTop, height, this.#rowHeight)
      this.#draw()
    } else this.#showActive()
  }

  #showActive(): void {
    for (const [row, element] of this.#shown) element.classList.toggle('active', row === this.#active)
    const element = this.#active === undefined ? undefined : this.#shown.get(this.#active)
    if (element === undefined) this.element.removeAttribute('aria-activedescendant')
    else this.element.setAttribute('aria-activedescendant', element.id)
  }
}

function setSign({ t }: Context, element: HTMLElement, { intact }: Row): void {
  const state = intact === true ? 'intact' : 'broken'
  element.classList.toggle('broken', state === 'broken')
  const sign = element.querySelector('.sign')
  sign?.setAttribute('class', `sign ${state}`)
  sign?.setAttribute('aria-label', t(`row.${state}`))
  sign?.setAttribute('title', t(`row.${state}`))
}
