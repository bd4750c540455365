import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { generateKey } from '@entraguard/audit-log/tlog'
import { hasBrowser, startBrowser } from '../support/browser.ts'
import { acceptances, officeDays } from '../support/console-events.ts'
import { type ConsoleHost, startConsoleHost } from '../support/console-host.ts'
import { accessibilityFaults, openConsole } from '../support/console-page.ts'

const now = new Date()
const views = ['log', 'risks', 'integrity', 'export', 'forwarding', 'retention'] as const
const landmarks: Readonly<Record<(typeof views)[number], string>> = {
  log: '.rows .row',
  risks: '.timeline svg',
  integrity: '.headline',
  export: '.form-card',
  forwarding: '.results .note',
  retention: '.results table',
}
let host: ConsoleHost
let browser: Browser

// Skipped where there is no /usr/bin/chromium.
describe.skipIf(!hasBrowser)('the views', () => {
  beforeAll(async () => {
    host = await startConsoleHost()
    browser = await startBrowser()
    await host.record([...officeDays(3000, 40, now), ...acceptances(now)].sort((a, b) => (a.at < b.at ? -1 : 1)))
    await host.sequencer.run()
  })
  afterAll(async () => {
    await browser?.close()
    await host?.stop()
  })

  const settled = async (page: Page, view: (typeof views)[number]): Promise<void> => {
    await page.locator(landmarks[view]).first().waitFor()
    await page.waitForLoadState('networkidle')
  }

  test.each([
    ['light', { colorScheme: 'light' }],
    ['dark', { colorScheme: 'dark' }],
    ['360 pixels wide', { viewport: { width: 360, height: 740 } }],
    ['3,840 pixels wide', { viewport: { width: 3840, height: 2160 } }],
  ] as const)('have no fault that axe-core finds, and fit: %s', async (_, options) => {
    const { page, complaints, go } = await openConsole(browser, host, options)
    for (const view of views) {
      await go(`?view=${view}`)
      await settled(page, view)
      expect([view, await accessibilityFaults(page)]).toEqual([view, []])
      expect([view, await overflow(page)]).toEqual([view, 0])
    }
    expect(complaints).toEqual([])
    await page.context().close()
  })

  test('fit when read from right to left', async () => {
    const { page, go } = await openConsole(browser, host, { viewport: { width: 360, height: 740 } })
    await page.addInitScript(() =>
      document.addEventListener('DOMContentLoaded', () => (document.documentElement.dir = 'rtl')),
    )
    for (const view of views) {
      await go(`?view=${view}`)
      await settled(page, view)
      expect([view, await overflow(page)]).toEqual([view, 0])
    }
    const [sign, outcome] = await Promise.all(
      (await openLog(page, go)).map((cell) => page.locator(cell).first().boundingBox()),
    )
    expect(sign!.x).toBeGreaterThan(outcome!.x)
    await page.setViewportSize({ width: 1280, height: 720 })
    await go('')
    await page.locator('.activity > details').waitFor()
    const lefts = await page.evaluate(() => {
      const root = document.querySelector('audit-log-console')!.shadowRoot!
      const leftOf = (text: Node, index: number): number => {
        const range = new Range()
        range.setStart(text, index)
        range.setEnd(text, index + 1)
        return range.getBoundingClientRect().left
      }
      const time = root.querySelector('.rows time')!.firstChild!
      const cut = [...root.querySelectorAll('.rows bdi')].find((one) => one.scrollWidth > one.clientWidth)!
      return {
        // The year and the seconds.
        time: [leftOf(time, 0), leftOf(time, 18)],
        // What of a long text is seen is its beginning.
        cut: [cut.getBoundingClientRect().left, leftOf(cut.firstChild!, 0)],
        // Days go from left to right, as the bars do.
        axis: [...root.querySelectorAll('.axis > span')].map((one) => one.getBoundingClientRect().left),
      }
    })
    expect(lefts.time[0]).toBeLessThan(lefts.time[1]!)
    expect(lefts.cut[1]).toBeCloseTo(lefts.cut[0]!, 0)
    expect(lefts.axis[0]).toBeLessThan(lefts.axis[1]!)
    await page.context().close()
  })

  const openLog = async (page: Page, go: (hash: string) => Promise<void>): Promise<string[]> => {
    await go('?view=log')
    await settled(page, 'log')
    return ['.rows .c-sign', '.rows .c-outcome']
  }

  test('Integrity says what is right only with the key of the log', async () => {
    const { page, go } = await openConsole(browser, host, { knowsKey: false })
    await go('?view=integrity')
    await page.getByText('Not verified by you yet').waitFor()
    await page.getByLabel('Verifier key of the log').fill('nonsense')
    await page.getByRole('button', { name: 'Use this key' }).click()
    await page.getByText('This is no verifier key.').waitFor()
    await page.getByLabel('Verifier key of the log').fill(host.verifierKey)
    await page.getByRole('button', { name: 'Use this key' }).click()
    await page.getByText('The log’s key signed the checkpoint.').waitFor()
    await page.getByText('Intact, with weaknesses').waitFor()
    await page.context().close()
  })

  test('Integrity asks for cosignatures when a policy is given', async () => {
    const { page, go } = await openConsole(browser, host, { knowsKey: false })
    const { verifierKey } = await generateKey('witness.example/w', 'cosignature/v1')
    await go('?view=integrity')
    const field = page.getByLabel('Verifier key of the log')
    await field.fill(`log ${host.verifierKey}\nwitness soc ${verifierKey}\nquorum soc`)
    await page.getByRole('button', { name: 'Use this key' }).click()
    await page.getByText('The log’s key signed the checkpoint.').waitFor()
    await page.getByText('Not enough witnesses of the policy have cosigned this checkpoint.').waitFor()
    expect(await accessibilityFaults(page)).toEqual([])
    await page.context().close()
  })

  test('Integrity says that there is no verification on record', async () => {
    const { page, go } = await openConsole(browser, host)
    await go('?view=integrity')
    await page.getByText('None yet. audit-log verify --database --record writes one.').waitFor()
    await page.context().close()
  })

  test('Integrity shows the verification that is on record', async () => {
    const { page, go } = await openConsole(browser, host)
    const details = { verdict: 'entry_edited', tree_size: 4711 }
    await host.audit.log({ action: 'audit_log.verified', outcome: 'failure', details })
    await go('?view=integrity')
    await page.getByText('entry_edited').waitFor()
    await page.getByText('of 4,711 entries').waitFor()
    expect(await accessibilityFaults(page)).toEqual([])
    await page.context().close()
  })

  test('Integrity tells when the log has become shorter or another one since the last visit', async () => {
    const { page, go } = await openConsole(browser, host)
    await go('?view=integrity')
    await page.getByText('First visit').waitFor()
    const remember = (change: object): Promise<void> =>
      page.evaluate((change) => {
        const name = `audit-log-console:seen:${location.origin}/api/audit-logs/`
        localStorage.setItem(name, JSON.stringify({ ...JSON.parse(localStorage.getItem(name)!), ...change }))
      }, change)
    await remember({ root_hash: '0'.repeat(64) })
    await go('?view=integrity')
    await page.getByText('REWRITTEN').waitFor()
    expect(await page.locator('.headline.bad').count()).toBe(1)
    await remember({ tree_size: 1_000_000 })
    await go('?view=integrity')
    await page.getByText('ROLLED BACK').waitFor()
    expect(await accessibilityFaults(page)).toEqual([])
    await page.context().close()
  })

  test('Export says that it is switched off, and keeps what was typed', async () => {
    const { page, go } = await openConsole(browser, host)
    host.flags.audit_export = false
    try {
      await go('?view=export&action=user.login')
      await page.getByText('Exports are switched off (feature audit_export).').waitFor()
      expect(await page.getByRole('button', { name: 'Export', exact: true }).isDisabled()).toBe(true)
      expect(await page.getByRole('textbox', { name: 'Action' }).inputValue()).toBe('user.login')
      expect(await accessibilityFaults(page)).toEqual([])
    } finally {
      host.flags.audit_export = true
    }
    await page.context().close()
  })

  test('Export hands out nothing when the connection breaks off', async () => {
    const { page, go } = await openConsole(browser, host)
    await go('?view=export')
    host.intercept = ({ url }, response) => {
      if (!url!.includes('/export')) return false
      response.writeHead(200, { 'content-type': 'application/x-ndjson', 'content-length': '1000' })
      response.write('{"a":1}\n')
      setTimeout(() => response.destroy(), 50)
      return true
    }
    let downloads = 0
    page.on('download', () => (downloads += 1))
    try {
      await page.getByRole('button', { name: 'Export', exact: true }).click()
      await page.getByText('The export broke off').waitFor()
    } finally {
      host.intercept = undefined
    }
    expect(downloads).toBe(0)
    await page.context().close()
  })

  test('Forwarding says in words what is wrong, and shows dead letters page by page', async () => {
    // A name of its own for each run of this test.
    const name = `soc-${Date.now()}`
    const added = await fetch(`${host.origin}/api/audit-logs/settings/forwarders/${name}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', origin: host.origin },
      body: JSON.stringify({ kind: 'http', config: { url: 'https://siem.example.com/' } }),
    })
    expect([added.status, await added.text()]).toEqual([200, expect.any(String)])
    await host.admin.query(
      `insert into audit_log.forwarder (name, next_leaf_index, checkpoint_size, dead_lettered, problem)
         values ('${name}', 0, 0, 150, 'destination_forbidden');
       insert into audit_log.dead_letter (forwarder, item, first_leaf_index, last_leaf_index, kind, code, reason)
         select '${name}', 'item-' || n, n, n, 'rejected', 'too_large', '<img src=x onerror=alert(1)>' || n from generate_series(1, 150) as n`,
    )
    const { page, complaints, go } = await openConsole(browser, host)
    await go('?view=forwarding')
    const card = page.getByRole('region', { name, exact: true })
    await card.getByText('The host does not allow this destination.').waitFor()
    await card.getByRole('button', { name: 'Show dead letters' }).click()
    await expect.poll(() => card.locator('tbody tr').count()).toBe(100)
    // An answer that does not come loses nothing of what is shown.
    host.intercept = ({ url }, response) => {
      if (!url!.includes('cursor=')) return false
      response.writeHead(500).end()
      return true
    }
    await card.getByRole('button', { name: 'Show older ones' }).click()
    await card.getByText('The server could not answer.').waitFor()
    host.intercept = undefined
    expect(await card.locator('tbody tr').count()).toBe(100)
    await card.getByRole('button', { name: 'Try again' }).click()
    await expect.poll(() => card.locator('tbody tr').count()).toBe(150)
    expect(await card.getByRole('button', { name: 'Show older ones' }).count()).toBe(0)
    expect(await card.locator('tbody tr').last().textContent()).toContain('<img src=x onerror=alert(1)>1')
    expect(await accessibilityFaults(page)).toEqual([])
    expect(complaints.filter((text) => !text.includes('500'))).toEqual([])
    await page.context().close()
  })

  test('a change carries the token of the host', async () => {
    const { page, go } = await openConsole(browser, host)
    const { permissions } = host.principal!
    host.intercept = ({ method, url }, response) => {
      // Nothing is changed: it is what the page sends that counts.
      if (method !== 'GET') response.writeHead(500).end()
      else if (!url!.includes('/session')) return false
      else response.end(JSON.stringify({ permissions, flags: {}, csrf_token: 'token-of-the-host' }))
      return true
    }
    try {
      await go('?view=retention')
      const form = page.locator('.form', { hasText: 'Keep entries longer' })
      await form.locator('input[name=keep_days]').fill('400')
      await form.locator('input[name=reason]').fill('Contract')
      const sent = page.waitForRequest((request) => request.method() !== 'GET')
      await form.getByRole('button', { name: 'Extend for good' }).click()
      expect((await sent).headers()['x-csrf-token']).toBe('token-of-the-host')
    } finally {
      host.intercept = undefined
    }
    await page.context().close()
  })

  test('texts of the host stand in the place of the English ones', async () => {
    const { page } = await openConsole(browser, host)
    await page.goto(host.url)
    await page.locator('audit-log-console').evaluate((element) => {
      ;(element as unknown as { strings: object }).strings = { title: 'Protokoll', 'view.log': 'Einträge' }
    })
    await page.getByRole('heading', { name: 'Protokoll' }).waitFor()
    await page.getByRole('link', { name: 'Einträge' }).waitFor()
    await page.getByRole('link', { name: 'Integrity' }).waitFor()
    await page.context().close()
  })
})

/** By how many pixels the page, or a part of it, is wider than its place. */
function overflow(page: Page): Promise<number> {
  return page.evaluate(() => {
    const root = document.querySelector('audit-log-console')!.shadowRoot!
    const parts = [...root.querySelectorAll('.content, nav, .scroll, .timeline')]
    return Math.max(
      document.documentElement.scrollWidth - innerWidth,
      ...parts.map(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth),
    )
  })
}
