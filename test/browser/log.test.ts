import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasBrowser, startBrowser } from '../support/browser.ts'
import { acceptances, hostileEvents, officeDays } from '../support/console-events.ts'
import { type ConsoleHost, startConsoleHost } from '../support/console-host.ts'
import { accessibilityFaults, openConsole } from '../support/console-page.ts'

const now = new Date()
let host: ConsoleHost
let browser: Browser

// Skipped where there is no /usr/bin/chromium.
describe.skipIf(!hasBrowser)('the log', () => {
  beforeAll(async () => {
    host = await startConsoleHost()
    browser = await startBrowser()
    const past = [...officeDays(100_000, 60, now), ...acceptances(now)].sort((a, b) => (a.at < b.at ? -1 : 1))
    await host.record([...past, ...hostileEvents(now)])
    await host.sequencer.run()
  })
  afterAll(async () => {
    await browser?.close()
    await host?.stop()
  })

  test('shows the newest entries, each with its hash recomputed, and an entry with its proof verified', async () => {
    const { page, complaints, go } = await openConsole(browser, host)
    await go('#log?action=risk.accepted')
    await expect.poll(() => page.locator('.counts').textContent()).toContain('right: 6')
    expect(await page.locator('.rows .row').count()).toBe(6)
    expect(await page.locator('.rows .row .sign.intact').count()).toBe(6)
    await page.locator('.rows .row', { hasText: 'finding:OAUTH-27' }).click()
    await expect.poll(() => page.locator('.checks li.passed').count()).toBe(3)
    expect(await page.locator('.drawer').textContent()).toContain('The vendor replaces the application in March')
    expect(await page.evaluate(() => location.hash)).toMatch(/^#log\?action=risk\.accepted&entry=\d+$/)
    expect(await accessibilityFaults(page)).toEqual([])
    await page.keyboard.press('Escape')
    expect(await page.locator('.drawer').isHidden()).toBe(true)
    expect(complaints).toEqual([])
    await page.context().close()
  })
})
