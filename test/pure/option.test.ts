import { describe, expect, it } from 'vitest'
import { httpUrl, wholeNumber } from '../../src/option.ts'

const refused = (message: string): unknown => expect.objectContaining({ code: 'option_invalid', message })

describe('wholeNumber', () => {
  it('takes both ends of the range', () => {
    expect([wholeNumber(2, 2, 5, '$.n'), wholeNumber(5, 2, 5, '$.n')]).toEqual([2, 5])
  })

  it.each([1, 6, 2.5, Number.NaN, Number.POSITIVE_INFINITY, '3', null])('refuses %s with the range', (value) => {
    expect(() => wholeNumber(value as number, 2, 5, '$.n')).toThrow(
      refused('expected a whole number from 2 to 5 at $.n'),
    )
  })
})

describe('httpUrl', () => {
  it.each(['https://soc.example/path', 'http://localhost:1', 'http://127.8.8.8', 'http://[::1]:1'])(
    'takes %s',
    (url) => {
      expect(httpUrl({ url }).href).toBe(new URL(url).href)
    },
  )

  it.each(['http://soc.example', 'http://127.soc.example', 'http://localhost.soc.example'])(
    'takes %s only when told that it is insecure',
    (url) => {
      expect(httpUrl({ url, insecure: true }).protocol).toBe('http:')
      const message = 'expected an https: URL (plain http: to another host needs insecure: true) at $.url'
      expect(() => httpUrl({ url })).toThrow(refused(message))
      expect(() => httpUrl({ url, insecure: 'yes' as unknown as boolean })).toThrow(refused(message))
    },
  )

  it.each(['https://user:secret@soc.example', 'https://secret@soc.example', 'https://:secret@soc.example'])(
    'refuses the credentials in %s and does not repeat them',
    (url) => {
      expect(() => httpUrl({ url, insecure: true })).toThrow(refused('expected a URL without credentials at $.url'))
    },
  )

  it.each(['ftp://soc.example', 'soc.example', ''])('refuses %j', (url) => {
    expect(() => httpUrl({ url, insecure: true })).toThrow(refused('expected an https: URL at $.url'))
  })
})
