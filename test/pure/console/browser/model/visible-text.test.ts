import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hidesSomething, visiblePieces } from '../../../../../src/console/browser/model/visible-text.ts'

describe('a text from the log', () => {
  test.each([
    ['admin\u202Egnp.exe', 'U+202E'],
    ['a\u2066b', 'U+2066'],
    ['a\u200Bb', 'U+200B'],
    ['a\u0007b', 'U+0007'],
    ['a\uFEFFb', 'U+FEFF'],
    ['a\u{E0041}b', 'U+E0041'],
    ['a\uD800b', 'U+D800'],
    ['a\u3164b', 'U+3164'],
    ['a\uFE0Fb', 'U+FE0F'],
    ['a\u180Bb', 'U+180B'],
    ['a\u2800b', 'U+2800'],
    ['a\uFFF0b', 'U+FFF0'],
    ['a\u{1D173}b', 'U+1D173'],
    ['a\u{1BCA0}b', 'U+1BCA0'],
  ])('%j shows the hidden character as %s', (text, mark) => {
    expect(visiblePieces(text).map(({ mark }) => mark)).toEqual([undefined, mark, undefined])
    expect(hidesSomething(text)).toBe(true)
  })

  test.each(['plain', 'Ä é 漢字 עברית عربى', '👩🏽', 'tab\tand\nline', '<img src=x onerror=alert(1)>'])(
    '%j is shown as it is',
    (text) => {
      expect(visiblePieces(text)).toEqual([{ text }])
      expect(hidesSomething(text)).toBe(false)
    },
  )

  test('loses nothing but what is beyond the maximum', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat(60), (text, maximum) => {
        const shown = visiblePieces(text, maximum).map((piece) => piece.text)
        const half = (text.codePointAt(maximum - 1) ?? 0) > 0xffff
        expect(shown.join('')).toBe(text.slice(0, half ? maximum - 1 : maximum))
      }),
    )
  })

  test('is not cut off in the middle of a character', () => {
    expect(visiblePieces('a👩b', 2)).toEqual([{ text: 'a' }])
    expect(visiblePieces('a👩b', 3)).toEqual([{ text: 'a👩' }])
    expect(visiblePieces('a\uD800b', 2).at(-1)?.mark).toBe('U+D800')
  })

  test('asks twice and gets the same answer', () => {
    expect([hidesSomething('a\u202E'), hidesSomething('a\u202E')]).toEqual([true, true])
  })
})
