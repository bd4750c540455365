import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { entryRow } from '../../../src/console/browser/markup/entry-row.ts'
import type { Text } from '../../../src/console/browser/markup/make.ts'
import { english, format } from '../../../src/console/browser/strings.ts'
import { escapeData, makeHtml as h } from '../../../src/console/html.ts'
import { sampleEntry } from '../../support/sample-entry.ts'

const t: Text = (key, values) => format(english[key], values ?? {})
const hostile = [
  '<img src=x onerror=alert(1)>',
  '</script><script>alert(1)</script>',
  '</noscript></div>',
  '<!--',
  ']]>',
  '"><b',
  "' onmouseover='x",
  '&lt;',
  '\u202Egnp.exe',
  'a\uD800b',
  '<rows>',
]
const anyText = fc.oneof(fc.constantFrom(...hostile), fc.string({ unit: 'binary' }))

/** The texts between the tags, and the values of the attributes: what a browser makes of it. */
function read(html: string): { readonly tags: string[]; readonly text: string; readonly values: string[] } {
  const tags: string[] = []
  const values: string[] = []
  const text = html.replace(
    /<(\/?[a-z0-9]+)((?: [a-z-]+(?:="[^"<>']*")?)*)>/g,
    (_, name: string, attributes: string) => {
      tags.push(name)
      for (const [, value = ''] of attributes.matchAll(/="([^"]*)"/g)) values.push(unescape(value))
      return ''
    },
  )
  // What is left has nothing that begins a tag, and no character reference but these.
  expect(text).not.toMatch(/[<>"']|&(?!(?:amp|lt|gt|quot|#39);)/)
  return { tags, text: unescape(text), values }
}

function unescape(text: string): string {
  const characters: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }
  return text.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => characters[name] ?? '')
}

describe('an element as HTML', () => {
  test('keeps every text a text, between tags and in attributes', () => {
    fc.assert(
      fc.property(anyText, anyText, (text, value) => {
        const { html } = h('span', { title: value, hidden: true }, text, h('bdi', {}, text))
        expect(read(html)).toEqual({ tags: ['span', 'bdi', '/bdi', '/span'], text: text + text, values: [value] })
      }),
    )
  })

  test('leaves out what is nothing, and listeners', () => {
    const { html } = h(
      'button',
      { a: undefined, b: null, c: false, d: 0, on: { click: () => undefined } },
      null,
      false,
      0,
    )
    expect(html).toBe('<button d="0">0</button>')
  })

  test('has no content and no end where there can be none', () => {
    expect(h('input', { name: 'a' }).html).toBe('<input name="a">')
  })
})

describe('a row as HTML', () => {
  const context = { t, clock: { locale: 'en', zone: 'UTC' } }

  test('has the same elements whatever the entry says', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const entry = { ...sampleEntry(), timestamp: text, user_id: text, action: text, target: text, source_ip: text }
        const { html } = entryRow(h, context, { ...entry, outcome: text as never }, {}, '?entry=1')
        const { tags } = read(html)
        expect(new Set(tags.map((name) => name.replace('/', '')))).toEqual(new Set(['div', 'span', 'time', 'bdi', 'a']))
      }),
    )
  })

  test('marks what cannot be seen or reorders, and mends a lone surrogate', () => {
    const { text } = read(entryRow(h, context, { ...sampleEntry(), target: 'a\u202Eb\uD800c' }, {}).html)
    expect(text).toContain('aU+202EbU+D800c')
  })

  test('shows no more of a value than a cell holds', () => {
    const { html } = entryRow(h, context, { ...sampleEntry(), action: 'x'.repeat(65_536) }, {})
    expect(html.length).toBeLessThan(2000)
    expect(html).toContain(`${'x'.repeat(160)}…`)
  })
})

test('a data block holds the same JSON, and nothing that ends it', () => {
  fc.assert(
    fc.property(fc.dictionary(anyText, anyText), (value) => {
      const data = escapeData(JSON.stringify(value))
      expect(data).not.toContain('<')
      expect(JSON.parse(data)).toEqual(value)
    }),
  )
})
