import { expect, it } from 'vitest'
import { testApi } from '../../support/api.ts'

const big = 'x'.repeat(64_000)
const api = await testApi(180, (index) => ({ action: 'a.long', details: { index, big } }))

interface Page {
  readonly entries: readonly { readonly details: { readonly index: number } }[]
  readonly next_cursor: string | null
  readonly has_more: boolean
  readonly uncovered: number
}

it('a page of long entries ends at 4 MiB, says that there is more, and the next one goes on there', async () => {
  await api.audit.logMany([0, 1, 2].map((index) => ({ action: 'a.long', details: { index: 180 + index, big } })))
  const found: number[] = []
  const uncovered: number[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const after: string = cursor === '' ? '' : `&cursor=${cursor}`
    const text = await (await api.get(`/list?action=a.long&limit=1000&order=oldest${after}`)).text()
    expect(text.length).toBeLessThan(4 * 1024 * 1024 + 4096)
    const page = JSON.parse(text) as Page
    found.push(...page.entries.map(({ details }) => details.index))
    uncovered.push(page.uncovered)
    expect(page.has_more).toBe(page.next_cursor !== null)
    cursor = page.next_cursor
  }
  expect(found).toEqual(Array.from({ length: 183 }, (_, index) => index))
  expect(uncovered).toEqual([0, 0, 3])
})
