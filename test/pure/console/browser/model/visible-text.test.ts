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
        expect(shown.join('')).toBe(text.slice(0, maximum))
      }),
    )
  })

  test('asks twice and gets the same answer', () => {
    expect([hidesSomething('a\u202E'), hidesSomething('a\u202E')]).toEqual([true, true])
  })
})
