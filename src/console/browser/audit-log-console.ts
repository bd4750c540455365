import { Api, type Session } from './api.ts'
import type { Context, View } from './context.ts'
import { h, replace } from './dom.ts'
import { consoleFrame } from './markup/log-frame.ts'
import type { SeenCheckpoint } from './model/integrity.ts'
import { leaveFirstCall, takeFirstCall } from './model/first-call.ts'
import { formatPlace, parsePlace, type Place, placeIn, type ViewName, viewNames } from './model/place.ts'
import { broughtCall, defineAfter } from './own-page.ts'
import { english, format, type StringKey, type Strings } from './strings.ts'
import { styleText } from './styles.ts'
import { ExportView } from './views/export-view.ts'
import { ForwardingView } from './views/forwarding-view.ts'
import { IntegrityView } from './views/integrity-view.ts'
import { LogView } from './views/log-view.ts'
import { RetentionView } from './views/retention-view.ts'
import { RisksView } from './views/risks-view.ts'

export { english, type StringKey, type Strings } from './strings.ts'

const makers: Readonly<Record<ViewName, new (context: Context) => View>> = {
  log: LogView,
  risks: RisksView,
  integrity: IntegrityView,
  export: ExportView,
  forwarding: ForwardingView,
  retention: RetentionView,
}

// Where there is no document, on a server that renders pages, the module can be loaded all the same.
const Base: typeof HTMLElement =
  (globalThis as { HTMLElement?: typeof HTMLElement }).HTMLElement ?? (Object as unknown as typeof HTMLElement)

/**
 * The page Settings -> Audit Log as a custom element. Draws into a shadow root, loads nothing but the REST API, and builds
 * its document of nodes and text alone, so that it works under the strictest content security policy.
 *
 * Attributes:
 *
 * - `api`: the base path of the REST API. Default is `/api/audit-logs`.
 * - `verifier-key`: the log's verifier key, several separated by spaces, or a policy (c2sp.org/tlog-policy), whose witnesses'
 *   cosignatures are then verified too. Default is the one that the viewer gives.
 * - `theme`: `light` or `dark`. Default is what the viewer's system prefers.
 * - `routing`: `hash` (the default) keeps the place in the fragment of the address; `query` has the query of the address for
 *   itself, for a page whose server brings the first entries; `none` leaves the address alone.
 * - `page-size`: entries that are loaded at a time, 1 to 1,000. Default is 200.
 * - `lang`: language of dates and numbers, BCP 47. Default is that of the browser.
 * - `time-zone`: IANA name. Default is the viewer's own.
 *
 * They are read when the element is put into a document, and again when they change.
 *
 * @example
 * import '@entraguard/audit-log/console'
 * document.body.append(document.createElement('audit-log-console'))
 */
