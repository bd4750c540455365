import { describe, expect, test } from 'vitest'
import {
  formatColumnTime,
  formatDay,
  formatRelative,
  formatTime,
  formatTimeWithZone,
  formatUtc,
  fromLocalInput,
  toLocalInput,
} from '../../../../../src/console/browser/model/times.ts'

const time = '2026-11-23T23:30:05.123456Z'
const berlin = { locale: 'en-GB', zone: 'Europe/Berlin' }

describe('times', () => {
  test('are shown in the zone of the viewer', () => {
    expect(formatTime(time, berlin)).toBe('24 Nov 2026, 00:30:05')
    expect(formatTime(time, { locale: 'en-GB', zone: 'America/New_York' })).toBe('23 Nov 2026, 18:30:05')
    expect(formatDay(time, berlin)).toBe('24 Nov 2026')
    expect(formatTimeWithZone(time, berlin)).toBe('24 Nov 2026, 00:30:05 CET')
  })

  test('are the same in a column in each language, with Intl and without', () => {
    expect(formatColumnTime(time, berlin)).toBe('2026-11-24 00:30:05')
    expect(formatColumnTime(time, { ...berlin, locale: 'ar-EG' })).toBe('2026-11-24 00:30:05')
    const { timeZone: zone } = Intl.DateTimeFormat().resolvedOptions()
    for (const each of [time, '2026-07-01T00:00:00.000000Z', '2026-03-29T01:00:00.000000Z']) {
      expect(formatColumnTime(each, { locale: 'en-GB' })).toBe(formatColumnTime(each, { locale: 'en-GB', zone }))
    }
  })

  test('midnight is 00 and not 24', () => {
    expect(formatColumnTime('2026-11-23T23:00:00.000000Z', berlin)).toBe('2026-11-24 00:00:00')
    expect(formatTime('2026-11-23T23:00:00.000000Z', berlin)).toBe('24 Nov 2026, 00:00:00')
  })

  test('have all six decimals in UTC', () => {
    expect(formatUtc(time)).toBe('2026-11-23 23:30:05.123456 UTC')
  })

  test.each(['', 'yesterday', '<img src=x>'])('%j is no time and is shown as it is', (text) => {
    expect(formatTime(text, berlin)).toBe(text)
    expect(formatColumnTime(text, berlin)).toBe(text)
    expect(formatColumnTime(text, { locale: 'en-GB' })).toBe(text)
    expect(formatUtc(text)).toBe(text)
    expect(formatRelative(text, new Date(), berlin)).toBe(text)
  })

  test('are told from now in the largest unit that fits', () => {
    const now = new Date('2026-11-25T12:00:00Z')
    expect(formatRelative('2026-11-22T12:00:00Z', now, berlin)).toBe('3 days ago')
    expect(formatRelative('2026-11-25T14:10:00Z', now, berlin)).toBe('in 2 hours')
    expect(formatRelative('2026-11-25T11:58:59Z', now, berlin)).toBe('1 minute ago')
    expect(formatRelative('2026-11-25T11:59:59.5Z', now, berlin)).toBe('now')
  })
})

describe('an input for a time', () => {
  test('gives back the time that was put into it, to the second', () => {
    for (const text of ['2026-07-01T10:20:30.000Z', '2026-12-31T23:59:59.000Z'])
      expect(fromLocalInput(toLocalInput(text))).toBe(text)
  })

  test.each(['', 'x'])('%j is no time', (text) => {
    expect(fromLocalInput(text)).toBeUndefined()
    expect(toLocalInput(text)).toBe('')
  })
})
