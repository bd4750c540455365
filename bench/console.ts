import type { Page } from 'playwright-core'
import { consoleHeaders } from '../src/console/files.ts'
import { startBrowser } from '../test/support/browser.ts'
import { officeDays } from '../test/support/console-events.ts'
import { startConsoleHost } from '../test/support/console-host.ts'
import { describeMachine, median } from './support.ts'

// How long until the console's first view can be used: npx tsx bench/console.ts [rounds]
//
// Each time runs from the navigation to the frame in which something stands in the document. Compared are
//   - the console, until the first entry stands in the list, which the server has written into the page on a first visit and
//     the program draws on a later one, with
//   - an empty page, a paragraph that is sent with the same headers, until that stands, and then
//   - the list call that the console makes, alone, from that page, until its JSON is parsed.
// The browser runs all the time. On a first visit each page has a browser profile without a cache, and either
//   - a process of its own that has shown nothing yet, or
//   - the tab in which another page of the host has been shown, which is where people come from.
// On a later visit one tab goes from the empty page to the console and back. Rounds of the three alternate.

const rounds = Number(process.argv[2] ?? 15)
const entries = 100_000
const host = await startConsoleHost()
const browser = await startBrowser()
const pages = new Map([
  ['/empty', '<!doctype html><title>Empty</title><p>Empty'],
  [
    '/settings',
    `<!doctype html><html lang="en"><title>Settings</title><link rel="stylesheet" href="/settings.css"><h1>Settings</h1><p>Of the host.
     <form><label>Name <input value="Contoso"></label> <label>Language <select><option>English</select></label> <button>Save</button></form>`,
  ],
  ['/settings.css', 'body { font: 14px/1.45 system-ui, sans-serif }'],
])
host.intercept = ({ url = '' }, response) => {
  const text = pages.get(url)
  if (text === undefined) return false
  const type = url.endsWith('.css') ? 'text/css' : 'text/html'
  response.writeHead(200, { ...consoleHeaders, 'content-type': `${type}; charset=utf-8` }).end(text)
  return true
}

// As text: these run in the browser.
const watch = `{
  const look = () => {
    const element = document.querySelector('audit-log-console')
    const drawn = element?.shadowRoot?.querySelector('.rows .row') ?? document.querySelector('body > p')
    if (drawn ?? element?.querySelector('.rows .row')) globalThis.stoodAt ??= performance.now()
    if (drawn) globalThis.drawnAt = performance.now()
    else requestAnimationFrame(look)
  }
  requestAnimationFrame(look)
}`
const listCall = `(async () => {
  const start = performance.now()
  await (await fetch('/api/audit-logs/list?limit=100', { cache: 'no-store' })).json()
  return performance.now() - start
})()`

async function open(page: Page, url: string): Promise<{ readonly stood: number; readonly drawn: number }> {
  await page.goto(url)
  for (;;) {
    const at = await page.evaluate<[number, number | undefined]>('[globalThis.stoodAt, globalThis.drawnAt]')
    if (at[1] !== undefined) return { stood: at[0], drawn: at[1] }
    await page.waitForTimeout(20)
  }
}

interface Visit {
  readonly page: number
  readonly list: number
  readonly view: number
  /** Until the program has drawn the same entry and takes input. */
  readonly program: number
  readonly ratio: number
}

const kinds = {
  later: 'later visits',
  host: 'first visits, from another page of the host',
  own: 'first visits, in a process that has shown nothing',
} as const
type Kind = keyof typeof kinds

async function inPage<T>(kind: Kind, use: (page: Page) => Promise<T>): Promise<T> {
  if (kind === 'later') return use(tab)
  const context = await browser.newContext()
  const page = await context.newPage()
  await page.addInitScript({ content: watch })
  // A profile opens a window, and a window loads more than a hundred files of the browser's own.
  await page.waitForTimeout(1000)
  if (kind === 'host') await open(page, `${host.origin}/settings`)
  const result = await use(page)
  await context.close()
  return result
}

async function visit(kind: Kind): Promise<Visit> {
  const [page, list] = await inPage(kind, async (page) => [
    (await open(page, `${host.origin}/empty`)).stood,
    await page.evaluate<number>(listCall),
  ])
  const { stood: view, drawn: program } = await inPage(kind, async (page) => {
    const at = await open(page, host.url)
    // What follows the first view does not run into the next page.
    await page.locator('.counts .ok').waitFor()
    return at
  })
  return { page, list, view, program, ratio: view / (page + list) }
}

function report(title: string, visits: readonly Visit[]): void {
  const shown = (name: keyof Visit): string => {
    const sorted = visits.map((one) => one[name]).sort((a, b) => a - b)
    return `${median(sorted).toFixed(2)} (${sorted[0]?.toFixed(2)}-${sorted.at(-1)?.toFixed(2)})`
  }
  console.log(`\n${title}, ${entries} entries, n = ${rounds} rounds, median and spread`)
  console.log(`  empty page, ms                    ${shown('page')}`)
  console.log(`  list call of 100 entries, ms      ${shown('list')}`)
  console.log(`  console, first entry shown, ms    ${shown('view')}`)
  console.log(`  console, its program drawn, ms    ${shown('program')}`)
  console.log(`  ratio to the first two together   ${shown('ratio')}`)
}

const tab = await (await browser.newContext()).newPage()
await tab.addInitScript({ content: watch })
try {
  await host.record(officeDays(entries, 60, new Date()))
  await host.sequencer.run()
  await describeMachine(host.admin)
  const visits: Record<Kind, Visit[]> = { later: [], host: [], own: [] }
  for (let round = -2; round < rounds; round += 1) {
    for (const kind of Object.keys(kinds) as Kind[]) {
      const one = await visit(kind)
      if (round >= 0) visits[kind].push(one)
    }
  }
  for (const kind of Object.keys(kinds) as Kind[]) report(kinds[kind], visits[kind])
} finally {
  await browser.close()
  await host.stop()
}