export class AuditLogConsole extends Base {
  static readonly observedAttributes: readonly string[] = [
    'api',
    'verifier-key',
    'theme',
    'routing',
    'page-size',
    'lang',
    'time-zone',
  ]
  #strings: Strings = english
  #fetch: typeof fetch | undefined
  #views = new Map<ViewName, View>()
  #place: Place = { view: 'log', filters: {} }
  #shown: View | undefined
  #context: Context | undefined
  #content = h0()
  #links = new Map<ViewName, HTMLAnchorElement>()
  #status = h0()
  readonly #onMove = (): void => this.#show(this.#placeInAddress())
  // Out of the browser's memory: who left the page may have signed out since, or be another one.
  readonly #onReturn = ({ persisted }: PageTransitionEvent): void => {
    if (persisted) this.#rebuild()
  }

  /** The texts of the page; those that are left out stay English. */
  get strings(): Strings {
    return this.#strings
  }
  set strings(strings: Partial<Strings>) {
    this.#strings = { ...english, ...strings }
    this.#rebuild()
  }

  /** Makes the requests, e.g. with a header that signs the viewer in. Default is the browser's `fetch` with its cookies. */
  get fetch(): typeof fetch {
    return this.#fetch ?? globalThis.fetch
  }
  set fetch(send: typeof fetch) {
    this.#fetch = send
    this.#rebuild()
  }

  connectedCallback(): void {
    const root = this.shadowRoot ?? this.attachShadow({ mode: 'open' })
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(styleText)
    root.adoptedStyleSheets = [sheet]
    const routing = this.#routing
    if (routing !== 'none') addEventListener(routing === 'query' ? 'popstate' : 'hashchange', this.#onMove)
    addEventListener('pageshow', this.#onReturn)
    this.#build()
  }

  disconnectedCallback(): void {
    removeEventListener('popstate', this.#onMove)
    removeEventListener('hashchange', this.#onMove)
    removeEventListener('pageshow', this.#onReturn)
    this.#shown?.hide()
    this.#context = undefined
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (before !== after && name !== 'theme') this.#rebuild()
  }

  /** Where the viewer is. */
  get place(): Place {
    return this.#place
  }
  set place(place: Place) {
    this.#go(place)
  }

  get #routing(): 'hash' | 'query' | 'none' {
    const given = this.getAttribute('routing')
    return given === 'query' || given === 'none' ? given : 'hash'
  }

  #format(place: Place): string {
    return formatPlace(place, this.#routing === 'query' ? 'query' : 'hash')
  }

  #placeInAddress(): Place {
    const routing = this.#routing
    if (routing === 'none') return this.#place
    if (routing === 'hash') return parsePlace(location.hash)
    const place = placeIn(location)
    if (location.hash !== '') history.replaceState(null, '', this.#format(place))
    return place
  }

  #rebuild(): void {
    if (this.#context !== undefined) this.#build()
  }

  #build(): void {
    const root = this.shadowRoot
    if (root === null) return
    this.#shown?.hide()
    this.#shown = undefined
    this.#views = new Map()
    const context = this.#makeContext()
    this.#context = context
    const { t } = context
    this.#links = new Map(
      viewNames.map((view) => [
        view,
        h(
          'a',
          {
            href: this.#format({ view, filters: {} }),
            on: {
              click: (event: MouseEvent) => {
                if (event.ctrlKey || event.metaKey || event.shiftKey) return
                event.preventDefault()
                // Back in a view is back where one was in it.
                this.#go({ view, filters: view === 'log' ? this.#logPlace.filters : {} })
              },
            },
          },
          t(`view.${view}`),
        ),
      ]),
    )
    this.#status = h('div', { class: 'hidden-text', role: 'status', 'aria-live': 'polite' })
    this.#content = h('main', { class: 'content' })
    replace(root, consoleFrame<HTMLElement>(h, t, [...this.#links.values()], this.#content, this.#status))
    this.#show(this.#placeInAddress())
  }

  #logPlace: Place = { view: 'log', filters: {} }

  #go(place: Place): void {
    const routing = this.#routing
    const address = this.#format(place)
    const there = routing === 'none' || address === this.#format(this.#placeInAddress())
    // Fires hashchange, and back leads here again.
    if (!there && routing === 'hash') location.hash = address
    else {
      if (!there) history.pushState(null, '', address)
      this.#show(place)
    }
  }

  #show(place: Place): void {
    const context = this.#context
    if (context === undefined) return
    this.#place = place
    if (place.view === 'log') this.#logPlace = place
    let view = this.#views.get(place.view)
    if (view === undefined) {
      view = new makers[place.view](context)
      this.#views.set(place.view, view)
    }
    for (const [name, link] of this.#links) {
      if (name === place.view) link.setAttribute('aria-current', 'page')
      else link.removeAttribute('aria-current')
    }
    if (this.#shown !== view) {
      this.#shown?.hide()
      replace(this.#content, view.element)
      this.#shown = view
    }
    view.show(place)
  }

  #makeContext(): Context {
    const locale = this.lang || navigator.language
    const zone = this.getAttribute('time-zone') ?? undefined
    const base = (this.getAttribute('api') ?? '/api/audit-logs').replace(/\/$/, '')
    const first = takeFirstCall()
    // Who makes the requests in another way has not made the first one.
    if (this.#fetch !== undefined) first?.stop.abort()
    const api = new Api(base, this.fetch, this.#fetch === undefined ? first : undefined)
    let numbers: Intl.NumberFormat | undefined
    const size = Math.trunc(Number(this.getAttribute('page-size') ?? 200))
    // The log's whole address: an origin may have several logs, each with a page of its own.
    const log = new URL(`${base}/`, location.href).href
    const [keyName, seenName] = [`audit-log-console:key:${log}`, `audit-log-console:seen:${log}`]
    const t = (key: StringKey, values?: Readonly<Record<string, string | number>>): string =>
      values === undefined ? this.#strings[key] : format(this.#strings[key], values)
    return {
      api,
      clock: { locale, zone },
      session: () => api.session().catch(() => everything),
      pageSize: size >= 1 && size <= 1000 ? size : 200,
      t,
      number: (value) => (numbers ??= new Intl.NumberFormat(locale)).format(value),
      bytes: (value) => formatBytes(value, locale),
      go: (place) => this.#go(place),
      hrefOf: (place) => this.#format(place),
      shareUrl: (place) => new URL(this.#format(place), location.href).href,
      announce: (text) => (this.#status.textContent = text),
      key: () => {
        const given = this.getAttribute('verifier-key')
        if (given !== null && given !== '') return { text: given, from: 'attribute' }
        const remembered = recall(keyName)
        return remembered === undefined ? undefined : { text: remembered, from: 'viewer' }
      },
      setKey: (text) => remember(keyName, text),
      seen: {
        get: () => parseSeen(recall(seenName)),
        set: (seen) => remember(seenName, JSON.stringify(seen)),
      },
    }
  }
}

/** For a server that does not say: it still decides by itself on every call. */
const everything: Session = { permissions: ['read', 'export', 'inspect', 'settings'], flags: {} }

function formatBytes(value: number, locale: string): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte']
  const step = value < 1000 ? 0 : Math.min(4, Math.floor(Math.log10(value) / 3))
  return new Intl.NumberFormat(locale, {
    style: 'unit',
    unit: units[step] ?? 'byte',
    unitDisplay: 'short',
    maximumFractionDigits: step === 0 ? 0 : 1,
  }).format(value / 1000 ** step)
}

// Storage can be switched off or full; then nothing is remembered.
function recall(name: string): string | undefined {
  try {
    return localStorage.getItem(name) ?? undefined
  } catch {
    return undefined
  }
}

function remember(name: string, text: string | undefined): void {
  try {
    if (text === undefined) localStorage.removeItem(name)
    else localStorage.setItem(name, text)
  } catch {
    // See above.
  }
}

function parseSeen(text: string | undefined): SeenCheckpoint | undefined {
  try {
    const seen = JSON.parse(text ?? 'null') as Partial<SeenCheckpoint> | null
    return typeof seen?.tree_size === 'number' && typeof seen.root_hash === 'string' && typeof seen.at === 'string'
      ? (seen as SeenCheckpoint)
      : undefined
  } catch {
    return undefined
  }
}

// Fields are filled in when the element is built: a constructor must not touch a document that may not be there.
function h0(): HTMLElement {
  return undefined as unknown as HTMLElement
}

declare global {
  interface HTMLElementTagNameMap {
    'audit-log-console': AuditLogConsole
  }
}

if (typeof customElements !== 'undefined' && customElements.get('audit-log-console') === undefined) {
  const define = (): void => customElements.define('audit-log-console', AuditLogConsole)
  const first = takeFirstCall() ?? broughtCall()
  leaveFirstCall(first)
  if (first === undefined) define()
  else void defineAfter(first, define)
}
