import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const program = '/usr/bin/chromium'

/** Whether there is a browser to test with. */
export const hasBrowser: boolean = existsSync(program)

/**
 * Starts Debian's Chromium, which asks nobody but the pages that it is sent to.
 *
 * @param options `backForwardCache`: whether it keeps pages that were left, as browsers do
 */
export function startBrowser(options: { readonly backForwardCache?: boolean } = {}): Promise<Browser> {
  return chromium.launch({
    executablePath: program,
    ignoreDefaultArgs: options.backForwardCache === true ? ['--disable-back-forward-cache'] : [],
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-dev-shm-usage',
    ],
  })
}
