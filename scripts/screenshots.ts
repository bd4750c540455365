import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { ForwarderSupervisor } from '../src/settings/index.ts'
import { startBrowser } from '../test/support/browser.ts'
import { acceptances, officeDays } from '../test/support/console-events.ts'
import { startConsoleHost } from '../test/support/console-host.ts'
import { startFakeSplunk } from '../test/support/fake-splunk.ts'

// Makes the pictures in docs/console/ of every view of the console: npx tsx scripts/screenshots.ts [view...]
// Needs /usr/bin/chromium, and the build: npm run build.

const out = join(import.meta.dirname, '../docs/console')
const wanted = process.argv.slice(2)

const settingsKey = randomBytes(32)
const host = await startConsoleHost({ settingsKey })
const splunk = await startFakeSplunk()
const browser = await startBrowser()
const supervisor = new ForwarderSupervisor({
  db: host.sequencerPool,
  settingsKey,
  pollMs: 100,
  forwarder: { intervalMs: 50 },
})
try {
  await mkdir(out, { recursive: true })
  const now = new Date()
  await host.record([...officeDays(20_000, 40, now), ...acceptances(now)].sort((a, b) => (a.at < b.at ? -1 : 1)))
  await host.sequencer.run()
  await prepare()

  const light = await open('light', { width: 1360, height: 850 })
  for (const view of ['log', 'risks', 'integrity', 'export', 'forwarding', 'retention']) await shot(light, view)
  await openEntry(light, 'entry')
  const dark = await open('dark', { width: 1360, height: 850 })
  for (const view of ['log', 'risks']) await shot(dark, view, '-dark')
  const phone = await open('light', { width: 360, height: 740 })
  for (const view of ['log', 'integrity', 'forwarding']) await shot(phone, view, '-360')
  await openEntry(phone, 'entry-360')
} finally {
  await browser.close()
  await supervisor.stop()
  await splunk.stop()
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
  await page.evaluate(([name, key]) => (globalThis as unknown as BrowserGlobals).localStorage.setItem(name, key), [
    `audit-log-console:key:${host.origin}/api/audit-logs/`,
    host.verifierKey,
  ] as const)
  return page
}

/** What of the browser is used in the page. */
interface BrowserGlobals {
  readonly localStorage: { setItem(name: string, value: string): void }
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
  await page.goto(`${host.url}?view=log&action=risk.accepted`)
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

/** What a host in use would have: destinations, one of which is down, and a legal hold. */
async function prepare(): Promise<void> {
  supervisor.start()
  const destinations = [
    ['soc-splunk', { kind: 'splunk', config: { url: splunk.url, index: 'audit' }, secrets: { token: splunk.token } }],
    [
      'archive-elastic',
      { kind: 'elastic', config: { url: 'http://127.0.0.1:9' }, secrets: { api_key: 'an-api-key-of-elastic' } },
    ],
  ] as const
  for (const [name, body] of destinations) await change('PUT', `/forwarders/${name}`, body)
  await change('POST', '/legal-holds', {
    tenant_id: 'contoso',
    target: 'finding:MFA-114',
    reason: 'Inquiry 2026-118 of the supervisory authority',
    approved_by: 'legal@contoso.example',
  })
  // Time to drain.
  await new Promise((resolve) => setTimeout(resolve, 8000))
}

async function change(method: string, path: string, body: unknown): Promise<void> {
  const response = await fetch(`${host.origin}/api/audit-logs/settings${path}`, {
    method,
    headers: { 'content-type': 'application/json', origin: host.origin },
    body: JSON.stringify(body),
  })
  if (!response.ok) console.error(`${path}: ${response.status} ${await response.text()}`)
}
