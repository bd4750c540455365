import { ApiFailure } from '../api.ts'
import type { Context } from '../context.ts'
import { button, h, replace } from '../dom.ts'
import {
  filterField,
  filterFrame,
  filterLabel,
  firstNames,
  furtherNames,
  hasCustomTime,
  makeSelect,
  rangeSelect,
} from '../markup/filter-fields.ts'
import { type FilterName, filterNames, type Filters, type RangeName, without } from '../model/place.ts'
import { fromLocalInput, toLocalInput } from '../model/times.ts'

type Field = HTMLInputElement | HTMLSelectElement

/** The filters of the API as a form. What was typed stays until it is replaced or cleared. */
export class FilterForm {
  readonly element: HTMLFormElement
  readonly #context: Context
  readonly #fields = new Map<FilterName, Field>()
  readonly #errors = new Map<FilterName, HTMLElement>()
  readonly #range: HTMLSelectElement
  readonly #custom: HTMLElement
  readonly #more: HTMLDetailsElement
  readonly #further = h('div', { class: 'fields' })
  readonly #apply: () => void
  readonly #chips: HTMLElement
  #filters: Filters = {}

  /** @param onApply called with the filters when somebody submits the form or changes a choice */
  constructor(context: Context, submitLabel: string | undefined, onApply: (filters: Filters) => void) {
    const { t } = context
    this.#context = context
    const apply = (): void => onApply(this.filters)
    this.#apply = apply
    this.#range = rangeSelect<HTMLElement>(h, t) as HTMLSelectElement
    this.#range.addEventListener('change', () => {
      const custom = this.#range.value === 'custom'
      this.#showCustom(custom)
      if (custom) this.#fields.get('since')?.focus()
      else apply()
    })
    this.#custom = h('div', { class: 'fields', hidden: true })
    const first = firstNames.map((name) => this.#field(name))
    this.#more = h(
      'details',
      { class: 'more' },
      h('summary', { on: { click: () => this.#makeFurther() } }, t('filter.more')),
      this.#further,
    )
    this.#chips = h('div', { class: 'chips' })
    const submit = (event: Event): void => {
      event.preventDefault()
      apply()
    }
    this.element = filterFrame<HTMLElement>(
      h,
      t,
      { on: { submit } },
      [
        filterLabel<HTMLElement>(h, t, 'range', this.#range),
        ...first,
        submitLabel === undefined ? null : h('button', { class: 'primary' }, submitLabel),
      ],
      this.#custom,
      this.#more,
      this.#chips,
    ) as HTMLFormElement
  }

  /** What the form says now. */
  get filters(): Filters {
    const filters: Record<string, string> = {}
    for (const name of filterNames) {
      const value = this.#valueOf(name)
      if (value !== undefined) filters[name] = value
    }
    const range = this.#range.value
    if (range === '' || range === 'custom') return filters
    return { ...without(filters, 'since', 'until'), range: range as RangeName }
  }

  /** Puts filters into the form. */
  set filters(filters: Filters) {
    this.#filters = filters
    const custom = hasCustomTime(filters)
    this.#range.value = custom ? 'custom' : (filters.range ?? '')
    this.#showCustom(custom)
    if (furtherNames.some((name) => filters[name] !== undefined)) this.#openFurther()
    for (const [name, field] of this.#fields) {
      const value = filters[name] ?? ''
      field.value =
        name === 'since' || name === 'until' ? toLocalInput(value) : value === '' && name === 'order' ? 'newest' : value
    }
    this.clearErrors()
    this.#showChips()
  }

  /** Shows at the field itself what the server did not accept. @returns whether the failure is about a field */
  refuse(error: unknown): boolean {
    this.clearErrors()
    if (!(error instanceof ApiFailure) || error.kind !== 'invalid') return false
    const name = filterNames.find((name) => name === error.parameter)
    const [field, place] = [this.#fields.get(name as FilterName), this.#errors.get(name as FilterName)]
    if (field === undefined || place === undefined) return false
    if ((furtherNames as readonly string[]).includes(name ?? '')) this.#openFurther()
    field.setAttribute('aria-invalid', 'true')
    place.textContent = this.#context.t('filter.refused', { detail: error.detail ?? error.code ?? '' })
    return true
  }

  clearErrors(): void {
    for (const field of this.#fields.values()) field.removeAttribute('aria-invalid')
    for (const place of this.#errors.values()) place.textContent = ''
  }

  #valueOf(name: FilterName): string | undefined {
    const value = this.#fields.get(name)?.value.trim() ?? ''
    if (name === 'since' || name === 'until') {
      if (this.#range.value !== 'custom') return undefined
      // The input knows no microseconds: what nobody changed stays as it was.
      const before = this.#filters[name]
      return toLocalInput(before) === value && value !== '' ? before : fromLocalInput(value)
    }
    if (name === 'order') return value === 'oldest' ? value : undefined
    if (value !== '') return value
    return this.#filters[name] === '' ? '' : undefined
  }

  #openFurther(): void {
    this.#makeFurther()
    this.#more.open = true
  }

  // Made when they are needed, so that the entries come first.
  #makeFurther(): void {
    if (this.#further.childElementCount === 0) this.#further.append(...furtherNames.map((name) => this.#field(name)))
  }

  #field(name: FilterName): HTMLElement {
    const { t } = this.#context
    const error = h('span', { class: 'error', role: 'alert' })
    const field = filterField<HTMLElement>(h, t, name) as Field
    if (field instanceof HTMLSelectElement) field.addEventListener('change', this.#apply)
    this.#fields.set(name, field)
    this.#errors.set(name, error)
    return filterLabel<HTMLElement>(h, t, name, field, error)
  }

  // Made when they are needed: a browser takes as long for these two as for all the others.
  #showCustom(shown: boolean): void {
    if (shown && this.#custom.childElementCount === 0) this.#custom.append(this.#field('since'), this.#field('until'))
    this.#custom.hidden = !shown
  }

  // What looks for entries without a user, target or tenant cannot be seen in an empty field.
  #showChips(): void {
    const { t } = this.#context
    const names = filterNames.filter((name) => this.#filters[name] === '')
    replace(
      this.#chips,
      ...names.map((name) => {
        const label = `${t(`filter.${name}`)}: ${t('none')}`
        return button(
          `${label} ×`,
          () => {
            this.filters = without(this.#filters, name)
            this.element.requestSubmit()
          },
          { class: 'chip', 'aria-label': t('filter.remove', { name: label }) },
        )
      }),
    )
  }
}

/** A choice. */
export function select(options: readonly (readonly [value: string, text: string])[]): HTMLSelectElement {
  return makeSelect<HTMLElement>(h, options) as HTMLSelectElement
}
