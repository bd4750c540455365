import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  filterNames,
  type Filters,
  fixRange,
  formatPlace,
  parsePlace,
  placeIn,
  rangeNames,
  timesOf,
  toParameters,
  viewNames,
  without,
} from '../../../../../src/console/browser/model/place.ts'

const now = new Date('2026-11-25T12:00:00Z')

describe('the address of a place', () => {
  test('leads back to the place, whatever was typed into the filters', () => {
    const filters = fc.dictionary(fc.constantFrom(...filterNames), fc.string({ unit: 'grapheme', maxLength: 50 }))
    fc.assert(
      fc.property(
        fc.constantFrom(...viewNames),
        filters,
        fc.option(fc.constantFrom(...rangeNames), { nil: undefined }),
        fc.option(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), { nil: undefined }),
        (view, filters, range, entry) => {
          const place = {
            view,
            filters: (range === undefined ? { ...filters } : { ...filters, range }) as Filters,
            entry,
          }
          for (const form of ['hash', 'query'] as const) expect(parsePlace(formatPlace(place, form))).toEqual(place)
          const search = formatPlace(place, 'query')
          expect(placeIn({ search, hash: '' })).toEqual(place)
          expect(placeIn({ search: '?view=risks&action=a', hash: formatPlace(place) })).toEqual(place)
        },
      ),
    )
  })

  test.each([
    ['', 'log'],
    ['#', 'log'],
    ['#nonsense', 'log'],
    ['#/integrity', 'integrity'],
    ['#__proto__?constructor=1', 'log'],
    ['#log?entry=-1&range=forever&x=1', 'log'],
    ['#log?entry=1e99', 'log'],
    ['?', 'log'],
    ['?view=nonsense', 'log'],
    ['?view=integrity', 'integrity'],
    ['?entry=0&range=forever&utm_source=mail', 'log'],
    ['?view=log#risks', 'log'],
  ])('reads %j as a place without filters', (hash, view) => {
    expect(parsePlace(hash)).toEqual({ view, filters: {}, entry: undefined })
  })

  test('keeps a filter that looks for none', () => {
    expect(parsePlace('#log?user_id=').filters).toEqual({ user_id: '' })
    expect(formatPlace({ view: 'log', filters: { user_id: '' } })).toBe('#log?user_id=')
    expect(formatPlace({ view: 'log', filters: { user_id: '' } }, 'query')).toBe('?view=log&user_id=')
  })

  test('leaves a filter aside that is too long to have been typed', () => {
    expect(parsePlace(`#log?target=${'x'.repeat(5000)}`).filters).toEqual({})
  })
})

describe('a place in an address with a query and a fragment', () => {
  test.each([
    ['#risks', 'risks'],
    ['#/integrity?x=1', 'integrity'],
    ['#riskss', 'export'],
    ['#top', 'export'],
    ['#', 'export'],
    ['', 'export'],
  ])('is that of the fragment %j only when this names a view', (hash, view) => {
    expect(placeIn({ search: '?view=export', hash }).view).toBe(view)
  })
})

describe('a range', () => {
  test('last month ends where this month begins', () => {
    expect(timesOf('last-month', now).until).toBe(timesOf('this-month', now).since)
    expect(new Date(timesOf('last-month', now).since).getDate()).toBe(1)
  })

  test('last month of January is December', () => {
    expect(new Date(timesOf('last-month', new Date(2026, 0, 31)).since).getMonth()).toBe(11)
  })

  test.each([
    ['1h', '2026-11-25T11:00:00.000Z'],
    ['24h', '2026-11-24T12:00:00.000Z'],
    ['7d', '2026-11-18T12:00:00.000Z'],
    ['30d', '2026-10-26T12:00:00.000Z'],
  ] as const)('%s has no end and begins that long ago', (range, since) => {
    expect(timesOf(range, now)).toEqual({ since })
  })

  test('becomes two times in a link, so that it shows the same tomorrow', () => {
    expect(fixRange({ range: '1h', action: 'a' }, now)).toEqual({ action: 'a', since: '2026-11-25T11:00:00.000Z' })
  })

  test('is sent to the API as since and until', () => {
    expect(toParameters({ range: '1h', user_id: '' }, now).toString()).toBe(
      'since=2026-11-25T11%3A00%3A00.000Z&user_id=',
    )
  })
})

test('a filter is taken away by its name', () => {
  expect(without({ action: 'a', target: 'b', range: '1h' }, 'action', 'range')).toEqual({ target: 'b' })
})
