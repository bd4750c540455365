import { type FilterName, type Filters, rangeNames, type RangeName } from '../model/place.ts'
import type { StringKey } from '../strings.ts'
import type { Attributes, Make, Text } from './make.ts'

/** Filters that are always seen. */
export const firstNames = ['action', 'user_id', 'target', 'outcome'] as const
/** Filters that are seen when asked for, or used. */
export const furtherNames = ['tenant_id', 'source_ip', 'details', 'seq_from', 'seq_to', 'order'] as const
const hints: Partial<Record<FilterName, StringKey>> = {
  action: 'filter.action.hint',
  target: 'filter.target.hint',
  source_ip: 'filter.source_ip.hint',
  details: 'filter.details.hint',
}

/** A choice. */
export function makeSelect<E>(
  h: Make<E>,
  options: readonly (readonly [value: string, text: string])[],
  chosen?: string,
): E {
  return h('select', {}, ...options.map(([value, text]) => h('option', { value, selected: value === chosen }, text)))
}

/** The choice of a time. */
export function rangeSelect<E>(h: Make<E>, t: Text, chosen?: string): E {
  const names = ['', ...rangeNames, 'custom']
  return makeSelect(
    h,
    names.map((name) => [name, t(name === '' ? 'range.any' : `range.${name as RangeName}`)]),
    chosen,
  )
}

/** Whether filters have a time that is none of the ranges. */
export function hasCustomTime({ range, since, until }: Filters): boolean {
  return range === undefined && (since !== undefined || until !== undefined)
}

/** The field of a filter. */
export function filterField<E>(h: Make<E>, t: Text, name: FilterName, value?: string): E {
  switch (name) {
    case 'outcome': {
      const outcomes = ['success', 'failure', 'denied'] as const
      return makeSelect(
        h,
        [['', t('filter.outcome.any')], ...outcomes.map((it) => [it, t(`outcome.${it}`)] as const)],
        value,
      )
    }
    case 'order':
      return makeSelect(
        h,
        (['newest', 'oldest'] as const).map((it) => [it, t(`order.${it}`)]),
        value,
      )
    case 'since':
    case 'until':
      return h('input', { type: 'datetime-local', name, step: 1 })
    default: {
      const hint = hints[name]
      return h('input', {
        type: 'text',
        name,
        value,
        inputmode: name === 'seq_from' || name === 'seq_to' ? 'numeric' : undefined,
        autocomplete: 'off',
        spellcheck: 'false',
        placeholder: hint === undefined ? undefined : t(hint),
      })
    }
  }
}

/** A field with its name. @param error where it is said what is wrong with it */
export function filterLabel<E>(h: Make<E>, t: Text, name: FilterName | 'range', field: E, error?: E): E {
  return h('label', { class: `f-${name}` }, h('span', {}, t(`filter.${name}`)), field, error)
}

/** The form around the fields. */
export function filterFrame<E>(
  h: Make<E>,
  t: Text,
  attributes: Attributes,
  first: readonly (E | null)[],
  ...rest: readonly (E | null)[]
): E {
  return h(
    'form',
    { class: 'filters', role: 'search', 'aria-label': t('filter.heading'), ...attributes },
    h('div', { class: 'fields' }, ...first),
    ...rest,
  )
}
