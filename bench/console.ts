import type { Page } from 'playwright-core'
import { consoleHeaders } from '../src/console/files.ts'
import { startBrowser } from '../test/support/browser.ts'
import { officeDays } from '../test/support/console-events.ts'
import { startConsoleHost } from '../test/support/console-host.ts'
import { describeMachine, median } from './support.ts'

// How long until the console's first view can be used: npx tsx bench/console.ts [rounds]
//
// Each time runs from the navigation to the frame in which something stands in the document. Compared are
//   - the console, until the first entry stands in the list, with
//   - an empty page, a paragraph that is sent with the same headers, until that stands, and then
//   - the list call that the console makes, alone, from that page, until its JSON is parsed.
// On a first visit each page has a browser profile and a process of its own, without a cache. On a later visit one tab goes from
// the empty page to the console and back.

const rounds = Number(process.argv[2] ?? 15)
const entries = 100_000
const host = await startConsoleHost()
const browser = await startBrowser()
host.intercept = ({ url }, response) => {
  if (url !== '/empty') return false
  response
    .writeHead(200, { ...consoleHeaders, 'content-type': 'text/html; charset=utf-8' })
    .end('<!doctype html><title>Empty</title><p>Empty')
  return true
}

// As text: these run in the browser.
const watch = `{
  const look = () => {
    const place = document.querySelector('audit-log-console')?.shadowRoot?.querySelector('.rows .row') ?? document.querySelector('p')
    if (place) globalThis.stoodAt = performance.now()
    else requestAnimationFrame(look)
  }
  requestAnimationFrame(look)
}`
const list = `(async () => {
  const start = performance.now()
  await (await fetch('/api/audit-logs/list?limit=100', { cache: 'no-store' })).json()
  return performance.now() - start
})()`

async function open(page: Page, url: string): Promise<number> {
  await page.goto(url)
  for (;;) {
    const at = (await page.evaluate('globalThis.stoodAt')) as number | undefined
    if (at !== undefined) return at
    await page.waitForTimeout(20)
  }
}

/** Opens a page of a profile of its own, or of the one that is there. */
async function inPage<T>(own: boolean, use: (page: Page) => Promise<T>): Promise<T> {
  if (!own) return use(tab)
  const context = await browser.newContext()
  const page = await context.newPage()
  await page.addInitScript({ content: watch })
  const result = await use(page)
  await context.close()
  return result
}

async function compareVisits(title: string, own: boolean): Promise<void> {
  const measured: { page: number; list: number; view: number; ratio: number }[] = []
  for (let round = -2; round < rounds; round += 1) {
    const [page, call] = await inPage(own, async (page) => [
      await open(page, `${host.origin}/empty`),
      await page.evaluate<number>(list),
    ])
    const view = await inPage(own, async (page) => {
      const at = await open(page, host.url)
      // What follows the first view does not run into the next page.
      await page.locator('.counts .ok').waitFor()
      return at
    })
    if (round >= 0) measured.push({ page, list: call, view, ratio: view / (page + call) })
  }
  const shown = (name: keyof (typeof measured)[number]): string => {
    const sorted = measured.map((one) => one[name]).sort((a, b) => a - b)
    return `${median(sorted).toFixed(2)} (${sorted[0]?.toFixed(2)}-${sorted.at(-1)?.toFixed(2)})`
  }
  console.log(`\n${title}, ${entries} entries, n = ${rounds} rounds, median and spread`)
  console.log(`  empty page, ms                    ${shown('page')}`)
  console.log(`  list call of 100 entries, ms      ${shown('list')}`)
  console.log(`  console, first entry shown, ms    ${shown('view')}`)
  console.log(`  ratio to the first two together   ${shown('ratio')}`)
}

const tab = await (await browser.newContext()).newPage()
await tab.addInitScript({ content: watch })
try {
  await host.record(officeDays(entries, 60, new Date()))
  await host.sequencer.run()
  await describeMachine(host.admin)
  await compareVisits('later visits', false)
  await compareVisits('first visits', true)
} finally {
  await browser.close()
  await host.stop()
}
