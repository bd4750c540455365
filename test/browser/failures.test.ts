import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { hasBrowser, startBrowser } from '../support/browser.ts'
import { acceptances, officeDays } from '../support/console-events.ts'
import { type ConsoleHost, startConsoleHost } from '../support/console-host.ts'
import { openConsole } from '../support/console-page.ts'

const now = new Date()
let host: ConsoleHost
let browser: Browser

type Answer = (response: ServerResponse) => unknown
const answer =
  (status: number, body = '', headers = {}): Answer =>
  (response) =>
    response.writeHead(status, headers).end(body)

/** What an API, or what stands before it, does instead of answering; and what the page says of it. */
const faults: readonly (readonly [name: string, words: string, fault: Answer])[] = [
  ['401', 'You are signed out.', answer(401)],
  ['redirects to a page to sign in with', 'You are signed out.', answer(302, '', { location: '/sign-in' })],
  [
    'redirects to another site to sign in with',
    'You are signed out.',
    answer(302, '', { location: 'http://127.0.0.1:9/' }),
  ],
  ['403', 'You do not have the permission', answer(403)],
  ['404', 'This server does not offer that.', answer(404, '<html>not found')],
  ['429', 'The server is busy.', answer(429)],
  ['500', 'The server could not answer.', answer(500)],
  [
    '502 with a page',
    'The server could not answer.',
    answer(502, '<html>bad gateway', { 'content-type': 'text/html' }),
  ],
  ['200 with a page', 'The server could not answer.', answer(200, '<html>sign in', { 'content-type': 'text/html' })],
  ['breaks off', 'The server could not answer.', cut],
  ['resets', 'The server cannot be reached.', (response) => response.destroy()],
]

function cut(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
  response.write('{"entries":[')
  setTimeout(() => response.destroy(), 50)
}

/** Answers the calls that match. @returns their number so far */
function misbehave(matching: RegExp, fault: Answer): { readonly calls: string[] } {
  const calls: string[] = []
  host.intercept = ({ method, url }: IncomingMessage, response) => {
    if (!matching.test(`${method} ${url}`)) return false
    calls.push(`${method} ${url}`)
    fault(response)
    return true
  }
  return { calls }
}

function behave(): void {
  host.intercept = undefined
}

const again = (place: Page | Locator): Locator => place.getByRole('button', { name: 'Try again' }).first()

beforeAll(async () => {
  if (!hasBrowser) return
  host = await startConsoleHost()
  browser = await startBrowser()
  await host.record([...officeDays(1500, 40, now), ...acceptances(now)].sort((a, b) => (a.at < b.at ? -1 : 1)))
  await host.sequencer.run()
})
afterEach(behave)
afterAll(async () => {
  await browser?.close()
  await host?.stop()
})

