import { type FirstCall, getInit, read } from './model/first-call.ts'
import { painted } from './model/painted.ts'

// What the program does in the page of its own, which the server writes (src/console/page.ts), and in no page of a host.

/**
 * The first answer of the list, which the page brings in a data block at its end. Where the server had none, it is asked.
 *
 * @returns undefined in every other page
 */
export function broughtCall(): FirstCall | undefined {
  const url = document.querySelector('script[data-first]')?.getAttribute('data-first') ?? undefined
  if (url === undefined) return undefined
  const stop = new AbortController()
  const parsed = new Promise<void>((resolve, reject) => {
    // A page that never ends brings none.
    stop.signal.addEventListener('abort', () => reject(new DOMException('not wanted', 'AbortError')))
    if (document.readyState === 'loading')
      document.addEventListener('DOMContentLoaded', () => resolve(), { once: true })
    else resolve()
  })
  const response = parsed.then(() => {
    const block = document.querySelector('script[type="application/json"]')
    block?.remove()
    const text = block?.textContent ?? ''
    return text === '' ? fetch(url, { ...getInit, signal: stop.signal }) : read(new Response(), text)
  })
  // What is wrong with it is said by who takes it.
  response.catch(() => undefined)
  return { url, response, stop }
}

/**
 * Defines the element. Rows that stand in the page are seen before that. Without such rows the page is laid out and painted
 * once, and not twice, with the first entries; unless they take long: then it comes without.
 */
export async function defineAfter({ response }: FirstCall, define: () => void): Promise<void> {
  await Promise.race([response.catch(() => undefined), new Promise((resolve) => setTimeout(resolve, 50))])
  const page = document.querySelector('audit-log-console .grid')
  if (page !== null) await painted()
  const [top, focused] = [page?.scrollTop ?? 0, page?.contains(document.activeElement)]
  define()
  const element = document.querySelector('audit-log-console')
  requestAnimationFrame(() => {
    const grid = element?.shadowRoot?.querySelector<HTMLElement>('.grid')
    if (top > 0) grid?.scrollTo(0, top)
    if (focused === true) grid?.focus()
    if (page !== null) element?.replaceChildren()
  })
  await painted()
  remember(element)
}

/** Tells the server that this browser has the program, so that rows which the program draws as quickly need not be painted. */
function remember(element: Element | null): void {
  const version = /\?v=([\w-]+)$/.exec(import.meta.url)?.[1]
  if (version === undefined || element?.getAttribute('routing') !== 'query') return
  const [path, secure] = [new URL('.', location.href).pathname, location.protocol === 'https:' ? '; secure' : '']
  document.cookie = `audit-log-console=${version}; path=${path}; max-age=2592000; samesite=strict${secure}`
}
