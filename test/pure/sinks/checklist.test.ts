import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

// What receivers do and what must follow: each item of the checklists stands in the title of a test, so that none is forgotten.

const checklists: Readonly<Record<string, number>> = {
  /** All sinks. */
  G: 11,
  /** Splunk. */
  S: 17,
  /** Sentinel. */
  M: 14,
  /** Elastic. */
  E: 15,
  /** QRadar and syslog. */
  Q: 17,
}
const folders = ['test/pure/sinks', 'test/conformance/sinks', 'test/database/sinks', 'test/support']
const titles = folders
  .flatMap((folder) => readdirSync(folder).map((name) => `${folder}/${name}`))
  .filter((file) => file.endsWith('.ts') && !file.endsWith('checklist.test.ts'))
  .flatMap(
    (file) => readFileSync(file, 'utf8').match(/(?<=\b(?:it|describe)\b.*|^[ \t]*(?:\]\)\()?)(['"`]).*?\1/gm) ?? [],
  )

it.each(Object.entries(checklists))('every item of the checklist %s has a test', (letter, count) => {
  const items = Array.from({ length: count }, (_, index) => `${letter}${index + 1}`)
  expect(items.filter((item) => !titles.some((title) => new RegExp(`\\b${item}\\b`).test(title)))).toEqual([])
})
