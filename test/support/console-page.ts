import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import type { ConsoleHost } from './console-host.ts'

/** A page that shows the console, and everything that went wrong in it. */
export interface ConsolePage {
  readonly page: Page
  /** Violations of the content security policy, uncaught errors and messages of the console. */
  readonly complaints: string[]
  /** Goes to a place such as `?view=log&action=user.login`. */
  readonly go: (place: string) => Promise<void>
}

/** Opens the console in a browser profile of its own. */
export async function openConsole(
  browser: Browser,
  host: ConsoleHost,
  options: BrowserContextOptions & { readonly knowsKey?: boolean } = {},
): Promise<ConsolePage> {
  const { knowsKey = true, ...contextOptions } = options
  const context = await browser.newContext({
    viewport: { width: 1360, height: 850 },
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    ...contextOptions,
  })
  const complaints: string[] = []
  await context.exposeFunction('complain', (text: string) => complaints.push(text))
  await context.addInitScript(
    ([name, key]) => {
      document.addEventListener('securitypolicyviolation', (event) => {
        ;(globalThis as unknown as { complain(text: string): void }).complain(
          `${event.violatedDirective} ${event.blockedURI} ${event.sample}`,
        )
      })
      try {
        if (key !== '') localStorage.setItem(name, key)
      } catch {
        // A page without storage.
      }
    },
    [`audit-log-console:key:${host.origin}/api/audit-logs/`, knowsKey ? host.verifierKey : ''] as const,
  )
  const page = await context.newPage()
  page.setDefaultTimeout(60_000)
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => complaints.push(message.text()))
  return {
    page,
    complaints,
    async go(place) {
      await page.goto('about:blank')
      await page.goto(host.url + place)
      // What stands in the page before that cannot be typed into, except by a test.
      await page.waitForFunction(() => customElements.get('audit-log-console') !== undefined)
    },
  }
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What axe-core finds wrong in the page, one line for each rule and element. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  // Not a script of the page: the page's policy would refuse it, as it should.
  const session = await page.context().newCDPSession(page)
  await session.send('Runtime.evaluate', { expression: axe })
  const { result } = await session.send('Runtime.evaluate', {
    expression: `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => JSON.stringify(
      violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => id + ' ' + target.flat().join(' ') + ' ' + failureSummary))))`,
    awaitPromise: true,
    returnByValue: true,
  })
  await session.detach()
  return JSON.parse(String(result.value)) as string[]
}
