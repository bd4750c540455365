import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Principal } from '@entraguard/audit-log/http'
import { hasBrowser, startBrowser } from '../support/browser.ts'
import { acceptances, hostileEvents, officeDays } from '../support/console-events.ts'
import { type ConsoleHost, startConsoleHost } from '../support/console-host.ts'
import { accessibilityFaults, openConsole } from '../support/console-page.ts'

const now = new Date()
/** Not what is in the shadow root. */
const light = 'css:light=audit-log-console > .console'
let host: ConsoleHost
let browser: Browser
/** What the host waits for before it says who makes a request. */
let known: Promise<void> = Promise.resolve()

/** Something that is waited for until it is released. */
function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { opened, open }
}

/** Keeps the program from arriving until it is released. @returns releases it */
async function holdProgram(page: Page): Promise<() => void> {
  const { opened, open } = gate()
  await page.route('**/console/app.js*', async (route) => {
    await opened
    await route.continue().catch(() => undefined)
  })
  return open
}

/** Follows a link from another site. */
async function comeFromElsewhere(page: Page, place: string): Promise<void> {
  await page.route('http://elsewhere.example/', (route) =>
    route.fulfill({
      contentType: 'text/html',
      body: `<a href="${(host.url + place).replaceAll('&', '&amp;')}">Log</a>`,
    }),
  )
  await page.goto('http://elsewhere.example/')
  await page.getByText('Log').click()
}

function countLists(page: Page): string[] {
  const asked: string[] = []
  page.on('request', (request) => {
    if (request.url().includes('/list?')) asked.push(request.url())
  })
  return asked
}

beforeAll(async () => {
  if (!hasBrowser) return
  host = await startConsoleHost({
    authorize: async (): Promise<Principal | null> => {
      await known
      return host.principal
    },
  })
  browser = await startBrowser()
  await host.record([
    ...[...officeDays(3000, 40, now), ...acceptances(now)].sort((a, b) => (a.at < b.at ? -1 : 1)),
    ...hostileEvents(now),
  ])
  await host.sequencer.run()
})
afterAll(async () => {
  await browser?.close()
  await host?.stop()
})

