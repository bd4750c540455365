/** The parts of the page, in the order of their tabs. */
export const viewNames = ['log', 'risks', 'integrity', 'export', 'forwarding', 'retention'] as const
export type ViewName = (typeof viewNames)[number]

/** The filters of the API by the name of their parameter. Empty text stands for "none", as in the API. */
export const filterNames = [
  'since',
  'until',
  'action',
  'user_id',
  'target',
  'tenant_id',
  'source_ip',
  'outcome',
  'details',
  'seq_from',
  'seq_to',
  'order',
] as const
export type FilterName = (typeof filterNames)[number]

/** Time ranges that move with the clock. */
export const rangeNames = ['1h', '24h', '7d', '30d', 'this-month', 'last-month'] as const
export type RangeName = (typeof rangeNames)[number]

/** What somebody looks for. A range stands for `since` and `until` and goes before them. */
export type Filters = Readonly<Partial<Record<FilterName, string> & { readonly range: RangeName }>>

/** Where somebody is in the page: what its address says. */
export interface Place {
  readonly view: ViewName
  readonly filters: Filters
  /** Number of the entry that is open. */
  readonly entry?: number | undefined
}

/** Where the address keeps the place: in its fragment, or in its query, which a server is sent. */
export type PlaceForm = 'hash' | 'query'

/**
 * Reads the fragment or the query of an address. What it does not know is left aside: an address comes from anywhere.
 *
 * @param text such as `#log?action=risk.*&range=last-month&entry=42` or `?view=log&action=risk.*`
 */
export function parsePlace(text: string): Place {
  const [, name, query = ''] = /^(?:#\/?([^?]*))?(?:\?(.*))?$/s.exec(text) ?? []
  const given = new URLSearchParams(query)
  const wanted = name ?? given.get('view')
  const filters: Record<string, string> = {}
  for (const name of filterNames) {
    const value = given.get(name)
    if (value !== null && value.length <= 4096) filters[name] = value
  }
  const range = rangeNames.find((range) => range === given.get('range'))
  const entry = Number(given.get('entry') ?? Number.NaN)
  return {
    view: viewNames.find((view) => view === wanted) ?? 'log',
    filters: range === undefined ? filters : { ...filters, range },
    entry: Number.isSafeInteger(entry) && entry > 0 ? entry : undefined,
  }
}

/** The place in an address. A fragment that names a view goes before a query: links had the place there once. */
export function placeIn({ search, hash }: { readonly search: string; readonly hash: string }): Place {
  return parsePlace(viewNames.some((view) => view === /^#\/?([a-z]+)/.exec(hash)?.[1]) ? hash : search)
}

/** The part of an address that {@link parsePlace} reads. */
export function formatPlace({ view, filters, entry }: Place, form: PlaceForm = 'hash'): string {
  const query = new URLSearchParams(form === 'query' ? { view } : {})
  if (filters.range !== undefined) query.set('range', filters.range)
  for (const name of filterNames) {
    const value = filters[name]
    if (value !== undefined) query.set(name, value)
  }
  if (entry !== undefined) query.set('entry', String(entry))
  const text = query.toString()
  return `${form === 'query' ? '' : `#${view}`}${text === '' ? '' : `?${text}`}`
}

/** The same filters with the range as two times, so that who follows a link sees what was seen. */
export function fixRange(filters: Filters, now: Date): Filters {
  const { range, ...rest } = filters
  return range === undefined ? rest : { ...rest, ...timesOf(range, now) }
}

/** The parameters of the API for some filters. */
export function toParameters(filters: Filters, now: Date): URLSearchParams {
  const fixed = fixRange(filters, now)
  const parameters = new URLSearchParams()
  for (const name of filterNames) {
    const value = fixed[name]
    if (value !== undefined) parameters.set(name, value)
  }
  return parameters
}

/** The query for the first entries of a search. They are few, so that there is something to see. */
export function firstQuery(filters: Filters, now: Date, pageSize: number): URLSearchParams {
  const query = toParameters(filters, now)
  query.set('limit', String(Math.min(100, pageSize)))
  return query
}

/** The filters without one of them. */
export function without(filters: Filters, ...names: readonly (FilterName | 'range')[]): Filters {
  return Object.fromEntries(Object.entries(filters).filter(([name]) => !names.includes(name as FilterName)))
}

/** What a range stands for at a time. Months are those of the viewer's own calendar. */
export function timesOf(range: RangeName, now: Date): { readonly since: string; readonly until?: string } {
  const before = (milliseconds: number): { since: string } => ({
    since: new Date(now.getTime() - milliseconds).toISOString(),
  })
  const month = (offset: number): string => new Date(now.getFullYear(), now.getMonth() + offset, 1).toISOString()
  switch (range) {
    case '1h':
      return before(3_600_000)
    case '24h':
      return before(86_400_000)
    case '7d':
      return before(7 * 86_400_000)
    case '30d':
      return before(30 * 86_400_000)
    case 'this-month':
      return { since: month(0) }
    case 'last-month':
      break
  }
  return { since: month(-1), until: month(0) }
}