// Skipped where there is no /usr/bin/chromium.
describe.skipIf(!hasBrowser)('an API that fails', () => {
  test.each(faults)('is told in words in every view, and asked again without a reload: %s', async (_, words, fault) => {
    const { page, go } = await openConsole(browser, host)
    for (const [view, calls, landmark] of [
      ['risks', /^GET .*\/(acceptances|session)/, '.timeline svg'],
      ['integrity', /^GET .*\/(status|posture|session)/, '.headline'],
      ['forwarding', /^GET .*\/(forwarders|session)/, '.results .note:not(.bad)'],
      ['retention', /^GET .*\/(retention|session)/, '.results table'],
    ] as const) {
      misbehave(calls, fault)
      await go(`?view=${view}`)
      await page.locator('.note.bad', { hasText: words }).waitFor()
      behave()
      await again(page).click()
      await page.locator(landmark).first().waitFor()
      expect([view, await page.locator('.note.bad').count()]).toEqual([view, 0])
    }
    await page.context().close()
  })

  test.each(faults)('saves no file, and loses nothing that was typed: %s', async (_, words, fault) => {
    const { page, go } = await openConsole(browser, host)
    await go('?view=export')
    await page.getByRole('textbox', { name: 'Action' }).fill('user.login')
    let downloads = 0
    page.on('download', () => (downloads += 1))
    misbehave(/^GET .*\/export/, fault)
    await page.getByRole('button', { name: 'Export', exact: true }).click()
    await page.locator('.note.bad', { hasText: words }).waitFor()
    expect([downloads, await page.getByRole('textbox', { name: 'Action' }).inputValue()]).toEqual([0, 'user.login'])
    behave()
    const saved = page.waitForEvent('download')
    await again(page).click()
    await saved
    await page.context().close()
  })

  test.each(faults)(
    'keeps what was typed into the settings, and takes it when asked again: %s',
    async (_, words, fault) => {
      const { page, go } = await openConsole(browser, host)
      await go('?view=retention')
      const hold = page.locator('form', { hasText: 'Place a legal hold' })
      await hold.locator('input[name=reason]').fill('Case 4711')
      await hold.locator('input[name=approved_by]').fill('legal@contoso.example')
      await hold.locator('input[name=user_id]').fill('mia')
      misbehave(/^POST/, fault)
      await hold.getByRole('button', { name: 'Place hold' }).click()
      await hold.locator('.note.bad', { hasText: words }).waitFor()
      expect(await valuesOf(hold)).toEqual(['', 'mia', '', '', '', 'Case 4711', 'legal@contoso.example'])
      behave()
      await again(hold).click()
      await page.getByText('The hold is in force.').waitFor()

      await go('?view=forwarding')
      await page.getByRole('button', { name: 'Add' }).click()
      const form = page.locator('form.card')
      await form.locator('select').selectOption('http')
      const forwarder = `soc-${Date.now()}`
      await form.locator('input[name=forwarder-name]').fill(forwarder)
      await form.locator('input[name=url]').fill('https://siem.example.com/')
      misbehave(/^P/, fault)
      for (const button of ['Save', 'Send test event']) {
        await form.getByRole('button', { name: button }).click()
        await form.locator('.note.bad', { hasText: words }).waitFor()
        expect(await form.locator('input[name=url]').inputValue()).toBe('https://siem.example.com/')
      }
      behave()
      await form.getByRole('button', { name: 'Save' }).click()
      const card = page.getByRole('region', { name: forwarder, exact: true })
      misbehave(/^(POST|DELETE)/, fault)
      for (const button of ['Send test event', 'Pause']) {
        await card.getByRole('button', { name: button }).click()
        await card.locator('.note.bad', { hasText: words }).waitFor()
      }
      await card.getByRole('button', { name: 'Remove' }).click()
      await card.locator('.note.warn').getByRole('button').first().click()
      await card.locator('.note.bad', { hasText: words }).waitFor()
      behave()
      await again(card).click()
      await card.waitFor({ state: 'detached' })
      await page.context().close()
    },
  )

  test('of a change is not followed by the same change, unless somebody wants that', async () => {
    const { page, go } = await openConsole(browser, host)
    await go('?view=retention')
    const hold = page.locator('form', { hasText: 'Place a legal hold' })
    await hold.locator('input[name=reason]').fill('Case 1')
    await hold.locator('input[name=approved_by]').fill('legal')
    const { calls } = misbehave(/^POST/, answer(503, '{"code":"log_unavailable"}', { 'retry-after': '1' }))
    await hold.getByRole('button', { name: 'Place hold' }).click()
    await hold.locator('.note.bad').waitFor()
    await hold.locator('input[name=reason]').fill('Case 1, not yet in full')
    await page.waitForTimeout(2500)
    expect(calls).toHaveLength(1)
    await page.context().close()
  })

  test('is not to be feared: a second click on what is under way changes nothing twice', async () => {
    const { page, go } = await openConsole(browser, host)
    await go('?view=retention')
    const hold = page.locator('form', { hasText: 'Place a legal hold' })
    await hold.locator('input[name=reason]').fill('Case 2')
    await hold.locator('input[name=approved_by]').fill('legal')
    let release = (): void => undefined
    const { calls } = misbehave(/^POST/, (response) => (release = () => answer(500)(response)))
    await hold.getByRole('button', { name: 'Place hold' }).dblclick()
    await hold.locator('input[name=approved_by]').press('Enter')
    await hold.getByText('One moment…').waitFor()
    await hold.getByText('Still waiting for an answer.').waitFor()
    release()
    await hold.locator('.note.bad', { hasText: 'The server could not answer.' }).waitFor()
    expect(await hold.getByText('Still waiting for an answer.').count()).toBe(0)
    await again(hold).dblclick()
    await expect.poll(() => calls.length).toBe(2)
    await page.context().close()
  })

  test('does not come late over what was answered since', async () => {
    const { page, go } = await openConsole(browser, host)
    let fail = (): void => undefined
    const { calls } = misbehave(/^GET .*\/acceptances/, (response) => (fail = () => answer(500)(response)))
    await go('?view=risks')
    await expect.poll(() => calls.length).toBe(1)
    behave()
    await page.getByRole('link', { name: 'Integrity' }).click()
    await page.getByRole('link', { name: 'Accepted risks' }).click()
    await page.locator('.timeline svg').waitFor()
    const answered = page.waitForResponse((response) => response.status() === 500)
    fail()
    await answered
    await page.waitForTimeout(300)
    expect(await page.locator('.timeline svg').count()).toBe(1)
    await page.context().close()
  })

  test('keeps the form of a legal hold as it is when the other one is sent', async () => {
    const { page, go } = await openConsole(browser, host)
    await go('?view=retention')
    const hold = page.locator('form', { hasText: 'Place a legal hold' })
    await hold.locator('input[name=reason]').fill('Case 3')
    // Nothing is changed for other tests: that the server has taken it is enough.
    misbehave(/^POST/, answer(200, '{"keep_days":500}', { 'content-type': 'application/json' }))
    const extend = page.locator('form', { hasText: 'Keep entries longer' })
    await extend.locator('input[name=keep_days]').fill('500')
    await extend.locator('input[name=reason]').fill('Contract')
    await extend.getByRole('button', { name: 'Extend for good' }).click()
    await page.getByText('Retention was extended.').waitFor()
    expect(await hold.locator('input[name=reason]').inputValue()).toBe('Case 3')
    await expect.poll(() => extend.locator('input[name=reason]').inputValue()).toBe('')
    await page.context().close()
  })

  test('is over when the viewer has signed in anew: permissions, features and token are those of now', async () => {
    const { page, go } = await openConsole(browser, host)
    misbehave(/^GET .*\/session/, answer(401))
    await go('?view=retention')
    const hold = page.locator('form', { hasText: 'Place a legal hold' })
    await hold.locator('input[name=reason]').fill('Case 4')
    await hold.locator('input[name=approved_by]').fill('legal')
    const tokens: unknown[] = []
    const session = { permissions: ['read', 'settings'], flags: { audit_export: false }, csrf_token: 'token-of-now' }
    host.intercept = ({ method, url, headers }, response) => {
      if (url!.includes('/session')) answer(200, JSON.stringify(session))(response)
      else if (method !== 'POST') return false
      else {
        tokens.push(headers['x-csrf-token'])
        if (tokens.length === 1) answer(403, '{"code":"csrf"}')(response)
        else answer(200, '{}')(response)
      }
      return true
    }
    await hold.getByRole('button', { name: 'Place hold' }).click()
    await page.getByText('The hold is in force.').waitFor()
    expect(tokens).toEqual([undefined, 'token-of-now'])
    await page.getByRole('link', { name: 'Export' }).click()
    await page.getByText('Exports are switched off').waitFor()
    session.flags.audit_export = true
    session.permissions.push('export')
    await page.getByRole('link', { name: 'Integrity' }).click()
    await page.getByRole('link', { name: 'Export' }).click()
    await expect.poll(() => page.getByRole('button', { name: 'Export', exact: true }).isEnabled()).toBe(true)
    expect(await page.getByText('Exports are switched off').count()).toBe(0)
    await page.context().close()
  })

  test('ends what live updates say of it with the next answer', async () => {
    const { page, go } = await openConsole(browser, host)
    await go('?view=log&action=risk.accepted')
    await page.locator('.rows .row .sign.intact').first().waitFor()
    misbehave(/^GET .*\/list/, answer(401))
    await page.locator('.message', { hasText: 'You are signed out.' }).waitFor()
    behave()
    const asked = page.waitForRequest('**/list?*', { timeout: 1500 })
    await again(page).click()
    await asked
    await page.locator('.live.on').waitFor()
    expect(await page.getByText('You are signed out.').count()).toBe(0)
    await page.context().close()
  })

  test('is waited for in words in an entry that a link leads to', async () => {
    const { page, go } = await openConsole(browser, host)
    misbehave(/^GET .*\/entries\//, () => undefined)
    await go('?view=log&action=risk.accepted&entry=1')
    await page.locator('.drawer').getByText('Still waiting for an answer.').waitFor()
    await page.context().close()
  })

  test('offers no form for a destination before it is known which there are', async () => {
    const { page, go } = await openConsole(browser, host)
    misbehave(/^GET .*\/forwarders/, () => undefined)
    await go('?view=forwarding')
    await page.getByText('Still waiting for an answer.').waitFor()
    expect(await page.getByRole('button', { name: 'Add' }).count()).toBe(0)
    await page.context().close()
  })

  test('says what it says as text, with what reorders or hides in it marked', async () => {
    const { page, go } = await openConsole(browser, host)
    const evil = '<img src=x onerror=alert(1)>\u202Etxt\uFE0F'
    misbehave(/^GET .*\/retention/, answer(400, JSON.stringify({ code: 'x', detail: evil })))
    await go('?view=retention')
    await expect.poll(() => page.locator('.note.bad .mark').allTextContents()).toEqual(['U+202E', 'U+FE0F'])
    behave()
    await go('?view=forwarding')
    await page.getByRole('button', { name: 'Add' }).click()
    const form = page.locator('form.card')
    await form.locator('select').selectOption('http')
    await form.locator('input[name=forwarder-name]').fill('evil')
    await form.locator('input[name=url]').fill('https://siem.example.com/')
    misbehave(/^POST/, answer(200, JSON.stringify({ ok: false, code: 'refused', message: evil })))
    await form.getByRole('button', { name: 'Send test event' }).click()
    await expect.poll(() => form.locator('.note.bad .mark').allTextContents()).toEqual(['U+202E', 'U+FE0F'])
    expect(await form.locator('.note.bad').textContent()).toContain('<img src=x onerror=alert(1)>')
    await page.context().close()
  })

  test('begins anew where a cursor is not taken any more', async () => {
    const { page, go } = await openConsole(browser, host)
    await go('?view=log')
    await page.locator('.rows .row .sign.intact').first().waitFor()
    misbehave(/cursor=/, answer(400, '{"code":"cursor_invalid","parameter":"cursor"}'))
    await page.locator('.grid').evaluate((grid) => (grid.scrollTop = grid.scrollHeight))
    await page.locator('.message .note.bad').waitFor()
    const asked = page.waitForRequest(
      (request) => request.url().includes('/list?') && !request.url().includes('cursor'),
    )
    await again(page).click()
    await asked
    await page.locator('.rows .row .sign.intact').first().waitFor()
    expect(await page.locator('.message .note.bad').count()).toBe(0)
    await page.context().close()
  })

  test('that never ends the page itself is told in words', async () => {
    const { page } = await openConsole(browser, host)
    await page.addInitScript(() => {
      const timeout = AbortSignal.timeout.bind(AbortSignal)
      AbortSignal.timeout = () => timeout(500)
    })
    const { principal } = host
    const whole = await (await fetch(host.url)).text()
    misbehave(/\/console\/$/, (response) => {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
      response.write(whole.slice(0, whole.indexOf('<script type="application/json">')))
    })
    await page.goto(host.url, { waitUntil: 'commit' })
    await page.locator('.message', { hasText: 'No answer came in time.' }).waitFor()
    await again(page).click()
    await page.locator('.rows .row .sign.intact').first().waitFor()
    host.principal = principal
    await page.context().close()
  })
})

// Skipped where there is no /usr/bin/chromium.
describe.skipIf(!hasBrowser)('the memory of a browser', () => {
  test.each(['a page from another site', 'a page of the host'])(
    'shows nothing to who has signed out and goes back: %s',
    async (name) => {
      const remembering = await startBrowser({ backForwardCache: true })
      const { page } = await openConsole(remembering, host)
      const { principal } = host
      host.intercept = ({ url }, response) => {
        if (url === '/goodbye') {
          host.principal = null
          answer(200, '<p>Goodbye', { 'content-type': 'text/html' })(response)
        } else if (url === '/settings') {
          const body = `<!doctype html><p id="auditLogFirstCall"><script type="module" src="/api/audit-logs/console/app.js"></script>
            <audit-log-console></audit-log-console>`
          answer(200, body, { 'content-type': 'text/html' })(response)
        } else return false
        return true
      }
      try {
        if (name === 'a page of the host') await page.goto(`${host.origin}/settings`)
        else {
          const body = `<a href="${host.url}">Log</a>`
          await page.route('http://elsewhere.example/', (route) => route.fulfill({ contentType: 'text/html', body }))
          await page.goto('http://elsewhere.example/')
          await page.unroute('http://elsewhere.example/')
          await page.getByText('Log').click()
        }
        await page.locator('.rows .row .sign.intact').first().waitFor()
        await page.evaluate(() => {
          addEventListener('pageshow', ({ persisted }) => Object.assign(globalThis, { persisted }))
        })
        await page.goto(`${host.origin}/goodbye`)
        await page.evaluate('history.back()').catch(() => undefined)
        await page.locator('.message', { hasText: 'You are signed out.' }).waitFor()
        expect(await page.evaluate('persisted')).toBe(true)
        expect(await page.locator('.rows .row').count()).toBe(0)
      } finally {
        host.principal = principal
        behave()
        await remembering.close()
      }
    },
  )
})

const valuesOf = (form: Locator): Promise<string[]> =>
  form.locator('input').evaluateAll((inputs) => inputs.map((input) => (input as HTMLInputElement).value))