// Skipped where there is no /usr/bin/chromium.
describe.skipIf(!hasBrowser)('the first rows', () => {
  test.each(['', '?view=log&action=risk.accepted'])(
    'of %j stand in the page before its program has arrived, and nobody asks for them again',
    async (place) => {
      const { page, complaints } = await openConsole(browser, host)
      const [asked, release] = [countLists(page), await holdProgram(page)]
      await page.goto(host.url + place, { waitUntil: 'domcontentloaded' })
      await page.locator(`${light} .rows .row`).first().waitFor()
      expect(await accessibilityFaults(page)).toEqual([])
      release()
      await page.locator('.rows .row .sign.intact').first().waitFor()
      expect(await page.locator(light).count()).toBe(0)
      expect(asked).toEqual([])
      expect(complaints).toEqual([])
      await page.context().close()
    },
  )

  test.each<[string, BrowserContextOptions, string]>([
    ['wide', {}, ''],
    ['in the dark', { colorScheme: 'dark' }, ''],
    ['beside nothing', { viewport: { width: 800, height: 600 } }, ''],
    ['360 pixels wide', { viewport: { width: 360, height: 740 } }, ''],
    ['from right to left', {}, ''],
    ['with filters', {}, '?view=log&action=user.*&outcome=denied&order=oldest&tenant_id=contoso'],
    ['with a time of its own', {}, '?view=log&since=2020-01-01T00:00:00Z'],
  ])('stay where they are and look the same when the program draws them: %s', async (name, options, place) => {
    const { page } = await openConsole(browser, host, { timezoneId: 'UTC', ...options })
    if (name.startsWith('from right')) {
      await page.addInitScript(() =>
        document.addEventListener('DOMContentLoaded', () => (document.documentElement.dir = 'rtl')),
      )
    }
    await page.route('**/activity?*', () => undefined)
    const release = await holdProgram(page)
    await page.goto(host.url + place, { waitUntil: 'domcontentloaded' })
    await page.locator(`${light} .rows .row`).first().waitFor()
    await page.evaluate(() => {
      const shown =
        'h1, nav a, form label, form input, form select, form button, summary, .bar button, .head > span, .rows span'
      const looks = (root: ParentNode): string[] =>
        [...root.querySelectorAll(shown)].slice(0, 80).map((one) => {
          const { x, y, width, height } = one.getBoundingClientRect()
          const { color, backgroundColor, fontSize, fontWeight, direction } = getComputedStyle(one)
          const text = one.matches('.head .c-timestamp') ? '' : one.textContent
          const value = one.matches('[type=datetime-local]') ? '' : (one as HTMLInputElement).value
          const style = [color, backgroundColor, fontSize, fontWeight, direction]
          return JSON.stringify([one.className, text, value, x, y, width, height, ...style])
        })
      const element = document.querySelector('audit-log-console')!
      Object.assign(globalThis, { before: looks(element) })
      // In the frame in which the program draws first: what comes later moves what is below it.
      const look = (): void => {
        const root = element.shadowRoot
        if (root?.querySelector('.rows .row') == null) requestAnimationFrame(look)
        else new ResizeObserver(() => Object.assign(globalThis, { after: looks(root) })).observe(element)
      }
      look()
    })
    release()
    const before = await page.evaluate<string[]>('before')
    expect(before.length).toBeGreaterThan(60)
    await expect.poll(() => page.evaluate('globalThis.after')).toEqual(before)
    await page.context().close()
  })

  test.each([360, 700, 1000, 1280])('stay where they are when all the rest has come: %d pixels wide', async (width) => {
    const { page } = await openConsole(browser, host, { viewport: { width, height: 740 } })
    const release = await holdProgram(page)
    await page.goto(host.url, { waitUntil: 'domcontentloaded' })
    const row = page.locator('.rows .row').first()
    const before = await row.boundingBox()
    release()
    await page.locator('.counts .ok').waitFor()
    await page.locator('.activity > details').waitFor()
    const after = await row.boundingBox()
    expect(Math.abs(after!.y - before!.y)).toBeLessThan(0.5)
    await page.context().close()
  })

  test('keep the place to which somebody has scrolled, and the focus', async () => {
    const { page } = await openConsole(browser, host)
    await page.setViewportSize({ width: 1280, height: 480 })
    const release = await holdProgram(page)
    await page.goto(host.url, { waitUntil: 'domcontentloaded' })
    await page.locator(`${light} .rows a`).nth(8).focus()
    await page.locator(`${light} .grid`).evaluate((grid) => (grid.scrollTop = 70))
    release()
    await page.locator('.rows .row .sign.intact').first().waitFor()
    const inside = await page
      .locator('.grid')
      .evaluate((grid) => [grid.scrollTop, (grid.getRootNode() as ShadowRoot).activeElement === grid])
    expect(inside).toEqual([70, true])
    await page.context().close()
  })

  test('can be read, and followed, without scripts', async () => {
    for (const cookies of [[], [{ name: 'audit-log-console', value: await programOf(host), url: host.url }]]) {
      const context = await browser.newContext({ javaScriptEnabled: false })
      await context.addCookies(cookies)
      const page = await context.newPage()
      await page.goto(`${host.url}?view=log&action=user.*`)
      expect(await page.locator('.rows .row').count()).toBe(11)
      expect(await page.locator('.rows .row').last().textContent()).toContain('user.')
      expect(await page.locator('body > noscript').boundingBox()).not.toBeNull()
      expect(await page.locator('.rows .row').last().boundingBox()).not.toBeNull()
      await page.locator('.rows .row').nth(2).click()
      await page.waitForURL(/\?view=log&action=user\.\*&entry=\d+$/)
      expect(await page.locator('.rows .row').count()).toBe(11)
      await context.close()
    }
  })

  test('are not laid out as text for who has the program', async () => {
    const { page } = await openConsole(browser, host)
    await page.context().addCookies([{ name: 'audit-log-console', value: await programOf(host), url: host.url }])
    await page.context().route('**/app.js*', (route) => route.abort())
    await page.goto(host.url)
    const shown = await page
      .locator('audit-log-console')
      .evaluate((element: HTMLElement) => [element.textContent.includes('class="rows"'), element.innerText])
    expect(shown).toEqual([true, ''])
    await page.context().close()
  })

  test('are not all that is seen for good without a word, when the program does not come', async () => {
    for (const knows of [false, true]) {
      const { page } = await openConsole(browser, host)
      if (knows)
        await page.context().addCookies([{ name: 'audit-log-console', value: await programOf(host), url: host.url }])
      await page.route('**/app.js*', (route) => route.abort())
      await page.goto(host.url)
      const said = (): Promise<string[]> =>
        page.locator('audit-log-console').evaluate((element) => {
          const { content, visibility } = getComputedStyle(element, '::after')
          return [content, visibility]
        })
      const words = '"Still loading. If this stays, reload the page."'
      expect(await said()).toEqual([words, 'hidden'])
      await page.evaluate(() => document.getAnimations().forEach((animation) => animation.finish()))
      expect(await said()).toEqual([words, 'visible'])
      await page.context().close()
    }
  })

  test('show what hostile entries say as text, with and without scripts', async () => {
    for (const javaScriptEnabled of [true, false]) {
      const { page, complaints } = await openConsole(browser, host, { javaScriptEnabled })
      await holdProgram(page)
      await page.goto(`${host.url}?view=log&action=hostile.*`, { waitUntil: 'domcontentloaded' })
      const rows = page.locator(`${light} .rows .row`)
      await rows.first().waitFor()
      expect(await rows.count()).toBe(5)
      expect(await rows.filter({ hasText: 'hostile.markup' }).locator('.c-target').textContent()).toBe(
        '<img src=x onerror="globalThis.hacked=1">',
      )
      expect(await rows.filter({ hasText: 'hostile.bidi' }).locator('.mark').allTextContents()).toEqual(
        expect.arrayContaining(['U+202E', 'U+2066', 'U+2067', 'U+2069']),
      )
      const found = await page.evaluate(() => [
        document.querySelectorAll('img, iframe, audit-log-console script:not([data-first])').length,
        document.querySelectorAll('script').length,
        (globalThis as { hacked?: number }).hacked,
      ])
      expect(found).toEqual([0, 2, undefined])
      expect(complaints).toEqual([])
      await page.context().close()
    }
  })

  test('are drawn once, in the zone of the viewer, by a program that the browser has', async () => {
    const { page, complaints } = await openConsole(browser, host, { timezoneId: 'Asia/Tokyo' })
    await page.goto(host.url)
    await expect.poll(() => page.evaluate(() => document.cookie)).toBe(`audit-log-console=${await programOf(host)}`)
    const asked = countLists(page)
    await page.addInitScript(() => {
      const seen = new Set<string>()
      const look = (): void => {
        const element = document.querySelector('audit-log-console')
        for (const root of [element, element?.shadowRoot]) {
          const time = root?.querySelector('.rows .row time')
          if (time != null) seen.add(`${root === element ? 'page' : 'program'} ${time.textContent}`)
        }
        requestAnimationFrame(look)
      }
      requestAnimationFrame(look)
      Object.assign(globalThis, { seen })
    })
    await page.goto(host.url)
    await page.locator('.rows .row .sign.intact').first().waitFor()
    const [time] = await page.locator('.rows .row time').allTextContents()
    expect(await page.evaluate('[...seen]')).toEqual([`program ${time}`])
    expect(asked).toEqual([])
    expect(complaints).toEqual([])
    await page.context().close()
  })

  test('come late without keeping the page from being used, and are asked for once', async () => {
    const { page, go } = await openConsole(browser, host)
    const asked = countLists(page)
    const { opened, open } = gate()
    known = opened
    try {
      const gone = go('')
      await page.waitForFunction(() => customElements.get('audit-log-console') !== undefined)
      await page.getByRole('textbox', { name: 'Target' }).fill('finding:1')
      expect(await page.locator('.rows .row').count()).toBe(0)
      open()
      await gone
    } finally {
      known = Promise.resolve()
      open()
    }
    await page.locator('.rows .row .sign.intact').first().waitFor()
    expect(await page.getByRole('textbox', { name: 'Target' }).inputValue()).toBe('finding:1')
    expect(asked).toEqual([])
    await page.context().close()
  })

  test('are asked for, and what keeps them away is said, where the page brings none', async () => {
    const { page, go } = await openConsole(browser, host)
    const { principal } = host
    host.principal = null
    try {
      await go('')
      await page.locator('.message', { hasText: 'You are signed out.' }).waitFor()
    } finally {
      host.principal = principal
    }
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.locator('.rows .row .sign.intact').first().waitFor()
    await page.context().close()
  })

  test.each(['', '?view=log&action=risk.accepted', '#log?action=risk.accepted'])(
    'of %j are asked for once, and before the program has arrived, when another site led here',
    async (place) => {
      const { page, complaints } = await openConsole(browser, host)
      const asked = countLists(page)
      const release = await holdProgram(page)
      await comeFromElsewhere(page, place)
      await expect.poll(() => asked.length).toBe(1)
      expect(await page.locator(light).count()).toBe(0)
      release()
      await page.locator('.rows .row .sign.intact').first().waitFor()
      expect(asked).toHaveLength(1)
      expect(asked[0]).toContain(place === '' ? '/list?limit=100' : '/list?action=risk.accepted&limit=100')
      expect(complaints).toEqual([])
      await page.context().close()
    },
  )

  test('are asked for once when the program has arrived first', async () => {
    const { page } = await openConsole(browser, host)
    const asked = countLists(page)
    await page.route('**/console/start.js*', async (route) => {
      await page.locator('.rows .row').first().waitFor()
      await route.continue()
    })
    const started = page.waitForResponse('**/console/start.js*')
    await comeFromElsewhere(page, '?view=log&order=oldest')
    await started
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 100)))
    expect(asked).toHaveLength(1)
    await page.context().close()
  })

  test('are waited for a moment, and shown at once with the page, when another site led here', async () => {
    const { page, complaints } = await openConsole(browser, host)
    const { opened, open } = gate()
    await page.route('**/list?*', async (route) => {
      await opened
      await route.continue()
    })
    // The moment is as long as it takes here. Nothing is painted between microtasks.
    await page.addInitScript({
      content: `const wait = setTimeout
      globalThis.setTimeout = (call, milliseconds) => milliseconds === 50 || wait(call, milliseconds)
      customElements.whenDefined('audit-log-console').then(async () => {
        for (let count = 0; count < 200; count += 1) await undefined
        globalThis.rowsAtOnce = document.querySelector('audit-log-console').shadowRoot.querySelectorAll('.rows .row').length
      })`,
    })
    await comeFromElsewhere(page, '')
    await page.waitForLoadState('load')
    expect(await page.evaluate("customElements.get('audit-log-console') === undefined")).toBe(true)
    open()
    await page.locator('.rows .row').first().waitFor()
    expect(await page.evaluate('rowsAtOnce')).toBeGreaterThan(5)
    expect(complaints).toEqual([])
    await page.context().close()
  })
})

