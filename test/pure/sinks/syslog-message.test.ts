import { describe, expect, it } from 'vitest'
import {
  formatStructuredData,
  frameSyslog,
  syslogHeader,
  type SyslogHeaderOptions,
} from '../../../src/sinks/syslog-message.ts'
import { codeOf } from '../../support/error-code.ts'
import { hostileTexts } from '../../support/forwarded.ts'
import { parseSyslog } from '../../support/syslog-parser.ts'

const at = '2026-09-06T12:00:00.123456Z'

describe('the header of a syslog message', () => {
  it('Q2 is <109>1, a time in UTC with milliseconds, the host, the application and nil', () => {
    const header = syslogHeader({ hostname: 'app01.example.com', appName: 'acme-audit', timeDecimals: 3 })
    expect(header(at, 5)).toBe('<109>1 2026-09-06T12:00:00.123Z app01.example.com acme-audit - AUDIT - ')
    expect(syslogHeader({ hostname: 'h' })(at, 4)).toBe('<108>1 2026-09-06T12:00:00.123456Z h audit-log - AUDIT - ')
  })

  it('Q16 is Mmm dd hh:mm:ss with a space before a one-digit day in RFC 3164', () => {
    const header = syslogHeader({ hostname: 'app01', header: 'rfc3164' })
    expect(header(at, 5)).toBe('<109>Sep  6 12:00:00 app01 ')
    expect(header('2026-12-26T01:02:03.000000Z', 5)).toBe('<109>Dec 26 01:02:03 app01 ')
  })

  it.each<[string, Partial<SyslogHeaderOptions>]>([
    ['an empty hostname', { hostname: '' }],
    ['a hostname with a space', { hostname: 'a b' }],
    ['a hostname that is no ASCII', { hostname: 'hÖst' }],
    ['an IPv6 hostname', { hostname: '2001:db8::1' }],
    ['a hostname with a line end', { hostname: 'a\nb' }],
    ['a hostname of 256 characters', { hostname: 'a'.repeat(256) }],
    ['an APP-NAME of 49 characters', { appName: 'a'.repeat(49) }],
    ['an APP-NAME with a space', { appName: 'a b' }],
    ['facility 24', { facility: 24 }],
    ['an unknown header', { header: 'rfc1' as 'rfc5424' }],
  ])('Q2 refuses %s', (_, options) => {
    expect(codeOf(() => syslogHeader({ hostname: 'h', ...options }))).toBe('option_invalid')
  })
})

describe('structured data', () => {
  it('Q17 escapes exactly ", \\ and ]', () => {
    expect(formatStructuredData('audit@32473', [['a', '"\\]=|[\' ']])).toBe(`[audit@32473 a="\\"\\\\\\]=|[' "]`)
  })

  it.each(Object.entries(hostileTexts))('Q17 round-trips %s', (_, text) => {
    const data = formatStructuredData('audit@32473', [
      ['a', text],
      ['b', 'c'],
    ])
    const message = parseSyslog(`${syslogHeader({ hostname: 'h' })(at, 5, data)}text`)
    expect(message.data).toEqual({ 'audit@32473': { a: text, b: 'c' } })
    expect(message.message).toBe('text')
  })

  it('Q17 makes names of any text', () => {
    expect(formatStructuredData('a b', [['x="]\nü', '1']])).toBe('[a_b x_____="1"]')
    expect(formatStructuredData('x'.repeat(40), [['', '']])).toBe(`[${'x'.repeat(32)} _=""]`)
  })
})

describe('framing', () => {
  it('Q1 counts octets, not characters, and adds no line end', () => {
    expect(Buffer.from(frameSyslog('ä😀x', 'octet-counting')).toString()).toBe('7 ä😀x')
  })

  it('Q1 ends each message with one line end', () => {
    expect(Buffer.from(frameSyslog('abc', 'lf')).toString()).toBe('abc\n')
  })
})
