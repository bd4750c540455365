import { startBrowser } from '../test/support/browser.ts'
import { officeDays } from '../test/support/console-events.ts'
import { startConsoleHost } from '../test/support/console-host.ts'
import { describeMachine, median } from './support.ts'

// How long until the console's first view can be used, against an empty page plus the list call alone, each in a browser
// profile without a cache: npx tsx bench/console.ts [rounds]

const rounds = Number(process.argv[2] ?? 15)
const entries = 100_000
const host = await startConsoleHost()
const browser = await startBrowser()
host.intercept = ({ url }, response) => {
  if (url !== '/empty') return false
  response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>empty</title>')
  return true
}

// As text: these run in the browser.
const emptyAndList = `(async () => {
  const [navigation] = performance.getEntriesByType('navigation')
  const start = performance.now()
  await (await fetch('/api/audit-logs/list?limit=100')).json()
  return [navigation.duration, performance.now() - start]
})()`
/** Notes when the first row stands in the list, to the frame. */
const watch = `{
  const look = () => {
    const row = document.querySelector('audit-log-console')?.shadowRoot?.querySelector('.rows .row')
    if (row) globalThis.firstRowAt = performance.now()
    else requestAnimationFrame(look)
  }
  requestAnimationFrame(look)
}`

/** Milliseconds from the navigation to the load event of a page with nothing in it, and of a list call from it. */
async function emptyPageAndList(): Promise<[number, number]> {
  const context = await browser.newContext()
  const page = await context.newPage()
  await page.goto(`${host.origin}/empty`)
  const times = (await page.evaluate(emptyAndList)) as [number, number]
  await context.close()
  return times
}

/** Milliseconds from the navigation to the frame in which the first entry stands in the list. */
async function firstView(): Promise<number> {
  const context = await browser.newContext()
  const page = await context.newPage()
  await page.addInitScript({ content: watch })
  await page.goto(host.url)
  const at = await page.waitForFunction('globalThis.firstRowAt')
  const time = (await at.jsonValue()) as number
  await context.close()
  return time
}

try {
  await host.record(officeDays(entries, 60, new Date()))
  await host.sequencer.run()
  await describeMachine(host.admin)
  const measured: { page: number; list: number; view: number; ratio: number }[] = []
  for (let round = -2; round < rounds; round += 1) {
    const [page, list] = await emptyPageAndList()
    const view = await firstView()
    if (round >= 0) measured.push({ page, list, view, ratio: view / (page + list) })
  }
  const shown = (name: keyof (typeof measured)[number]): string => {
    const sorted = measured.map((one) => one[name]).sort((a, b) => a - b)
    return `${median(sorted).toFixed(2)} (${sorted[0]?.toFixed(2)}-${sorted.at(-1)?.toFixed(2)})`
  }
  console.log(`\n${entries} entries, n = ${rounds} rounds, median and spread`)
  console.log(`  empty page, ms                    ${shown('page')}`)
  console.log(`  list call of 100 entries, ms      ${shown('list')}`)
  console.log(`  console, first entry shown, ms    ${shown('view')}`)
  console.log(`  ratio to the first two together   ${shown('ratio')}`)
} finally {
  await browser.close()
  await host.stop()
}
