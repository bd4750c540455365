import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { startBrowser } from '../test/support/browser.ts'
import { acceptances, officeDays } from '../test/support/console-events.ts'
import { type ConsoleHost, startConsoleHost } from '../test/support/console-host.ts'

// Makes the pictures in docs/console/ of every view of the console: npx tsx scripts/screenshots.ts [view...]
// Needs /usr/bin/chromium, and the build: npm run build.

const out = join(import.meta.dirname, '../docs/console')
const wanted = process.argv.slice(2)

const host = await startConsoleHost()
const browser = await startBrowser()
try {
  await mkdir(out, { recursive: true })
  const now = new Date()
  await host.record([...officeDays(20_000, 40, now), ...acceptances(now)].sort((a, b) => (a.at < b.at ? -1 : 1)))
  await host.sequencer.run()
  await prepare(host)

  const light = await open('light', { width: 1360, height: 850 })
  for (const view of ['log', 'risks', 'integrity', 'export', 'forwarding', 'retention']) await shot(light, view)
  await openEntry(light, 'entry')
  const dark = await open('dark', { width: 1360, height: 850 })
  for (const view of ['log', 'risks', 'integrity', 'forwarding', 'retention']) await shot(dark, view, '-dark')
  const phone = await open('light', { width: 360, height: 740 })
  for (const view of ['log', 'risks', 'integrity', 'export', 'forwarding', 'retention']) await shot(phone, view, '-360')
  await openEntry(phone, 'entry-360')
} finally {
  await browser.close()
  await host.stop()
}

async function open(scheme: 'light' | 'dark', viewport: { width: number; height: number }): Promise<Page> {
  const context = await browser.newContext({
    colorScheme: scheme,
    viewport,
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
  })
  const page = await context.newPage()
  page.on('pageerror', (error) => console.error(`page: ${error.message}`))
  page.on('response', (response) => {
    if (response.status() >= 400) console.error(`${response.status()} ${response.url()}`)
  })
  page.on('console', (message) => console.error(`console: ${message.text()}`))
  await page.goto(host.url)
  await page.evaluate(([name, key]) => (globalThis as any).localStorage.setItem(name, key), [
    `audit-log-console:key:..`,
    host.verifierKey,
  ] as const)
  return page
}

async function shot(page: Page, view: string, suffix = ''): Promise<void> {
  if (wanted.length > 0 && !wanted.includes(view + suffix)) return
  await page.goto(`${host.url}#${view}`)
  await page.reload()
  await settle(page)
  await save(page, view + suffix)
}

async function openEntry(page: Page, name: string): Promise<void> {
  if (wanted.length > 0 && !wanted.includes(name)) return
  await page.goto(`${host.url}#log?action=risk.accepted`)
  await page.reload()
  await settle(page)
  await page.locator('.rows .row').first().click()
  await settle(page)
  await page.waitForTimeout(300)
  await save(page, name)
}

async function settle(page: Page): Promise<void> {
  await page.waitForLoadState('networkidle')
  await page.waitForTimeout(400)
}

async function save(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(out, `${name}.png`) })
  console.log(`wrote docs/console/${name}.png`)
}

/** What a host in use would have: a few settings, and an entry that is a minute old. */
function prepare({ principal }: ConsoleHost): Promise<void> {
  if (principal === null) throw new Error('nobody is signed in')
  return Promise.resolve()
}
