import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { canonicalize, type Entry, verifyEntries, verifyEntry } from '../../../src/index.ts'
import { entryFields } from '../../../src/canonical/entry.ts'
import { blocksOf } from '../../support/page.ts'

// docs/format.md promises that an entry can be verified with what it says; this follows it to the letter.

const [line = ''] = await blocksOf('format.md', 'json')
const [preimage = ''] = await blocksOf('format.md', 'text')
const entry = JSON.parse(line) as Entry

it('the example of the page verifies', async () => {
  expect(verifyEntry(entry)).toBe(true)
  expect(await verifyEntries([line])).toMatchObject({ intact: true, entries: 1 })
})

it('the steps of the page lead to its hash', () => {
  const { entry_hash, ...content } = entry
  expect(`${canonicalize(content)}\n`).toBe(preimage)
  expect(createHash('sha256').update(preimage.trimEnd()).digest('hex')).toBe(entry_hash)
  expect(`${canonicalize(entry)}\n`).toBe(line)
})

it('the id of the example holds its timestamp', () => {
  const millisecond = Number.parseInt(entry.id.replace('-', '').slice(0, 12), 16)
  expect(new Date(millisecond).toISOString()).toBe(`${entry.timestamp.slice(0, 23)}Z`)
})

it('the table of the page has the fields of an entry', async () => {
  const page = await readFile('docs/format.md', 'utf8')
  const fields = page.slice(page.indexOf('## Fields'), page.indexOf('## Canonical form'))
  expect([...fields.matchAll(/^\| `(\w+)` +\|/gm)].map((match) => match[1])).toEqual(entryFields)
})
