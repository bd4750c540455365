import { getInit, leaveFirstCall, read } from './model/first-call.ts'
import { firstQuery, placeIn } from './model/place.ts'

// Runs before the page's program has arrived and asks for the entries that it will show first, so that both are on their way at
// once. Where the program asks for something else, for a time that moves with the clock say, this answer is not looked at.
const { view, filters } = placeIn(location)
// Scripts run in the order in which they come: it may be too late.
const early = customElements.get('audit-log-console') === undefined
if (early && view === 'log' && filters.range === undefined) {
  const url = `../list?${firstQuery(filters, new Date(), Infinity).toString()}`
  const stop = new AbortController()
  const response = fetch(url, { ...getInit, signal: stop.signal }).then(async (response) =>
    read(response, await response.text()),
  )
  // What is wrong with it is said by who takes it.
  response.catch(() => undefined)
  leaveFirstCall({ url, response, stop })
}
