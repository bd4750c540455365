/** How times are shown to somebody. */
export interface Clock {
  /** BCP 47. */
  readonly locale: string
  /** IANA name; undefined is the viewer's own. */
  readonly zone?: string | undefined
}

const formats = new Map<string, Intl.DateTimeFormat>()

function formatOf({ locale, zone }: Clock, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = JSON.stringify([locale, zone, options])
  let format = formats.get(key)
  if (format === undefined) {
    format = new Intl.DateTimeFormat(locale, { ...options, ...(zone === undefined ? {} : { timeZone: zone }) })
    formats.set(key, format)
  }
  return format
}

const seconds = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const
const date = { year: 'numeric', month: 'short', day: '2-digit' } as const
const numericDate = { ...date, month: '2-digit' } as const

/** A time in the viewer's zone, to the second; the text itself when it is no time. */
export function formatTime(timestamp: string, clock: Clock): string {
  return formatted(timestamp, formatOf(clock, { ...date, ...seconds }))
}

/**
 * The same for a column: `2026-11-23 10:00:00` in each language. In the viewer's own zone it needs nothing of `Intl`, whose first
 * use takes a browser as long as all else that comes before the first row can be seen.
 */
export function formatColumnTime(timestamp: string, { zone }: Clock): string {
  if (zone !== undefined)
    return formatted(timestamp, formatOf({ locale: 'sv-SE', zone }, { ...numericDate, ...seconds }))
  const time = new Date(timestamp)
  return Number.isNaN(time.getTime()) ? timestamp : toLocal(time).replace('T', ' ')
}

/** The same with the name of the zone. */
export function formatTimeWithZone(timestamp: string, clock: Clock): string {
  return formatted(timestamp, formatOf(clock, { ...date, ...seconds, timeZoneName: 'short' }))
}

/** A day in the viewer's zone. */
export function formatDay(timestamp: string, clock: Clock): string {
  return formatted(timestamp, formatOf(clock, date))
}

/** A time in UTC with everything that the entry has: `2026-11-23 09:00:00.123456 UTC`. */
export function formatUtc(timestamp: string): string {
  return Number.isNaN(Date.parse(timestamp)) ? timestamp : timestamp.replace('T', ' ').replace(/Z$/, ' UTC')
}

const units = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
] as const

/** How long ago, or in how long: `3 minutes ago`, `in 12 days`. */
export function formatRelative(timestamp: string, now: Date, { locale }: Clock): string {
  const left = Date.parse(timestamp) - now.getTime()
  if (Number.isNaN(left)) return timestamp
  const [unit, size] = units.find(([, size]) => Math.abs(left) >= size) ?? ['second', 1000]
  return new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(Math.trunc(left / size), unit)
}

/** What an input of type `datetime-local` takes for a time, in the zone of the machine; empty when it is no time. */
export function toLocalInput(timestamp: string | undefined): string {
  const time = new Date(timestamp ?? Number.NaN)
  return Number.isNaN(time.getTime()) ? '' : toLocal(time)
}

/** The time that such an input stands for, in UTC; undefined when it is empty or no time. */
export function fromLocalInput(text: string): string | undefined {
  const time = new Date(text)
  return text === '' || Number.isNaN(time.getTime()) ? undefined : time.toISOString()
}

function toLocal(time: Date): string {
  return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 19)
}

function formatted(timestamp: string, format: Intl.DateTimeFormat): string {
  const time = new Date(timestamp)
  return Number.isNaN(time.getTime()) ? timestamp : format.format(time)
}
