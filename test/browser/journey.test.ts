import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ForwarderSupervisor } from '../../src/settings/index.ts'
import { hasBrowser, startBrowser } from '../support/browser.ts'
import { buildCli, type Cli } from '../support/cli.ts'
import { acceptances, officeDays } from '../support/console-events.ts'
import { type ConsoleHost, startConsoleHost } from '../support/console-host.ts'
import { accessibilityFaults, openConsole } from '../support/console-page.ts'
import { startFakeSplunk } from '../support/fake-splunk.ts'

// A day in the middle of last month, whatever day it is.
const now = new Date()
const lastMonth = new Date(now.getFullYear(), now.getMonth() - 1, 15, 10)
const settingsKey = randomBytes(32)
let host: ConsoleHost
let browser: Browser
let cli: Cli
let supervisor: ForwarderSupervisor
let directory: string

// Skipped where there is no /usr/bin/chromium.
describe.skipIf(!hasBrowser)('a security officer who has never seen the page', () => {
  // For each run: what the officer does cannot be taken back.
  beforeEach(async () => {
    host = await startConsoleHost({ settingsKey })
    browser = await startBrowser()
    cli = await buildCli()
    directory = await mkdtemp(join(tmpdir(), 'console-journey-'))
    const accepted = {
      ...acceptances(now)[0]!,
      at: lastMonth.toISOString(),
      user_id: 'jonas.weber@contoso.example',
      target: 'finding:VPN-7',
      details: {
        acceptance_id: 'acc-vpn',
        justification: 'The gateway is replaced in January.',
        requester: 'li.wei@contoso.example',
        approver: 'jonas.weber@contoso.example',
        expires_at: new Date(now.getTime() + 40 * 86_400_000).toISOString(),
      },
    }
    await host.record(
      [...officeDays(2000, 60, now), ...acceptances(now), accepted].sort((a, b) => (a.at < b.at ? -1 : 1)),
    )
    await host.sequencer.run()
    supervisor = new ForwarderSupervisor({
      db: host.sequencerPool,
      settingsKey,
      pollMs: 100,
      forwarder: { intervalMs: 50, leaseMs: 1000, checkpointIntervalMs: 0 },
    })
    supervisor.start()
  })
  afterEach(async () => {
    await supervisor?.stop()
    await browser?.close()
    await host?.stop()
    if (directory !== undefined) await rm(directory, { recursive: true, force: true })
  })

  test('finds who accepted a risk last month, exports and verifies it, forwards to Splunk, and keeps entries longer', async () => {
    const { page, complaints, go } = await openConsole(browser, host)
    // Pictures of each step, for whoever wants to see them.
    const pictures = process.env['CONSOLE_PICTURES']
    const step = async (name: string): Promise<void> => {
      expect([name, await accessibilityFaults(page)]).toEqual([name, []])
      if (pictures !== undefined) await page.screenshot({ path: join(pictures, `journey-${name}.png`) })
    }

    // Who accepted the risk of finding:VPN-7 last month?
    await go('')
    await page.getByRole('combobox', { name: 'Time' }).selectOption({ label: 'Last month' })
    await page.getByRole('textbox', { name: 'Action' }).fill('risk.accepted')
    await page.getByRole('textbox', { name: 'Target' }).fill('finding:VPN-7')
    await page.getByRole('button', { name: 'Search' }).click()
    const row = page.locator('.rows .row')
    await expect.poll(() => row.count()).toBe(1)
    expect(await row.textContent()).toContain('jonas.weber@contoso.example')
    await row.click()
    await expect.poll(() => page.locator('.checks li.passed').count()).toBe(3)
    expect(await page.locator('.drawer').textContent()).toContain('The gateway is replaced in January.')
    await step('1-found')

    // The same as evidence that verifies without this server.
    await page.getByRole('link', { name: 'Export' }).click()
    await page.getByRole('combobox', { name: 'Time' }).selectOption({ label: 'Last month' })
    await page.getByRole('textbox', { name: 'Target' }).fill('finding:VPN-7')
    const download = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Export', exact: true }).click()
    const file = join(directory, 'export.ndjson')
    await (await download).saveAs(file)
    await page.getByText('Complete: 1 entries').waitFor()
    await step('2-exported')
    const verified = await cli(['verify', file])
    expect([verified.code, verified.stderr]).toEqual([0, ''])
    const entry = JSON.parse(await readFile(file, 'utf8')) as { user_id: string; details: { approver: string } }
    expect(entry.details.approver).toBe('jonas.weber@contoso.example')

    // Everything goes to Splunk from now on.
    const splunk = await startFakeSplunk()
    try {
      await page.getByRole('link', { name: 'Forwarding' }).click()
      await page.getByText('Nothing is forwarded yet.').waitFor()
      await page.getByRole('button', { name: 'Add a destination' }).click()
      await page.getByLabel('Kind of receiver').selectOption('splunk')
      await page.locator('form input[name=forwarder-name]').fill('soc')
      await page.locator('form input[name=url]').fill(splunk.url)
      await page.locator('form input[name=index]').fill('audit')
      await step('3-form')
      await page.getByRole('button', { name: 'Save' }).click()
      // The token is missing, and nothing that was typed is lost.
      await page.locator('form').getByText('Please fill this in.').waitFor()
      expect(await page.locator('form input[name=url]').inputValue()).toBe(splunk.url)
      await page.locator('form input[name=token]').fill(splunk.token)
      await page.locator('form').getByRole('button', { name: 'Send test event' }).click()
      await page.getByText('The receiver took the test event.').waitFor()
      await page.getByRole('button', { name: 'Save' }).click()
      await page.getByText('Saved. It applies at once').waitFor()
      const card = page.getByRole('region', { name: 'soc' })
      await card.getByText('Up to date').waitFor({ timeout: 30_000 })
      const leaves = new Set(
        splunk.events.map(({ fields }) => fields['leaf_index']).filter((leaf) => leaf !== undefined),
      )
      expect(leaves.size).toBeGreaterThan(2000)
      await step('4-drained')
      expect(
        await page.locator('audit-log-console').evaluate((element) => element.shadowRoot!.textContent),
      ).not.toContain(splunk.token)
      await card.getByRole('button', { name: 'Edit' }).click()
      expect(await page.locator('form input[name=token]').inputValue()).toBe('')
      await page.getByRole('button', { name: 'Cancel' }).click()
      await card.getByRole('button', { name: 'Pause' }).click()
      await card.getByText('Paused').waitFor()
      await card.getByRole('button', { name: 'Resume' }).click()
      await card.getByRole('button', { name: 'Pause' }).waitFor()
      await card.getByRole('button', { name: 'Remove' }).click()
      await card.getByRole('button', { name: 'Cancel' }).click()
    } finally {
      await supervisor.stop()
      await splunk.stop()
    }

    // And everything is kept for ten years.
    await page.getByRole('link', { name: 'Retention' }).click()
    await page.getByText('Entries are kept for 365 days.').waitFor()
    await page.locator('input[name=keep_days]').fill('30')
    await page.getByRole('button', { name: 'Extend for good' }).click()
    await page.getByText('Give more than 365 days').waitFor()
    await page.locator('input[name=keep_days]').fill('3650')
    await page.getByText('3,650 days are about 10 years.').waitFor()
    await page
      .locator('.form', { hasText: 'Keep entries longer' })
      .locator('input[name=reason]')
      .fill('Contract with the regulator')
    await page.getByRole('button', { name: 'Extend for good' }).click()
    await page.getByText('Entries are kept for 3,650 days.').waitFor()
    await step('5-kept')

    // Each change is an entry by the one who made it.
    await host.sequencer.run()
    await go('?view=log&action=audit_log.*')
    for (const action of ['audit_log.export_started', 'audit_log.forwarder.added', 'audit_log.retention.extended']) {
      await page.locator('.rows .row', { hasText: action }).first().waitFor()
    }
    expect(await page.locator('.rows .row', { hasText: 'audit_log.retention.extended' }).textContent()).toContain(
      'auditor@contoso.example',
    )
    await step('6-recorded')
    expect(complaints).toEqual([])
    await page.context().close()
  }, 180_000)
})
