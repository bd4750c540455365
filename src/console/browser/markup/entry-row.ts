import type { Entry } from '../../../canonical/entry.ts'
import { type Clock, formatColumnTime, formatUtc } from '../model/times.ts'
import type { Attributes, Make, Text } from './make.ts'
import { outcomeBadge, safeText } from './safe-text.ts'

const columns = ['timestamp', 'user_id', 'action', 'target', 'outcome', 'source_ip', 'seq'] as const
const longestCell = 160

/** How many columns a row has, the one for the sign included. */
export const columnCount: number = columns.length + 1

/** The names of the columns. @param zone is said beside the times, where these are not in the viewer's own */
export function headRow<E>(h: Make<E>, t: Text, zone?: string): E {
  return h(
    'div',
    { class: 'row head', role: 'row', 'aria-rowindex': 1 },
    h('span', { role: 'columnheader', class: 'c-sign' }, h('span', { class: 'hidden-text' }, t('check.hash'))),
    ...columns.map((name) =>
      h(
        'span',
        { role: 'columnheader', class: `c-${name}` },
        t(`field.${name}`),
        name === 'timestamp' && zone !== undefined && ` (${zone})`,
      ),
    ),
  )
}

/**
 * An entry as a row. Its sign says that the hash was not recomputed yet.
 *
 * @param href where the row leads, where it leads somewhere without the program
 */
export function entryRow<E>(
  h: Make<E>,
  { t, clock }: { readonly t: Text; readonly clock: Clock },
  entry: Entry,
  attributes: Attributes,
  href?: string,
): E {
  const cell = (name: (typeof columns)[number]): E | string => {
    if (name === 'timestamp') {
      const { timestamp } = entry
      return h('time', { datetime: timestamp, title: formatUtc(timestamp) }, formatColumnTime(timestamp, clock))
    }
    if (name === 'outcome') return outcomeBadge(h, t, entry.outcome)
    if (name === 'seq') return String(entry.seq)
    const value = entry[name]
    if (value === null) return h('span', { class: 'muted' }, name === 'user_id' ? t('system') : '–')
    const text = safeText(h, t, value, longestCell)
    return name === 'action' && href !== undefined ? h('a', { href }, text) : text
  }
  const pending = t('row.pending')
  return h(
    'div',
    { class: 'row', role: 'row', ...attributes },
    h(
      'span',
      { role: 'gridcell', class: 'c-sign' },
      h('span', { class: 'sign pending', role: 'img', 'aria-label': pending, title: pending }),
    ),
    ...columns.map((name) => h('span', { role: 'gridcell', class: `c-${name}` }, cell(name))),
  )
}