// Skipped where there is no /usr/bin/chromium.
describe.skipIf(!hasBrowser)('the address', () => {
  const address = (page: Page): Promise<string> => page.evaluate(() => location.search + location.hash)

  test('that had its place in the fragment once leads there still', async () => {
    const { page, go } = await openConsole(browser, host)
    await go('#log?action=risk.accepted')
    await expect.poll(() => page.locator('.counts').textContent()).toContain('right: 6')
    expect(await address(page)).toBe('?view=log&action=risk.accepted')
    // Pasted into the page that is open.
    await page.evaluate(() => (location.hash = '#integrity'))
    await page.locator('.headline').waitFor()
    expect(await address(page)).toBe('?view=integrity')
    await page.context().close()
  })

  test('opens an entry, and goes back and forth with the viewer', async () => {
    const { page, complaints, go } = await openConsole(browser, host)
    await go('?view=log&action=risk.accepted')
    await page.locator('.rows .row .sign.intact').first().waitFor()
    await page.locator('.rows .row').nth(1).click()
    await page.locator('.drawer').waitFor()
    const entry = await address(page)
    expect(entry).toMatch(/^\?view=log&action=risk\.accepted&entry=\d+$/)
    await page.getByRole('link', { name: 'Export' }).click()
    await page.locator('.form-card').waitFor()
    expect(await address(page)).toBe('?view=export')
    await page.goBack()
    await page.locator('.drawer').waitFor()
    expect(await address(page)).toBe(entry)
    await page.goBack()
    await page.locator('.drawer').waitFor({ state: 'hidden' })
    expect(await page.locator('.rows .row').count()).toBe(6)
    await page.goForward()
    await page.locator('.drawer').waitFor()
    // It is the program that moves: the page was loaded once.
    expect(await page.evaluate(() => performance.getEntriesByType('navigation')[0]?.name)).toBe(
      `${host.url}?view=log&action=risk.accepted`,
    )
    await page.goto('about:blank')
    await page.goto(host.url + entry)
    await page.locator('.drawer .checks li.passed').nth(2).waitFor()
    expect(complaints).toEqual([])
    await page.context().close()
  })

  test('is copied with what is sought, and shows the same', async () => {
    const { page } = await openConsole(browser, host, { permissions: ['clipboard-read', 'clipboard-write'] })
    await page.goto(`${host.url}?view=log&action=risk.accepted&range=30d`)
    await page.locator('.rows .row .sign.intact').first().waitFor()
    const rows = await page.locator('.rows .row').allTextContents()
    await page.getByRole('button', { name: 'Copy link to this view' }).click()
    await page.getByRole('button', { name: 'Copied' }).waitFor()
    const link = await page.evaluate(() => navigator.clipboard.readText())
    expect(link).toMatch(/\/console\/\?view=log&since=[^&#]+&action=risk\.accepted$/)
    await page.goto(link)
    await page.locator('.rows .row .sign.intact').first().waitFor()
    expect(await page.locator('.rows .row').allTextContents()).toEqual(rows)
    await page.context().close()
  })

  test("of a host's own page keeps its query, and the console has the fragment", async () => {
    const { page, complaints } = await openConsole(browser, host)
    host.intercept = ({ url }, response) => {
      if (!url!.startsWith('/settings')) return false
      response.writeHead(200, { 'content-type': 'text/html' }).end(
        `<!doctype html><title>Settings</title><link rel="icon" href="data:,"><script type="module" src="/api/audit-logs/console/app.js?v=1"></script>
        <audit-log-console api="/api/audit-logs"></audit-log-console>`,
      )
      return true
    }
    try {
      await page.goto(`${host.origin}/settings?tab=audit&view=mine`)
      await page.locator('.rows .row .sign.intact').first().waitFor()
      await page.getByRole('link', { name: 'Integrity' }).click()
      await page.locator('.headline').waitFor()
      expect(await address(page)).toBe('?tab=audit&view=mine#integrity')
      expect(await page.evaluate(() => document.cookie)).toBe('')
    } finally {
      host.intercept = undefined
    }
    expect(complaints).toEqual([])
    await page.context().close()
  })
})

/** The version of the program that the page names. */
async function programOf({ url }: ConsoleHost): Promise<string> {
  return /app\.js\?v=([\w-]+)/.exec(await (await fetch(url)).text())?.[1] ?? ''
}
